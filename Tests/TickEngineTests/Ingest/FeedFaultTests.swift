import Testing
import TickRing
import TickWire

@testable import TickEngine

/// What a venue, a line or a stranger can do to a feed.
@Suite(.timeLimit(.minutes(1))) struct FeedFaultTests {
  private func trade(_ bench: FeedBench, restarting: Bool) -> Bool {
    bench.clock += 1
    if restarting { bench.stream.firstSequence = 1 }
    return bench.send { writer in
      writer.trade(bench.head("AAA"), IexTradeFields(size: 1, priceE4: 10_000, tradeId: 1))
    }
  }

  @Test func thePolicyRefuseStopsBeforeAnythingOfARestartIsTaken() throws {
    var options = FeedBench.Options()
    options.restarts = .refuse
    let bench = try FeedBench(options)
    #expect(trade(bench, restarting: false) && trade(bench, restarting: false))
    _ = bench.ticks()
    #expect(!trade(bench, restarting: true))
    #expect(bench.ticks().isEmpty && bench.counts.restarts == 1 && bench.counts.messages == 2)
  }

  @Test func aRestartForgetsPricesAndKeepsHalts() throws {
    let bench = try FeedBench.tops()
    bench.trade("AAA", 10_000)
    bench.status("AAA", "H")
    #expect(try bench.entry(1).isSuspect)
    #expect(trade(bench, restarting: true))
    let entry = try bench.entry(1)
    #expect(entry.isSuspect && entry.lastPrice == 1)
    bench.status("AAA", "T")
    #expect(try !bench.entry(1).isSuspect)
  }

  /// A stream that begins anew says nothing of the others.
  @Test func aRestartOfOneStreamLeavesTheOthersAlone() throws {
    let bench = try FeedBench.tops()
    bench.trade("AAA", 10_000)
    bench.stream.channel = 2
    for _ in 0..<2 {
      bench.clock += 1
      bench.stream.firstSequence = 1
      bench.trade("BBB", 20_000)
    }
    #expect(bench.counts.restarts == 1)
    #expect(try bench.entry(1).lastPrice == 1)
  }

  /// RM13: a quote that says itself that the instrument is halted.
  @Test func aQuoteFlaggedHaltedIsDoubtfulUntilOneIsNot() throws {
    let bench = try FeedBench.tops()
    bench.quote("AAA", 10_000, 10_050, flags: IexQuoteFlags.halted)
    #expect(try bench.entry(1).isSuspect)
    bench.quote("AAA", 10_000, 10_050)
    #expect(try !bench.entry(1).isSuspect)
  }

  /// MD3: a book is the sum of its day's messages; TOPS quotes stand for themselves.
  @Test(arguments: [IexProtocol.deep, .tops])
  func aBookJoinedLateIsSuspect(feed: IexProtocol) throws {
    let bench = try feed == .deep ? FeedBench.deep() : FeedBench.tops()
    bench.stream.firstSequence = 5_000
    bench.trade("AAA", 10_000)
    #expect(try bench.entry(1).isSuspect == (feed == .deep))
    #expect(bench.counts.gaps == 0)
  }

  /// RM4, RM13: prices of before a gap vouch for nothing; a halt of before it still halts.
  @Test func aGapForgetsPricesAndKeepsHalts() throws {
    let bench = try FeedBench.tops()
    bench.trade("AAA", 10_000)
    bench.quote("AAA", 10_000, 10_010)
    bench.trade("BBB", 10_000)
    bench.status("AAA", "H")
    bench.stream.firstSequence += 1
    bench.send()
    let (halted, other) = (try bench.entry(1), try bench.entry(2))
    #expect(halted.lastTime == 0 && halted.bidPrice == 0 && halted.isSuspect)
    #expect(other.lastTime == 0 && !other.isSuspect)
    bench.status("AAA", "T")
    #expect(try !bench.entry(1).isSuspect)
  }

  /// MD3: books touched by an unrecovered gap are suspect, those not yet seen too.
  @Test func md3AGapInDeepMakesEveryBookSuspectUntilARestart() throws {
    let bench = try FeedBench.deep()
    bench.stream.firstSequence = 1
    bench.send()
    bench.level("AAA", .bid, 10_000, 1)
    #expect(try !bench.entry(1).isSuspect)
    bench.stream.firstSequence += 1
    bench.level("BBB", .bid, 10_000, 1)
    bench.status("AAA", "T")
    for instrument: UInt32 in 1...2 { #expect(try bench.entry(instrument).isSuspect) }
    bench.clock += 1
    bench.stream.firstSequence = 1
    bench.level("CCC", .bid, 10_000, 1)
    for instrument: UInt32 in 1...3 {
      #expect(try !bench.entry(instrument).isSuspect)
    }
  }

  @Test func anotherSessionIsToldAsARestartAndEmptiesTheBooks() throws {
    let bench = try FeedBench.deep()
    bench.level("AAA", .bid, 10_000, 5)
    _ = bench.ticks()
    bench.clock += 1
    bench.stream.session += 1
    bench.stream.firstSequence = 1
    bench.level("AAA", .ask, 10_010, 5)
    let restart = SeenTick.status(0, .restart, bench.clock)
    #expect(bench.ticks() == [restart] + bench.pair(1, 0, 10_010, 0, 5))
    #expect(bench.counts.sessionChanges == 1 && bench.counts.restarts == 0)
  }

  @Test func duplicatesAndOverlapsPublishEachMessageOnce() throws {
    let bench = try FeedBench.tops()
    bench.trade("AAA", 10_000)
    bench.stream.firstSequence = 2
    bench.trade("AAA", 20_000)
    bench.stream.firstSequence = 2
    bench.trade("AAA", 20_000)
    bench.stream.firstSequence = 2
    bench.send { writer in
      for price: Int64 in [20_000, 30_000] {
        writer.trade(bench.head("AAA"), IexTradeFields(size: 10, priceE4: price, tradeId: 1))
      }
    }
    #expect(bench.ticks().map(\.price) == [1, 2, 3])
    #expect(bench.counts.duplicates == 1 && bench.counts.overlaps == 1)
    #expect(bench.counts.messages == 3 && bench.counts.gaps == 0)
  }

  @Test func heartbeatsAreCountedAndCarryNothing() throws {
    let bench = try FeedBench.tops()
    for _ in 0..<3 { bench.send() }
    #expect(bench.counts.heartbeats == 3 && bench.counts.packets == 3)
    #expect(bench.counts.messages == 0 && bench.ticks().isEmpty)
  }

  // MARK: Malformed

  private let unknown: [UInt8] = [0x7A, 0, 1, 2, 3]

  @Test func unknownTypesAreCountedAndPassedOver() throws {
    let bench = try FeedBench.tops()
    bench.send([unknown, unknown])
    bench.trade("AAA", 10_000)
    #expect(bench.counts.unknown == 2 && bench.counts.messages == 3)
    #expect(bench.counts.malformed == 0 && bench.ticks().count == 1 && bench.counts.gaps == 0)
  }

  @Test func messagesTooShortForTheirTypeAreMalformed() throws {
    let bench = try FeedBench.tops()
    bench.send([[UInt8(ascii: "Q")] + [UInt8](repeating: 0, count: 40), [], unknown])
    #expect(bench.counts.malformed == 2 && bench.counts.unknown == 1)
    #expect(bench.counts.messages == 3 && bench.ticks().isEmpty)
  }

  @Test func aWalkThatEndsEarlyIsMalformedOnceAndLosesNoSequence() throws {
    let bench = try FeedBench.tops()
    // The third message is counted and not there.
    bench.send([unknown, unknown], count: 3)
    #expect(bench.counts.malformed == 1 && bench.counts.messages == 2)
    bench.trade("AAA", 10_000)
    #expect(bench.counts.gaps == 0 && bench.ticks().count == 1)
  }

  @Test func aMessageThatPassesTheEndIsMalformed() throws {
    let bench = try FeedBench.tops()
    bench.send([unknown, unknown], payload: 13)
    #expect(bench.counts.malformed == 1 && bench.counts.messages == 1)
  }

  @Test func aHeaderThatCannotBeTrueIsMalformed() throws {
    let bench = try FeedBench.tops()
    bench.send([unknown], payload: 1_000)
    bench.send([unknown], count: 200)
    #expect(bench.counts.malformed == 2 && bench.counts.packets == 2)
    #expect(bench.counts.messages == 0)
  }

  @Test func whatIsNotIexTpIsForeign() throws {
    let bench = try FeedBench.tops()
    bench.send([unknown], version: 2)
    bench.stream.messageProtocol = 0x1234
    bench.send([unknown])
    #expect(bench.counts.foreign == 2 && bench.counts.packets == 0 && bench.ticks().isEmpty)
  }

  @Test func aSymbolThatIsNotPrintableIsMalformed() throws {
    let bench = try FeedBench.tops()
    var head = bench.head("AAA")
    head.symbol = Symbol(word: 0x2020_2020_2001_4141)
    bench.send { writer in
      writer.quote(head, bidSize: 1, bidPriceE4: 10_000, askPriceE4: 10_010, askSize: 1)
      writer.trade(head, IexTradeFields(size: 1, priceE4: 10_000, tradeId: 1))
      writer.tradingStatus(head, reason: 0)
      writer.operationalHalt(head)
      writer.tradeBreak(head, IexTradeFields(size: 1, priceE4: 10_000, tradeId: 1))
    }
    #expect(bench.counts.malformed == 5 && bench.ticks().isEmpty)
    #expect(bench.instruments == 0)
  }

  @Test func streamsBeyondTheMostAreCountedAndNotTaken() throws {
    let bench = try FeedBench.tops()
    for channel: UInt32 in 0..<65 {
      bench.stream.channel = channel
      bench.stream.firstSequence = 1
      bench.trade("AAA", 10_000)
    }
    #expect(bench.counts.untracked == 1 && bench.counts.messages == 64)
    #expect(bench.ticks().count == 64)
  }

  @Test func aFreshSessionKeepsTheDirectoryAndForgetsTheRest() throws {
    let bench = try FeedBench.tops()
    bench.trade("AAA", 10_000)
    bench.status("AAA", "H")
    _ = bench.ticks()
    bench.feed.beginSession()
    let entry = try bench.entry(1)
    #expect(entry.lastTime == 0 && !entry.isSuspect && bench.instruments == 1)
    bench.stream.firstSequence = 1
    bench.trade("AAA", 10_000)
    #expect(bench.ticks().map(\.instrument) == [1])
    #expect(bench.counts.restarts == 0 && bench.counts.duplicates == 0)
  }
}
