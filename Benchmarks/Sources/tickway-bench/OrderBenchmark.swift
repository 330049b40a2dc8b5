import CBare
import Foundation
import Glibc
import TickEngine
import TickRing

/// The way of an order through the sender, one worker's, to a venue on the other core and back.
///
/// `ready` is one order on its own: from the poll of its request until its bytes lie ready for
/// `send`, by two readings of the clock. `recorded` is the same with its decision left in a ring,
/// as for `--decisions`, in turns; who takes it from there is not in it. `batch` is `ready` of
/// sixteen at a time, the most that the sender takes of a worker at once, over their number: what
/// gate, pool and codec sustain.
/// `trip` is a round trip: from just before the request is published into the ring until its answer
/// has been polled from the event ring, with whole duty cycles of the sender between; `ping` is a
/// bare `send` and `recv` of the same sizes, 50 bytes out and 67 back, to a thread that receives
/// and sends in the same loop as the venue and looks at nothing. They take turns. `flow` is the
/// whole of it, sixteen orders each duty cycle, published, decided, sent, answered and told, by the
/// wall clock. Symbols are drawn at random from 1,000. The venue is the least that there can be, a
/// loop in C that answers each order by its acceptance: so an exchange's own work is in neither.
struct OrderBenchmark: ~Copyable {
  static let symbols = 1_000
  /// Two, if there are two, as they are when this is read first: before anything is pinned.
  static let cores = CorePlan(roles: 2).cores.compactMap { $0 }
  private static let start: UInt64 = 1_700_000_000_000_000_000
  private static let batch = 16
  private static let openOrdersMax = 65_536
  /// For as long the other core is kept from everybody else, and then given back.
  private static let burst_ns: UInt64 = 20_000_000

  /// ns each.
  struct Run {
    var ready_ns: [Double] = []
    var recorded_ns: [Double] = []
    var batch_ns: [Double] = []
    var trip_ns: [Double] = []
    var ping_ns: [Double] = []
    var flow_ns = 0.0
  }

  private var path: OrderPath
  private var requests: OrderProducer
  private var events: EventConsumer
  private let control: ControlPage
  private let board: BoardWriter
  private let directory: DirectoryWriter
  private let venue: OpaquePointer
  private let bare: OpaquePointer
  private let ping: Int32
  private var random = SeededRandom(seed: 1)
  private var now = OrderBenchmark.start
  private var next: UInt64 = 0
  private let core: Int
  private(set) var goesFirst = false

  init() throws {
    let cores = OrderBenchmark.cores
    guard cores.count == 2 else { throw BenchError("two cores are needed") }
    var ports: (venue: UInt16, bare: UInt16) = (0, 0)
    guard let venue = bare_venue_start(Int32(cores[1]), false, &ports.venue),
      let bare = bare_venue_start(Int32(cores[1]), true, &ports.bare)
    else { throw BenchError("no venue on loopback") }
    let ping = bare_connect(ports.bare)
    guard ping >= 0 else { throw BenchError("no connection on loopback") }
    let page = try OrderBenchmark.region(.control, ControlPage.capacity)
    let names = try OrderBenchmark.region(.directory, 2_048)
    let prices = try OrderBenchmark.region(.board, 2_048)
    let asked = try OrderBenchmark.region(.orders, 16_384)
    let told = try OrderBenchmark.region(.events, 65_536)
    let directory = try OrderBenchmark.directory(names)
    let board = try OrderBenchmark.board(prices)
    let limits = OrderBenchmark.limits
    let gate = RiskGate(
      limits: limits,
      reference: ReferenceTable(.simulation, limits: limits, instruments: 2_048),
      control: ControlPage(try page.duplicate()), board: BoardReader(prices),
      directory: DirectoryReader(try names.duplicate()))
    let path = try OrderPath(
      requests: OrderConsumer(claiming: asked.duplicate()),
      events: EventProducer(claiming: told.duplicate()), gate: gate,
      risk: OrderBenchmark.watch(limits),
      pool: OrderBenchmark.region(
        .pool, OrderPath.poolSlots(openOrdersMax: OrderBenchmark.openOrdersMax)),
      openOrdersMax: OrderBenchmark.openOrdersMax,
      venue: VenueAddress(host: "127.0.0.1", port: ports.venue),
      directory: DirectoryReader(names), control: ControlPage(try page.duplicate()),
      decisions: OrderBenchmark.region(.events, 1_024))
    let requests = try OrderProducer(claiming: asked)
    let events = try EventConsumer(claiming: told)
    self.directory = directory
    self.board = board
    self.path = path
    self.requests = requests
    self.events = events
    control = ControlPage(page)
    (self.venue, self.bare, self.ping, core) = (venue, bare, ping, cores[0])
  }

