import Foundation
import Testing
import TickRing

@testable import TickEngine

/// SE3: what each policy does when its consumer stands still, tick by tick.
@Suite(.timeLimit(.minutes(1))) struct SlowConsumerTests {
  // MARK: wait

  /// Who holds the role and takes nothing is told of, by name and with the time; and that it goes
  /// on.
  @Test func whoeverIsWaitedForLongIsNamed() throws {
    let bench = try OutletBench(.wait)
    for _ in 0..<64 { bench.trade() }
    nonisolated(unsafe) let ingester = bench
    let began_ns = MonotonicClock.now
    let thread = Thread { ingester.trade() }
    thread.start()
    while bench.control.read(.waitsFor) == 0, !thread.isFinished { usleep(1_000) }
    #expect(bench.control.read(.waitsFor) == 1)
    let since_ns = bench.control.read(.waitsSince_ns)
    #expect(since_ns >= began_ns && MonotonicClock.now - since_ns >= TickOutlet.waitTold_ns)
    #expect(bench.poll(10).count == 10)
    while !thread.isFinished { usleep(1_000) }
    #expect(bench.control.read(.waitsFor) == 0 && bench.poll().count == 55)
  }

  // MARK: drop

  /// 64 slots, of which 4 are for status and gaps alone.
  @Test func aFullRingDropsTicksAndTellsOfItWhereTheyWould() throws {
    let bench = try OutletBench(.drop)
    for _ in 0..<70 { bench.trade() }
    let seen = bench.poll()
    #expect(seen.count == 61 && Array(seen.prefix(60)) == Array(bench.offered.prefix(60)))
    // At the place of the loss, with the time of the first tick lost.
    #expect(seen.last == .status(0, .gap, 61))
    #expect(bench.counts.lost == 10 && bench.counts.gapsTold == 1 && bench.counts.full == 1)
    let next = bench.trade()
    #expect(bench.poll() == [SeenTick(1, .trade, next, 0, 1)])
    #expect(bench.counts.lost == 10 && bench.counts.gapsTold == 1)
    #expect(bench.counts.published == 72)
  }

  @Test func aQuoteIsDroppedAsAPair() throws {
    let bench = try OutletBench(.drop)
    for _ in 0..<59 { bench.trade() }
    // One slot is left for ticks: no room for half a quote.
    bench.quote()
    #expect(bench.counts.lost == 2)
    #expect(bench.poll().map(\.kind) == Array(repeating: .trade, count: 59) + [.status])
  }

  @Test func oneGapTellsOfAllTicksLostInARow() throws {
    let bench = try OutletBench(.drop)
    for _ in 0..<200 { bench.quote() }
    #expect(bench.counts.gapsTold == 1 && bench.counts.lost == 2 * 170)
  }

  /// A slot or two would take one tick and lose the next: gaps would fill the ring.
  @Test func afterALossThereMustBeRoomForAnEighthOfTheRing() throws {
    let bench = try OutletBench(.drop)
    for _ in 0..<61 { bench.trade() }
    #expect(bench.poll(10).count == 10)
    bench.trade()
    #expect(bench.counts.lost == 2)
    #expect(bench.poll(1).count == 1)
    bench.trade()
    #expect(bench.counts.lost == 2 && bench.counts.gapsTold == 1)
  }

  @Test func statusTakesTheSlotsKeptForIt() throws {
    let bench = try OutletBench(.drop)
    for _ in 0..<61 { bench.trade() }
    for _ in 0..<3 { bench.status() }
    #expect(bench.counts.lost == 1)
    #expect(bench.poll().suffix(4).map(\.kind) == Array(repeating: .status, count: 4))
  }

  /// Ticks lost after a status are told of again: the gap before it speaks of what was before it.
  @Test func aLossOnEachSideOfAStatusIsToldOnEach() throws {
    let bench = try OutletBench(.drop)
    for _ in 0..<61 { bench.trade() }
    let halt = bench.status()
    let lost = bench.trade()
    let seen = bench.poll()
    #expect(
      seen.suffix(3) == [
        .status(0, .gap, 61), .status(1, .halted, halt), .status(0, .gap, lost),
      ])
  }

  @Test func aStatusWithoutAnySlotIsCountedAndToldBeforeTheNextTick() throws {
    let bench = try OutletBench(.drop)
    for _ in 0..<61 { bench.trade() }
    for _ in 0..<3 { bench.status() }
    let lost = bench.status()
    #expect(bench.counts.lost == 2 && bench.counts.isGapOwed)
    _ = bench.poll()
    let next = bench.status(2, .trading)
    #expect(bench.poll() == [.status(0, .gap, lost), .status(2, .trading, next)])
    #expect(!bench.counts.isGapOwed && bench.counts.gapsTold == 2)
  }

  @Test func aGapThatIsOwedIsToldThoughNothingElseComes() throws {
    let bench = try OutletBench(.drop)
    for _ in 0..<61 { bench.trade() }
    for _ in 0..<4 { bench.status() }
    _ = bench.poll()
    bench.idle()
    #expect(bench.poll().map(\.isGap) == [true])
    bench.idle()
    #expect(bench.poll().isEmpty)
  }

  // MARK: conflate

  /// Its stamp comes round every 68.7 s: what has waited for long says that it did for 30 s.
  @Test func aHeldQuoteIsNeverYoungerThanItIs() {
    let now: UInt64 = 1 << 40 + 12_345_678
    var quote = HeldQuote()
    quote.received = receiveStamp(monotonic_ns: now)
    quote.since = UInt32(truncatingIfNeeded: now >> 30)
    for seconds: UInt64 in 0...200 {
      let later = now + seconds * 1_000_000_000
      let age_16ns = receiveStamp(monotonic_ns: later) &- quote.stamp(at: later)
      let said = UInt64(age_16ns) * 16 / 1_000_000_000
      #expect(seconds < 29 ? said == seconds : 28...31 ~= said, "\(seconds) s")
    }
  }

  /// 64 slots, of which 16 take no quote.
  @Test func ofQuotesWithoutRoomTheNewestOfEachInstrumentIsKept() throws {
    let bench = try OutletBench(.conflate)
    for _ in 0..<24 { bench.quote(1) }
    for _ in 0..<100 { for instrument: UInt32 in [3, 1, 2] { bench.quote(instrument) } }
    #expect(bench.counts.held == 6 && bench.counts.conflated == 2 * 297)
    #expect(bench.counts.lost == 0 && bench.counts.full == 1)
    let seen = bench.drain()
    // In the order in which they began to wait.
    #expect(seen.suffix(6).map(\.instrument) == [3, 3, 1, 1, 2, 2])
    #expect(seen.suffix(6).map(\.time) == [322, 322, 323, 323, 324, 324])
    #expect(seen.count == 54 && bench.counts.late == 6 && bench.counts.gapsTold == 0)
  }

  @Test func tradesAndBreaksTakeTheSlotsKeptFromQuotes() throws {
    let bench = try OutletBench(.conflate)
    for _ in 0..<30 { bench.quote(1) }
    // 48 slots are quotes', 12 are for trades, 4 for status.
    for _ in 0..<12 { bench.trade(2) }
    for _ in 0..<4 { bench.status(2) }
    #expect(bench.counts.lost == 0)
    let seen = bench.drain()
    #expect(seen.filter { $0.kind == .trade }.count == 12)
    #expect(seen.filter { $0.kind == .status }.count == 4)
    #expect(seen.last?.time == 30 && seen.last?.kind == .ask)
  }

  @Test func aTradeBeyondTheSlotsKeptIsLostCountedAndTold() throws {
    let bench = try OutletBench(.conflate)
    for _ in 0..<30 { bench.quote(1) }
    for _ in 0..<13 { bench.trade(2) }
    #expect(bench.counts.lost == 1 && bench.counts.gapsTold == 1)
    let seen = bench.drain()
    #expect(seen[60] == .status(0, .gap, 43))
    // The quote that waited is there all the same.
    #expect(seen.last == SeenTick(1, .ask, 30, 0, 1))
  }

  @Test func aHeldQuoteGoesBeforeATradeOfItsInstrument() throws {
    let bench = try OutletBench(.conflate)
    for _ in 0..<25 { bench.quote(1) }
    bench.trade(1)
    bench.status(1)
    #expect(bench.poll().suffix(4).map(\.time) == [25, 25, 26, 27])
    #expect(bench.counts.late == 2 && bench.counts.held == 0)
  }

  /// Half of the slots kept from quotes are trades' and status's alone.
  @Test func aTradeGoesFirstWhenTheSlotsKeptRunOut() throws {
    let bench = try OutletBench(.conflate)
    for _ in 0..<24 { bench.quote(1) }
    for _ in 0..<8 { bench.trade(2) }
    let held = bench.quote(1)
    let trade = bench.trade(1)
    #expect(bench.drain().suffix(3).map(\.time) == [trade, held, held])
  }

  @Test func aHeldQuoteIsPublishedThoughNothingElseComes() throws {
    let bench = try OutletBench(.conflate)
    for _ in 0..<25 { bench.quote(1) }
    #expect(bench.poll(1).count == 1)
    bench.idle()
    #expect(bench.counts.held == 2)
    #expect(bench.poll(1).count == 1)
    bench.idle()
    #expect(bench.counts.held == 0 && bench.poll().last?.time == 25)
  }

  /// Later quotes do not pass those that wait; all have their turn.
  @Test func aQuoteOfAnotherInstrumentWaitsBehindThoseHeld() throws {
    let bench = try OutletBench(.conflate, capacity: 512)
    for instrument: UInt32 in 1...400 { bench.quote(instrument) }
    _ = bench.poll()
    bench.quote(1_000)
    let seen = bench.drain()
    #expect(seen.map(\.instrument).suffix(4) == [400, 400, 1_000, 1_000])
  }

  /// A quote from before a gap, published after it, would look like one from after it.
  @Test(arguments: [
    (StatusCode.gap, true), (.restart, true), (.stale, true), (.degraded, false),
    (.recovered, false),
  ])
  func aGapRestartOrSilenceOfTheFeedMakesHeldQuotesVoid(code: StatusCode, isVoid: Bool) throws {
    let bench = try OutletBench(.conflate)
    for _ in 0..<26 { bench.quote(1) }
    let time = bench.status(0, code)
    let seen = bench.drain()
    #expect(seen[48] == .status(0, code, time))
    #expect(seen.count == (isVoid ? 49 : 51) && bench.counts.conflated == (isVoid ? 4 : 2))
    #expect(bench.counts.published == UInt64(bench.offered.count))
  }

  @Test func whatIsHeldAtTheEndIsLostAndCounted() throws {
    let bench = try OutletBench(.conflate)
    for _ in 0..<24 { bench.quote(1) }
    for instrument: UInt32 in 2...9 { bench.quote(instrument) }
    #expect(bench.poll(4).count == 4)
    bench.outlet.end(time: 99, received: 0)
    #expect(bench.counts.late == 4 && bench.counts.lost == 12 && bench.counts.held == 0)
    #expect(bench.poll().last == .status(0, .gap, 99))
  }

  // MARK: wait

  @Test func aRingThatNobodyReadsIsNotWaitedFor() throws {
    let bench = try OutletBench(.wait, hasConsumer: false)
    for _ in 0..<10_000 { bench.quote(1) }
    #expect(bench.counts.lost == 20_000 - 64 && bench.counts.full == 1)
    var consumer = try bench.claimConsumer()
    var tick = Tick()
    var polled = 0
    while consumer.poll(&tick) { polled += 1 }
    let next = bench.trade(1)
    var seen: [SeenTick] = []
    while consumer.poll(&tick) { seen.append(SeenTick(tick)) }
    #expect(polled == 64 && seen == [.status(0, .gap, 33), SeenTick(1, .trade, next, 0, 1)])
  }

  @Test func waitingLosesNothing() throws {
    let bench = try OutletBench(.wait, hasConsumer: false)
    let region = try bench.claimConsumer()
    let polled = PolledCount(region)
    let thread = Thread { polled.poll(3_000) }
    thread.start()
    for _ in 0..<1_000 {
      bench.trade(1)
      bench.quote(1)
    }
    polled.isDone.wait()
    #expect(bench.counts.lost == 0 && bench.counts.committed == 3_000)
    #expect(bench.counts.gapsTold == 0 && !bench.outlet.isKeepingBack)
  }

  @Test func waitingEndsWhenARoleHasFailed() throws {
    let bench = try OutletBench(.wait)
    for _ in 0..<64 { bench.trade() }
    bench.control.write(.failed, 1)
    bench.trade()
    bench.quote()
    #expect(bench.counts.abandoned == 3 && bench.counts.lost == 3)
  }
}

/// A consumer on a thread of its own.
private final class PolledCount: @unchecked Sendable {
  private var consumer: TickConsumer
  let isDone = DispatchSemaphore(value: 0)

  init(_ consumer: consuming TickConsumer) { self.consumer = consumer }

  func poll(_ count: Int) {
    var tick = Tick()
    var polled = 0
    while polled < count { if consumer.poll(&tick) { polled += 1 } else { sched_yield() } }
    isDone.signal()
  }
}
