import Foundation
import TickRing
import TickWire

@testable import TickEngine

/// A risk gate with its board, directory and control page; instruments 1 to 3 are known.
final class GateBench {
  static let start: UInt64 = 1_500_000_000_000_000_000

  private(set) var gate: RiskGate
  let control: ControlPage
  let board: BoardWriter
  private var directory: DirectoryWriter
  private let limits: RiskLimits
  var now = GateBench.start
  /// 1e-4.
  var equityE4: Int64
  var state = RiskState.normal

  /// - Parameters:
  ///   - reference: a last trade of instrument 1, quote currency.
  ///   - rows: of the reference data; nil: the simulation's.
  init(
    reference: Double? = 100, rows: [String]? = nil, _ change: (inout RiskLimits) -> Void = { _ in }
  ) throws {
    var limits = RiskLimits.simulation
    change(&limits)
    self.limits = limits
    equityE4 = limits.portfolioE4
    let regions = ReplayRegions(directory: "/dev/shm")
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    let names = try regions.make(.directory, capacity: 16)
    let prices = try regions.make(.board, capacity: 16)
    control = ControlPage(try page.attach())
    var writer = try DirectoryWriter(claiming: names.attach(), venue: Symbol("IEX")!.word)
    for symbol in ["AAA", "BBB", "CCC"] { _ = writer.number(of: Symbol(symbol)!.word) }
    directory = writer
    board = try BoardWriter(claiming: prices.attach())
    gate = try GateBench.gate(
      limits, page: page, names: names, prices: prices,
      try rows.map { try ReferenceData(csv: GateBench.csv($0)) } ?? .simulation)
    if let reference { board.setLast(1, price: reference, time: now) }
  }

  /// A gate over these regions, for 16 instruments.
  static func gate(
    _ limits: RiskLimits, page: SharedRegion, names: SharedRegion, prices: SharedRegion,
    _ reference: ReferenceData = .simulation
  ) throws -> RiskGate {
    RiskGate(
      limits: limits, reference: ReferenceTable(reference, limits: limits, instruments: 16),
      control: ControlPage(try page.attach()), board: BoardReader(try prices.attach()),
      directory: DirectoryReader(try names.attach()))
  }

  static func csv(_ rows: [String]) -> Data {
    Data(([ReferenceData.header] + rows + ["end,\(rows.count)\n"]).joined(separator: "\n").utf8)
  }

  static func order(
    _ price: Double, quantity: UInt32 = 100, instrument: UInt32 = 1, side: OrderSide = .buy,
    at time: UInt64 = GateBench.start
  ) -> OrderRequest {
    var request = OrderRequest()
    request.order_id = UInt64(instrument) << 32 | 1
    request.price = price
    request.quantity = quantity
    request.action = OrderAction.new.rawValue
    request.side = side.rawValue
    request.time_in_force = TimeInForce.day.rawValue
    request.decision_time = time
    request.strategy = 1
    return request
  }

  func judge(_ request: OrderRequest) -> RiskDecision {
    judge(OrderIntent(request), at: request.decision_time)
  }

  func judge(_ order: OrderIntent, at time: UInt64? = nil) -> RiskDecision {
    gate.judge(order, equityE4: equityE4, state: state, now: time ?? now)
  }

  /// Judges, with a note of every check.
  func decide(_ order: OrderIntent) -> DecisionEvent {
    var request = OrderRequest()
    request.order_id = UInt64(order.instrument) << 32 | 1
    (request.price, request.quantity) = (order.price, order.quantity)
    (request.side, request.time_in_force) = (order.side, order.timeInForce)
    (request.strategy, request.decision_time) = (order.strategy, now)
    request.action = OrderAction.new.rawValue
    var event = DecisionEvent(request, worker: 0, taken_ns: 1)
    let times = JudgementTimes(now: now, market: now)
    let decision = gate.judge(order, equityE4: equityE4, state: state, times: times, &event)
    event.close(decision)
    return event
  }

  func decide(
    _ price: Double, quantity: UInt32 = 100, instrument: UInt32 = 1, side: OrderSide = .buy
  ) -> DecisionEvent {
    decide(
      OrderIntent(
        GateBench.order(price, quantity: quantity, instrument: instrument, side: side, at: now)))
  }

  func judge(
    _ price: Double, quantity: UInt32 = 100, instrument: UInt32 = 1, side: OrderSide = .buy
  ) -> RiskReason? {
    judge(
      GateBench.order(price, quantity: quantity, instrument: instrument, side: side, at: now)
    ).reason
  }

  /// Judges, and if it is allowed the order is open.
  func send(
    _ price: Double, quantity: UInt32, instrument: UInt32 = 1, side: OrderSide = .buy
  ) -> RiskReason? {
    let decision = judge(
      GateBench.order(price, quantity: quantity, instrument: instrument, side: side, at: now))
    if decision.reason == nil { gate.opened(instrument, strategy: 1, side, decision.quantity) }
    return decision.reason
  }

  /// What is held: below zero, short.
  func hold(_ quantity: Int64, _ instrument: UInt32 = 1, strategy: UInt8 = 1) {
    gate.hold(instrument, strategy: strategy, quantity)
  }
  func open(
    _ side: OrderSide, _ quantity: UInt32, _ instrument: UInt32 = 1, strategy: UInt8 = 1
  ) {
    gate.opened(instrument, strategy: strategy, side, quantity)
  }

  /// A last trade now.
  func trade(_ instrument: UInt32, _ price: Double) {
    board.setLast(instrument, price: price, time: now)
  }

  /// Shares an account's credit with others.
  func share(_ ledger: borrowing Region, key: UInt64, totalE4: Int64) throws {
    gate.credit = try AccountLedger.open(
      try ledger.duplicate(), key: key, totalE4: totalE4, chunkE4: max(1, totalE4 / 256))
  }

  func share(guarded ledger: consuming Region, totalE4: Int64) throws {
    gate.credit = try AccountLedger.open(ledger, key: 1, totalE4: totalE4, chunkE4: 1)
  }

  /// Does what the sender does, to the gate itself.
  @discardableResult
  func tell<R>(_ body: (inout RiskGate) -> R) -> R { body(&gate) }
  func reload(_ rows: [String]) throws {
    let data = try ReferenceData(csv: GateBench.csv(rows))
    var table = ReferenceTable(data, limits: limits, instruments: 16)
    gate.replace(with: &table)
  }
  func take(_ reload: ReferenceReload) -> Bool { reload.take(into: &gate) }
  /// Its credit is an account's from now on.
  func lend(_ ledger: consuming AccountLedger) { gate.credit = .some(consume ledger) }
  func reconcile() -> Bool { gate.reconcile() }
  func list(_ symbol: String) { _ = directory.number(of: Symbol(symbol)!.word) }

  func beginSession(_ number: UInt64) { control.write(.session, number) }
  func write(_ word: ControlPage.Word) { control.write(word, 1) }
  var isTripped: Bool { control.read(.tripped) != 0 }
}