  func end() {
    bare_close(ping)
    bare_venue_end(bare)
    bare_venue_end(venue)
  }

  // MARK: What it is made of

  private static var limits: RiskLimits {
    var limits = RiskLimits.simulation
    limits.portfolioValue = 1_000_000_000_000
    limits.orderValueMax = 1_000_000_000
    limits.ordersPerSecondMax = 100_000
    limits.messagesPerDayMax = 1_000_000_000_000
    return limits
  }

  private static func region(_ kind: RegionKind, _ capacity: Int) throws -> Region {
    try Region.createUnnamed(kind, capacity: capacity)
  }

  private static func directory(_ names: borrowing Region) throws -> DirectoryWriter {
    var writer = try DirectoryWriter(claiming: names.duplicate(), venue: 0x2020_2020_2058_4549)
    for number in 1...symbols {
      var word: UInt64 = 0x2020_2020_2020_2020
      withUnsafeMutableBytes(of: &word) { bytes in
        for (index, byte) in "S\(1_000 + number)".utf8.enumerated() { bytes[index] = byte }
      }
      guard writer.number(of: word) == UInt32(number) else { throw BenchError("no instrument") }
    }
    return writer
  }

  private static func board(_ prices: borrowing Region) throws -> BoardWriter {
    let board = try BoardWriter(claiming: prices.duplicate())
    for number in 1...symbols {
      board.setLast(UInt32(number), price: 100, time: start)
      board.setQuote(UInt32(number), bid: 99.99, ask: 100.01, time: start)
    }
    return board
  }

  private static func watch(_ limits: RiskLimits) throws -> RiskWatch {
    var options = PositionOptions(
      equityE4: 10_000_000_000_000_000, strategyEquityE4: 10_000_000_000_000_000)
    options.holdingsMax = 4_096
    options.instruments = 2_048
    let positions = try PositionBook.open(
      claiming: region(.positions, options.capacity), options)
    return try RiskWatch(limits, positions: positions, records: [:], at: start)
  }

  // MARK: Asking

  /// Publishes an order: to buy, and not dearer than anything that is offered.
  private mutating func ask() {
    // So far apart that RM8 lets all of them pass.
    now += 11_000
    next += 1
    var request = OrderRequest()
    request.order_id = UInt64(random.within(1...OrderBenchmark.symbols)) << 32 | next
    request.price = 99.5
    request.quantity = 100
    request.action = OrderAction.new.rawValue
    request.side = OrderSide.buy.rawValue
    request.time_in_force = TimeInForce.day.rawValue
    request.strategy = 1
    request.decision_time = now
    precondition(requests.publish(request))
    refresh()
  }

  /// Prices stay fresh as the market's time goes on.
  private mutating func refresh() {
    guard next & 0xFFFF == 0 else { return }
    for number in 1...OrderBenchmark.symbols {
      board.setLast(UInt32(number), price: 100, time: now)
      board.setQuote(UInt32(number), bid: 99.99, ask: 100.01, time: now)
    }
  }

  /// How many of a kind are told.
  private mutating func hear() throws -> Int {
    var event = OrderEvent.none
    var count = 0
    while events.poll(&event) {
      guard event.eventKind == .ack else {
        throw BenchError("an order came to event \(event.kind), reason \(event.reason)")
      }
      count += 1
    }
    return count
  }

  /// Turns until all that was asked is answered.
  private mutating func settle(_ count: Int) throws {
    var heard = 0
    while heard < count {
      try path.turn()
      heard += try hear()
    }
  }

  // MARK: Measuring

  mutating func run(orders: Int, pings: Int) throws -> Run {
    var run = Run()
    bare_pin(Int32(core))
    try prepare(&run, orders)
    try pingPong(&run, pings)
    try flow(&run, orders)
    return run
  }

  /// In front of all others, both ends, for a short while only.
  private mutating func inBursts(
    _ peer: OpaquePointer, _ body: (inout OrderBenchmark) throws -> Bool
  ) throws {
    var isDone = false
    while !isDone {
      bare_venue_spin(peer, 1)
      goesFirst = bare_go_first(1) != 0
      let end = MonotonicClock.now + OrderBenchmark.burst_ns
      repeat { isDone = try body(&self) } while !isDone && MonotonicClock.now < end
      _ = bare_go_first(0)
      bare_venue_spin(peer, 0)
      usleep(30_000)
    }
  }

