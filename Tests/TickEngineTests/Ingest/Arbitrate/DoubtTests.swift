import Testing

@testable import TickEngine

/// One packet that cannot be believed alone moves nothing.
@Suite(.timeLimit(.minutes(1))) struct DoubtTests {
  typealias Bench = ArbiterTests.Bench

  @Test func aLeapWaitsForASecondPacket() {
    let bench = Bench()
    bench.take(1, 1)
    #expect(bench.take(258, 1) == .held)
    bench.arbiter.finish(&bench.decoder)
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
    #expect(bench.counts.restarts == 1 && bench.decoder.messages.suffix(13) == Array(18...30))
  }

  @Test func anImpossibleSendingTimeIsForgotten() {
    let bench = Bench()
    bench.take(100, 1)
    bench.take(101, 1, sent: .max >> 1)
    bench.now += 1
    bench.take(102, 1)
    bench.now += 1
    bench.take(1, 1)
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
