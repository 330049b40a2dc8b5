import Testing
import TickWire

@testable import TickEngine

/// MD2, MD3: order, first copies, holes and how each of them ends, in virtual time.
@Suite(.timeLimit(.minutes(1))) struct ArbiterTests {
  /// An arbiter with two lines and a clock that is told.
  final class Bench {
    var arbiter: Arbiter
    var decoder = SeenMessages()
    var now: UInt64 = 1_000_000_000
    var hasSendTimes = true
    /// Whether packets say where they lie in the stream's bytes, as IEX-TP's do: 100 a message.
    var hasOffsets = true

    init(
      _ limits: ArbiterLimits = ArbiterLimits(), restarts: RestartPolicy = .follow,
      lines: UInt64 = 0b11
    ) {
      arbiter = Arbiter(limits: limits, restarts: restarts)
      arbiter.liveLines = lines
    }

    @discardableResult
    func take(
      _ first: UInt64, _ count: UInt64, line: Int? = 0, session: UInt128 = 1,
      sent: UInt64? = nil
    ) -> Arbiter.Outcome {
      let time = sent ?? now
      let packet = SequencedPacket(
        stream: 1, session: session, first: first, count: count,
        sendTime: hasSendTimes ? time : 0, offset: hasOffsets ? (first &- 1) &* 100 : 0,
        offsetEnd: hasOffsets ? (first &+ count &- 1) &* 100 : 0)
      let outcome = arbiter.take(
        packet, .none, ArrivalTimes(clock: now, received_ns: now, now: now), line: line, &decoder)
      if outcome.isOdd { takeQueued() }
      return outcome
    }

    func pass(_ nanoseconds: UInt64) {
      now += nanoseconds
      arbiter.advance(to: now, &decoder)
      takeQueued()
    }

    private func takeQueued() {
      while arbiter.takeQueued(&decoder) != nil {}
    }

    func finish() {
      arbiter.finish(&decoder)
      while arbiter.isWaiting {
        takeQueued()
        arbiter.finish(&decoder)
      }
    }

    var seen: [SeenMessages.Seen] { decoder.seen }
    var counts: FeedCounts { decoder.counts }
  }

  private static func recovering() -> ArbiterLimits {
    var limits = ArbiterLimits()
    limits.recovery = RecoveryLimits()
    return limits
  }

  @Test func md2TheFirstCopyWinsAndTheSecondIsADuplicate() {
    let bench = Bench()
    #expect(bench.take(1, 2, line: 0, sent: 5) == .released)
    #expect(bench.take(1, 2, line: 1, sent: 5) == .duplicate)
    #expect(bench.take(3, 1, line: 1, sent: 6) == .released)
    #expect(bench.take(3, 1, line: 0, sent: 6) == .duplicate)
    #expect(bench.decoder.messages == [1, 2, 3] && bench.counts.duplicates == 2)
  }

  @Test func aHoleIsFilledByTheOtherLine() {
    let bench = Bench()
    bench.take(1, 1)
    #expect(bench.take(3, 1) == .held)
    #expect(bench.take(4, 2) == .held)
    #expect(bench.decoder.messages == [1])
    bench.take(2, 1, line: 1)
    #expect(bench.decoder.messages == [1, 2, 3, 4, 5])
    #expect(bench.counts.gaps == 0 && !bench.arbiter.isWaiting)
  }

  @Test func packetsOutOfOrderArePutInOrder() {
    let bench = Bench()
    bench.take(1, 1)
    for first: UInt64 in [4, 3, 5, 2] { bench.take(first, 1) }
    #expect(bench.decoder.messages == [1, 2, 3, 4, 5] && bench.counts.missing == 0)
  }

  @Test func md3AHoleIsGivenUpWhenItsTimeIsOver() {
    let bench = Bench()
    bench.take(1, 1)
    bench.take(4, 1)
    bench.pass(99_999_999)
    #expect(bench.decoder.messages == [1])
    bench.pass(1)
    #expect(bench.seen == [.message(1), .lost(2), .message(4)])
    #expect(bench.counts.gaps == 1 && bench.counts.missing == 2)
  }

  @Test func md3AHoleIsGivenUpWhenTooManyPacketsWaitBehindIt() {
    var limits = ArbiterLimits()
    limits.waitPackets = 3
    let bench = Bench(limits)
    bench.take(1, 1)
    bench.take(3, 1)
    bench.take(4, 1)
    #expect(bench.decoder.messages == [1])
    bench.take(5, 1)
    #expect(bench.seen == [.message(1), .lost(1), .message(3), .message(4), .message(5)])
  }

  /// Each line brings its packets nearly in order: eight further on, it will not come back.
  @Test func aHoleIsGivenUpOnceAllLiveLinesHavePassedIt() {
    let bench = Bench()
    bench.take(1, 1, sent: 1)
    for first: UInt64 in 3...20 { bench.take(first, 1, line: 0, sent: first) }
    #expect(bench.decoder.messages == [1])
    for first: UInt64 in 3...9 { bench.take(first, 1, line: 1, sent: first) }
    #expect(bench.decoder.messages == [1])
    bench.take(10, 1, line: 1, sent: 10)
    #expect(bench.decoder.messages == [1] + Array(3...20) && bench.counts.missing == 1)
  }

  @Test func aLineThatIsNotLiveIsNotWaitedFor() {
    let bench = Bench(lines: 0b01)
    bench.take(1, 1)
    for first: UInt64 in 3...10 { bench.take(first, 1) }
    #expect(bench.decoder.messages == [1] + Array(3...10))
  }

  @Test func aHeartbeatShowsALostTail() {
    let bench = Bench()
    bench.take(1, 2)
    bench.take(6, 0)
    #expect(bench.counts.gaps == 0)
    bench.pass(100_000_000)
    #expect(bench.seen == [.message(1), .message(2), .lost(3)])
    #expect(bench.take(6, 1) == .released && !bench.arbiter.isWaiting)
  }

  @Test func aTailThatComesAfterItsHeartbeatIsNotLost() {
    let bench = Bench()
    bench.take(1, 2)
    bench.take(6, 0, line: 1)
    bench.take(3, 3, line: 0)
    bench.pass(1_000_000_000)
    #expect(bench.decoder.messages == [1, 2, 3, 4, 5] && bench.counts.gaps == 0)
  }

  @Test func whatComesAfterItWasGivenUpIsLateAndNotTaken() {
    let bench = Bench()
    bench.take(1, 1, sent: 1)
    bench.take(4, 1, sent: 4)
    bench.pass(100_000_000)
    #expect(bench.take(2, 1, line: 1, sent: 2) == .duplicate)
    #expect(bench.take(4, 1, line: 1, sent: 4) == .duplicate)
    #expect(bench.counts.late == 1 && bench.counts.duplicates == 2)
    #expect(bench.decoder.messages == [1, 4])
  }

  @Test func theEndGivesUpWhatIsStillWaitedFor() {
    let bench = Bench()
    bench.take(1, 1)
    bench.take(3, 1)
    bench.take(7, 0)
    bench.finish()
    #expect(bench.seen == [.message(1), .lost(1), .message(3), .lost(3)])
    #expect(bench.counts.gaps == 2 && bench.counts.missing == 4)
  }

  @Test func aRestartLetsGoOfWhatWasHeldBefore() {
    let bench = Bench()
    bench.take(100, 1)
    bench.take(102, 1)
    bench.now += 1
    bench.take(1, 1)
    bench.pass(100_000_000)
    #expect(
      bench.seen == [.message(100), .lost(1), .message(102), .begun(1), .message(1)])
    #expect(bench.counts.restarts == 1)
  }

  @Test func aRestartIsRefusedByPolicy() {
    let bench = Bench(restarts: .refuse)
    bench.take(100, 1)
    bench.now += 1
    #expect(bench.take(1, 1) == .refused && bench.counts.restarts == 1)
    #expect(bench.decoder.messages == [100])
  }

  @Test func aFullBufferEndsTheWaitAndLosesNothingHeld() {
    var limits = ArbiterLimits()
    limits.heldPackets_max = 4
    let bench = Bench(limits)
    bench.take(1, 1)
    for first: UInt64 in [3, 4, 6, 8] { bench.take(first, 1) }
    #expect(bench.decoder.messages == [1])
    bench.take(10, 1)
    #expect(bench.decoder.messages == [1, 3, 4, 6, 8, 10])
    #expect(bench.counts.gaps == 4 && bench.counts.missing == 4)
  }

  // MARK: Protocols without sending times (MoldUDP64)

  @Test func aFallToOneWithoutSendingTimesIsARestartOnlyAfterQuiet() {
    let bench = Bench()
    bench.hasSendTimes = false
    bench.take(1, 3)
    #expect(bench.take(1, 3, line: 1) == .duplicate)
    bench.pass(1_000_000_000)
    #expect(bench.take(1, 3) == .duplicate)
    bench.pass(1)
    #expect(bench.take(1, 3) == .released && bench.counts.restarts == 1)
  }

  @Test func packetsOfTheSessionBeforeAreTakenOrCountedAsLost() {
    let bench = Bench()
    bench.hasSendTimes = false
    bench.take(1, 3, session: 1)
    #expect(bench.take(1, 2, session: 2) == .doubted)
    #expect(bench.take(3, 1, session: 2) == .confirmed)
    #expect(bench.take(4, 1, line: 1, session: 1) == .released)
    #expect(bench.take(4, 1, session: 2) == .queued)
    bench.pass(100_000_000)
    #expect(bench.take(5, 2, line: 1, session: 1) == .past)
    #expect(bench.take(5, 1, session: 2) == .released)
    #expect(bench.counts.sessionChanges == 1 && bench.counts.implausible == 0)
    #expect(bench.counts.gaps == 1 && bench.counts.missing == 2 && bench.counts.late == 1)
    #expect(bench.decoder.messages == [1, 2, 3, 4, 1, 2, 3, 4, 5])
  }

  @Test func linesOfTwoSessionsDoNotTakeTurns() {
    let bench = Bench()
    for number: UInt64 in 1...100 {
      bench.take(number, 1, line: 0, session: 1)
      bench.take(number, 1, line: 1, session: 2)
      bench.now += 1_000_000
    }
    bench.pass(1_000_000)
    #expect(bench.counts.sessionChanges == 1 && bench.counts.implausible == 0)
    #expect(UInt64(bench.decoder.messages.count) + bench.counts.missing == 200)
  }

  // MARK: Recovery

  @Test func whatIsMissingIsAskedForOnceTheLinesHaveNotBroughtIt() {
    let bench = Bench(ArbiterTests.recovering())
    bench.take(1, 1)
    bench.take(5, 2)
    #expect(bench.arbiter.dueRequest(now: bench.now) == nil)
    bench.pass(100_000_000)
    #expect(
      bench.arbiter.dueRequest(now: bench.now)
        == MissingRange(stream: 1, session: 1, first: 2, count: 3))
    #expect(bench.arbiter.dueRequest(now: bench.now) == nil)
  }

  @Test func onlyWhatHasNotComeMeanwhileIsAskedForAgain() {
    let bench = Bench(ArbiterTests.recovering())
    bench.take(1, 1)
    bench.take(9, 1)
    bench.pass(100_000_000)
    _ = bench.arbiter.dueRequest(now: bench.now)
    bench.take(2, 3, line: nil)
    bench.take(7, 1, line: 1)
    #expect(
      bench.arbiter.dueRequest(now: bench.now)
        == MissingRange(stream: 1, session: 1, first: 5, count: 2))
    bench.pass(4_999_999)
    #expect(bench.arbiter.dueRequest(now: bench.now) == nil)
    bench.pass(1)
    #expect(bench.arbiter.dueRequest(now: bench.now)?.first == 5)
    bench.take(5, 2, line: nil)
    #expect(bench.arbiter.dueRequest(now: bench.now)?.first == 8)
    bench.take(8, 1, line: nil)
    #expect(bench.decoder.messages == Array(1...9) && bench.counts.recovered == 6)
    #expect(bench.counts.gaps == 0 && bench.decoder.recovered == [2, 3, 4, 5, 6, 8])
  }

  @Test func aStreamThatCanBeAskedForIsFollowedFromItsFirstMessage() {
    let bench = Bench(ArbiterTests.recovering())
    bench.take(50, 1)
    bench.pass(100_000_000)
    #expect(
      bench.arbiter.dueRequest(now: bench.now)
        == MissingRange(stream: 1, session: 1, first: 1, count: 49))
    bench.take(1, 49, line: nil)
    #expect(bench.decoder.messages == Array(1...50))
  }

  @Test func anUnansweredRequestEndsInACountedLoss() {
    let bench = Bench(ArbiterTests.recovering())
    bench.take(1, 1)
    bench.take(3, 1)
    for _ in 0..<1_099 {
      bench.pass(1_000_000)
      _ = bench.arbiter.dueRequest(now: bench.now)
    }
    #expect(bench.decoder.messages == [1])
    bench.pass(1_000_000)
    #expect(bench.seen == [.message(1), .lost(1), .message(3)])
  }

  @Test func whatFindsNoRoomBehindAHoleIsAskedForLater() {
    var limits = ArbiterTests.recovering()
    limits.heldPackets_max = 2
    let bench = Bench(limits)
    bench.take(1, 1)
    bench.take(3, 1)
    bench.take(4, 1)
    #expect(bench.take(5, 1) == .unheld && bench.counts.unheld == 1)
    bench.take(2, 1, line: 1)
    #expect(bench.decoder.messages == [1, 2, 3, 4])
    bench.pass(100_000_000)
    #expect(bench.arbiter.dueRequest(now: bench.now)?.first == 5)
    bench.take(5, 1, line: nil)
    #expect(bench.decoder.messages == [1, 2, 3, 4, 5] && bench.counts.gaps == 0)
  }
}
