import Testing
import TickRing

@testable import TickEngine

/// RM8: which orders of its predecessors a sender counts in its first second.
@Suite(.timeLimit(.minutes(1))) struct RateTrailTests {
  private let each = RateTrail.sample_ns
  /// An instant in the middle of a 64th.
  private let now = 1_000_000 * RateTrail.sample_ns + 5

  /// A sample of so many 64ths ago.
  private func word(_ ago: UInt64, _ count: UInt32) -> UInt64 {
    (now / each - ago) << 32 | UInt64(count)
  }

  private func steps(_ words: [UInt64], _ count: UInt64) -> [RateTrail.Step] {
    RateTrail.steps(words, count: count, now: now)
  }

  @Test func whatIsBetweenTwoSamplesCountsAtTheEndOfTheLaterOnes64th() {
    #expect(steps([word(3, 10), word(70, 4), word(1, 16)], 17) == [
      .init(at_ns: now - 5 - 2 * each, count: 6), .init(at_ns: now - 5, count: 6),
      .init(at_ns: now, count: 1),
    ])
  }

  @Test func whatIsOlderThanASecondDoesNotCount() {
    #expect(steps([word(90, 1), word(80, 50), word(65, 60)], 60) == [])
    // A little older may count; a little younger must.
    #expect(steps([word(65, 60), word(64, 61)], 61).map(\.count) == [1])
  }

  @Test func aPageThatNobodyHasSentFromHasNothing() {
    #expect(steps([], 0) == [] && steps([], 7) == [])
    #expect(steps([word(2, 7)], 7) == [])
  }

  /// Of a boot before, or of nobody.
  @Test func aSampleOfATimeToComeIsNone() {
    #expect(steps([(now / each + 1) << 32 | 5], 9) == [])
  }

  @Test func countsGoOnOverTwoToThe32() {
    #expect(steps([word(9, .max - 1), word(4, 1)], 3).map(\.count) == [3, 2])
    #expect(steps([word(9, 5)], 4) == [])
  }

  /// Against each order's own time: never fewer, and no more than lie in a second and two 64ths.
  @Test(arguments: 1...20) func noOrderOfTheSecondIsForgotten(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var gate = try KillGate.unnamed()
    var orders: [UInt64] = []
    var time = now
    let turns = random.within(50...4_000)
    for _ in 0..<turns {
      time += UInt64(random.within(1...3_000_000))
      gate.sample(counted: UInt64(orders.count), at: time)
      for _ in 0..<(random.once(in: 3) ? random.within(0...9) : 0) { orders.append(time) }
      gate.tell(counted: UInt64(orders.count))
    }
    time += UInt64(random.within(0...400_000_000))
    let steps = gate.rateSteps(at: time)
    let counted = steps.reduce(0) { $0 + $1.count }
    let second = RateWindow.second_ns
    #expect(counted >= orders.count { time - $0 < second })
    #expect(counted <= orders.count { time - $0 < second + 2 * each + 3_000_000 })
    for step in steps { #expect(step.at_ns <= time) }
    for (older, newer) in zip(steps, steps.dropFirst()) { #expect(older.at_ns < newer.at_ns) }
  }
}
