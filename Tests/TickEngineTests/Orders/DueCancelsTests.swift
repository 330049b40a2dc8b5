import Testing

@testable import TickEngine

/// The list, and a plain array of what must be in it.
private final class DueWalk {
  private var due: DueCancels
  private var plain: [Int] = []
  private var random: SeededRandom
  private let places: Int

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    places = random.within(2...20)
    due = DueCancels(places: places)
  }

  /// Puts in or takes out any order, also one that is in, or out, already.
  func go() -> Bool {
    let place = random.within(1...places - 1)
    if random.once(in: 2) {
      due.insert(place)
      if !plain.contains(place) { plain.append(place) }
    } else {
      due.remove(place)
      plain.removeAll { $0 == place }
    }
    return listed() == plain && due.count == plain.count
      && (0..<places).allSatisfy { $0 == 0 || due.contains($0) == plain.contains($0) }
  }

  private func listed() -> [Int] {
    var (places, place) = ([Int](), due.first)
    while place != 0, places.count <= self.places {
      places.append(place)
      place = due.after(place)
    }
    return places
  }
}

@Suite(.timeLimit(.minutes(1))) struct DueCancelsTests {
  @Test(arguments: 1...50)
  func om1WhateverIsPutInAndTakenOutTheListIsThatOfAnArray(seed: UInt64) {
    let walk = DueWalk(seed: seed)
    for step in 0..<2_000 {
      guard !walk.go() else { continue }
      Issue.record("step \(step)")
      return
    }
  }
}
