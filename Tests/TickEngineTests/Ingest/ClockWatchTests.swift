import Testing

@testable import TickEngine

/// When the machine's clock counts as set.
@Suite(.timeLimit(.minutes(1))) struct ClockWatchTests {
  private static let epoch: UInt64 = 1_700_000_000_000_000_000
  private var watch = ClockWatch()

  /// Looks once, at a time of the clock that nobody sets.
  private mutating func look(
    at now: UInt64, setBy step_ns: Int64 = 0, taking: UInt64 = 100
  ) -> Bool {
    let clock = Self.epoch &+ now &+ UInt64(bitPattern: step_ns)
    return watch.look(clock, before: now, after: now + taking)
  }

  @Test(arguments: [
    (Int64(99_999_999), false), (100_000_000, true), (-99_999_999, false), (-100_000_000, true),
    (3_600_000_000_000, true), (-10_000_000_000, true),
  ])
  mutating func aTenthOfASecondIsTold(step_ns: Int64, isTold: Bool) {
    let told = [
      look(at: 5), look(at: 100_000_000, setBy: step_ns), look(at: 200_000_000, setBy: step_ns),
    ]
    #expect(told == [false, isTold, false])
    #expect(!watch.isOff(Self.epoch &+ UInt64(bitPattern: step_ns), 0))
    #expect(watch.isOff(Self.epoch, 0) == isTold)
    #expect(watch.steps == (isTold ? 1 : 0) && watch.lastStep_ns == (isTold ? step_ns : 0))
  }

  @Test mutating func smallStepsAddUp() {
    var told: [Bool] = []
    for step in Int64(0)...4 { told.append(look(at: UInt64(step), setBy: step * 40_000_000)) }
    #expect(told == [false, false, false, true, false] && watch.lastStep_ns == 120_000_000)
  }

  /// Who loses the core between two readings would take its absence for a step.
  @Test mutating func aLookThatTookLongSaysNothing() {
    let late: Int64 = 800_000_000
    let told = [
      look(at: 5), look(at: 10, setBy: late, taking: UInt64(late)), look(at: 20),
    ]
    #expect(told == [false, false, false] && watch.steps == 0)
  }
}
