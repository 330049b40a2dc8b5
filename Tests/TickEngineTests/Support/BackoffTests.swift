import Testing

@testable import TickEngine

@Suite(.timeLimit(.minutes(1))) struct BackoffTests {
  /// Waits until it sleeps, and says how many times it had to.
  private func waits(_ backoff: inout Backoff) -> Int {
    backoff.reset()
    for number in 1...1_000 {
      backoff.wait()
      if backoff.hasSlept { return number }
    }
    return .max
  }

  @Test func whoSpinsNeverSleeps() {
    var backoff = Backoff(.spin)
    #expect(waits(&backoff) == .max)
  }

  /// Somebody computes on the core: each further yield would cost a slice of his.
  @Test func aYieldThatTakesLongIsTheLastForAMinute() {
    var backoff = Backoff(.share)
    #expect(waits(&backoff) > 65)
    let now = MonotonicClock.now
    backoff.hasYielded(from: now - 1_000_001, to: now)
    #expect(waits(&backoff) == 65 && waits(&backoff) == 65)
    // As if that had been a minute ago.
    var other = Backoff(.share)
    other.hasYielded(from: now - 60_001_000_001, to: now - 60_000_000_000)
    #expect(waits(&other) > 65)
  }

  @Test func aYieldThatComesBackSoonIsFollowedByMore() {
    var backoff = Backoff(.share)
    let now = MonotonicClock.now
    backoff.hasYielded(from: now - 1_000_000, to: now)
    #expect(waits(&backoff) > 65)
  }

  /// Short sleeps for 25 ms, none of more than half a millisecond within a second, none ever of
  /// more than one.
  @Test func theLongerNothingComesTheLongerItSleeps() {
    var (slept_ns, last_ns) = (0, 0)
    for rest in 1...10_000 {
      let sleep_ns = Backoff.sleep_ns(rest)
      #expect(sleep_ns >= last_ns && sleep_ns <= 1_000_000)
      #expect(sleep_ns <= 50_000 || slept_ns >= 25_000_000)
      #expect(sleep_ns <= 500_000 || slept_ns >= 1_000_000_000)
      (slept_ns, last_ns) = (slept_ns + sleep_ns, sleep_ns)
    }
    #expect(last_ns == 1_000_000)
  }
}