  /// Of each, and what two readings of the clock take by themselves is taken off.
  private mutating func prepare(_ run: inout Run, _ orders: Int) throws {
    var clock: [UInt64] = []
    for _ in 0..<1_001 {
      let began = MonotonicClock.now
      clock.append(MonotonicClock.now - began)
    }
    let clock_ns = Double(clock.sorted()[500])
    var (ready, recorded, batch): ([Double], [Double], [Double]) = ([], [], [])
    try inBursts(venue) { bench in
      ready.append(try bench.takeOne() - clock_ns)
      bench.path.recordsDecisions = true
      recorded.append(try bench.takeOne() - clock_ns)
      bench.path.recordsDecisions = false
      guard bench.path.takeDecisions() == 1 else { throw BenchError("no decision") }
      for _ in 0..<OrderBenchmark.batch { bench.ask() }
      let began = MonotonicClock.now
      bench.path.take()
      let taken = Double(MonotonicClock.now - began) - clock_ns
      batch.append(taken / Double(OrderBenchmark.batch))
      try bench.settle(OrderBenchmark.batch)
      return ready.count >= orders / OrderBenchmark.batch
    }
    (run.ready_ns, run.recorded_ns, run.batch_ns) = (ready, recorded, batch)
  }

  /// One order on its own, made ready and answered: ns of the first.
  private mutating func takeOne() throws -> Double {
    ask()
    let began = MonotonicClock.now
    path.take()
    let taken = Double(MonotonicClock.now - began)
    try settle(1)
    return taken
  }

  /// A few of each in turns, so that both meet the same machine.
  private mutating func pingPong(_ run: inout Run, _ pings: Int) throws {
    var (trips, bares): ([Double], [Double]) = ([], [])
    while trips.count < pings {
      var left = pings / 10
      try inBursts(venue) { bench in
        let began = MonotonicClock.now
        bench.ask()
        try bench.settle(1)
        trips.append(Double(MonotonicClock.now - began))
        left -= 1
        return left <= 0
      }
      left = pings / 10
      try inBursts(bare) { bench in
        let began = MonotonicClock.now
        guard bare_order_ping(bench.ping) == 0 else { throw BenchError("the bare peer is gone") }
        bares.append(Double(MonotonicClock.now - began))
        left -= 1
        return left <= 0
      }
    }
    (run.trip_ns, run.ping_ns) = (trips, bares)
  }

  /// Sixteen are asked for each turn; answers come when they come.
  private mutating func flow(_ run: inout Run, _ orders: Int) throws {
    var (asked, heard): (Int, Int) = (0, 0)
    var spent_ns: UInt64 = 0
    try inBursts(venue) { bench in
      let began = MonotonicClock.now
      for _ in 0..<64 {
        for _ in 0..<OrderBenchmark.batch { bench.ask() }
        asked += OrderBenchmark.batch
        try bench.path.turn()
        heard += try bench.hear()
      }
      while asked - heard > 4_096 || asked >= orders && heard < asked {
        try bench.path.turn()
        heard += try bench.hear()
      }
      spent_ns += MonotonicClock.now - began
      return asked >= orders
    }
    run.flow_ns = Double(spent_ns) / Double(asked)
  }

  /// Opens so many orders, trips the switch, and turns until the last cancel is the kernel's: ns
  /// from the trip. Nothing can be asked for afterwards.
  mutating func kill(open: Int) throws -> Double {
    bare_pin(Int32(core))
    bare_venue_keep(venue, 1)
    try inBursts(venue) { bench in
      for _ in 0..<OrderBenchmark.batch { bench.ask() }
      try bench.settle(OrderBenchmark.batch)
      return bench.path.openOrders >= open
    }
    let before = path.cancelsSent
    let all = UInt64(path.openOrders)
    var taken_ns = 0.0
    try inBursts(venue) { bench in
      let began = MonotonicClock.now
      bench.control.write(.kill, 1)
      repeat {
        try bench.path.turn()
      } while bench.path.cancelsSent - before < all || bench.path.unsentBytes > 0
      taken_ns = Double(MonotonicClock.now - began)
      return true
    }
    return taken_ns
  }
}
