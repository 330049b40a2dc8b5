import Foundation
import TickMetrics
import TickRing
import TickWire

@testable import TickEngine

/// What outlives a sender: the workers' rings, the pool, and a venue where orders go on resting.
/// Senders come one after the other; a death is that one is dropped in the middle of its work.
final class SenderLine {
  let venue: RunningVenue
  private(set) var pool: SharedRegion
  private var sender: Sender?
  private let regions = ReplayRegions(directory: "/dev/shm")
  private let page, names, prices: SharedRegion
  private let rings: [(orders: SharedRegion, events: SharedRegion)]
  private let requests: Slab<OrderProducer>
  private let events: Slab<EventConsumer>
  private let histograms = HistogramStorage(count: 3)
  private let numbers: DirectoryWriter
  private let board: BoardWriter
  private let limits: RiskLimits
  private let capacity: Int
  private let dialect: OrderDialect
  /// All that each worker was told.
  private(set) var told: [[OrderEvent]]

  /// - Parameter capacity: orders that may be out at once.
  init(
    workers: Int = 1, capacity: Int = 64, eventSlots: Int = 256, dialect: OrderDialect = .ouch50,
    faults: VenueFaults? = nil, _ change: (inout RiskLimits) -> Void = { _ in }
  ) throws {
    var options = RunningVenue.options
    options.cancelsOnDisconnect = false
    options.keepsTruth = true
    if let faults { options.faults = faults }
    options.dialect = dialect
    // That of OUCH 4.2 says that all is told.
    if dialect == .ouch42 { options.heartbeat_ms = 5 }
    self.dialect = dialect
    venue = try RunningVenue(options)
    venue.script.move(.quote(999_000, 500, 1_001_000, 500))
    self.capacity = capacity
    page = try regions.make(.control, capacity: ControlPage.capacity)
    names = try regions.make(.directory, capacity: 16)
    prices = try regions.make(.board, capacity: 16)
    pool = try regions.make(.pool, capacity: OrderPool.slots(capacity))
    let regions = regions
    let rings = try (0..<workers).map { _ in
      (
        orders: try regions.make(.orders, capacity: 256),
        events: try regions.make(.events, capacity: eventSlots)
      )
    }
    self.rings = rings
    requests = try Slab(count: workers) { try OrderProducer(claiming: rings[$0].orders.attach()) }
    events = try Slab(count: workers) { try EventConsumer(claiming: rings[$0].events.attach()) }
    var numbers = try DirectoryWriter(claiming: names.attach(), venue: Symbol("IEX")!.word)
    _ = numbers.number(of: Symbol("TEST")!.word)
    self.numbers = numbers
    board = try BoardWriter(claiming: prices.attach())
    board.setLast(1, price: 100, time: GateBench.start)
    var limits = RiskLimits.simulation
    change(&limits)
    self.limits = limits
    told = Array(repeating: [], count: workers)
  }

  /// - Parameters:
  ///   - records: of the risk states that its predecessor left, by subject.
  ///   - clock: what time is taken from; nil: from what is asked for.
  ///   - kill: of an instance; nil: it is nobody's.
  ///   - reconnects: whether it calls the venue again.
  func start(
    records: [UInt8: RiskRecord] = [:], clock: SteadyClock? = nil,
    kill: consuming KillGate? = nil, reconnects: Bool = false
  ) throws {
    let kill = if let kill = kill.take() { kill } else { try KillGate.unnamed() }
    let rings = rings
    let ports = try Slab<SenderPort>(count: rings.count) { number in
      SenderPort(
        requests: try OrderConsumer(claiming: rings[number].orders.attach()),
        events: try EventProducer(claiming: rings[number].events.attach()))
    }
    let gate = try GateBench.gate(limits, page: page, names: names, prices: prices)
    let address = VenueAddress(
      host: "127.0.0.1", port: venue.port, user: "alice", password: "secret", dialect: dialect)
    let pool = try OrderPool(claiming: pool.attach(), capacity: capacity)
    let session = try VenueSession.open(address, from: pool.start)
    sender = Sender(
      ports: ports, gate: gate, kill: kill,
      risk: try RiskWatch.unnamed(limits, records: records), pool: pool, session: session,
      directory: DirectoryReader(try names.attach()), control: ControlPage(try page.attach()),
      notes: ControlPage(try page.attach()),
      latency: SenderLatency(
        risk: histograms[0], send: histograms[1], tickToOrder: histograms[2]),
      waitPolicy: .share,
      options: SenderOptions(
        address: reconnects ? address : nil,
        reconnect: ReconnectPlan(giveUp_ns: 5_000_000_000, seed: 1), isWhole: true,
        workersOutlive: true,
        owners: OrderOwners(workers: rings.count, areSharing: false), clock: clock))
  }

