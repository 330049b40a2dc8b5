import Testing
import TickRing
import TickWire

@testable import TickEngine

/// TOPS messages to ticks.
@Suite(.timeLimit(.minutes(1))) struct TopsTests {
  @Test func aQuoteIsABidAndAnAskTick() throws {
    let bench = try FeedBench.tops()
    bench.quote("AAA", 100_000, 100_100)
    #expect(bench.ticks() == bench.pair(1, 100_000, 100_100))
    #expect(bench.tickCounts.count(.bid) == 1 && bench.tickCounts.count(.ask) == 1)
    #expect(bench.tickCounts.published == 2 && bench.counts.messages == 1)
    let entry = try bench.entry(1)
    #expect(entry.bidPrice == 10 && entry.askPrice == 10.01 && entry.quoteTime == bench.clock)
  }

  @Test func instrumentsAreNumberedAsTheyAppearAndKeepTheirNumber() throws {
    let bench = try FeedBench.tops()
    for symbol in ["BBB", "AAA", "BBB", "CCC"] { bench.trade(symbol, 10_000) }
    #expect(bench.ticks().map(\.instrument) == [1, 2, 1, 3])
    #expect(bench.symbol(2) == Symbol("AAA"))
  }

  /// Whether it is new, or known by the name with spaces.
  @Test func aNamePaddedWithNulsIsTheSameInstrument() throws {
    let bench = try FeedBench.tops()
    for word: UInt64 in [0x41_4141, 0x2020_2020_2041_4141, 0x41_4141, 0x2020_2000_2041_4141] {
      var head = bench.head("AAA")
      head.symbol = Symbol(word: word)
      bench.send { $0.trade(head, IexTradeFields(size: 1, priceE4: 10_000, tradeId: 1)) }
    }
    #expect(bench.ticks().map(\.instrument) == [1, 1, 1, 1])
    #expect(bench.instruments == 1 && bench.symbol(1) == Symbol("AAA"))
  }

  /// RM4: odd lots and extended hours set no last price; the other flags do not matter.
  @Test(arguments: [
    (UInt8(0), TickKind.trade), (IexTradeFlags.intermarketSweep, .trade),
    (IexTradeFlags.extendedHours, .tradeNoLast), (IexTradeFlags.oddLot, .tradeNoLast),
    (IexTradeFlags.tradeThroughExempt, .trade), (IexTradeFlags.singlePriceCross, .trade),
    (IexTradeFlags.oddLot | IexTradeFlags.intermarketSweep, .tradeNoLast),
    (IexTradeFlags.extendedHours | IexTradeFlags.oddLot, .tradeNoLast),
  ])
  func flagsSayWhetherATradeSetsTheLastPrice(flags: UInt8, kind: TickKind) throws {
    let bench = try FeedBench.tops()
    bench.trade("AAA", 123_456, size: 77, flags: flags)
    #expect(bench.ticks() == [SeenTick(1, kind, bench.clock, 12.3456, 77)])
    let entry = try bench.entry(1)
    #expect(entry.lastPrice == (kind == .trade ? 12.3456 : 0))
    #expect((entry.lastTime != 0) == (kind == .trade))
  }

  @Test func aBreakIsATickOfItsOwnAndNoTrade() throws {
    let bench = try FeedBench.tops()
    bench.send { writer in
      writer.tradeBreak(bench.head("AAA"), IexTradeFields(size: 5, priceE4: 10_000, tradeId: 9))
    }
    #expect(bench.ticks() == [SeenTick(1, .tradeBreak, bench.clock, 1, 5)])
    #expect(bench.tickCounts.tradeVolume == 0 && bench.tickCounts.count(.tradeBreak) == 1)
  }

  /// A status that is not known is a halt.
  @Test(arguments: [
    ("T", StatusCode.trading), ("H", .halted), ("P", .paused), ("O", .orderAcceptance),
    ("?", .halted),
  ])
  func tradingStatusesAreStatusTicks(byte: String, code: StatusCode) throws {
    let bench = try FeedBench.tops()
    bench.status("AAA", Character(byte))
    #expect(bench.ticks() == [.status(1, code, bench.clock)])
    #expect(try bench.entry(1).isSuspect == (code != .trading))
  }

  @Test(arguments: [("O", StatusCode.venueHalted), ("N", .venueTrading), ("?", .venueHalted)])
  func operationalHaltsAreStatusTicks(byte: String, code: StatusCode) throws {
    let bench = try FeedBench.tops()
    bench.operationalHalt("AAA", Character(byte))
    #expect(bench.ticks() == [.status(1, code, bench.clock)])
    #expect(try bench.entry(1).isSuspect == (code == .venueHalted))
  }

  /// The instrument's halt and the venue's end apart.
  @Test func anInstrumentIsInDoubtUntilBothHaltsEnd() throws {
    let bench = try FeedBench.tops()
    bench.status("AAA", "H")
    bench.operationalHalt("AAA", "O")
    bench.status("AAA", "T")
    #expect(try bench.entry(1).isSuspect)
    bench.operationalHalt("AAA", "N")
    #expect(try !bench.entry(1).isSuspect)
  }

  @Test func messagesThatSetNoTickAreCountedByType() throws {
    let bench = try FeedBench.tops()
    bench.send { writer in
      writer.systemEvent(UInt8(ascii: "O"), exchangeTimeNs: 1)
      writer.securityDirectory(
        bench.head("AAA"), roundLot: 100, adjustedCloseE4: 10_000, luldTier: 1)
      writer.retailLiquidity(bench.head("AAA"))
      writer.shortSalePriceTest(bench.head("AAA"), detail: 0)
      writer.securityEvent(bench.head("AAA"))
      writer.officialPrice(bench.head("AAA"), priceE4: 10_000)
      writer.auction(bench.head("AAA"), IexAuctionFields())
    }
    #expect(bench.ticks().isEmpty && bench.counts.messages == 7 && bench.counts.unknown == 0)
    for type in "SDIPEXA" { #expect(bench.feed.messages(ofType: Int(type.asciiValue!)) == 1) }
  }

  @Test func volumeAndNotionalCountEveryTradeDecoded() throws {
    let bench = try FeedBench.tops()
    bench.trade("AAA", 123_456, size: 100)
    bench.trade("AAA", 10_001, size: 3, flags: IexTradeFlags.oddLot)
    bench.age = 2_000_000_000
    bench.trade("AAA", 10_000, size: 1)
    #expect(bench.tickCounts.tradeVolume == 104)
    #expect(bench.tickCounts.tradeNotionalE4 == 12_345_600 + 30_003 + 10_000)
    #expect(bench.ticks().count == 2)
  }

  // MARK: Workers

  /// Instrument n goes to worker n % N, and to every tap.
  @Test func instrumentsAreSharedOutByNumber() throws {
    var options = FeedBench.Options()
    options.workers = 3
    options.taps = 2
    let bench = try FeedBench(options)
    for number in 1...9 { bench.trade("S\(number)", 10_000) }
    for worker in 0..<3 {
      #expect(bench.ticks(worker).map(\.instrument) == (1...9).filter { $0 % 3 == worker })
    }
    for tap in 3...4 { #expect(bench.ticks(tap).map(\.instrument) == Array(1...9)) }
    #expect(bench.tickCounts.published == 9 && bench.tickCounts.copies == 0)
  }

  /// MD3: the strategies are told in-band before the next decision.
  @Test func aGapGoesToEveryWorkerBeforeTheNextTick() throws {
    var options = FeedBench.Options()
    options.workers = 3
    options.taps = 1
    let bench = try FeedBench(options)
    bench.trade("S1", 10_000)
    for ring in 0..<4 { _ = bench.ticks(ring) }
    bench.stream.firstSequence += 4
    bench.trade("S1", 10_000)
    let gap = SeenTick.status(0, .gap, bench.clock)
    let trade = SeenTick(1, .trade, bench.clock, 1, 10)
    #expect(bench.ticks(0) == [gap] && bench.ticks(1) == [gap, trade])
    #expect(bench.ticks(2) == [gap] && bench.ticks(3) == [gap, trade])
    #expect(bench.counts.gaps == 1 && bench.counts.missing == 4)
    #expect(bench.tickCounts.published == 3 && bench.tickCounts.copies == 2)
  }

  @Test func aRestartGoesToEveryWorkerBeforeTheNextTick() throws {
    var options = FeedBench.Options()
    options.workers = 2
    let bench = try FeedBench(options)
    bench.trade("S1", 10_000)
    for ring in 0..<2 { _ = bench.ticks(ring) }
    bench.clock += 1
    bench.stream.firstSequence = 3
    bench.stream.session = 7
    bench.send()
    bench.clock += 1
    bench.stream.firstSequence = 1
    bench.trade("S1", 10_000)
    let codes = bench.ticks(1).map { $0.kind == .status ? $0.quantity : 0 }
    #expect(codes == [StatusCode.gap.rawValue, StatusCode.restart.rawValue, 0])
    #expect(bench.ticks(0).count == 2 && bench.counts.restarts == 1)
    #expect(bench.tickCounts.copies == 2)
  }
}
