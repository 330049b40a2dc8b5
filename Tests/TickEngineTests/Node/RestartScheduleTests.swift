import Testing

@testable import TickEngine

@Suite struct RestartScheduleTests {
  private static let second: UInt64 = 1_000_000_000

  private func schedule(perMinute: Int = 3, backoff: Double = 5, max: Int = 100) -> RestartSchedule
  {
    var limits = RestartLimits()
    limits.immediatePerMinute = perMinute
    limits.backoffMax_s = backoff
    limits.restartsMax = max
    return RestartSchedule(limits)
  }

  @Test func threeDeathsAMinuteAreFollowedByAStartAtOnce() {
    var schedule = schedule()
    for now in [1, 2, 3].map({ $0 * Self.second }) {
      #expect(schedule.decide(deathAt: now, ready: now - 1) == .start(at: now))
    }
    let fourth = 4 * Self.second
    #expect(schedule.decide(deathAt: fourth, ready: nil) == .start(at: fourth + Self.second))
    // A minute after the first, there is room for one more.
    let later = 61 * Self.second
    #expect(schedule.decide(deathAt: later, ready: later - 1) == .start(at: later))
  }

  @Test func theWaitDoublesUpToItsCap() {
    var schedule = schedule(perMinute: 0)
    var now = Self.second
    for wait in [1, 2, 4, 5, 5] as [UInt64] {
      #expect(schedule.decide(deathAt: now, ready: nil) == .start(at: now + wait * Self.second))
      now += wait * Self.second
    }
  }

  @Test func restartsInARowHaveALimitAndAMinutesLifeBeginsANewRow() {
    var schedule = schedule(perMinute: 2, max: 2)
    #expect(schedule.decide(deathAt: 1, ready: 0) == .start(at: 1))
    #expect(schedule.decide(deathAt: 2, ready: 1) == .start(at: 2))
    #expect(schedule.decide(deathAt: 3, ready: 2) == .giveUp)
    let minute = RestartSchedule.minute_ns
    #expect(schedule.decide(deathAt: 4 + minute, ready: 4) == .start(at: 4 + minute))
  }

  @Test func noStartIsBeforeItsDeathWhateverTheLimits() {
    var schedule = schedule(perMinute: 0, backoff: -3, max: 1_000)
    for _ in 0..<200 { #expect(schedule.decide(deathAt: 7, ready: nil) == .start(at: 7)) }
  }
}
