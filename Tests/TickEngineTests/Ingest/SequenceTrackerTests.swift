import Testing

@testable import TickEngine

/// MD2, MD3: what a sequence says of a datagram.
@Suite(.timeLimit(.minutes(1))) struct SequenceTrackerTests {
  /// A tracker, and the sending time that rises by one with each datagram unless it is told.
  final class Line {
    var tracker = SequenceTracker()
    var now: UInt64 = 1_000

    func take(
      _ first: UInt64, _ count: UInt64, at time: UInt64? = nil, session: UInt128 = 1,
      stream: UInt64 = 1
    ) -> SequenceVerdict {
      now += 1
      return tracker.judge(
        SequencedPacket(
          stream: stream, session: session, first: first, count: count, sendTime: time ?? now))
    }
  }

  @Test func aStreamIsJoinedWhereverItBegins() {
    let line = Line()
    let verdict = line.take(5_000, 3)
    #expect(!verdict.isNewSession && verdict.missing == 0 && verdict.skip == 0)
    #expect(!verdict.isRestart && !verdict.isDuplicate)
  }

  @Test func whatFollowsIsTakenWhole() {
    let line = Line()
    _ = line.take(1, 3)
    for verdict in [line.take(4, 2), line.take(6, 0), line.take(6, 1)] {
      #expect(verdict.missing == 0 && verdict.skip == 0)
      #expect(!verdict.isDuplicate && !verdict.isOverlap && !verdict.isRestart)
      #expect(!verdict.isNewSession)
    }
  }

  @Test func aGapSaysHowManyAreMissing() {
    let line = Line()
    _ = line.take(1, 3)
    #expect(line.take(10, 2).missing == 6)
    #expect(line.take(12, 1).missing == 0)
  }

  /// MD3: the tail of a burst is missed with the next heartbeat.
  @Test func aHeartbeatRevealsAGapAtTheTail() {
    let line = Line()
    _ = line.take(1, 3)
    #expect(line.take(9, 0).missing == 5)
    #expect(line.take(9, 1).missing == 0)
  }

  @Test func aSecondCopyIsADuplicate() {
    let line = Line()
    _ = line.take(1, 3, at: 2_000)
    let verdict = line.take(1, 3, at: 2_000)
    #expect(verdict.isDuplicate && verdict.skip == 3 && !verdict.isRestart)
  }

  @Test func whatWasSentEarlierAndComesLaterIsADuplicate() {
    let line = Line()
    _ = line.take(1, 2, at: 10)
    _ = line.take(5, 2, at: 30)
    let verdict = line.take(3, 2, at: 20)
    #expect(verdict.isDuplicate && verdict.skip == 2 && verdict.missing == 0)
    #expect(line.take(7, 1, at: 40).missing == 0)
  }

  @Test func anOverlapSkipsWhatIsKnown() {
    let line = Line()
    _ = line.take(1, 5)
    let verdict = line.take(4, 4)
    #expect(verdict.isOverlap && verdict.skip == 2 && !verdict.isDuplicate)
    #expect(line.take(8, 1).missing == 0)
  }

  @Test func aHeartbeatIsNeitherDuplicateNorOverlap() {
    let line = Line()
    _ = line.take(1, 5, at: 50)
    let verdict = line.take(6, 0, at: 50)
    #expect(!verdict.isDuplicate && !verdict.isOverlap && verdict.skip == 0)
    let late = line.take(3, 0, at: 40)
    #expect(!late.isDuplicate && !late.isRestart && late.missing == 0)
    #expect(line.take(6, 1, at: 60).missing == 0)
  }

  // MARK: Restarts

  @Test func aRestartMayShowAsAHeartbeatFirst() {
    let line = Line()
    _ = line.take(1, 500)
    let heartbeat = line.take(1, 0)
    #expect(heartbeat.isRestart && heartbeat.missing == 0)
    let data = line.take(1, 4)
    #expect(!data.isRestart && !data.isDuplicate && data.skip == 0 && data.missing == 0)
  }

  @Test func aRestartMayShowAsDataFirst() {
    let line = Line()
    _ = line.take(1, 500)
    let data = line.take(1, 4)
    #expect(data.isRestart && data.skip == 0 && data.missing == 0)
    #expect(!data.isOverlap && !data.isDuplicate)
    #expect(line.take(5, 1).missing == 0)
  }

  /// A restart at 1 with more messages than were sent before is no overlap.
  @Test func aLongFirstDatagramOfARestartIsTakenWhole() {
    let line = Line()
    _ = line.take(1, 3)
    let verdict = line.take(1, 10)
    #expect(verdict.isRestart && !verdict.isOverlap && verdict.skip == 0)
  }

  /// Sequences begin at 1: what falls back to elsewhere was sent before, whenever it is sent again.
  @Test func aCopySentAgainLaterIsADuplicateAndNoRestart() {
    let line = Line()
    _ = line.take(1, 500)
    let verdict = line.take(41, 2)
    #expect(verdict.isDuplicate && !verdict.isRestart && verdict.missing == 0)
    #expect(line.take(501, 1).missing == 0)
  }

  /// Late copies of before a restart are old whatever their number says.
  @Test func anOldCopyAfterARestartIsADuplicateAndNoGap() {
    let line = Line()
    _ = line.take(1, 500, at: 100)
    #expect(line.take(1, 2, at: 200).isRestart)
    for verdict in [line.take(501, 3, at: 150), line.take(2, 4, at: 90)] {
      #expect(verdict.isDuplicate && verdict.missing == 0 && !verdict.isRestart)
    }
    let heartbeat = line.take(504, 0, at: 160)
    #expect(!heartbeat.isDuplicate && heartbeat.missing == 0 && !heartbeat.isRestart)
    let next = line.take(3, 1, at: 300)
    #expect(next.missing == 0 && !next.isRestart && !next.isDuplicate)
  }

  @Test func anOldCopyOfTheLastSessionDoesNotBringItBack() {
    let line = Line()
    _ = line.take(1, 500, at: 100, session: 1)
    #expect(line.take(1, 2, at: 200, session: 2).isNewSession)
    let old = line.take(501, 1, at: 150, session: 1)
    #expect(old.isDuplicate && !old.isNewSession)
    let next = line.take(3, 1, at: 300, session: 2)
    #expect(!next.isNewSession && next.missing == 0 && next.skip == 0)
  }

  /// One line has begun another session, and the other has not, or is set up for another day.
  @Test(arguments: [true, false])
  func ofTwoSessionsAtOnceOneIsFollowedUntilItFallsSilent(hasTimes: Bool) {
    let tracker = Line()
    func take(_ first: UInt64, _ count: UInt64, _ session: UInt128, _ now: UInt64)
      -> SequenceVerdict
    {
      tracker.tracker.judge(
        SequencedPacket(
          stream: 1, session: session, first: first, count: count, sendTime: hasTimes ? now : 0),
        now: now)
    }
    let second: UInt64 = 1_000_000_000
    _ = take(1, 500, 1, second)
    #expect(take(1, 1, 2, second + 1).isNewSession)
    for step: UInt64 in 0..<30 {
      let now = second * (2 + step)
      let old = take(501 + step, 1, 1, now)
      #expect(old.isDuplicate && !old.isNewSession && old.missing == 0)
      // Heartbeats alone are life enough.
      let next = take(2 + min(step, 10), step < 10 ? 1 : 0, 2, now + 1)
      #expect(!next.isDuplicate && next.missing == 0)
    }
    let silent = take(531, 1, 1, 31 * second + 1 + SequenceTracker.lateness_ns_max)
    let back = take(532, 1, 1, 31 * second + 2 + SequenceTracker.lateness_ns_max)
    #expect(silent.isDuplicate && back.isNewSession)
  }

  /// Numbers in sequence are taken though the venue's clock was set back after its restart.
  @Test func aSendingTimeSetBackLosesNothingInSequence() {
    let line = Line()
    _ = line.take(1, 500, at: 100)
    #expect(line.take(1, 2, at: 200).isRestart)
    let next = line.take(3, 4, at: 150)
    #expect(!next.isDuplicate && next.skip == 0 && next.missing == 0)
    #expect(line.take(7, 1, at: 300).missing == 0)
  }

  /// One datagram with an impossible sending time must not shut the stream.
  @Test func aSendingTimeFromTheFarFutureDoesNotShutTheStream() {
    let line = Line()
    _ = line.take(1, 500, at: 100)
    #expect(line.take(1, 1, at: .max / 2).isRestart)
    let next = line.take(501, 2, at: 200)
    #expect(next.missing == 499 && !next.isDuplicate)
    #expect(line.take(503, 1, at: 300).missing == 0)
  }

  /// One flipped bit in a time must not hide the restart that follows.
  @Test func aSendingTimeAheadOfThoseThatFollowDoesNotHideARestart() {
    let line = Line()
    _ = line.take(1, 3, at: 1_000)
    _ = line.take(4, 1, at: 1_000 + 1 << 33)
    _ = line.take(5, 1, at: 1_001)
    #expect(line.take(1, 2, at: 1_002).isRestart)
  }

  /// Nor make a restart of what the other line brings late.
  @Test func aSendingTimeThatIsFarTooEarlyIsNoRestart() {
    let line = Line()
    for first: UInt64 in 1...39 { _ = line.take(first, 1, at: 1_000 + first) }
    _ = line.take(40, 1, at: 1_040 - 1 << 9)
    for first: UInt64 in 11...40 {
      let late = line.take(first, 1, at: 1_000 + first)
      #expect(late.isDuplicate && !late.isRestart)
    }
    #expect(line.take(41, 1, at: 1_041).missing == 0)
  }

  @Test func aNewSessionBeginsAnewWithoutAGap() {
    let line = Line()
    _ = line.take(1, 500, session: 1)
    let verdict = line.take(1, 2, session: 2)
    #expect(verdict.isNewSession && !verdict.isRestart && verdict.missing == 0)
    #expect(line.take(3, 1, session: 2).missing == 0)
  }

  /// The stream was listened to when its session changed: what it began with is lost, not unknown.
  @Test func theLostBeginningOfANewSessionIsMissing() {
    let line = Line()
    _ = line.take(1, 500, session: 1)
    let verdict = line.take(90, 2, session: 2)
    #expect(verdict.isNewSession && !verdict.isRestart && verdict.missing == 89)
    #expect(line.take(92, 1, session: 2).missing == 0)
  }

  /// A restart whose first datagrams were lost shows as newer ones in sequence far behind.
  @Test func aRestartWhoseBeginningWasLostIsSeenAfterSixteenPackets() {
    let line = Line()
    _ = line.take(1, 5_000)
    for step in 0..<15 {
      let verdict = line.take(10 + UInt64(step) * 2, 2)
      #expect(verdict.isDuplicate && !verdict.isRestart)
    }
    let seen = line.take(40, 2)
    #expect(seen.isRestart && seen.missing == 39 && seen.skip == 0 && !seen.isDuplicate)
    #expect(line.take(42, 2).missing == 0)
  }

  @Test func copiesOnASecondLineDoNotHideSuchARestart() {
    let line = Line()
    _ = line.take(1, 5_000)
    let verdicts = (0..<16).map { index -> SequenceVerdict in
      let (first, time) = (100 + UInt64(index) * 3, line.now + 10)
      let verdict = line.take(first, 3, at: time)
      if index < 15 { _ = line.take(first, 3, at: time) }
      line.now = time
      return verdict
    }
    #expect(verdicts.dropLast().allSatisfy { $0.isDuplicate && !$0.isRestart })
    #expect(verdicts.last?.isRestart == true && verdicts.last?.missing == 144)
  }

  @Test func copiesSentAgainBetweenNewPacketsAreNoRestart() {
    let line = Line()
    _ = line.take(1, 500)
    for step in 0..<40 {
      #expect(line.take(10 + UInt64(step) * 2, 2).isDuplicate)
      #expect(line.take(501 + UInt64(step), 1).missing == 0)
    }
  }

  @Test func aLateLineWithOldSendingTimesIsNoRestart() {
    let line = Line()
    for step in 0..<40 { _ = line.take(1 + UInt64(step) * 2, 2, at: 100 + UInt64(step)) }
    for step in 0..<40 {
      let verdict = line.take(1 + UInt64(step) * 2, 2, at: 100 + UInt64(step))
      #expect(verdict.isDuplicate && !verdict.isRestart)
    }
  }

  // MARK: Streams

  @Test func streamsAreFollowedApart() {
    let line = Line()
    _ = line.take(1, 5, stream: 1)
    #expect(line.take(100, 5, stream: 2).missing == 0)
    #expect(line.take(6, 1, stream: 1).missing == 0)
    #expect(line.take(107, 1, stream: 2).missing == 2)
  }

  @Test func streamsBeyondTheMostAreSaidToBeUntracked() {
    let line = Line()
    for stream in 0..<64 { #expect(!line.take(1, 1, stream: UInt64(stream)).isUntracked) }
    #expect(line.take(1, 1, stream: 64).isUntracked)
    #expect(line.take(2, 1, stream: 15).missing == 0)
    line.tracker.reset()
    #expect(!line.take(1, 1, stream: 16).isUntracked)
  }
}
