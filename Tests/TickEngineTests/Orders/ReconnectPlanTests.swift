import Testing

@testable import TickEngine

@Suite struct ReconnectPlanTests {
  private static let second: UInt64 = 1_000_000_000

  /// At once, then after 10 ms, 20 ms and so on to 2 s, each shortened by at most a half.
  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func om4WaitsDoubleToTheirMostAndAreShortenedByChance(seed: UInt64) throws {
    var plan = ReconnectPlan(giveUp_ns: 1_000 * Self.second, seed: seed)
    var now = Self.second
    let first = plan.next(after: now)
    #expect(first == now)
    var most: UInt64 = 10_000_000
    for _ in 0..<12 {
      let found = plan.next(after: now)
      let next = try #require(found)
      #expect((most / 2...most).contains(next - now))
      now = next
      most = min(most * 2, 2 * Self.second)
    }
  }

  @Test func om4AVenueThatIsAwayForTooLongIsGivenUp() {
    var plan = ReconnectPlan(giveUp_ns: Self.second)
    let times = [5, Self.second + 4, Self.second + 5].map { plan.next(after: $0) }
    #expect(times[0] == 5 && times[1] != nil && times[2] == nil)
  }

  @Test func om4AfterASuccessItBeginsAnew() {
    var plan = ReconnectPlan(giveUp_ns: Self.second)
    for _ in 0..<8 { _ = plan.next(after: 100) }
    plan.reset()
    let first = plan.next(after: 3 * Self.second)
    #expect(first == 3 * Self.second)
  }

  @Test func om4TwoSendersDoNotComeBackTogether() {
    var plans = (
      ReconnectPlan(giveUp_ns: Self.second, seed: 1), ReconnectPlan(giveUp_ns: Self.second, seed: 2)
    )
    let waits = (0..<6).map { _ in (plans.0.next(after: 9), plans.1.next(after: 9)) }
    #expect(waits.contains { $0.0 != $0.1 })
  }
}
