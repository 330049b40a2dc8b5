import Testing
import TickWire

@testable import TickEngine

/// MD3: a request server that answers nothing is not waited for; one that answers late is.
@Suite(.timeLimit(.minutes(1))) struct SilentServerTests {
  private typealias Bench = ArbiterTests.Bench
  private static let millisecond: UInt64 = 1_000_000

  private static func bench(_ change: (inout ArbiterLimits) -> Void = { _ in }) -> Bench {
    var limits = ArbiterLimits()
    limits.recovery = RecoveryLimits()
    change(&limits)
    let bench = Bench(limits, lines: 0b01)
    bench.hasOffsets = false
    return bench
  }

  /// Time passes by the millisecond; what is asked for meanwhile.
  @discardableResult
  private func pass(_ bench: Bench, milliseconds: Int) -> [MissingRange] {
    var asked: [MissingRange] = []
    for _ in 0..<milliseconds {
      bench.pass(Self.millisecond)
      while let range = bench.arbiter.dueRequest(now: bench.now) { asked.append(range) }
    }
    return asked
  }

  /// A server is silent after one hole that it answered nothing for.
  private func silence(_ bench: Bench) {
    bench.take(1, 1)
    bench.take(3, 1)
    pass(bench, milliseconds: 700)
    bench.take(3, 1)
    pass(bench, milliseconds: 400)
    #expect(bench.decoder.messages == [1, 3] && bench.arbiter.server.isSilent)
  }

  /// A hole each 45 ms: the feed is 1.1 s late once, and never again by more than what ends a wait
  /// for the line, eight packets.
  @Test func whoAnswersNothingIsWaitedForOnce() {
    let bench = Self.bench()
    bench.take(1, 1)
    var next: UInt64 = 3
    for step in 1...3_000 {
      if step % 45 == 0 {
        bench.take(next, 1)
        bench.take(next + 1, 1)
        next += 3
      }
      pass(bench, milliseconds: 1)
      guard step >= 1_150, next - (bench.decoder.messages.last ?? 0) > 3 * 5 else { continue }
      Issue.record("far behind at \(step) ms")
      return
    }
    #expect(bench.arbiter.server.changes == 1)
    #expect(bench.counts.gaps >= 61 && bench.counts.missing == bench.counts.gaps)
  }

  @Test func itIsAskedNowAndThenWhetherItAnswersAgain() {
    let bench = Self.bench()
    silence(bench)
    let asked = pass(bench, milliseconds: 1_000)
    #expect(asked.count == 10)
    // For the newest there is: nothing is missing.
    #expect(asked.allSatisfy { $0 == MissingRange(stream: 1, session: 1, first: 3, count: 1) })
  }

  /// One that is gone for good is no reason to send ten datagrams a second all day.
  @Test func itIsAskedEverMoreSeldomAndInTheEndOnceASecond() {
    let bench = Self.bench()
    silence(bench)
    let seconds = (0..<20).map { _ in pass(bench, milliseconds: 1_000).count }
    #expect(seconds[0] == 10 && seconds[1] <= 8 && seconds[4] <= 3, "\(seconds)")
    #expect(seconds[11...].allSatisfy { $0 == 1 }, "\(seconds)")
  }

  /// Of what is over there is nothing to come, and who begins anew is asked anew.
  @Test func whileNoLineIsLiveItIsNotAsked() {
    let bench = Self.bench()
    silence(bench)
    bench.arbiter.liveLines = 0
    #expect(pass(bench, milliseconds: 60_000).isEmpty)
  }

  /// What another session's server did not answer proves nothing of this one's.
  @Test func anotherSessionIsAskedForAnew() {
    let bench = Self.bench()
    silence(bench)
    for first: UInt64 in 1...2 { bench.take(first, 1, session: 2) }
    #expect(!bench.arbiter.server.isSilent)
  }

  /// Nor does silence while no line spoke.
  @Test func linesThatComeBackAreAskedForAnew() {
    let bench = Self.bench()
    silence(bench)
    bench.arbiter.liveLines = 0
    bench.arbiter.liveLines = 1
    #expect(!bench.arbiter.server.isSilent)
  }

  /// A link that goes down takes along the lines and the way to the server.
  @Test func aNetworkThatWasAwayIsNoSilentServer() {
    let bench = Self.bench()
    bench.take(1, 1)
    bench.take(3, 1)
    pass(bench, milliseconds: 3_000)
    #expect(bench.decoder.messages == [1, 3] && bench.arbiter.server.changes == 0)
    // What was sent meanwhile is asked for.
    for first: UInt64 in 60...61 { bench.take(first, 1) }
    let asked = pass(bench, milliseconds: 200)
    #expect(asked.first?.first == 4)
    bench.take(4, 56, line: nil)
    #expect(bench.decoder.messages.last == 61 && bench.counts.missing == 1)
  }

  /// The answer may lie in the socket of one who was stopped after it had asked.
  @Test func whoWasAwayAfterItAskedJudgesNobody() {
    let bench = Self.bench()
    bench.take(1, 1)
    bench.take(3, 1)
    #expect(!pass(bench, milliseconds: 150).isEmpty)
    bench.pass(3_000 * Self.millisecond)
    bench.take(4, 1)
    #expect(!bench.arbiter.server.isSilent)
  }

  @Test func whoAnswersAgainIsWaitedForAgain() {
    let bench = Self.bench()
    silence(bench)
    bench.take(3, 1, line: nil)
    #expect(!bench.arbiter.server.isSilent && bench.arbiter.server.changes == 2)
    bench.take(6, 1)
    bench.take(7, 1)
    let asked = pass(bench, milliseconds: 1_000)
    #expect(asked.first?.first == 4 && bench.decoder.messages == [1, 3])
    bench.take(4, 2, line: nil)
    #expect(bench.decoder.messages == [1, 3, 4, 5, 6, 7] && bench.counts.gaps == 1)
  }

  /// Each answer takes 900 ms of the 1,000 for which it is waited.
  @Test func aSlowServerRecoversEverything() {
    let bench = Self.bench()
    var answers: [(due: Int, range: MissingRange)] = []
    bench.take(1, 1)
    var next: UInt64 = 3
    for step in 1...60_000 where next < 100 || bench.arbiter.isWaiting {
      if step % 45 == 0, next < 100 {
        bench.take(next, 1)
        bench.take(next + 1, 1)
        next += 3
      }
      while let first = answers.first, first.due == step {
        bench.take(first.range.first, first.range.count, line: nil)
        answers.removeFirst()
      }
      // Asked again while an answer is on its way: a server answers each.
      for range in pass(bench, milliseconds: 1) { answers.append((step + 900, range)) }
    }
    #expect(bench.decoder.messages == Array(1..<(next - 1)))
    #expect(bench.counts.missing == 0 && bench.arbiter.server.changes == 0)
  }

  /// It answers for the newest and not for what is missing: it is there, and has forgotten.
  @Test func aServerThatHasForgottenTheOldIsNotSilent() {
    let bench = Self.bench()
    bench.take(50, 1)
    for _ in 0..<1_100 {
      for range in pass(bench, milliseconds: 1) where range.first >= 50 {
        bench.take(range.first, range.count, line: nil)
      }
    }
    #expect(bench.seen == [.lost(49), .message(50)] && bench.arbiter.server.changes == 0)
    bench.take(52, 1)
    bench.take(53, 1)
    pass(bench, milliseconds: 500)
    bench.take(51, 1, line: nil)
    #expect(bench.decoder.messages == [50, 51, 52, 53])
  }

  /// Who did not run could not ask.
  @Test func whoWasAwayJudgesNobody() {
    let bench = Self.bench()
    bench.take(1, 1)
    bench.take(3, 1)
    pass(bench, milliseconds: 50)
    bench.pass(3_000 * Self.millisecond)
    #expect(bench.decoder.messages == [1, 3] && bench.arbiter.server.changes == 0)
  }

  /// What finds no room cannot be had again: it ends the wait, and is taken.
  @Test func withoutAnAnswerAFullBufferLosesNothingThatCame() {
    let bench = Self.bench { $0.heldPackets_max = 2 }
    silence(bench)
    for first: UInt64 in [5, 7, 9, 11] { bench.take(first, 1) }
    pass(bench, milliseconds: 100)
    #expect(bench.decoder.messages == [1, 3, 5, 7, 9, 11] && bench.counts.unheld == 0)
  }
}