  func die() { sender = nil }

  /// The price that everything is valued at.
  func trade(at price: Double) { board.setLast(1, price: price, time: GateBench.start) }

  /// Whoever comes next has a new pool.
  func forgetPool() throws {
    pool = try regions.make(.pool, capacity: OrderPool.slots(capacity))
  }

  /// Frees a line of the pool, as a sender does that dies before it tells what the venue said.
  func forget(_ number: UInt32) throws { try edit { try $0.giveBack(number) } }

  /// What a sender leaves that dies at another instant than it did.
  func edit(_ body: (inout OrderPool) throws -> Void) throws {
    var pool = try OrderPool(claiming: pool.attach(), capacity: capacity)
    try body(&pool)
  }

  /// Does to the sender what nobody else could.
  func adjust<R>(_ body: (inout Sender) throws -> R) rethrows -> R { try body(&sender!) }

  /// Asks for an order that rests, buying unless told otherwise, or one that fills at once.
  func ask(
    _ number: UInt64, _ price: Double = 99, strategy: UInt8 = 1, worker: Int = 0,
    side: OrderSide = .buy
  ) {
    var request = GateBench.order(price)
    request.received_ns = MonotonicClock.now
    request.side = side.rawValue
    request.order_id = 1 << 32 | number
    request.strategy = strategy
    request.quantity = 10
    precondition(requests[worker].publish(request))
  }

  /// - Parameter id: of the order that it says it is; nil: of the one that is meant.
  func ask(
    _ action: OrderAction, _ number: UInt64, _ price: Double = 99, quantity: UInt32 = 100,
    worker: Int = 0, id: UInt64? = nil
  ) {
    var request = GateBench.order(price, quantity: quantity)
    request.received_ns = MonotonicClock.now
    request.action = action.rawValue
    request.target_id = 1 << 32 | number
    request.order_id = id ?? request.target_id
    precondition(requests[worker].publish(request))
  }

  /// Turns the sender until something holds, for ten seconds at most; whether it holds.
  func turn(until holds: (borrowing Sender) -> Bool) throws -> Bool {
    let end = MonotonicClock.now + 10_000_000_000
    repeat {
      _ = try sender!.turn(isRested: false)
      hear()
      if holds(sender!) { return true }
      usleep(100)
    } while MonotonicClock.now < end
    return false
  }

  func hear() {
    var event = OrderEvent.none
    for worker in told.indices { while events[worker].poll(&event) { told[worker].append(event) } }
  }

  /// Kinds and numbers of what a worker was told of its orders.
  func news(_ worker: Int = 0) -> [String] {
    told[worker].filter { $0.eventKind != .state }.map {
      "\($0.eventKind.map { "\($0)" } ?? "?") \($0.order.number)"
    }
  }

  /// Numbers of the orders that rest at the venue.
  var resting: [UInt32] {
    _ = venue.inquiry.statement(of: "alice")
    return (venue.inquiry.statement(of: "alice")?.orders ?? []).filter { $0.open > 0 }
      .map(\.userRefNum).sorted()
  }
}
