import CLinux
import Foundation
import Testing
import TickMetrics
import TickRing

@testable import TickEngine

/// RS6, RM9: what has to last lasts, whoever sets the machine's clock.
@Suite(.timeLimit(.minutes(1))) struct SteadyClockTests {
  private let minute_ns: UInt64 = 60_000_000_000
  private let cooldown_ns = RiskLimits.simulation.states.cooldown_ns

  /// As if the wall clock had been set since, forward or back, by an hour.
  private static let set = [-1, 1].map { (hours: Int64) in
    SteadyClock(
      offset_ns: SteadyClock().offset_ns &- UInt64(bitPattern: hours * 3_600_000_000_000))
  }

  @Test func itIsTheWallClocksAndGoesOnByTheOtherOne() {
    let clock = SteadyClock()
    let (wall, now) = (clinux_realtime_ns(), MonotonicClock.now)
    #expect(Int64(bitPattern: clock.time(at: now) &- wall).magnitude < 1_000_000_000)
    #expect(clock.time(at: now + 5) == clock.time(at: now) + 5)
  }

  /// Nor does a decision whose exchange time is ahead.
  @Test(arguments: set, [UInt64(1), 16])
  func rs6NeitherASetClockNorATimeAheadEndsACooldown(clock: SteadyClock, minutes: UInt64) throws {
    let line = try SenderLine()
    let since = clock.time(at: MonotonicClock.now) - minutes * minute_ns
    let record = RiskRecord(
      state: RiskState.coolDown.rawValue, trips: 1, peakE4: 10_000_000_000_000,
      coolDownSince: since, newest: since, day: 0)
    try line.start(records: [0: record], clock: clock)
    let isSteady = try line.turn { $0.link == .steady }
    try #require(isSteady)
    let refusal = line.adjust { sender in
      sender.decide(GateBench.order(99, at: .max / 2), of: 0)
      sender.beatNowAndThen(isRested: false)
      do throws(RiskRefusal) {
        _ = try sender.risk.reset(0, .onRecord, at: sender.marketTime)
        return nil as RiskRefusal?
      } catch { return error }
    }
    #expect(refusal == (minutes < 15 ? .cooling(until: since + cooldown_ns) : nil))
  }

  /// Who sleeps between turns has few of them, where others compute on its core: cooldowns, the
  /// dead man and its own heartbeat must not hang on hundreds.
  @Test(arguments: set) func whoRestsLooksAtTheClockEachFewTurns(clock: SteadyClock) throws {
    let line = try SenderLine()
    try line.start(clock: clock)
    // From a look on.
    line.adjust { sender in
      var last = sender.marketTime
      while sender.marketTime == last { sender.beatNowAndThen(isRested: false) }
      last = sender.marketTime
      for _ in 1..<Sender.restedTurns { sender.beatNowAndThen(isRested: true) }
      #expect(sender.marketTime == last)
      sender.beatNowAndThen(isRested: true)
      #expect(sender.marketTime > last)
    }
  }

  /// RM9: executions a second apart by the clock are so wherever the wall clock is.
  @Test(arguments: set) func rm9TheVenuesWordIsTimedByIt(clock: SteadyClock) throws {
    let line = try SenderLine()
    try line.start(clock: clock)
    line.ask(1, 100.1)
    let isFilled = try line.turn { $0.counts.filled == 1 }
    let (time, now) = (line.adjust { $0.marketTime }, clock.time(at: MonotonicClock.now))
    #expect(isFilled && time <= now && now - time < minute_ns)
  }

  /// What a sender says of orders that it is asked for one after the other.
  private func refusals(
    live: Bool, _ change: (inout RiskLimits) -> Void, _ requests: [OrderRequest],
    isStamped: Bool = false
  ) throws -> [RiskReason?] {
    let clock = live ? SteadyClock() : nil
    let bench = try SenderBench(eventSlots: 64, clock: clock, change)
    for (number, request) in requests.enumerated() {
      var request = request
      request.order_id += UInt64(number)
      if !isStamped, request.received_ns == 0 { request.received_ns = MonotonicClock.now }
      try #require(bench.ask(request))
    }
    bench.takeAndSend()
    return bench.told().map { told in
      let reason = told.hasPrefix("riskReject ") ? UInt16(told.dropFirst(11)) : nil
      return RiskReason.allCases.first { UInt16($0.rawValue) == reason }
    }
  }

  /// Orders whose exchange times are so far apart.
  private func orders(_ count: UInt64, apart_ns: UInt64) -> [OrderRequest] {
    (0..<count).map { GateBench.order(100, at: GateBench.start + $0 * apart_ns) }
  }

  /// RM8: a venue's clock that runs, or a worker that says so, makes no room in a second.
  @Test func rm8OrdersOfALiveSecondAreCountedByTheMachine() throws {
    let asked = orders(4, apart_ns: 2_000_000_000)
    let limit: (inout RiskLimits) -> Void = { $0.ordersPerSecondMax = 3 }
    #expect(try refusals(live: true, limit, asked) == [nil, nil, nil, .rate])
    #expect(try refusals(live: false, limit, asked) == [nil, nil, nil, nil])
  }

  @Test func rm9ALiveOrderThatIsRepeatedIsFoundByTheMachine() throws {
    let asked = orders(2, apart_ns: 70_000_000_000)
    let limit: (inout RiskLimits) -> Void = { limits in
      limits.ordersPerSecondMax = 100
      limits.duplicateWindowSeconds = 60
      limits.referenceAgeMaxSeconds = 86_400
    }
    #expect(try refusals(live: true, limit, asked) == [nil, .duplicate])
    #expect(try refusals(live: false, limit, asked) == [nil, nil])
  }

  /// RM4: nothing has come for longer than a price lasts, and what is decided is decided by the
  /// exchange time of then. Only the next packet says another one.
  @Test func rm4LivePricesAgeWhileTheVenuesClockStandsStill() throws {
    var asked = orders(3, apart_ns: 1)
    asked[1].decision_time = asked[0].decision_time
    let now = MonotonicClock.now
    let old = now - 61_000_000_000
    for (place, received_ns) in [old, now, now].enumerated() {
      asked[place].received_ns = received_ns
    }
    let limit: (inout RiskLimits) -> Void = { $0.orderAgeMaxSeconds = 3_600 }
    #expect(try refusals(live: true, limit, asked) == [.noReference, .noReference, nil])
    #expect(try refusals(live: false, { _ in }, asked) == [nil, nil, nil])
  }

  /// What waited for a worker or a sender that stood still was decided for another market; what
  /// says nothing of when, or the impossible, is no younger.
  @Test func aLiveOrderThatIsTooOldIsRefused() throws {
    var asked = orders(5, apart_ns: 1)
    let now = MonotonicClock.now
    let stamps: [UInt64] = [now, now - 61_000_000_000, 0, now + 3_600_000_000_000, .max]
    for (place, stamp) in stamps.enumerated() { asked[place].received_ns = stamp }
    let limit: (inout RiskLimits) -> Void = { limits in
      limits.orderAgeMaxSeconds = 60
      limits.referenceAgeMaxSeconds = 86_400
    }
    let old: [RiskReason?] = [nil, .orderAge, .orderAge, .orderAge, .orderAge]
    #expect(try refusals(live: true, limit, asked, isStamped: true) == old)
    let replayed: [RiskReason?] = [nil, nil, nil, nil, nil]
    #expect(try refusals(live: false, limit, asked, isStamped: true) == replayed)
  }

  /// A backlog of a sender that stood still is refused, and is no runaway strategy.
  @Test func ordersThatAreTooOldDoNotCountAsOrders() throws {
    var asked = orders(5, apart_ns: 1)
    let now = MonotonicClock.now
    for place in 0..<4 { asked[place].received_ns = now - 3_000_000_000 }
    let limit: (inout RiskLimits) -> Void = { $0.ordersPerSecondMax = 1 }
    #expect(
      try refusals(live: true, limit, asked)
        == [.orderAge, .orderAge, .orderAge, .orderAge, nil])
  }

  // MARK: After a death

  /// A sender of a live instance comes and goes: what it goes by.
  private func clockOfNext(_ scratch: Scratch) throws -> SteadyClock? {
    var options = ReplayOptions(captures: [])
    (options.venue, options.instance) = (.none, "prod")
    (options.ringDirectory, options.stateDirectory) = (scratch.path, scratch.file("state"))
    let regions = ReplayRegions(directory: scratch.path)
    let histograms = HistogramStorage(count: 3)
    let assembly = SenderAssembly(
      options: options,
      instance: TradingInstance(
        "prod", ringDirectory: scratch.path, stateDirectory: options.stateDirectory),
      reload: nil, waitPolicy: .share,
      page: try regions.make(.control, capacity: ControlPage.capacity),
      board: try regions.make(.board, capacity: 16),
      directory: try regions.make(.directory, capacity: 16), rings: [],
      latency: SenderLatency(
        risk: histograms[0], send: histograms[1], tickToOrder: histograms[2]))
    return try assembly.make().options.clock
  }

  private func change(_ scratch: Scratch, _ word: Int, _ value: UInt64) throws {
    let lines = try SharedLines(
      Region.attach(.positions, directory: scratch.path, name: "tickway.prod.positions"),
      .positions)
    lines.store(PositionLines.header, word, value)
  }

  /// The clock was set while there was no sender.
  @Test func rs6ASuccessorGoesOnByItsPredecessorsClock() throws {
    let scratch = try Scratch()
    let first = try #require(try clockOfNext(scratch))
    #expect(try clockOfNext(scratch) == first)
    let other = SteadyClock(offset_ns: first.offset_ns &- 60 * minute_ns)
    try change(scratch, PositionLines.Header.clock, other.offset_ns)
    #expect(try clockOfNext(scratch) == other && clockOfNext(scratch) == other)
    // CLOCK_MONOTONIC begins anew with each boot.
    try change(scratch, PositionLines.Header.boot, SteadyClock.boot ^ 1)
    let fresh = try #require(try clockOfNext(scratch))
    #expect(Int64(bitPattern: fresh.offset_ns &- first.offset_ns).magnitude < minute_ns)
  }

  private func legacy(
    cutTo bytes: Int, strategies: Int = 4, _ change: (borrowing SharedLines) -> Void = { _ in }
  ) throws -> RiskLegacy {
    let scratch = try Scratch()
    var options = PositionOptions(equityE4: 1, strategyEquityE4: 1)
    (options.instruments, options.strategiesMax, options.holdingsMax) = (32, 4, 1_000)
    let (name, capacity) = ("positions", options.capacity)
    _ = try PositionBook.open(
      claiming: Region.create(
        .positions, directory: scratch.path, name: name, capacity: capacity), options)
    let region = try Region.attach(.positions, directory: scratch.path, name: name)
    change(try SharedLines(region.duplicate(untouched: true), .positions))
    if bytes < .max { try #require(truncate(scratch.file(name), bytes) == 0) }
    return try RiskLegacy(region, strategies: strategies)
  }

  /// RM13: a file that is cut off while it is read says nothing, also not that all was well.
  @Test func rm13RiskStatesThatAreCutOffAreNotTakenForNone() throws {
    #expect(throws: PositionError.self) { try legacy(cutTo: 0) }
  }

  /// RM13: a writer that died in the middle of a change may have left a breaker.
  @Test(arguments: [0, 3]) func rm13ATornRiskStateIsNotTakenForNone(subject: Int) throws {
    let failure = #expect(throws: PositionError.self) {
      try legacy(cutTo: .max) { lines in
        lines.store(PositionLines.subject(subject) + 1, 0, 7)
      }
    }
    guard case .riskTorn(_, subject) = failure else {
      Issue.record("\(failure as Any)")
      return
    }
    #expect(failure?.description.contains("then remove the region") == true)
  }

  @Test func whoAsksForMoreStrategiesThanThereWereGetsThose() throws {
    #expect(try legacy(cutTo: .max, strategies: 255).records.count == 0)
  }
}
