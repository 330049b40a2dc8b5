import Foundation
import Testing
import TickRing
import TickWire

@testable import TickEngine

/// A strategy in whose decisions everything has a part: ticks, events, timers and sessions.
struct RestlessStrategy: Strategy, ~Copyable {
  private var sum: UInt64 = 0
  /// Of this worker: another's order numbers are not its to give.
  private var instrument: UInt32 = 0

  init(parameters: inout StrategyParameters, context: StrategyContext) {}

  private mutating func mix(_ value: UInt64) -> UInt32 {
    sum = (sum ^ value) &* 0x9E37_79B9_7F4A_7C15
    return UInt32(sum >> 56) + 1
  }

  mutating func onSession(_ orders: inout OrderDesk) { _ = mix(orders.time + 1) }

  mutating func onTrade(_ trade: Trade, _ orders: inout OrderDesk) {
    let quantity = mix(trade.time ^ trade.price.bitPattern)
    instrument = trade.instrument
    guard quantity % 4 == 0 else { return }
    orders.buy(trade.instrument, quantity: quantity, limit: trade.price, .ioc)
    orders.setTimer(at: trade.time + UInt64(quantity) * 100_000)
  }

  mutating func onEvent(_ event: OrderEvent, _ orders: inout OrderDesk) {
    let quantity = mix(UInt64(event.kind) << 32 | UInt64(event.quantity))
    guard event.eventKind == .fill, quantity % 3 == 0 else { return }
    orders.sell(event.order.instrument, quantity: quantity, limit: event.price, .day)
  }

  mutating func onTimer(_ time: UInt64, _ orders: inout OrderDesk) {
    let quantity = mix(time)
    orders.buy(instrument, quantity: quantity, limit: 1 + Double(quantity), .ioc)
  }
}

