import TickRing
import TickWire

@testable import TickEngine

/// A risk gate with its board, directory and control page; instruments 1 to 3 are known.
final class GateBench {
  static let start: UInt64 = 1_500_000_000_000_000_000

  private var gate: RiskGate
  let control: ControlPage
  let board: BoardWriter
  private let directory: DirectoryWriter
  var now = GateBench.start

  /// - Parameter reference: a last trade of instrument 1, quote currency.
  init(
    reference: Double? = 100, _ change: (inout RiskLimits) -> Void = { _ in }
  ) throws {
    var limits = RiskLimits.simulation
    change(&limits)
    let regions = ReplayRegions(directory: "/dev/shm")
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    let names = try regions.make(.directory, capacity: 16)
    let prices = try regions.make(.board, capacity: 16)
    control = ControlPage(try page.attach())
    var writer = try DirectoryWriter(claiming: names.attach(), venue: Symbol("IEX")!.word)
    for symbol in ["AAA", "BBB", "CCC"] { _ = writer.number(of: Symbol(symbol)!.word) }
    directory = writer
    board = try BoardWriter(claiming: prices.attach())
    gate = RiskGate(
      limits: limits, reference: ReferenceTable(.simulation, limits: limits, instruments: 16),
      control: ControlPage(try page.attach()),
      board: BoardReader(try prices.attach()), directory: DirectoryReader(try names.attach()))
    if let reference { board.setLast(1, price: reference, time: now) }
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
    gate.judge(
      OrderIntent(request), equityE4: gate.dayStartE4, state: .normal, now: request.decision_time)
  }

  func judge(
    _ price: Double, quantity: UInt32 = 100, instrument: UInt32 = 1, side: OrderSide = .buy
  ) -> RiskReason? {
    judge(
      GateBench.order(price, quantity: quantity, instrument: instrument, side: side, at: now)
    ).reason
  }

  func beginSession(_ number: UInt64) { control.write(.session, number) }
  func write(_ word: ControlPage.Word) { control.write(word, 1) }
  var isTripped: Bool { control.read(.tripped) != 0 }
}
