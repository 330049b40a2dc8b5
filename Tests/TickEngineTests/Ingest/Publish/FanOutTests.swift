import Testing
import TickRing
import TickWire

@testable import TickEngine

/// Who gets which ticks, and that one ring's trouble is its own.
@Suite(.timeLimit(.minutes(1))) struct FanOutTests {
  private func bench(_ change: (inout FeedBench.Options) -> Void) throws -> FeedBench {
    var options = FeedBench.Options()
    change(&options)
    return try FeedBench(options)
  }

  private func symbols(_ bench: FeedBench, _ ring: Int) -> [String] {
    bench.ticks(ring).map { bench.symbol($0.instrument)?.text ?? "feed" }
  }

  private func tradeAll(_ bench: FeedBench) {
    for symbol in ["AAA", "BBB", "CCC", "DDD", "AAA"] { bench.trade(symbol, 10_000) }
  }

  // MARK: Subscriptions

  @Test func workersShareTheInstrumentsByNumber() throws {
    let bench = try bench { $0.workers = 2 }
    tradeAll(bench)
    #expect(symbols(bench, 0) == ["BBB", "DDD"] && symbols(bench, 1) == ["AAA", "CCC", "AAA"])
    #expect(bench.tickCounts.published == 5 && bench.tickCounts.copies == 0)
  }

  @Test func aWorkerMayTakeAllAndAnotherItsSymbols() throws {
    let bench = try bench {
      $0.workers = 3
      $0.taps = 1
      $0.subscriptions = [.all, .symbols([Symbol("DDD")!, Symbol("AAA")!]), .symbols([])]
    }
    tradeAll(bench)
    #expect(symbols(bench, 0) == ["AAA", "BBB", "CCC", "DDD", "AAA"])
    #expect(symbols(bench, 1) == ["AAA", "DDD", "AAA"] && symbols(bench, 2).isEmpty)
    #expect(symbols(bench, 3).count == 5)
    #expect(bench.tickCounts.published == 5 && bench.tickCounts.copies == 3)
  }

  @Test func whatNoWorkerTakesIsCountedAndGoesToTheTapsAlone() throws {
    let bench = try bench {
      $0.taps = 1
      $0.subscriptions = [.symbols([Symbol("BBB")!])]
    }
    tradeAll(bench)
    bench.quote("CCC", 10_000, 10_010)
    #expect(symbols(bench, 0) == ["BBB"] && symbols(bench, 1).count == 7)
    #expect(bench.tickCounts.published == 1 && bench.tickCounts.unsubscribed == 6)
  }

  @Test func thoseThatShareShareAmongThemselves() throws {
    let bench = try bench {
      $0.workers = 3
      $0.subscriptions = [.share, .all, .share]
    }
    tradeAll(bench)
    #expect(symbols(bench, 0) == ["BBB", "DDD"] && symbols(bench, 2) == ["AAA", "CCC", "AAA"])
    #expect(symbols(bench, 1).count == 5 && bench.tickCounts.copies == 5)
  }

  /// A list of symbols numbers the directory before the publisher is there.
  @Test func instrumentsOfAGivenListAreSubscribedToo() throws {
    let bench = try bench {
      $0.workers = 2
      $0.symbols = ["CCC", "AAA"]
      $0.subscriptions = [.symbols([Symbol("AAA")!]), .symbols([Symbol("CCC")!])]
    }
    tradeAll(bench)
    #expect(symbols(bench, 0) == ["AAA", "AAA"] && symbols(bench, 1) == ["CCC"])
  }

  @Test func sixtyFourRingsAreServed() throws {
    let bench = try bench {
      $0.workers = 63
      $0.taps = 1
      $0.ringCapacity = 64
      $0.subscriptions = Array(repeating: .all, count: 63)
    }
    bench.quote("AAA", 10_000, 10_010)
    for ring in 0..<64 { #expect(bench.ticks(ring) == bench.pair(1, 10_000, 10_010)) }
    #expect(bench.tickCounts.published == 2 && bench.tickCounts.copies == 2 * 62)
  }

  // MARK: Line state

  @Test(arguments: [StatusCode.degraded, .stale, .recovered, .gap, .restart])
  func theLinesStateComesToEveryRingBeforeTheNextTick(code: StatusCode) throws {
    let bench = try bench {
      $0.workers = 2
      $0.taps = 1
      $0.subscriptions = [.all, .symbols([Symbol("ZZZ")!])]
    }
    bench.feed.decoder.publisher.feedStatus(code, time: 77)
    bench.trade("AAA", 10_000)
    for ring in 0..<3 { #expect(bench.ticks(ring).first == .status(0, code, 77)) }
    #expect(bench.tickCounts.count(.status) == 1 && bench.tickCounts.copies == 1)
  }

  // MARK: Recovered messages

  /// MD4: their age is not judged, and they are marked once a recovery.
  @Test func md4RecoveredMessagesSkipTheAgeCheckAndAreMarked() throws {
    let bench = try FeedBench.tops()
    let old = bench.clock - 60_000_000_000
    func packet(_ sendTime: UInt64, isRecovered: Bool) {
      bench.feed.decoder.publisher.beginPacket(
        received_ns: bench.clock, clock: bench.clock, sendTime: sendTime, isRecovered: isRecovered)
      let instrument = bench.feed.decoder.publisher.instrument(of: Symbol("AAA")!)!
      bench.feed.decoder.publisher.trade(
        instrument, time: sendTime, priceE4: 10_000, size: 1, setsNoLast: false)
    }
    packet(old, isRecovered: true)
    packet(old + 1, isRecovered: true)
    packet(bench.clock, isRecovered: false)
    packet(old + 2, isRecovered: false)
    packet(old + 3, isRecovered: true)
    func trade(_ time: UInt64) -> SeenTick { SeenTick(1, .trade, time, 1, 1) }
    #expect(
      bench.ticks() == [
        .status(0, .recovered, old), trade(old), trade(old + 1), trade(bench.clock),
        .status(0, .recovered, old + 3), trade(old + 3),
      ])
    #expect(bench.rejected(.stale) == 1 && bench.rejectedInAll == 1)
  }

  @Test func recoveredMessagesAreJudgedByAllElse() throws {
    let bench = try FeedBench.tops()
    bench.feed.decoder.publisher.beginPacket(
      received_ns: 0, clock: bench.clock, sendTime: 1, isRecovered: true)
    let instrument = bench.feed.decoder.publisher.instrument(of: Symbol("AAA")!)!
    let crossed = TopOfBook(bidPrice: 10_001, askPrice: 10_000, bidSize: 1, askSize: 1)
    let locked = TopOfBook(bidPrice: 10_000, askPrice: 10_000, bidSize: 1, askSize: 1)
    bench.feed.decoder.publisher.quote(instrument, time: 1, crossed)
    bench.feed.decoder.publisher.quote(instrument, time: 1, locked)
    #expect(bench.ticks().count == 1)
    #expect(bench.rejected(.crossed) == 1 && bench.rejected(.locked) == 1)
  }

  // MARK: Strangers

  /// SE2, TK3: a stopped worker costs the others nothing, and nobody waits for it.
  @Test(arguments: [SlowConsumerPolicy.drop, .conflate])
  func se2AStoppedWorkerDoesNotSlowTheOthers(policy: SlowConsumerPolicy) throws {
    let bench = try bench {
      $0.workers = 2
      $0.policies = [policy, .wait]
      $0.subscriptions = [.all, .all]
      $0.ringCapacity = 64
    }
    var seen: [SeenTick] = []
    for step in 0..<1_000 {
      bench.clock += 1
      bench.quote("S\(step % 50)", 10_000, 10_010)
      bench.trade("S\(step % 50)", 10_000)
      seen += bench.ticks(1)
    }
    #expect(seen.count == 3_000)
    let state = bench.feed.decoder.publisher.ringState(0).counts
    #expect(state.published == 3_000 + state.gapsTold && state.lost > 0)
    #expect(state.committed <= 64 && bench.feed.decoder.publisher.ringState(1).counts.lost == 0)
    #expect((state.conflated > 0) == (policy == .conflate))
    #expect(bench.ticks(0).count == Int(state.committed))
  }

  /// The report's equations hold under each policy.
  @Test(arguments: SlowConsumerPolicy.allCases)
  func theReportOfAStrainedRunIsConsistent(policy: SlowConsumerPolicy) throws {
    let bench = try bench {
      $0.workers = 2
      $0.policies = [policy, policy]
      $0.subscriptions = [.all, .share]
      $0.ringCapacity = 64
    }
    var polled: [UInt64] = [0, 0]
    for step in 0..<600 {
      bench.clock += 1
      bench.quote("S\(step % 40)", 10_000, 10_010)
      bench.status("S\(step % 40)", "T")
      if step % (policy == .wait ? 10 : 97) == 0 {
        for ring in 0..<2 { polled[ring] += UInt64(bench.ticks(ring).count) }
      }
    }
    bench.feed.decoder.publisher.end()
    var report = Report()
    report.ticks.published = bench.tickCounts.published
    report.ticks.copies = bench.tickCounts.copies
    for ring in 0..<2 {
      polled[ring] += UInt64(bench.ticks(ring).count)
      var line = Report.Ring(
        name: "ticks.\(ring)", kind: .tick, capacity: 64, polled: polled[ring])
      line.take(bench.feed.decoder.publisher.ringState(ring).counts)
      report.rings.append(line)
    }
    #expect(report.consistency() == [])
    #expect((report.rings[0].lost > 0) == (policy != .wait))
  }
}
