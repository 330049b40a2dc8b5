import Testing

@testable import TickEngine

@Suite(.timeLimit(.minutes(1))) struct OrderIndexTests {
  /// Ids as strategies make them: few instruments, numbers that rise; and, to crowd the table,
  /// any others.
  private func id(_ random: inout SeededRandom) -> UInt64 {
    random.once(in: 2)
      ? UInt64(random.within(1...4)) << 32 | UInt64(random.within(1...60))
      : UInt64(random.within(1...300))
  }

  @Test(arguments: 1...10)
  func entriesAreThoseOfADictionary(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let capacity = random.within(1...64)
    var index = OrderIndex(capacity: capacity)
    var model: [UInt64: UInt32] = [:]
    for step in 0..<6_000 {
      let id = id(&random)
      if random.once(in: 2) {
        if model.count < capacity || model[id] != nil {
          index.insert(id, UInt32(step))
          model[id] = UInt32(step)
        }
      } else {
        // Often of what is not there.
        index.remove(id)
        model[id] = nil
      }
      let other = self.id(&random)
      for asked in [id, other] {
        let found = index.find(asked)
        #expect(found == model[asked])
      }
    }
    for (id, number) in model {
      let found = index.find(id)
      #expect(found == number)
    }
  }

  @Test func noOrderIsNeverFound() {
    var index = OrderIndex(capacity: 4)
    index.insert(5, 1)
    index.remove(0)
    let (none, five) = (index.find(0), index.find(5))
    #expect(none == nil && five == 1)
  }
}
