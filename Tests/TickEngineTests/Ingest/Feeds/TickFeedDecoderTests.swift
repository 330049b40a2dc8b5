import Testing
import TickRing
import TickWire

@testable import TickEngine

/// A relay's messages become the ticks that they were, under this machine's numbers.
@Suite(.timeLimit(.minutes(1))) struct TickFeedDecoderTests {
  final class Bench {
    private var feed: ArbitratedFeed<TickFeedDecoder>
    private var ring: RingEnd
    private let memory = DatagramMemory()
    var now: UInt64 = 1_000_000_000
    private var next: UInt64 = 1

    /// What age is judged by, if it is.
    var clock: UInt64 = 7

    init(
      ringCapacity: Int = 1 << 14, ageMax_ns: UInt64 = .max, symbols: [String]? = nil,
      memory: FeedMemory? = nil
    ) throws {
      var publisher: TickPublisher?
      ring = try RingEnd(
        capacity: ringCapacity, ageMax_ns: ageMax_ns, symbols: symbols, &publisher)
      feed = ArbitratedFeed(
        TickFeedDecoder(publisher: publisher.take()!, memory: memory), limits: ArbiterLimits(),
        restarts: .follow, lines: 1, streams: memory?.sequences())
      feed.setLive(1)
    }

    var counts: FeedCounts { feed.counts }
    var tickCounts: TickCounts { feed.decoder.publisher.counts }
    var isEnded: Bool { feed.isEnded }
    var instruments: Int { ring.instruments }
    func refused(_ reason: TickRejection) -> UInt64 {
      feed.decoder.publisher.counts.rejected[reason.rawValue]
    }
    func symbol(_ instrument: UInt32) -> String? { ring.symbol(instrument) }
    func ticks() -> [Tick] { ring.ticks() }

    func take(_ datagram: [UInt8], line: Int? = 0) {
      let times = ArrivalTimes(clock: clock, received_ns: now, now: now)
      let isTaken = feed.ingest(memory.bytes(datagram), line: line, times: times)
      #expect(isTaken)
    }

    /// The next packet of a session.
    func send(
      _ messages: [[UInt8]], session: String = "RELAY", first: UInt64? = nil, line: Int? = 0
    ) {
      let begin = first ?? next
      take(memory.mold(session, begin, messages), line: line)
      next = begin + UInt64(messages.count)
    }

    /// Says that a session is over.
    func end(_ next: UInt64, session: String = "RELAY") -> [UInt8] {
      memory.moldEnd(session, next)
    }

    /// The next message of the session.
    var sequence: UInt64 {
      get { next }
      set { next = newValue }
    }

    func takeOver() {
      feed.takeOver(ArrivalTimes(clock: clock, received_ns: now, now: now))
    }

    /// Nothing more comes.
    func end() {
      feed.finish()
      feed.decoder.end()
    }

    func doubtClock() { feed.decoder.publisher.doubtClock(now) }

    func pass(_ nanoseconds: UInt64) {
      now += nanoseconds
      feed.advance(to: now)
    }
  }

  private static func entry(_ instrument: UInt32, _ symbol: String) -> [UInt8] {
    bytes(RelayEntry.byteCount) {
      RelayEntry(instrument: instrument, symbol: Symbol(symbol)!, venue: Symbol("IEX")!)
        .encode(into: $0)
    }
  }

  private static func tick(
    _ instrument: UInt32, _ kind: TickKind, time: UInt64 = 5, price: Double = 1.5,
    status: StatusCode? = nil
  ) -> [UInt8] {
    bytes(RelayTick.byteCount) {
      RelayTick(
        words: Tick(
          timestamp: time, symbolId: Series(instrument: instrument, kind: kind).id, price: price,
          quantity: status?.rawValue ?? 9
        ).words
      ).encode(into: $0)
    }
  }

  private static func bytes(_ count: Int, _ body: (MutableBytes) -> Void) -> [UInt8] {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { raw in
      body(MutableBytes(raw.baseAddress!, count: count))
      return Array(raw)
    }
  }

  private struct Sink: ~Copyable, DatagramSink {
    var datagrams: [[UInt8]] = []
    mutating func send(_ datagram: Bytes) {
      datagrams.append((0..<datagram.count).map { datagram[$0] })
    }
  }

  @Test(arguments: [UInt64(5), 6])
  func md7WhatARelaySendsComesOutByteForByte(seed: UInt64) throws {
    var ring = try RelayRing(Scratch())
    var stream = RelayStream(
      MoldUdp64Session("RELAY00001")!, names: try ring.names(), retainedMessages: 8_192)
    let published = ring.publish(6_000, seed: seed)
    var sink = Sink()
    for tick in published { stream.add(Tick(words: (tick[0], tick[1], tick[2])), into: &sink) }
    stream.flush(into: &sink)
    let bench = try Bench()
    let named = ring.directory.count
    for datagram in sink.datagrams { bench.take(datagram) }
    #expect(bench.ticks().map(words) == published)
    #expect(bench.instruments == named && bench.counts.malformed == 0)
  }

  /// What was missing of a session and comes after its end, asked for or late, opens nothing; what
  /// goes beyond it does, and so does another session.
  @Test func aSessionThatIsOverStaysSoUntilSomethingNewComes() throws {
    let bench = try Bench()
    bench.send([Self.entry(1, "TICK"), Self.tick(1, .trade)])
    bench.send([Self.tick(1, .trade)], first: 5)
    bench.take(bench.end(6))
    #expect(bench.isEnded)
    bench.send([Self.tick(1, .trade), Self.tick(1, .trade)], first: 3, line: nil)
    #expect(bench.isEnded && bench.ticks().count == 4)
    bench.send([Self.tick(1, .trade)], first: 6)
    #expect(!bench.isEnded)
    bench.take(bench.end(7))
    #expect(bench.isEnded)
    for first in [UInt64(1), 2] {
      bench.send([Self.entry(1, "TICK")], session: "AGAIN", first: first)
    }
    #expect(!bench.isEnded && bench.counts.sessionChanges == 1)
    bench.take(bench.end(3, session: "AGAIN"))
    // The same session from its beginning.
    bench.pass(2_000_000_000)
    bench.send([Self.entry(1, "TICK")], session: "AGAIN", first: 1)
    #expect(!bench.isEnded && bench.counts.restarts == 1)
  }

  /// Nothing of it is lost, no quote is parted, and every name is told again.
  @Test(arguments: [UInt64(1), 2_500, 2_501, 2_502])
  func aRelayThatRestartsIsFollowedAsANewSession(restartTicks: UInt64) throws {
    var ring = try RelayRing(Scratch())
    var stream = RelayStream(
      MoldUdp64Session("RELAY00001")!, names: try ring.names(), retainedMessages: 8_192,
      restartTicks: restartTicks)
    let published = ring.publish(6_000, seed: 5)
    var sink = Sink()
    for tick in published { stream.add(Tick(words: (tick[0], tick[1], tick[2])), into: &sink) }
    stream.flush(into: &sink)
    #expect(stream.counts.restarts == 1 && stream.session.text == "RELAY00002")
    #expect(stream.counts.entries > UInt64(ring.directory.count))
    #expect(stream.retained.nextSequence < stream.counts.ticks + stream.counts.entries)
    let bench = try Bench()
    let named = ring.directory.count
    for datagram in sink.datagrams { bench.take(datagram) }
    let ticks = bench.ticks()
    #expect(ticks.filter { $0.series.instrument != 0 }.map(words) == published)
    let told = ticks.filter { $0.series.instrument == 0 }
    #expect(told.map { StatusCode(rawValue: $0.quantity) } == [.restart])
    #expect(bench.instruments == named && bench.counts.malformed == 0)
  }

  /// Refused or not, as everywhere; breaks and quotes are no trades.
  @Test func tradesAreCountedWithTheirSharesAndAmounts() throws {
    let bench = try Bench(ageMax_ns: 1_000_000_000)
    bench.clock = 5_000_000_000
    bench.send([Self.entry(1, "TICK")])
    bench.send([
      Self.tick(1, .trade, time: 5_000_000_000, price: 1.5),
      Self.tick(1, .tradeNoLast, time: 5_000_000_000, price: 0.1001),
      Self.tick(1, .trade, time: 5, price: 185.27), Self.tick(1, .tradeBreak, price: 1.5),
    ])
    #expect(bench.tickCounts.tradeVolume == 27 && bench.tickCounts.count(.trade) == 1)
    #expect(bench.tickCounts.tradeNotionalE4 == 9 * (15_000 + 1_001 + 1_852_700))
  }

  @Test func instrumentsAreRenumberedAsThisMachineNamesThem() throws {
    let bench = try Bench()
    bench.send([Self.entry(900, "TICK"), Self.entry(7, "TOCK")])
    bench.send([Self.tick(7, .trade), Self.tick(900, .trade)])
    #expect(bench.ticks().map(\.series.instrument) == [2, 1])
    #expect(bench.symbol(1) == "TICK" && bench.symbol(2) == "TOCK")
  }

  /// An instrument is named before its first tick, and that was heard by whoever died.
  @Test func aSuccessorKnowsWhichInstrumentsARelayMeans() throws {
    let region = SharedRegion(try Region.createUnnamed(.state, capacity: FeedMemory.capacity))
    var next: UInt64 = 1
    do {
      let bench = try Bench(memory: try FeedMemory(claiming: region.attach()))
      bench.send([Self.entry(900, "TICK"), Self.entry(7, "TOCK"), Self.tick(900, .trade)])
      next = bench.sequence
    }
    let successor = try Bench(memory: try FeedMemory(claiming: region.attach()))
    successor.takeOver()
    successor.sequence = next
    successor.send([Self.tick(7, .trade), Self.tick(900, .trade)])
    let ticks = successor.ticks().filter { $0.series.kind == .trade }
    #expect(ticks.map(\.series.instrument) == [2, 1] && successor.counts.malformed == 0)
    // Another session names anew.
    successor.send([Self.tick(7, .trade)], session: "AGAIN", first: 1)
    successor.send([Self.tick(900, .trade)], session: "AGAIN")
    #expect(successor.counts.sessionChanges == 1 && successor.refused(.unnamed) == 2)
  }

  /// Nothing is damaged: the name was lost, or has not come yet.
  @Test func ticksWithoutANameAreRefusedAsSuch() throws {
    let bench = try Bench()
    bench.send([Self.tick(3, .trade), Self.entry(3, "TICK"), Self.tick(3, .trade)])
    #expect(bench.ticks().count == 1 && bench.refused(.unnamed) == 1)
    #expect(bench.counts.messages == 3 && bench.counts.malformed == 0)
  }

  /// Its name has come, and is not of the list.
  @Test func ticksOfASymbolThatIsNotGivenAreUnknown() throws {
    let bench = try Bench(symbols: ["TOCK"])
    bench.send([Self.entry(3, "TICK"), Self.entry(4, "TOCK")])
    bench.send([Self.tick(3, .trade), Self.tick(4, .trade)])
    #expect(bench.ticks().map(\.series.instrument) == [1])
    #expect(bench.refused(.unknownSymbol) == 2 && bench.refused(.unnamed) == 0)
    #expect(bench.counts.malformed == 0)
  }

  /// Names and all, whatever was lost on the way.
  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
  func everyMessageOfALossyRelayIsPublishedOrCountedByReason(seed: UInt64) throws {
    var ring = try RelayRing(Scratch())
    var stream = RelayStream(
      MoldUdp64Session("RELAY00001")!, names: try ring.names(), retainedMessages: 64)
    let published = ring.publish(20_000, seed: seed)
    var sink = Sink()
    for (index, tick) in published.enumerated() {
      stream.add(Tick(words: (tick[0], tick[1], tick[2])), into: &sink)
      if index % 1_000 == 999 { stream.repeatNames(into: &sink) }
    }
    stream.flush(into: &sink)
    let bench = try Bench(ringCapacity: 1 << 16)
    var random = SeededRandom(seed: seed)
    for datagram in sink.datagrams where random.below(4) > 0 {
      bench.take(datagram)
      bench.pass(200_000_000)
    }
    bench.end()
    let counts = bench.counts
    let relayed = bench.ticks().filter { $0.series.instrument > 0 }.count
    #expect(counts.malformed == 0 && bench.refused(.unnamed) > 0 && counts.missing > 0)
    let refused = bench.refused(.unnamed) + bench.refused(.halfQuote)
    #expect(counts.messages == counts.entries + UInt64(relayed) + refused)
  }

  @Test func anEntryAtOddsWithAnEarlierOneChangesNothing() throws {
    let bench = try Bench()
    bench.send([Self.entry(3, "TICK"), Self.entry(3, "TOCK"), Self.entry(3, "TICK")])
    bench.send([Self.tick(3, .trade)])
    #expect(bench.instruments == 1 && bench.counts.malformed == 1 && bench.ticks().count == 1)
  }

  /// A bid waits for its ask, and for nothing else.
  @Test func halfAQuoteIsNoQuote() throws {
    let bench = try Bench()
    bench.send([Self.entry(1, "TICK"), Self.entry(2, "TOCK")])
    bench.send([Self.tick(1, .bid)])
    #expect(bench.ticks().isEmpty)
    bench.send([Self.tick(1, .ask)])
    #expect(bench.ticks().map(\.series.kind) == [.bid, .ask])
    bench.send([Self.tick(1, .bid), Self.tick(2, .ask)])
    #expect(bench.refused(.halfQuote) == 2)
    bench.send([Self.tick(1, .bid), Self.tick(1, .trade)])
    #expect(bench.refused(.halfQuote) == 3 && bench.counts.malformed == 0)
    let kinds = bench.ticks().map(\.series.kind)
    #expect(!kinds.contains(.bid) && kinds.contains(.trade))
    bench.send([Self.tick(1, .bid)])
    bench.end()
    #expect(bench.ticks().isEmpty && bench.refused(.halfQuote) == 4)
  }

  /// An ask alone would be a quote's second half without its first.
  @Test func anAskWithoutItsBidIsNoQuote() throws {
    let bench = try Bench()
    bench.send([Self.entry(1, "TICK"), Self.tick(1, .ask)])
    #expect(bench.ticks().isEmpty && bench.refused(.halfQuote) == 1)
  }

  @Test func aBidBeforeAGapIsForgottenAndCounted() throws {
    let bench = try Bench()
    bench.send([Self.entry(1, "TICK"), Self.tick(1, .bid)])
    bench.send([Self.tick(1, .ask)], first: 5)
    bench.pass(100_000_000)
    #expect(bench.ticks().map(\.series.kind) == [.status])
    #expect(bench.counts.gaps == 1 && bench.counts.missing == 2)
    #expect(bench.refused(.halfQuote) == 2 && bench.counts.malformed == 0)
  }

  @Test func aRelayThatIsStartedAgainNamesItsInstrumentsAnew() throws {
    let bench = try Bench()
    bench.send([Self.entry(1, "TICK"), Self.tick(1, .trade)])
    bench.send([Self.entry(1, "TOCK"), Self.tick(1, .trade)], session: "AGAIN", first: 1)
    #expect(bench.counts.sessionChanges == 0)
    bench.send([Self.tick(1, .trade)], session: "AGAIN")
    let ticks = bench.ticks()
    #expect(ticks.map(\.series.kind) == [.trade, .status, .trade, .trade])
    #expect(ticks.map(\.series.instrument) == [1, 0, 2, 2])
    #expect(bench.counts.sessionChanges == 1 && bench.counts.gaps == 0)
  }

  /// By the exchange time, if that is asked for; what was lost on the way and asked for is late.
  @Test func ageIsJudgedOfQuotesAndTradesOfTheLines() throws {
    let bench = try Bench(ageMax_ns: 1_000_000_000)
    bench.clock = 5_000_000_000
    func quote(_ time: UInt64) -> [[UInt8]] {
      [Self.tick(1, .bid, time: time), Self.tick(1, .ask, time: time)]
    }
    bench.send([Self.entry(1, "TICK")] + quote(4_000_000_001))
    #expect(bench.ticks().map(\.quantity) == [9, 9])
    let old = quote(4_000_000_000) + [Self.tick(1, .trade, time: 4_000_000_000)]
    bench.send(old + [Self.tick(1, .status, time: 1)])
    // Both sides are emptied once.
    let refused = StatusCode.invalidQuote.rawValue
    #expect(bench.ticks().map(\.quantity) == [refused, 0, 0, 9] && bench.refused(.stale) == 2)
    bench.send(old)
    #expect(bench.ticks().isEmpty && bench.refused(.stale) == 4)
    bench.send(quote(6_000_000_001))
    #expect(bench.ticks().isEmpty && bench.refused(.future) == 1)
    bench.send(old, line: nil)
    #expect(bench.ticks().map(\.quantity) == [9, 9, 9] && bench.refused(.stale) == 4)
  }

  // MARK: A clock that is set

  private func told(_ bench: Bench) -> [String] {
    bench.ticks().map { tick in
      let code = tick.series.kind == .status ? StatusCode(rawValue: tick.quantity) : nil
      return (code.map { "\($0)" } ?? "\(tick.series.kind!)") + " \(tick.timestamp)"
    }
  }

  @Test func theFirstTickThatIsNotRefusedEndsTheDoubtOfAClock() throws {
    let bench = try Bench(ageMax_ns: 1_000_000_000)
    bench.clock = 5_000_000_000
    bench.send([Self.entry(1, "TICK"), Self.tick(1, .trade, time: bench.clock)])
    bench.doubtClock()
    #expect(told(bench) == ["trade 5000000000", "stale 5000000000"])
    bench.clock = 9_000_000_000
    let old = Self.tick(1, .trade, time: 5_000_000_001)
    bench.send([old, Self.tick(0, .status, time: 5_000_000_002, status: .recovered)])
    #expect(bench.refused(.stale) == 1 && told(bench).isEmpty)
    let bid = Self.tick(1, .bid, time: 9_000_000_001)
    bench.send([bid, Self.tick(1, .ask, time: 9_000_000_001)])
    #expect(told(bench) == ["recovered 9000000001", "bid 9000000001", "ask 9000000001"])
    // What was asked for again ends none, and is refused meanwhile.
    bench.doubtClock()
    bench.send([Self.tick(1, .trade, time: 9_000_000_002)], line: nil)
    #expect(told(bench) == ["stale 9000000001"] && bench.refused(.stale) == 2)
  }

  /// Nor do they tell the time of the clock that is doubted.
  @Test func relayedTicksThatWereHeldBackEndNoDoubt() throws {
    let bench = try Bench()
    bench.send([Self.entry(1, "TICK"), Self.tick(1, .trade)])
    bench.clock = 3_600_000_000_000
    bench.send([Self.tick(1, .trade, time: 6)], first: 5)
    bench.pass(1)
    bench.doubtClock()
    bench.pass(100_000_000)
    #expect(told(bench) == ["trade 5", "stale 5", "gap 5", "trade 6"])
    bench.send([Self.tick(1, .trade, time: 7)])
    #expect(told(bench) == ["recovered 7", "trade 7"])
  }
}
