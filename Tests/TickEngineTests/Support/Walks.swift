import Foundation

/// How many seeded walks a suite takes, and how many steps each has: the suite's own numbers, or
/// the many that scripts/soak asks for with TICKWAY_WALKS and TICKWAY_WALK_STEPS.
struct Walks {
  let seeds: Range<UInt64>
  let steps: Range<Int>

  init(_ count: UInt64, steps: Int) {
    let environment = ProcessInfo.processInfo.environment
    seeds = 0..<(environment["TICKWAY_WALKS"].flatMap(UInt64.init) ?? count)
    self.steps = 0..<(environment["TICKWAY_WALK_STEPS"].flatMap(Int.init) ?? steps)
  }
}
