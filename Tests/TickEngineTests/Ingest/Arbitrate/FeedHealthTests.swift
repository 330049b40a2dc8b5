import Testing

@testable import TickEngine

/// MD1, MD2 in virtual time: which lines live, and what the feed tells of them.
@Suite struct FeedHealthTests {
  private static let second: UInt64 = 1_000_000_000
  private static let start: UInt64 = 1_000 * second
  /// 1970-01-01 12:00 UTC.
  private static let noon: UInt64 = 43_200 * second

  private func health(_ lines: Int = 2, hours: SessionHours? = nil) -> Boxed<LineHealth> {
    Boxed(LineHealth(lines: lines, hours: hours, started_ns: Self.start))
  }

  @Test(arguments: [
    (UInt64(0), LineState.live), (5_000_000_000, .live), (5_000_000_001, .stale),
    (5_001_000_000, .stale), (90_000_000_000_000, .stale),
  ])
  func aLineIsStaleAfterMoreThanFiveSeconds(silence: UInt64, state: LineState) {
    let health = health(1)
    health.value.note(0, Self.start)
    #expect(health.value.state(0, now: Self.start + silence, clock: Self.noon) == state)
    #expect(
      health.value.liveLines(now: Self.start + silence, clock: Self.noon)
        == (state == .live ? 1 : 0))
  }

  @Test func aLineThatNeverSpokeIsNotLive() {
    let health = health(1)
    #expect(health.value.state(0, now: Self.start, clock: Self.noon) == .neverSeen)
    #expect(health.value.check(now: Self.start + 5 * Self.second, clock: Self.noon) == nil)
    #expect(health.value.feed == .neverSeen)
    #expect(health.value.check(now: Self.start + 5 * Self.second + 1, clock: Self.noon) == .stale)
    #expect(
      health.value.state(0, now: Self.start + 6 * Self.second, clock: Self.noon) == .neverSeen)
  }

  /// Each change once: both, one of two, none, one again, both again.
  @Test func theFeedTellsEachChangeOnce() {
    let health = health()
    var told: [FeedState] = []
    for tick in 0..<400 {
      let now = Self.start + UInt64(tick) * Self.second / 10
      if tick < 300 || tick >= 350, tick < 100 || tick >= 200 { health.value.note(0, now) }
      if tick < 130 || tick >= 250 { health.value.note(1, now) }
      if let state = health.value.check(now: now, clock: Self.noon) { told.append(state) }
    }
    // A: silent 10–20 s and 30–35 s (that is in time); B: 13–25 s.
    #expect(told == [.live, .degraded, .stale, .degraded, .live])
  }

  @Test func aSecondLineThatNeverComesDegradesTheFeedAfterItsGrace() {
    let health = health()
    health.value.note(0, Self.start)
    #expect(health.value.check(now: Self.start, clock: Self.noon) == .live)
    health.value.note(0, Self.start + 5 * Self.second)
    #expect(health.value.check(now: Self.start + 5 * Self.second, clock: Self.noon) == nil)
    #expect(
      health.value.check(now: Self.start + 5 * Self.second + 1, clock: Self.noon) == .degraded)
  }

  @Test(arguments: ["09:30-16:00"])
  func outsideItsHoursSilenceIsNoFault(text: String) {
    let health = health(1, hours: SessionHours(text))
    health.value.note(0, Self.start)
    let (open, close) = (34_200 * Self.second, 57_600 * Self.second)
    #expect(health.value.check(now: Self.start, clock: open - 1) == .closed)
    #expect(health.value.state(0, now: Self.start, clock: open - 1) == .closed)
    // Silence is counted from the opening, and is no sign of life.
    let later = Self.start + 100 * Self.second
    #expect(health.value.check(now: later, clock: open - 1) == nil)
    #expect(health.value.check(now: later + 1, clock: open) == nil)
    #expect(health.value.state(0, now: later + 1, clock: open) == .closed)
    #expect(health.value.liveLines(now: later + 1, clock: open) == 0)
    #expect(health.value.hopefulLines(now: later + 1, clock: open) == 1)
    #expect(health.value.check(now: later + 5 * Self.second, clock: open) == nil)
    #expect(health.value.check(now: later + 5 * Self.second + 1, clock: open) == .stale)
    #expect(health.value.check(now: later + 6 * Self.second, clock: close - 1) == nil)
    #expect(health.value.check(now: later + 6 * Self.second, clock: close) == .closed)
  }

  /// A line that speaks before the opening is live as it opens.
  @Test func whoSpokeJustBeforeTheOpeningIsLiveFromItOn() {
    let health = health(hours: SessionHours("09:30-16:00"))
    let open = 34_200 * Self.second
    health.value.note(0, Self.start + 9 * Self.second)
    #expect(health.value.check(now: Self.start + 10 * Self.second, clock: open - 1) == .closed)
    #expect(health.value.check(now: Self.start + 10 * Self.second, clock: open) == .live)
    #expect(
      health.value.check(now: Self.start + 15 * Self.second + 1, clock: open) == .stale)
  }

  /// What strategies were told last is what they go by, whoever told it.
  @Test func aFeedThatWasCalledAmissIsToldToBeWell() {
    let (open, second) = (34_200 * Self.second, Self.second)
    let young = health(1)
    young.value.note(0, Self.start)
    #expect(young.value.check(now: Self.start, clock: open).map { young.value.isNews($0) } == false)
    let early = health(1, hours: SessionHours("09:30-16:00"))
    var told: [FeedState] = []
    for (seconds, clock) in [(0, open - 1), (60, open - 1), (61, open), (62, open)] {
      let now = Self.start + UInt64(seconds) * second
      if seconds == 62 { early.value.note(0, now) }
      if let state = early.value.check(now: now, clock: clock), early.value.isNews(state) {
        told.append(state)
      }
    }
    #expect(told == [.closed, .live])
    let successor = Boxed(
      LineHealth(lines: 1, hours: nil, started_ns: Self.start, isContinued: true))
    successor.value.note(0, Self.start)
    let state = successor.value.check(now: Self.start, clock: open)
    #expect(state.map { successor.value.isNews($0) } == true)
  }

  @Test func theEndOfTheSessionIsNoFaultUntilSomethingNewComes() {
    let health = health(1)
    health.value.note(0, Self.start)
    _ = health.value.check(now: Self.start, clock: Self.noon)
    health.value.isEnded = true
    #expect(health.value.check(now: Self.start + 60 * Self.second, clock: Self.noon) == .closed)
    health.value.isEnded = false
    health.value.note(0, Self.start + 61 * Self.second)
    #expect(health.value.check(now: Self.start + 61 * Self.second, clock: Self.noon) == .live)
  }

  // MARK: Hours

  @Test(arguments: [
    ("09:30-16:00", 34_200, 57_600), ("00:00-23:59", 0, 86_340), ("22:00-05:00", 79_200, 18_000),
  ])
  func hoursAreRead(text: String, start: Int, end: Int) throws {
    let hours = try #require(SessionHours(text))
    #expect(hours.startSecond == start && hours.endSecond == end)
  }

  @Test(arguments: [
    "", "-", "09:30", "09:30-", "-16:00", "9:30-16:00", "09:30-16:0", "09:30-24:00", "09:60-10:00",
    "09:30-09:30", "09:30-16:00-17:00", "09:30:00-16:00", "0930-1600", "+9:30-16:00",
    " 09:30-16:00",
    "٠٩:٣٠-١٦:٠٠", "aa:bb-cc:dd", "09:30–16:00",
  ])
  func whatAreNoHoursIsRefused(text: String) {
    #expect(SessionHours(text) == nil)
  }

  @Test(arguments: [
    (79_199, false), (79_200, true), (86_399, true), (0, true), (17_999, true), (18_000, false),
  ])
  func hoursMayPassMidnight(second: Int, isOpen: Bool) throws {
    let text = "22:00-05:00"
    let hours = try #require(SessionHours(text))
    let clock = (UInt64(second) + 20_000 * 86_400) * Self.second
    #expect(hours.contains(clock) == isOpen && hours.contains(clock + 999_999_999) == isOpen)
  }
}
