import Foundation
import TickEngine
import TickRing

/// The risk gate with every limit on: 10,000 symbols, 16 strategies, positions and orders open in
/// most of them, on one core.
///
/// `check` is one judgement, timed alone: the time between two readings of the clock, less what two
/// readings with nothing between them take (its median). `line` is beside it what the machine takes
/// for the least of it: the instrument's line of the board read, and nothing else. `fetched` is the
/// same as the sender asks: it fetches the lines of a batch of sixteen orders before it judges
/// them; the fetching of one order is in the time of another. `whole` is the judgement and what the
/// sender tells the gate of the order afterwards (opened, and an older one filled or cancelled), a
/// whole pass under one reading of the clock. Orders come eleven microseconds of virtual time
/// apart, so that RM8 counts 90,000 in each second and RM9 looks for the same order among the last
/// 900; symbols and strategies are drawn at random, so that no line is warm
/// because it was used just now.
struct RiskBenchmark: ~Copyable {
  static let symbols = 10_000
  static let strategies = 16
  static let orders = 1 << 16
  /// Orders that are open before the oldest ends.
  static let open = 1_024
  private static let start: UInt64 = 1_700_000_000_000_000_000
  private static let step_ns: UInt64 = 11_000
  /// What the sender takes of a worker at once.
  private static let batch = 16

  /// One pass over all orders.
  struct Pass {
    /// Of each judgement, ns, sorted.
    var check_ns: [Double] = []
    var line_ns: [Double] = []
    var fetched_ns: [Double] = []
    /// Of an order, by the wall clock and by the thread's own time.
    var whole_ns = 0.0
    var wholeThread_ns = 0.0
    var allocations: UInt64?

    /// Adds what `body` allocates.
    mutating func count(_ body: () -> Void) {
      let before = AllocationAudit.count()
      body()
      guard let before, let after = AllocationAudit.count() else { return }
      allocations = (allocations ?? 0) + after - before
    }
  }

  private var gate: RiskGate
  private let directory: DirectoryWriter
  private let board: BoardWriter
  private let prices: BoardReader
  private let intents: [OrderIntent]
  private var now = RiskBenchmark.start
  /// Orders so far, in all passes.
  private var serial = 0

  init() throws {
    let names = try RiskBenchmark.region(.directory, "names", 16_384)
    let prices = try RiskBenchmark.region(.board, "board", 16_384)
    var writer = try DirectoryWriter(claiming: names.duplicate(), venue: 0x2020_2020_2058_4549)
    let board = try BoardWriter(claiming: prices.duplicate())
    var random = SeededRandom(seed: 1)
    var csv = ReferenceData.header + "\n"
    var closes: [Double] = [0]
    for number in 1...RiskBenchmark.symbols {
      let symbol = "S\(10_000 + number)"
      let instrument = writer.number(of: RiskBenchmark.word(symbol)) ?? 0
      let close = Double(random.within(1_000...50_000)) / 100
      closes.append(close)
      board.setLast(instrument, price: close, time: RiskBenchmark.start)
      board.setQuote(
        instrument, bid: close - 0.01, ask: close + 0.01, time: RiskBenchmark.start)
      csv += "\(symbol),sector \(number % 11),\(random.within(100_000...100_000_000)),"
      csv += "\(close),1000000,no\n"
    }
    csv += "end,\(RiskBenchmark.symbols)\n"
    let limits = RiskBenchmark.limits
    gate = RiskGate(
      limits: limits,
      reference: ReferenceTable(
        try ReferenceData(csv: Data(csv.utf8)), limits: limits, instruments: 16_384),
      control: ControlPage(try RiskBenchmark.region(.control, "page", ControlPage.capacity)),
      board: try BoardReader(prices.duplicate()), directory: DirectoryReader(names))
    directory = writer
    self.board = board
    self.prices = BoardReader(prices)
    intents = (0..<RiskBenchmark.orders).map { _ in RiskBenchmark.intent(&random, closes) }
  }

  private static var limits: RiskLimits {
    var limits = RiskLimits.simulation
    limits.portfolioValue = 10_000_000_000
    limits.duplicateWindowSeconds = 0.01
    limits.repeatedExecutionsMax = 100_000
    limits.messagesPerDayMax = 1_000_000_000_000
    return limits
  }

  private static func intent(_ random: inout SeededRandom, _ closes: [Double]) -> OrderIntent {
    let instrument = random.within(1...symbols)
    let away = Double(random.within(-100...100)) / 10_000
    let price = (closes[instrument] * (1 + away) * 100).rounded() / 100
    return OrderIntent(
      instrument: UInt32(instrument), strategy: UInt8(random.within(1...strategies)),
      side: UInt8(random.within(1...2)), timeInForce: TimeInForce.day.rawValue,
      quantity: UInt32(random.within(1...500)), price: price)
  }

