import Testing
import TickRing
import TickWire

@testable import TickEngine

/// MD4: what is refused publication, to the last unit of each boundary.
@Suite(.timeLimit(.minutes(1))) struct ValidationTests {
  private func bench(_ change: (inout FeedBench.Options) -> Void) throws -> FeedBench {
    var options = FeedBench.Options()
    change(&options)
    return try FeedBench(options)
  }

  // MARK: Age

  @Test(arguments: [
    (Int64(0), true), (999_999_999, true), (1_000_000_000, false), (3_600_000_000_000, false),
    (-1_000_000_000, true), (-1_000_000_001, false),
  ])
  func md4AgeIsJudgedToTheNanosecond(age: Int64, passes: Bool) throws {
    let bench = try FeedBench.tops()
    bench.age = age
    bench.trade("AAA", 10_000)
    bench.quote("BBB", 10_000, 10_010)
    #expect(bench.ticks().count == (passes ? 3 : 0))
    let reason: TickRejection = age > 0 ? .stale : .future
    #expect(bench.rejected(reason) == (passes ? 0 : 2))
    #expect(bench.rejectedInAll == bench.rejected(reason))
  }

  /// Age is of the sending, not of the event: a status of the morning is no news, but true.
  @Test(arguments: [Int64(1_000_000_000), 90_000_000_000_000, -5_000_000_000])
  func md4AStatusIsNeverRefusedForAge(age: Int64) throws {
    let bench = try FeedBench.tops()
    bench.age = age
    bench.status("AAA", "H")
    bench.operationalHalt("AAA", "O")
    #expect(bench.ticks().map(\.kind) == [.status, .status] && bench.rejectedInAll == 0)
  }

  @Test func anOldEventInAFreshPacketPasses() throws {
    let bench = try FeedBench.tops()
    bench.send { writer in
      writer.trade(bench.head("AAA", time: 1), IexTradeFields(size: 1, priceE4: 1, tradeId: 1))
    }
    #expect(bench.ticks() == [SeenTick(1, .trade, 1, 0.0001, 1)])
  }

  // MARK: A clock that is set

  @Test func aClockThatIsSetMakesTheFeedStaleUntilAPacketIsFreshByIt() throws {
    let bench = try FeedBench.tops()
    bench.quote("AAA", 10_000, 10_010)
    _ = bench.ticks()
    let last = bench.clock
    bench.clock += 1
    bench.feed.decoder.publisher.doubtClock(bench.clock)
    #expect(bench.ticks() == [.status(0, .stale, last)])
    #expect(try bench.entry(1).bidPrice == 0)
    // It was set back: what comes is of the future. What happens meanwhile is told later.
    bench.age = -10_000_000_000
    bench.quote("AAA", 10_000, 10_010)
    #expect(bench.ticks() == bench.withdrawn(1))
    bench.feed.decoder.publisher.doubtClock(bench.clock)
    bench.feed.decoder.feedChanged(to: .degraded, time: 9)
    #expect(bench.ticks().isEmpty)
    bench.age = 0
    bench.quote("AAA", 10_000, 10_010)
    #expect(
      bench.ticks() == [.status(0, .degraded, bench.clock)] + bench.pair(1, 10_000, 10_010))
    bench.quote("AAA", 10_000, 10_020)
    #expect(bench.ticks() == bench.pair(1, 10_000, 10_020))
  }

  /// The times that strategies are told stay the market's.
  @Test func aClockThatIsSetLetsNoTimerRing() throws {
    let feed = try bench { $0.limits.age_ns = .max }
    let strategy = try WorkerBench<ProbeStrategy>()
    let (began, hour) = (feed.clock, UInt64(3_600_000_000_000))
    func told() -> [String] {
      for tick in feed.ticks() {
        strategy.now = tick.time
        strategy.tick(tick.instrument, tick.kind, tick.price, tick.quantity)
      }
      return strategy.worker.strategy.log.take()
    }
    strategy.worker.strategy.timerAt = began + 60_000_000_000
    feed.trade("AAA", 10_000, size: 0)
    #expect(told() == ["trade 1 1.0 x0"])
    (feed.clock, feed.age) = (began + hour, Int64(hour))
    feed.feed.decoder.publisher.doubtClock(feed.clock)
    feed.feed.decoder.feedChanged(to: .stale, time: feed.clock)
    feed.feed.decoder.feedChanged(to: .live, time: feed.clock)
    #expect(told() == ["status 0 stale", "status 0 stale"])
    feed.send()
    #expect(told() == ["status 0 recovered"] && strategy.worker.desk.time == began)
  }

  /// What was held back was read by the clock as it was, and what was asked for again by none.
  @Test func onlyWhatComesInAfterAClockWasSetIsFreshByIt() throws {
    let bench = try FeedBench.tops()
    bench.trade("AAA", 10_000)
    _ = bench.ticks()
    bench.feed.decoder.publisher.doubtClock(100)
    func packet(_ received_ns: UInt64, isRecovered: Bool = false) -> [SeenTick] {
      bench.feed.decoder.publisher.beginPacket(
        received_ns: received_ns, clock: bench.clock, sendTime: bench.clock,
        isRecovered: isRecovered)
      return bench.ticks()
    }
    #expect(bench.ticks() == [.status(0, .stale, bench.clock)])
    #expect(packet(99).isEmpty && packet(101, isRecovered: true).isEmpty)
    // It is set again.
    bench.feed.decoder.publisher.doubtClock(200)
    #expect(packet(199).isEmpty)
    #expect(packet(200) == [.status(0, .recovered, bench.clock)])
  }

  /// Where ages are judged, they are refused meanwhile like all that is too old.
  @Test(arguments: [true, false])
  func pricesWithoutAnAgeAreRefusedWhileAClockIsDoubted(isJudged: Bool) throws {
    let bench = try bench { if !isJudged { $0.limits.age_ns = .max } }
    bench.quote("AAA", 10_000, 10_010)
    bench.feed.decoder.publisher.doubtClock(100)
    _ = bench.ticks()
    // Held back, and asked for again.
    for isRecovered in [false, true] {
      bench.feed.decoder.publisher.beginPacket(
        received_ns: isRecovered ? 101 : 99, clock: bench.clock, sendTime: bench.clock,
        isRecovered: isRecovered)
      bench.feed.decoder.publisher.trade(
        1, time: bench.clock, priceE4: 10_000, size: 1, setsNoLast: false)
    }
    let trade = SeenTick(1, .trade, bench.clock, 1, 1)
    #expect(bench.ticks() == (isJudged ? [] : [trade, trade]))
    #expect(bench.rejected(.stale) == (isJudged ? 2 : 0))
    #expect(try bench.entry(1).lastPrice == (isJudged ? 0 : 1))
  }

  /// What this machine finds has no time at the venue.
  @Test func aChangeOfTheFeedHasTheLastMarketTime() throws {
    let bench = try FeedBench.tops()
    bench.feed.decoder.feedChanged(to: .stale, time: 9)
    #expect(bench.ticks() == [.status(0, .stale, 9)])
    bench.send()
    let last = bench.clock
    bench.feed.decoder.feedChanged(to: .degraded, time: last + 3_600_000_000_000)
    #expect(bench.ticks() == [.status(0, .degraded, last)])
  }

  // MARK: Quotes

  /// Bid, ask, and why it is refused. 0.99 % of the bid passes, 1.00 % does not.
  @Test(arguments: [
    (Int64(10_000), Int64(10_099), nil), (10_000, 10_100, TickRejection.wideSpread),
    (1_000_000, 1_009_999, nil), (1_000_000, 1_010_000, .wideSpread),
    (10_000, 10_001, nil), (10_001, 10_000, .crossed), (10_000, 10_000, .locked),
    (-1, 10_000, .badPrice), (10_000, -1, .badPrice), (.min, .max, .badPrice),
    (1, 2, .wideSpread), (10_000, .max, .badPrice),
    (10_000_000_000_000, 10_000_000_000_001, .badPrice),
    (9_999_999_999_999, 10_000_000_000_000, nil),
  ])
  func md4QuotesAreJudgedAtTheBoundary(bid: Int64, ask: Int64, reason: TickRejection?) throws {
    let bench = try FeedBench.tops()
    bench.quote("AAA", bid, ask)
    #expect(bench.ticks().count == (reason == nil ? 2 : 0))
    for other in TickRejection.allCases {
      #expect(bench.rejected(other) == (other == reason ? 1 : 0))
    }
  }

  @Test func aLockedQuotePassesWhereItIsAllowed() throws {
    let bench = try bench { $0.limits.allowsLocked = true }
    bench.quote("AAA", 10_000, 10_000)
    bench.quote("AAA", 10_001, 10_000)
    #expect(bench.ticks() == bench.pair(1, 10_000, 10_000) + bench.withdrawn(1))
    #expect(bench.rejected(.crossed) == 1 && bench.rejected(.locked) == 0)
  }

  @Test func limitsAreTheFeedsOwn() throws {
    let bench = try bench {
      $0.limits.spread_e4 = 500
      $0.limits.age_ns = 10
      $0.limits.ahead_ns = 5
    }
    bench.quote("AAA", 10_000, 10_499)
    bench.quote("AAA", 10_000, 10_500)
    bench.age = 10
    bench.trade("AAA", 10_000)
    bench.age = -6
    bench.trade("AAA", 10_000)
    #expect(bench.rejected(.wideSpread) == 1 && bench.rejected(.stale) == 1)
    #expect(bench.rejected(.future) == 1)
  }

  /// An empty side is legal, and exempt from every comparison with the other.
  @Test func oneSidedAndEmptyQuotesAreLegal() throws {
    let bench = try FeedBench.tops()
    bench.quote("AAA", 10_000, 0, askSize: 0)
    #expect(bench.ticks() == bench.pair(1, 10_000, 0, 100, 0))
    bench.quote("AAA", 0, 10_000, bidSize: 0)
    #expect(bench.ticks() == bench.pair(1, 0, 10_000, 0, 200))
    bench.quote("AAA", 0, 0, bidSize: 0, askSize: 0)
    #expect(bench.ticks() == bench.empty(1) && bench.rejectedInAll == 0)
  }

  /// Price or size zero: there is no such side, whatever the other field says.
  @Test func aSideWithoutPriceOrSizeIsPublishedAsEmpty() throws {
    let bench = try FeedBench.tops()
    bench.quote("AAA", 10_000, 9_000, askSize: 0)
    #expect(bench.ticks() == bench.pair(1, 10_000, 0, 100, 0))
    bench.quote("AAA", 0, 10_000)
    #expect(bench.ticks() == bench.pair(1, 0, 10_000, 0, 200) && bench.rejectedInAll == 0)
  }

  /// MD4: the last good quote does not stay live, and its end is told once.
  @Test func md4ARefusedQuoteEmptiesBothSidesOnceAndOnlyOnce() throws {
    let bench = try FeedBench.tops()
    bench.quote("AAA", 10_001, 10_000)
    #expect(bench.ticks().isEmpty)
    bench.quote("AAA", 10_000, 10_010)
    #expect(bench.ticks() == bench.pair(1, 10_000, 10_010))
    bench.quote("AAA", 10_001, 10_000)
    #expect(bench.ticks() == bench.withdrawn(1))
    let entry = try bench.entry(1)
    #expect(entry.bidPrice == 0 && entry.askPrice == 0)
    bench.quote("AAA", 10_001, 10_000)
    bench.quote("AAA", 10_000, 10_000)
    bench.age = 2_000_000_000
    bench.quote("AAA", 10_000, 10_010)
    #expect(bench.ticks().isEmpty)
    bench.age = 0
    bench.quote("AAA", 10_000, 10_010)
    #expect(bench.ticks() == bench.pair(1, 10_000, 10_010))
    #expect(bench.rejected(.crossed) == 3 && bench.rejected(.locked) == 1)
    #expect(bench.rejected(.stale) == 1)
  }

  @Test func aStaleQuoteEmptiesTheLastGoodOne() throws {
    let bench = try FeedBench.tops()
    bench.quote("AAA", 10_000, 10_010)
    _ = bench.ticks()
    bench.age = 1_000_000_000
    bench.quote("AAA", 10_000, 10_010)
    #expect(bench.ticks() == bench.withdrawn(1))
  }

  @Test func afterAnEmptyQuoteARefusedOneHasNothingToEmpty() throws {
    let bench = try FeedBench.tops()
    bench.quote("AAA", 10_000, 10_010)
    bench.quote("AAA", 0, 0, bidSize: 0, askSize: 0)
    _ = bench.ticks()
    bench.quote("AAA", 10_001, 10_000)
    #expect(bench.ticks().isEmpty)
  }

  // MARK: Trades

  @Test(arguments: [
    (Int64(1), true), (0, false), (-1, false), (.min, false), (10_000_000_000_000, true),
    (10_000_000_000_001, false), (.max, false),
  ])
  func md4ATradePriceMustBePositiveAndCountable(price: Int64, passes: Bool) throws {
    let bench = try FeedBench.tops()
    bench.trade("AAA", price)
    #expect(bench.ticks().count == (passes ? 1 : 0))
    #expect(bench.rejected(.badPrice) == (passes ? 0 : 1))
    #expect(try bench.entry(1).lastTime == (passes ? bench.clock : 0))
  }

  @Test func breaksAreNotGated() throws {
    let bench = try FeedBench.tops()
    bench.age = 5_000_000_000
    bench.send { writer in
      writer.tradeBreak(bench.head("AAA"), IexTradeFields(size: 5, priceE4: 10_000, tradeId: 9))
    }
    #expect(bench.ticks().map(\.kind) == [.tradeBreak] && bench.rejectedInAll == 0)
  }

  // MARK: Symbols

  @Test func aSymbolIsUnknownOnlyAgainstAList() throws {
    let bench = try bench { $0.symbols = ["BBB", "AAA"] }
    bench.trade("AAA", 10_000)
    bench.trade("CCC", 10_000)
    bench.quote("CCC", 10_000, 10_010)
    bench.status("CCC", "H")
    #expect(bench.ticks().map(\.instrument) == [2])
    #expect(bench.rejected(.unknownSymbol) == 3 && bench.instruments == 2)
    // All trades decoded count.
    #expect(bench.tickCounts.tradeVolume == 20)
  }

  @Test func aFullDirectoryRefusesNewSymbolsAndKeepsTheOld() throws {
    let bench = try bench { $0.directoryCapacity = 4 }
    for symbol in ["A", "B", "C", "D", "A", "D"] { bench.trade(symbol, 10_000) }
    #expect(bench.ticks().map(\.instrument) == [1, 2, 3, 1])
    #expect(bench.rejected(.directoryFull) == 2 && bench.rejected(.unknownSymbol) == 0)
  }
}
