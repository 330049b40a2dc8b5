import Testing
import TickWire

@testable import TickEngine

/// MD2, MD3: a sequence that begins anew while a line still brings the end of the one before, in
/// virtual time.
@Suite(.timeLimit(.minutes(1))) struct RenewalTests {
  typealias Bench = ArbiterTests.Bench
  private static let wait_ns: UInt64 = 100_000_000

  /// Both lines bring packets of one message each, sent at 1, 2 and so on.
  private static func bench(
    _ limits: ArbiterLimits = ArbiterLimits(), upTo last: UInt64 = 10,
    restarts: RestartPolicy = .follow, lines: UInt64 = 0b11
  ) -> Bench {
    let bench = Bench(limits, restarts: restarts, lines: lines)
    for number in 1...last {
      bench.take(number, 1, line: 0, sent: number)
      if lines & 0b10 != 0 { bench.take(number, 1, line: 1, sent: number) }
    }
    return bench
  }

  private static func recovering() -> ArbiterLimits {
    var limits = ArbiterLimits()
    limits.recovery = RecoveryLimits()
    return limits
  }

  private static func mold(_ limits: ArbiterLimits = ArbiterLimits()) -> Bench {
    let bench = Bench(limits)
    bench.hasSendTimes = false
    bench.hasOffsets = false
    for number: UInt64 in 1...10 {
      for line in 0...1 { bench.take(number, 1, line: line) }
    }
    return bench
  }

  // MARK: What would never end

  /// A clock that was ahead when the sequence began anew, and a packet of another session that was
  /// sent before that: what was queued is taken once.
  @Test func whatWasQueuedIsNotQueuedAgain() {
    let bench = Self.bench()
    for line in 0...1 { bench.take(1, 1, line: line, sent: 1_000) }
    for number: UInt64 in 2...3 { bench.take(number, 1, line: 0, sent: 18 + number) }
    for (number, sent) in [(1, 2_000), (2, 2_001), (3, 500)] as [(UInt64, UInt64)] {
      bench.take(number, 1, line: 0, session: 2, sent: sent)
    }
    bench.finish()
    #expect(bench.decoder.messages.suffix(3) == [1, 2, 3] && !bench.arbiter.isWaiting)
  }

  /// Each of these claims to be a restart of its own.
  @Test func aThousandRestartsAtOnceAreTakenOnceEach() {
    let bench = Self.bench()
    for number: UInt64 in 0..<1_000 { bench.take(1, 1, line: 0, sent: 100 + number) }
    bench.finish()
    #expect(bench.counts.restarts <= 1_000 && !bench.arbiter.isWaiting)
    #expect(bench.decoder.messages.count <= 1_010)
  }

  // MARK: In the same session, by sending times (IEX-TP)

  @Test(arguments: [(0, 1), (1, 0)])
  func theLineBehindBringsTheEndOfTheSequenceBefore(first: Int, second: Int) {
    let bench = Self.bench()
    #expect(bench.take(1, 1, line: first, sent: 100) == .queued)
    #expect(bench.take(2, 1, line: first, sent: 101) == .queued)
    #expect(bench.arbiter.isWaiting && bench.decoder.messages == Array(1...10))
    bench.pass(2_000_000)
    #expect(bench.take(11, 1, line: second, sent: 11) == .released)
    #expect(bench.take(12, 1, line: second, sent: 12) == .released)
    #expect(bench.take(1, 1, line: second, sent: 100) == .queued)
    #expect(
      bench.seen.suffix(5) == [.message(11), .message(12), .begun(1), .message(1), .message(2)])
    #expect(bench.take(2, 1, line: second, sent: 101) == .duplicate)
    #expect(bench.take(3, 1, line: second, sent: 102) == .released)
    #expect(bench.counts.restarts == 1 && bench.counts.missing == 0 && bench.counts.late == 0)
    #expect(bench.counts.duplicates == 12 && !bench.arbiter.isWaiting)
  }

  @Test func aHoleOfTheSequenceBeforeIsStillFilled() {
    let bench = Self.bench()
    bench.take(12, 1, line: 0, sent: 12)
    bench.take(1, 1, line: 0, sent: 100)
    bench.pass(Self.wait_ns - 1)
    bench.take(11, 1, line: 1, sent: 11)
    bench.take(12, 1, line: 1, sent: 12)
    bench.take(1, 1, line: 1, sent: 100)
    #expect(bench.decoder.messages == Array(1...12) + [1])
    #expect(bench.counts.gaps == 0 && bench.counts.restarts == 1)
  }

  /// The other line never comes: no sequence waits longer for it than a hole is kept open.
  @Test func aLineThatFallsSilentIsWaitedForAsForAHole() {
    let bench = Self.bench()
    bench.take(1, 1, line: 0, sent: 100)
    bench.take(2, 1, line: 0, sent: 101)
    bench.pass(Self.wait_ns - 1)
    #expect(bench.counts.restarts == 0)
    bench.pass(1)
    #expect(bench.counts.restarts == 1 && bench.decoder.messages.suffix(3) == [10, 1, 2])
    #expect(bench.take(3, 1, line: 0, sent: 102) == .released)
  }

  @Test func aLineThatIsAloneBeginsAnewAtOnce() {
    let bench = Self.bench(lines: 0b1)
    #expect(bench.take(1, 1, line: 0, sent: 100) == .released)
    #expect(bench.counts.restarts == 1 && !bench.arbiter.isWaiting)
  }

  @Test func aLineThatDiesIsNotWaitedFor() {
    let bench = Self.bench()
    bench.take(1, 1, line: 0, sent: 100)
    bench.arbiter.liveLines = 0b1
    bench.pass(1)
    #expect(bench.counts.restarts == 1 && bench.decoder.messages.suffix(2) == [10, 1])
  }

  /// A line that is alone brings what was overtaken within so many packets.
  @Test func aHoleIsGivenUpOnceAllLinesAreFarInTheNextSequence() {
    let bench = Self.bench(lines: 0b1)
    bench.take(12, 1, line: 0, sent: 12)
    for number: UInt64 in 1...7 {
      #expect(bench.take(number, 1, line: 0, sent: 100 + number) == .queued)
    }
    #expect(bench.counts.restarts == 0)
    bench.take(8, 1, line: 0, sent: 108)
    #expect(
      bench.seen.suffix(11)
        == [.lost(1), .message(12), .begun(1)] + (1...8).map { .message($0) })
    #expect(bench.counts.missing == 1)
  }

  @Test func theEndTakesWhatIsQueued() {
    let bench = Self.bench()
    bench.take(12, 1, line: 0, sent: 12)
    bench.take(1, 1, line: 0, sent: 100)
    bench.take(3, 1, line: 0, sent: 102)
    bench.finish()
    #expect(
      bench.seen.suffix(6)
        == [.lost(1), .message(12), .begun(1), .message(1), .lost(1), .message(3)])
    #expect(!bench.arbiter.isWaiting && bench.counts.missing == 2)
  }

  @Test func aResetForgetsWhatIsQueued() {
    let bench = Self.bench()
    bench.take(1, 1, line: 0, sent: 100)
    bench.arbiter.reset()
    bench.pass(Self.wait_ns)
    #expect(!bench.arbiter.isWaiting && bench.counts.restarts == 0)
    #expect(bench.take(7, 1, line: 0, sent: 101) == .released)
  }

  @Test func whatFindsNoRoomEndsTheWait() {
    var limits = ArbiterLimits()
    limits.heldPackets_max = 4
    let bench = Self.bench(limits)
    for number: UInt64 in 1...3 { bench.take(number, 1, line: 0, sent: 100 + number) }
    #expect(bench.counts.restarts == 0)
    bench.take(4, 1, line: 0, sent: 104)
    #expect(bench.counts.restarts == 1 && bench.decoder.messages.suffix(4) == [1, 2, 3, 4])
    #expect(bench.counts.unheld == 0 && !bench.arbiter.isWaiting)
  }

  @Test func tooManyPacketsEndTheWait() {
    var limits = ArbiterLimits()
    limits.waitPackets = 3
    let bench = Self.bench(limits)
    for number: UInt64 in 1...3 { bench.take(number, 1, line: 0, sent: 100 + number) }
    #expect(bench.counts.restarts == 1 && bench.decoder.messages.suffix(3) == [1, 2, 3])
  }

  @Test func aSecondRestartIsTakenInItsTurn() {
    let bench = Self.bench()
    bench.take(1, 1, line: 0, sent: 100)
    bench.take(2, 1, line: 0, sent: 101)
    bench.take(1, 1, line: 0, sent: 200)
    bench.pass(Self.wait_ns)
    bench.pass(Self.wait_ns)
    #expect(bench.seen.suffix(5) == [.begun(1), .message(1), .message(2), .begun(1), .message(1)])
    #expect(bench.counts.restarts == 2 && bench.counts.missing == 0)
  }

  @Test func aRestartIsRefusedAtOnce() {
    let bench = Self.bench(restarts: .refuse)
    #expect(bench.take(1, 1, line: 0, sent: 100) == .refused)
    #expect(bench.counts.restarts == 1 && !bench.arbiter.isWaiting)
  }

  // MARK: Its beginning lost

  /// What came of it before anybody could know is not lost with it.
  @Test func aRestartWhoseBeginningTheOtherLineBringsIsWhole() {
    let bench = Self.bench(upTo: 20)
    for number: UInt64 in 2...6 {
      #expect(bench.take(number, 1, line: 0, sent: 100 + number) == .queued)
    }
    bench.take(21, 1, line: 1, sent: 21)
    for number: UInt64 in [1, 3] { bench.take(number, 1, line: 1, sent: 100 + number) }
    #expect(bench.decoder.messages == Array(1...21) + Array(1...6))
    #expect(bench.counts.restarts == 1 && bench.counts.missing == 0)
  }

  @Test func aRestartWhoseBeginningIsLostLosesThatAlone() {
    let bench = Self.bench(upTo: 40)
    for number: UInt64 in 3...19 {
      for line in 0...1 { bench.take(number, 1, line: line, sent: 100 + number) }
    }
    bench.pass(Self.wait_ns)
    #expect(bench.seen.suffix(19) == [.begun(1), .lost(2)] + (3...19).map { .message($0) })
    #expect(bench.counts.restarts == 1 && bench.counts.missing == 2)
  }

  /// Copies sent again with a new sending time, or a damaged one.
  @Test func whatIsNoRestartIsADuplicate() {
    let bench = Self.bench()
    for number: UInt64 in 5...7 { bench.take(number, 1, line: 1, sent: 100 + number) }
    #expect(bench.arbiter.isWaiting && bench.counts.duplicates == 10)
    bench.take(11, 1, line: 0, sent: 11)
    bench.pass(Self.wait_ns)
    #expect(bench.counts.duplicates == 13 && bench.counts.restarts == 0)
    #expect(!bench.arbiter.isWaiting && bench.decoder.messages == Array(1...11))
  }

  @Test func aSequenceThatGoesOnIsNoRestart() {
    let bench = Self.bench()
    bench.take(5, 1, line: 1, sent: 100)
    #expect(bench.take(11, 1, line: 0, sent: 101) == .released)
    bench.pass(1)
    #expect(!bench.arbiter.isWaiting && bench.counts.duplicates == 11)
  }

  // MARK: Too late

  @Test func whatComesAfterTheWaitIsLateMissingAndTold() {
    let bench = Self.bench()
    bench.take(1, 1, line: 0, sent: 100)
    bench.pass(Self.wait_ns)
    #expect(bench.take(11, 1, line: 1, sent: 11) == .past)
    #expect(bench.take(12, 1, line: 1, sent: 12) == .past)
    #expect(bench.take(11, 1, line: 1, sent: 11) == .past)
    #expect(bench.take(10, 1, line: 1, sent: 10) == .past)
    #expect(bench.counts.missing == 2 && bench.counts.gaps == 1 && bench.counts.late == 3)
    #expect(bench.seen.suffix(3) == [.begun(1), .message(1), .lost(1)])
    #expect(bench.take(2, 1, line: 1, sent: 101) == .released)
  }

  /// What was given up is not counted twice.
  @Test func whatWasMissingAlreadyIsLateAndNoMore() {
    let bench = Self.bench()
    bench.take(12, 1, line: 0, sent: 12)
    bench.take(1, 1, line: 0, sent: 100)
    bench.pass(Self.wait_ns)
    #expect(bench.counts.missing == 1)
    #expect(bench.take(11, 1, line: 1, sent: 11) == .past)
    #expect(bench.take(12, 1, line: 1, sent: 12) == .past)
    #expect(bench.counts.missing == 1 && bench.counts.late == 1 && bench.counts.gaps == 1)
  }

  @Test func aHeartbeatOfBeforeTellsOfALostTail() {
    let bench = Self.bench()
    bench.take(1, 1, line: 0, sent: 100)
    bench.pass(Self.wait_ns)
    #expect(bench.take(14, 0, line: 1, sent: 14) == .past)
    #expect(bench.counts.missing == 3 && bench.counts.late == 0)
  }

  @Test func aFarPlaceOfBeforeIsNotBelieved() {
    let bench = Self.bench()
    bench.take(1, 1, line: 0, sent: 100)
    bench.pass(Self.wait_ns)
    #expect(bench.take(11 + 257, 1, line: 1, sent: 11) == .doubted)
    #expect(bench.counts.missing == 0 && bench.counts.implausible == 1)
  }

  /// Joined behind it, without anybody to ask.
  @Test func whatComesFromBeforeTheFirstIsLate() {
    let bench = Bench()
    bench.take(2, 1, line: 0, sent: 2)
    #expect(bench.take(1, 1, line: 1, sent: 1) == .duplicate)
    #expect(bench.take(2, 1, line: 1, sent: 2) == .duplicate)
    #expect(bench.counts.late == 1 && bench.counts.missing == 0)
  }

  // MARK: Another session (MoldUDP64)

  @Test(arguments: [false, true])
  func theEndOfASessionIsBroughtByTheLineBehind(isServed: Bool) {
    let bench = Self.mold(isServed ? Self.recovering() : ArbiterLimits())
    #expect(bench.take(1, 1, line: 0, session: 2) == .doubted)
    #expect(bench.take(2, 1, line: 0, session: 2) == .confirmed)
    #expect(bench.counts.sessionChanges == 0 && bench.arbiter.isWaiting)
    #expect(bench.take(11, 1, line: 1) == .released)
    #expect(bench.take(1, 1, line: 1, session: 2) == .queued)
    #expect(bench.seen.suffix(4) == [.message(11), .begun(2), .message(1), .message(2)])
    #expect(bench.counts.missing == 0 && bench.counts.sessionChanges == 1)
    #expect(bench.counts.implausible == 0)
  }

  @Test func aHoleOfASessionBeforeIsAskedFor() {
    let bench = Self.mold(Self.recovering())
    bench.take(12, 1, line: 0)
    bench.take(13, 1, line: 0)
    for number: UInt64 in 1...9 {
      for line in 0...1 { bench.take(number, 1, line: line, session: 2) }
    }
    #expect(bench.counts.sessionChanges == 0)
    #expect(
      bench.arbiter.dueRequest(now: bench.now)
        == MissingRange(stream: 1, session: 1, first: 11, count: 1))
    bench.take(11, 1, line: nil)
    bench.pass(1)
    #expect(bench.decoder.messages == Array(1...13) + Array(1...9))
    #expect(bench.counts.missing == 0 && bench.counts.sessionChanges == 1)
  }

  @Test func aSessionThatNobodyAnswersForEndsInItsTime() {
    let bench = Self.mold(Self.recovering())
    bench.take(12, 1, line: 0)
    bench.take(13, 1, line: 0)
    for number: UInt64 in 1...3 { bench.take(number, 1, line: 0, session: 2) }
    for _ in 0..<1_099 {
      bench.pass(1_000_000)
      _ = bench.arbiter.dueRequest(now: bench.now)
    }
    #expect(bench.counts.sessionChanges == 0)
    bench.pass(1_000_000)
    #expect(bench.counts.sessionChanges == 1 && bench.counts.missing == 1)
    #expect(bench.decoder.messages.suffix(5) == [12, 13, 1, 2, 3])
  }

  @Test func aThirdSessionEndsTheWaitForTheFirst() {
    let bench = Self.mold()
    for number: UInt64 in 1...2 { bench.take(number, 1, line: 0, session: 2) }
    for number: UInt64 in 1...2 { bench.take(number, 1, line: 0, session: 3) }
    #expect(bench.decoder.messages.suffix(4) == [1, 2, 1, 2] && bench.counts.sessionChanges == 2)
    #expect(bench.counts.missing == 0 && bench.counts.implausible == 0)
  }

  @Test func anAnswerOfTheNextSessionIsNotQueued() {
    let bench = Self.mold(Self.recovering())
    for number: UInt64 in 1...2 { bench.take(number, 1, line: 0, session: 2) }
    #expect(bench.take(3, 1, line: nil, session: 2) == .doubted)
    #expect(bench.counts.implausible == 1)
  }

  @Test func whatTheLineBehindBringsOfASessionThatIsOverIsCounted() {
    let bench = Self.mold()
    for number: UInt64 in 1...3 { bench.take(number, 1, line: 0, session: 2) }
    bench.pass(Self.wait_ns)
    for number: UInt64 in 9...13 { #expect(bench.take(number, 1, line: 1) == .past) }
    #expect(bench.counts.missing == 3 && bench.counts.late == 3 && bench.counts.gaps == 1)
    #expect(bench.counts.duplicates == 15)
  }
}