  private static func region(
    _ kind: RegionKind, _ what: String, _ capacity: Int
  ) throws -> Region {
    let name = "tickway-bench-\(what)-\(ProcessInfo.processInfo.processIdentifier)"
    let region = try Region.create(kind, name: name, capacity: capacity)
    try Region.remove(name: name)
    return region
  }

  /// The 8 bytes of a symbol, padded with spaces.
  private static func word(_ symbol: String) -> UInt64 {
    var word: UInt64 = 0
    for (index, byte) in symbol.padding(toLength: 8, withPad: " ", startingAt: 0).utf8.enumerated()
    {
      word |= UInt64(byte) << UInt64(8 * index)
    }
    return word
  }

  mutating func run(passes: Int) -> [Pass] {
    // The first one fills positions and caches, and does not count.
    _ = whole()
    var times = [UInt64](repeating: 0, count: RiskBenchmark.orders)
    var results: [Pass] = []
    for _ in 0..<passes {
      var pass = Pass()
      let clock_ns = Double(clock(&times))
      func sorted(_ times: [UInt64]) -> [Double] { times.map { Double($0) - clock_ns }.sorted() }
      lines(&times)
      pass.line_ns = sorted(times)
      pass.count { check(&times) }
      pass.check_ns = sorted(times)
      pass.count { check(&times, fetched: RiskBenchmark.batch) }
      pass.fetched_ns = sorted(times)
      let thread_ns = ThreadClock.now
      pass.whole_ns = Double(whole()) / Double(RiskBenchmark.orders)
      pass.wholeThread_ns = Double(ThreadClock.now - thread_ns) / Double(RiskBenchmark.orders)
      results.append(pass)
    }
    return results
  }

  /// Times nothing: what the clock itself takes, its median.
  private func clock(_ times: inout [UInt64]) -> UInt64 {
    for index in times.indices {
      let began = MonotonicClock.now
      times[index] = MonotonicClock.now - began
    }
    return RiskBenchmark.median(times)
  }

  /// Times one line of the board, each of an instrument whose order is judged right after.
  private mutating func lines(_ times: inout [UInt64]) {
    var absent = 0
    for index in times.indices {
      now += RiskBenchmark.step_ns
      let order = order(serial)
      let began = MonotonicClock.now
      let entry = prices.read(order.instrument)
      times[index] = MonotonicClock.now - began
      if entry == nil { absent += 1 }
      tell(order, gate.judge(order, equityE4: gate.dayStartE4, state: .normal, now: now))
    }
    precondition(absent == 0, "the board has every instrument")
  }

  /// Times every judgement.
  ///
  /// - Parameter fetched: how many orders before its turn an order's lines are fetched; 0: never.
  private mutating func check(_ times: inout [UInt64], fetched: Int = 0) {
    for index in times.indices {
      now += RiskBenchmark.step_ns
      let order = order(serial)
      let later = fetched > 0 ? self.order(serial + fetched) : order
      let began = MonotonicClock.now
      if fetched > 0 { gate.prefetch(later) }
      let decision = gate.judge(
        order, equityE4: gate.dayStartE4, state: .normal, now: now)
      times[index] = MonotonicClock.now - began
      tell(order, decision)
    }
  }

  private static func median(_ times: [UInt64]) -> UInt64 { times.sorted()[times.count / 2] }

  /// ns of a pass: judged, and told what became of it.
  private mutating func whole() -> UInt64 {
    let began = MonotonicClock.now
    for _ in 0..<intents.count {
      now += RiskBenchmark.step_ns
      let order = order(serial)
      let decision = gate.judge(
        order, equityE4: gate.dayStartE4, state: .normal, now: now)
      tell(order, decision)
    }
    return MonotonicClock.now - began
  }

  /// The n-th order: each second pass trades the other way, so that positions stay where they are.
  @inline(__always)
  private func order(_ serial: Int) -> OrderIntent {
    let (pass, index) = serial.quotientAndRemainder(dividingBy: RiskBenchmark.orders)
    var order = intents[index]
    if pass & 1 == 1 { order.side = 3 - order.side }
    return order
  }

  /// The order is open; the one that is `open` orders older is filled or cancelled.
  private mutating func tell(_ order: OrderIntent, _ decision: RiskDecision) {
    if let reason = decision.reason { fatalError("refused: \(reason.name)") }
    gate.opened(
      order.instrument, strategy: order.strategy, order.side == 1 ? .buy : .sell, order.quantity)
    serial += 1
    guard serial > RiskBenchmark.open else { return }
    let old = self.order(serial - 1 - RiskBenchmark.open)
    let side: OrderSide = old.side == 1 ? .buy : .sell
    if serial & 1 == 0 {
      gate.filled(old.instrument, strategy: old.strategy, side, old.quantity, now: now)
    } else {
      gate.closed(old.instrument, strategy: old.strategy, side, old.quantity)
    }
  }
}
