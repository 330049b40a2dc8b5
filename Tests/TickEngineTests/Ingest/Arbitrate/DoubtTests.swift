import Testing

@testable import TickEngine

/// One packet that cannot be believed alone moves nothing.
@Suite(.timeLimit(.minutes(1))) struct DoubtTests {
  typealias Bench = ArbiterTests.Bench

  @Test func aLeapWaitsForASecondPacket() {
    let bench = Bench()
    bench.take(1, 1)
    #expect(bench.take(258, 1) == .held)
    bench.finish()
    #expect(bench.take(259 + 257, 1) == .doubted)
    #expect(bench.decoder.messages == [1, 258])
    #expect(bench.take(259 + 258, 1) == .confirmed)
    bench.pass(100_000_000)
    #expect(bench.decoder.messages == [1, 258, 516, 517] && bench.counts.implausible == 0)
  }

  @Test func anImpossiblePlaceNeverShutsTheStream() {
    let bench = Bench()
    bench.take(1, 1)
    for number: UInt64 in 2...300 {
      let far = (UInt64.max - 0x1_0000) >> (number % 40)
      #expect(bench.take(far, 1) == .doubted && !bench.arbiter.isWaiting)
      #expect(bench.take(number, 1) == .released)
    }
    #expect(bench.decoder.messages == Array(1...300) && bench.counts.gaps == 0)
    #expect(bench.counts.implausible > 200 && bench.arbiter.dueRequest(now: bench.now) == nil)
  }

  /// A damaged packet that is sent twice is still one.
  @Test func copiesOnOneLineDoNotAgree() {
    let bench = Bench()
    bench.take(1, 1, sent: 1)
    #expect(bench.take(1_000, 2, sent: 9) == .doubted)
    #expect(bench.take(1_000, 2, sent: 9) == .doubted)
    #expect(bench.take(1_000, 2, line: 1, sent: 9) == .confirmed)
    bench.pass(100_000_000)
    #expect(bench.seen == [.message(1), .lost(998), .message(1_000), .message(1_001)])
  }

  @Test func aStreamThatGoesOnRefutesALeap() {
    let bench = Bench()
    bench.take(1, 1)
    #expect(bench.take(1_000, 1) == .doubted)
    bench.take(2, 1)
    #expect(bench.take(1_001, 1) == .doubted && bench.counts.implausible == 1)
    #expect(bench.take(1_002, 1) == .confirmed)
  }

  /// A line that is far ahead of the other loses more than a leap, and the other the next packet.
  @Test(arguments: [40, 100])
  func aLeapIsProvenByTheNextOfItsLineThoughTheOtherGoesOn(behind: UInt64) {
    let bench = Self.mold()
    for line in 0...1 { bench.take(1, 1, line: line) }
    #expect(bench.take(302, 40) == .doubted)
    bench.take(2, behind, line: 1)
    #expect(bench.take(342, 40) == .confirmed)
    bench.take(2 + behind, 300 - behind, line: 1)
    bench.take(342, 40, line: 1)
    #expect(bench.decoder.messages == Array(1...381))
    #expect(bench.counts.gaps == 0 && bench.counts.implausible == 0)
  }

  @Test func aHeartbeatOfANewSessionIsBelievedWhenItIsSaidAgain() {
    let bench = Bench()
    bench.hasSendTimes = false
    bench.take(1, 3, session: 1)
    #expect(bench.take(1, 0, session: 2) == .doubted)
    #expect(bench.take(1, 0, session: 2) == .doubted)
    bench.pass(1_000_000_000)
    #expect(bench.take(1, 0, session: 2) == .confirmed && bench.counts.sessionChanges == 1)
    #expect(bench.take(1, 2, session: 2) == .released)
  }

  @Test func aDamagedSessionDoesNotEndTheOneThatGoesOn() {
    let bench = Bench()
    bench.hasSendTimes = false
    for number: UInt64 in 1...100 {
      bench.take(number, 1, session: 1)
      #expect(bench.take(number + 1, 1, session: UInt128(number % 3 + 2)) == .doubted)
    }
    #expect(bench.counts.sessionChanges == 0 && bench.decoder.messages == Array(1...100))
  }

  @Test func anAnswerFarFromWhatWasAskedForIsDropped() {
    let bench = Bench()
    bench.take(1, 1)
    #expect(bench.take(5_000, 1, line: nil) == .doubted)
    #expect(bench.take(5_001, 1, line: nil) == .doubted && bench.counts.implausible == 2)
  }

  @Test func aFirstPacketFarFromTheBeginningIsKeptForTheSecond() {
    let bench = Bench()
    #expect(bench.take(300_000_000, 2) == .doubted)
    #expect(bench.take(300_000_002, 2) == .confirmed)
    #expect(bench.decoder.messages == [300_000_000, 300_000_001, 300_000_002, 300_000_003])
    #expect(bench.counts.gaps == 0)
  }

  /// Both lines tell of a restart whose first packets were lost.
  @Test func aRestartWithoutItsBeginningIsSeenOnTwoLines() {
    let bench = Bench()
    bench.take(1_000, 1)
    bench.take(1_001, 1)
    for number: UInt64 in 2...30 {
      bench.now += 1
      let time = bench.now
      bench.take(number, 1, line: 0, sent: time)
      bench.take(number, 1, line: 1, sent: time)
    }
    bench.pass(100_000_000)
    #expect(bench.counts.restarts == 1 && bench.counts.missing == 1)
    #expect(bench.decoder.messages == [1_000, 1_001] + Array(2...30))
  }

  // MARK: Off the line's course

  private static func mold(lines: UInt64 = 0b11) -> Bench {
    let bench = Bench(lines: lines)
    bench.hasSendTimes = false
    bench.hasOffsets = false
    return bench
  }

  @Test func aDamagedSequenceGivesWayToWhatIsThere() {
    let bench = Self.mold()
    bench.take(1, 2)
    // Truly 3.
    #expect(bench.take(7, 3) == .held)
    #expect(bench.take(6, 1) == .held)
    #expect(bench.take(7, 1) == .held && bench.counts.implausible == 1)
    bench.take(3, 3, line: 1)
    #expect(bench.decoder.messages == Array(1...7))
    #expect(bench.counts.gaps == 0 && !bench.arbiter.isWaiting)
  }

  @Test func aDamagedSequenceThatIsExactlyTheNextIsNotBelieved() {
    let bench = Self.mold()
    bench.take(1, 1, line: 1)
    for number: UInt64 in 1...4 { bench.take(number, 1) }
    // Line B's copy of 2 and 3, whose bits say 5.
    #expect(bench.take(5, 2, line: 1) == .held && bench.decoder.messages == Array(1...4))
    #expect(bench.take(4, 1, line: 1) == .duplicate)
    #expect(bench.take(5, 1) == .released && bench.counts.implausible == 1)
    #expect(bench.take(6, 1) == .released && !bench.arbiter.isWaiting)
  }

  @Test func whatFollowsALossIsProvenByTheNextOfItsLine() {
    let bench = Self.mold()
    bench.take(1, 1)
    bench.take(2, 1, line: 1)
    bench.take(3, 1, line: 1)
    // 2 and 3 are lost on line A, and 4 on line B.
    #expect(bench.take(4, 1) == .held && bench.decoder.messages == [1, 2, 3])
    #expect(bench.take(5, 1) == .released)
    #expect(bench.decoder.messages == Array(1...5) && bench.counts.implausible == 0)
  }

  @Test func theSameBytesOnAnotherLineProveAPlace() {
    let bench = Self.mold()
    bench.take(1, 1)
    bench.take(1, 1, line: 1)
    bench.take(2, 1, line: 1)
    #expect(bench.take(3, 1) == .held)
    #expect(bench.take(3, 1, line: 1) == .duplicate)
    #expect(bench.decoder.messages == [1, 2, 3] && bench.counts.implausible == 0)
  }

  @Test func twoThatOvertookEachOtherAreBelieved() {
    let bench = Self.mold()
    for number: UInt64 in [1, 3, 2, 4] { bench.take(number, 1) }
    #expect(bench.decoder.messages == [1, 2, 3, 4])
    for number: UInt64 in [7, 5, 6, 8] { bench.take(number, 1) }
    #expect(bench.decoder.messages == Array(1...8) && bench.counts.implausible == 0)
  }

  /// One line has nobody to ask; two are given the time of a heartbeat.
  @Test func aLoneJumpIsBelievedWhenItsTimeIsOver() {
    let one = Self.mold(lines: 0b1)
    one.take(1, 1)
    one.take(3, 1)
    one.pass(100_000_000)
    #expect(one.seen == [.message(1), .lost(1), .message(3)])
    let two = Self.mold()
    two.take(1, 1)
    two.take(3, 1)
    two.pass(Arbiter.loneWait_ns - 1)
    #expect(two.seen == [.message(1)])
    two.pass(1)
    #expect(two.seen == [.message(1), .lost(1), .message(3)] && two.counts.implausible == 0)
  }

  @Test func aHeartbeatSaysWhatLiesBeyondItsLine() {
    let bench = Self.mold()
    bench.take(1, 1)
    bench.take(66, 1)
    bench.pass(1_000_000_000)
    bench.take(2, 0)
    #expect(bench.counts.implausible == 1 && !bench.arbiter.isWaiting)
    #expect(bench.take(2, 1) == .released && bench.counts.gaps == 0)
  }

  @Test func aHeartbeatThatLiesOpensNoHole() {
    let bench = Self.mold()
    bench.take(1, 1)
    #expect(bench.take(66, 0) == .released && !bench.arbiter.isWaiting)
    #expect(bench.take(2, 1) == .released && bench.counts.gaps == 0)
    // Said again, it is a lost tail.
    bench.take(5, 0)
    bench.pass(1_000_000_000)
    bench.take(5, 0)
    bench.pass(100_000_000)
    #expect(bench.counts.missing == 2)
  }

  @Test func bytesAndMessagesThatMoveTogetherProveAPlace() {
    let bench = Bench()
    bench.take(1, 1)
    #expect(bench.take(3, 1) == .held && bench.take(2, 1, line: 1) == .released)
    #expect(bench.decoder.messages == [1, 2, 3])
  }

  @Test func bytesThatGoOnRefuteASequenceThatDoesNot() {
    let bench = Bench()
    bench.take(1, 1)
    let lie = SequencedPacket(
      stream: 1, session: 1, first: 66, count: 1, sendTime: 5, offset: 100, offsetEnd: 200)
    let times = ArrivalTimes(clock: 0, received_ns: 0, now: bench.now)
    #expect(bench.arbiter.take(lie, .none, times, line: 0, &bench.decoder) == .doubted)
    #expect(bench.counts.implausible == 1 && !bench.arbiter.isWaiting)
    #expect(bench.take(2, 1, line: 1) == .released && bench.take(3, 1) == .released)
  }

  /// A restart of IEX-TP begins at byte 0.
  @Test func oneFlippedBitIsNoRestart() {
    let bench = Bench()
    bench.take(256, 1)
    bench.now += 1
    let lie = SequencedPacket(
      stream: 1, session: 1, first: 0, count: 1, sendTime: bench.now, offset: 77, offsetEnd: 177)
    let times = ArrivalTimes(clock: 0, received_ns: 0, now: bench.now)
    #expect(bench.arbiter.take(lie, .none, times, line: 0, &bench.decoder) == .doubted)
    #expect(bench.counts.restarts == 0 && bench.counts.implausible == 1)
  }

  @Test func anImpossibleSendingTimeIsForgotten() {
    let bench = Bench()
    bench.take(100, 1)
    bench.take(101, 1, sent: .max >> 1)
    bench.now += 1
    bench.take(102, 1)
    bench.now += 1
    bench.take(1, 1)
    bench.pass(100_000_000)
    #expect(bench.counts.restarts == 1)
  }

  /// A place a little ahead does not make a hole of what is still coming in order.
  @Test func whatIsAheadOfALiveStreamIsWaitedForUntilItIsReached() {
    let bench = Bench()
    bench.take(1, 1)
    bench.take(200, 1)
    for number: UInt64 in 2...199 {
      bench.pass(10_000_000)
      bench.take(number, 1)
    }
    #expect(bench.decoder.messages == Array(1...200) && bench.counts.gaps == 0)
  }
}
