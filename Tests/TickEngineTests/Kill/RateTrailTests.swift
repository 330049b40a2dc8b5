import Testing
import TickRing

@testable import TickEngine

/// RM8: which orders of its predecessors a sender counts in its first second.
@Suite(.timeLimit(.minutes(1))) struct RateTrailTests {
  private let each = RateTrail.each_ns
  /// An instant in the middle of a 64th.
  private let now = 1_000_000 * RateTrail.each_ns + 5

  /// That of so many 64ths ago.
  private func word(_ ago: UInt64, _ count: UInt32) -> UInt64 {
    (now / each - ago) << 32 | UInt64(count)
  }

  private func steps(_ words: [UInt64]) -> [RateTrail.Step] {
    RateTrail.read(words, at: now).steps
  }

  @Test func anOrderIsOfTheEndOfIts64th() {
    let words = [word(3, 10), word(70, 4), word(0, 17), word(1, 16), word(2, 10)]
    #expect(steps(words) == [
      .init(at_ns: now - 5 - 2 * each, count: 6), .init(at_ns: now - 5, count: 6),
      .init(at_ns: now, count: 1),
    ])
    #expect(RateTrail.read(words, at: now).counted == 17)
  }

  @Test func whatIsOlderThanASecondDoesNotCount() {
    #expect(steps([word(90, 1), word(80, 50), word(65, 60)]) == [])
    // A little older may count; a little younger must.
    #expect(steps([word(65, 60), word(64, 61)]).map(\.count) == [1])
    #expect(RateTrail.read([word(90, 1), word(1_000_000, 9)], at: now).counted == 1)
  }

  @Test func anInstanceThatBeganWithinTheSecondBeganWithNothing() {
    #expect(steps([]) == [] && RateTrail.read([], at: now).counted == 0)
    #expect(steps([word(2, 7)]).map(\.count) == [7])
  }

  /// Of a boot before, or of nobody.
  @Test func aWordOfATimeToComeIsNone() {
    #expect(steps([(now / each + 1) << 32 | 5]) == [])
  }

  @Test func countsGoOnOverTwoToThe32() {
    #expect(steps([word(70, .max - 1), word(4, 1), word(2, 3)]).map(\.count) == [3, 2])
    #expect(steps([word(70, 5), word(9, 4)]) == [])
  }

  /// After 777 days.
  @Test func sixtyFourthsGoOnOverTwoToThe32() {
    let late = ((1 << 32) + 2) * each
    let words = [70, 3, 1].map { (ago: UInt64) in ((1 << 32) + 2 - ago) << 32 | (100 - ago) }
    #expect(RateTrail.read(words.reversed(), at: late).steps == [
      .init(at_ns: late - 2 * each, count: 67), .init(at_ns: late, count: 2),
    ])
  }

  /// Against each order's own time: none is taken for older than it is, nor for younger by more
  /// than a 64th.
  @Test(arguments: 1...20) func noOrderOfTheSecondIsForgotten(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var gate = try KillGate.unnamed()
    var orders: [UInt64] = []
    var time = now
    let turns = random.within(50...4_000)
    for _ in 0..<turns {
      time += UInt64(random.within(1...(random.once(in: 20) ? 900_000_000 : 3_000_000)))
      // Another one comes after it, perhaps at once.
      if random.once(in: 40) { look(&gate, time, orders) }
      if random.once(in: 3) { gate.tell(counted: UInt32(orders.count), at: time) }
      guard random.once(in: 3) else { continue }
      for _ in 0..<random.within(1...9) { orders.append(time) }
      gate.tell(counted: UInt32(orders.count), at: time)
    }
    time += UInt64(random.within(0...400_000_000))
    look(&gate, time, orders)
  }

  private func look(_ gate: inout KillGate, _ now: UInt64, _ orders: [UInt64]) {
    let legacy = gate.resumeRate(at: now)
    let taken = legacy.steps.flatMap { Array(repeating: $0.at_ns, count: $0.count) }
    #expect(taken.count >= orders.count { now - $0 < RateWindow.second_ns })
    #expect(legacy.counted == UInt32(orders.count))
    for (taken, own) in zip(taken.reversed(), orders.reversed()) {
      #expect(taken >= own && taken <= min(now, own + each))
    }
  }
}