/// What is recorded of a run is enough to repeat it.
@Suite(.timeLimit(.minutes(1))) struct RerunTests {
  private func record<S: Strategy & ~Copyable>(
    _ strategy: S.Type, in scratch: Scratch, workers: Int, repeats: Int = 1,
    subscriptions: [Int: Subscription] = [:], parameters: [String: String] = [:]
  ) throws -> ReplayOutcome {
    let capture = scratch.file("day.pcap")
    _ = try SynthCapture.write(SynthOptions(seed: 5, symbols: 50, messages: 8_000), to: capture)
    var options = ReplayOptions(captures: [capture])
    options.workers = workers
    options.subscriptions = subscriptions
    options.repeats = repeats
    options.parameters = parameters
    options.recordPath = scratch.file("day.ticks")
    options.ordersPath = scratch.file("day.orders.csv")
    return try Replay.run(strategy, options)
  }

  /// The requests of all workers as `--orders` writes them.
  private func rerun<S: Strategy & ~Copyable>(
    _ strategy: S.Type, in scratch: Scratch, workers: Int,
    subscriptions: [Int: Subscription] = [:], parameters: [String: String] = [:]
  ) throws -> String {
    var requests: [OrderRequest] = []
    for worker in 0..<workers {
      requests += try Rerun.requests(
        of: strategy, parameters: parameters, recording: scratch.file("day.ticks"),
        worker: worker, workers: workers, subscriptions: subscriptions)
    }
    let regions = ReplayRegions(directory: scratch.path)
    let region = try regions.make(.directory, capacity: 1 << 10)
    var names = try DirectoryWriter(claiming: region.attach(), venue: 0)
    for word in try RerunFiles.symbols(of: scratch.file("day.ticks")) { _ = names.number(of: word) }
    let file = try RecordingFile(path: scratch.file("rerun.csv"))
    try OrderRequestTable.write(requests, DirectoryReader(try region.attach()), to: file)
    try file.commit()
    return try scratch.text("rerun.csv")
  }

  private func checkRepeats<S: Strategy & ~Copyable>(
    _ strategy: S.Type, workers: Int, repeats: Int = 1,
    subscriptions: [Int: Subscription] = [:], parameters: [String: String] = [:]
  ) throws {
    let scratch = try Scratch()
    let outcome = try record(
      strategy, in: scratch, workers: workers, repeats: repeats, subscriptions: subscriptions,
      parameters: parameters)
    #expect(outcome.failure == nil && outcome.inconsistencies == [])
    #expect(outcome.report.orders.requested > 100 && outcome.report.orders.acked > 100)
    let recorded = try scratch.text("day.orders.csv")
    let repeated = try rerun(
      strategy, in: scratch, workers: workers, subscriptions: subscriptions,
      parameters: parameters)
    #expect(recorded == repeated, "the rerun asks for other orders")
    #expect(outcome.report.run.misdirected == 0)
  }

  @Test(arguments: [1, 2])
  func aMarketMakersRunIsRepeatedByteForByte(workers: Int) throws {
    try checkRepeats(
      MarketMakerStrategy.self, workers: workers,
      parameters: ["interval_ms": "0", "position_max": "300"])
  }

  @Test func sessionsAreRepeatedToo() throws {
    try checkRepeats(MarketMakerStrategy.self, workers: 2, repeats: 3)
  }

  @Test(arguments: [(1, 1), (2, 2), (3, 1)])
  func timersAndEventsAreRepeatedWhereTheyCame(workers: Int, repeats: Int) throws {
    try checkRepeats(RestlessStrategy.self, workers: workers, repeats: repeats)
  }

  /// Both trade every instrument, and no order of the one is taken for the other's.
  @Test func workersWithTheSameInstrumentsAreRepeatedEachByItself() throws {
    try checkRepeats(RestlessStrategy.self, workers: 2, subscriptions: [0: .all, 1: .all])
    try checkRepeats(RestlessStrategy.self, workers: 3, subscriptions: [1: .all])
  }

  @Test func aSubscriptionOfNobodyAndTooManyStrategiesAreRefused() {
    var options = ReplayOptions(captures: ["day.pcap"])
    options.workers = 2
    options.subscriptions = [2: .all]
    #expect(throws: ReplayError.self) { try Replay.check(options, isCounting: false) }
    options.subscriptions = [1: .all]
    #expect(throws: Never.self) { try Replay.check(options, isCounting: false) }
    options.limits = .simulation
    options.limits?.strategiesMax = 1
    #expect(throws: ReplayError.self) { try Replay.check(options, isCounting: false) }
    options.subscriptions = [:]
    #expect(throws: Never.self) { try Replay.check(options, isCounting: false) }
  }

  // MARK: What cannot be repeated

  @Test func anotherNumberOfWorkersIsRefused() throws {
    let scratch = try Scratch()
    _ = try record(MomentumStrategy.self, in: scratch, workers: 2)
    let path = scratch.file("day.ticks")
    for workers in [1, 3] {
      #expect(throws: RerunError.workers(path, given: workers)) {
        try Rerun.requests(
          of: MomentumStrategy.self, recording: path, worker: 0, workers: workers)
      }
    }
  }

  @Test func aStrategyThatDoesSomethingElseIsSaidToDiverge() throws {
    let scratch = try Scratch()
    _ = try record(RestlessStrategy.self, in: scratch, workers: 1)
    let path = scratch.file("day.ticks")
    let error = #expect(throws: RerunError.self) {
      try Rerun.requests(of: CountingStrategy.self, recording: path, worker: 0, workers: 1)
    }
    guard case .diverged = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// A log without its end, or with more ticks than its recording: the run was cut, or a file was.
  @Test func aCutLogOrRecordingIsRefusedWithItsReason() throws {
    let scratch = try Scratch()
    _ = try record(RestlessStrategy.self, in: scratch, workers: 1)
    let path = scratch.file("day.ticks")
    func refusal(of file: String, without bytes: Int) throws -> String {
      let whole = try Data(contentsOf: URL(fileURLWithPath: file))
      defer { try? whole.write(to: URL(fileURLWithPath: file)) }
      try whole.dropLast(bytes).write(to: URL(fileURLWithPath: file))
      do {
        _ = try Rerun.requests(of: RestlessStrategy.self, recording: path, worker: 0, workers: 1)
        return ""
      } catch { return "\(error)" }
    }
    for records in [1, 2, 9] {
      let text = try refusal(of: path + ".worker-0.merge", without: 56 * records)
      #expect(text.contains("no end"), "\(text)")
    }
    let text = try refusal(of: path, without: 24)
    #expect(text.contains("is damaged"), "\(text)")
    #expect(try refusal(of: path, without: 0) == "")
  }

  @Test func whatIsMissingOrDamagedIsAnError() throws {
    let scratch = try Scratch()
    let path = scratch.file("day.ticks")
    func rerun() throws {
      _ = try Rerun.requests(of: CountingStrategy.self, recording: path, worker: 0, workers: 1)
    }
    func write(_ name: String, _ bytes: [UInt8]) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: scratch.file(name)))
    }
    #expect(throws: RerunError.self) { try rerun() }
    try write("day.ticks.worker-0.merge", [])
    #expect(throws: RerunError.unreadable(path)) { try rerun() }
    try write("day.ticks", [UInt8](repeating: 0, count: 48))
    #expect(throws: RerunError.unreadable(path + ".symbols.csv")) { try rerun() }
    try write("day.ticks.symbols.csv", Array("symbol_id,symbol,kind,venue\n0,,trade,IEX\n".utf8))
    #expect(throws: RerunError.self) { try rerun() }
    var end = MergeLog.record(MergeLog.endKind, 2)
    try write("day.ticks.worker-0.merge", withUnsafeBytes(of: &end) { Array($0) })
    try rerun()
    try write("day.ticks", [UInt8](repeating: 0, count: 47))
    #expect(throws: RerunError.self) { try rerun() }
    try write("day.ticks", [UInt8](repeating: 0, count: 48))
    // An event after ticks that are not there; and one without a position.
    for kind in [MergeLog.positionKind, OrderEventKind.ack.rawValue] {
      var records = (MergeLog.record(kind, 9), end)
      try write("day.ticks.worker-0.merge", withUnsafeBytes(of: &records) { Array($0) })
      if kind != MergeLog.positionKind { #expect(throws: RerunError.self) { try rerun() } }
    }
  }

  @Test func symbolsAreReadAsTheyWereWritten() throws {
    let scratch = try Scratch()
    let symbols = ["AAPL", "A,B", "\"", "\"\"", "A\"B,\"\"C", ",,,,,,,,", "ABCDEFGH"]
    var text = "symbol_id,symbol,kind,venue\n0,,trade,IEX\n"
    for (index, symbol) in symbols.enumerated() {
      text += "\((index + 1) << 4),\(CsvField.text(symbol)),trade,IEX\n"
    }
    try text.write(toFile: scratch.file("x.symbols.csv"), atomically: true, encoding: .utf8)
    let read = try RerunFiles.symbols(of: scratch.file("x"))
    #expect(read.map { Symbol(word: $0).text } == symbols)
  }
}
