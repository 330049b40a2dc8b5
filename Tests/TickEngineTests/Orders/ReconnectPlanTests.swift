import Testing

@testable import TickEngine

@Suite struct ReconnectPlanTests {
  private static let second: UInt64 = 1_000_000_000

  /// At once, then after 10 ms, 20 ms and so on to 2 s, each shortened by at most a half.
  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func om4WaitsDoubleToTheirMostAndAreShortenedByChance(seed: UInt64) throws {
    var plan = ReconnectPlan(giveUp_ns: 1_000 * Self.second, seed: seed)
    var now = Self.second
    #expect(plan.next(after: now) == now)
    var most: UInt64 = 10_000_000
    for _ in 0..<12 {
      let next = try #require(plan.next(after: now))
      #expect((most / 2...most).contains(next - now))
      now = next
      most = min(most * 2, 2 * Self.second)
    }
  }

  @Test func om4AVenueThatIsAwayForTooLongIsGivenUp() {
    var plan = ReconnectPlan(giveUp_ns: Self.second)
    #expect(plan.next(after: 5) == 5)
    #expect(plan.next(after: Self.second + 4) != nil)
    #expect(plan.next(after: Self.second + 5) == nil)
  }

  @Test func om4AfterASuccessItBeginsAnew() {
    var plan = ReconnectPlan(giveUp_ns: Self.second)
    for _ in 0..<8 { _ = plan.next(after: 100) }
    plan.reset()
    #expect(plan.next(after: 3 * Self.second) == 3 * Self.second)
  }

  @Test func om4TwoSendersDoNotComeBackTogether() {
    var plans = (
      ReconnectPlan(giveUp_ns: Self.second, seed: 1), ReconnectPlan(giveUp_ns: Self.second, seed: 2)
    )
    let waits = (0..<6).map { _ in (plans.0.next(after: 9), plans.1.next(after: 9)) }
    #expect(waits.contains { $0.0 != $0.1 })
  }
}
