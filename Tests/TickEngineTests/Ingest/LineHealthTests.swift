import Testing

@testable import TickEngine

/// MD1 in virtual time: when a line, and the feed, is stale, degraded or live.
@Suite(.timeLimit(.minutes(1))) struct LineHealthTests {
  private static let start: UInt64 = 1_000_000_000
  private static let ms: UInt64 = 1_000_000
  private static func at(_ milliseconds: UInt64) -> UInt64 { start + milliseconds * ms }
  private static func pair() -> LineHealth { LineHealth(lines: 2, hours: nil, started_ns: start) }

  @Test func md1FiveSecondsAreNotStaleAndAMillisecondMoreIs() {
    let health = Self.pair()
    health.note(0, Self.at(1_000))
    #expect(health.state(0, now: Self.at(6_000), clock: 0) == .live)
    #expect(health.state(0, now: Self.at(6_001), clock: 0) == .stale)
    #expect(health.state(1, now: Self.at(6_001), clock: 0) == .neverSeen)
  }

  @Test func aLineThatNeverSpokeIsAFaultAfterFiveSeconds() {
    var health = Self.pair()
    #expect(health.check(now: Self.at(0), clock: 0) == nil && health.feed == .neverSeen)
    #expect(health.check(now: Self.at(5_000), clock: 0) == nil)
    #expect(health.check(now: Self.at(5_001), clock: 0) == .stale)
    health.note(1, Self.at(5_100))
    #expect(health.check(now: Self.at(5_100), clock: 0) == .degraded)
    health.note(0, Self.at(5_200))
    #expect(health.check(now: Self.at(5_200), clock: 0) == .live)
  }

  @Test func oneLineIsEnoughToBeginWith() {
    var health = Self.pair()
    health.note(0, Self.at(10))
    #expect(health.check(now: Self.at(10), clock: 0) == .live)
    health.note(0, Self.at(5_001))
    #expect(health.check(now: Self.at(5_001), clock: 0) == .degraded)
  }

  /// Line B's first packet may lie unread behind those of line A: it is hoped for until then.
  @Test func aLineThatHasNotSpokenYetIsHopedFor() {
    let health = Self.pair()
    health.note(0, Self.at(10))
    #expect(health.liveLines(now: Self.at(10), clock: 0) == 0b01)
    #expect(health.hopefulLines(now: Self.at(10), clock: 0) == 0b11)
    health.note(0, Self.at(5_001))
    #expect(health.hopefulLines(now: Self.at(5_001), clock: 0) == 0b01)
    health.note(1, Self.at(5_002))
    #expect(health.hopefulLines(now: Self.at(5_002), clock: 0) == 0b11)
    #expect(health.hopefulLines(now: Self.at(10_002), clock: 0) == 0b10)
  }

  @Test func md1SilenceOutsideTheSessionsHoursIsNoFault() throws {
    let hours = try #require(SessionHours("23:00-01:00"))
    var health = LineHealth(lines: 1, hours: hours, started_ns: Self.start)
    let noon: UInt64 = 12 * 3_600 * 1_000_000_000
    let midnight: UInt64 = 24 * 3_600 * 1_000_000_000
    #expect(health.check(now: Self.at(60_000), clock: noon) == .closed)
    // From the opening on silence counts.
    #expect(health.check(now: Self.at(60_000), clock: midnight) == .neverSeen)
    #expect(health.check(now: Self.at(65_000), clock: midnight) == nil)
    #expect(health.check(now: Self.at(65_001), clock: midnight) == .stale)
    health.note(0, Self.at(65_001))
    #expect(health.check(now: Self.at(65_001), clock: midnight) == .live)
    #expect(health.check(now: Self.at(65_001), clock: midnight + noon / 12) == .closed)
  }
}
