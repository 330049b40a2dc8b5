import Testing

@testable import TickEngine

@Suite struct ReplayPaceTests {
  @Test func aPacketIsDueAfterTheCapturesOwnTimeDividedByThePace() {
    #expect(ReplayIngester.due(1_000, after: 500, 1) == 1_500)
    #expect(ReplayIngester.due(1_000, after: 500, 10) == 1_050)
    #expect(ReplayIngester.due(1_000, after: 500, 0.5) == 2_000)
  }

  /// Capture times are anybody's bytes: what cannot be counted is due never, and no trap.
  @Test func aTimeThatCannotBeIsDueNever() {
    #expect(ReplayIngester.due(1_000, after: .max, 1) == .max)
    #expect(ReplayIngester.due(1_000, after: .max, 0.001) == .max)
    #expect(ReplayIngester.due(1_000, after: 20_000_000_000_000_000, 0.001) == .max)
    #expect(ReplayIngester.due(.max - 10, after: 11, 1) == .max)
  }
}
