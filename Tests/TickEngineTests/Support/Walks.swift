import Foundation

/// How many seeded walks a suite takes, and how many steps each has: the suite's own numbers, or
/// the many that scripts/soak asks for with TICKWAY_WALKS and TICKWAY_WALK_STEPS, from the seed
/// TICKWAY_WALK_SEED on.
struct Walks {
  let seeds: Range<UInt64>
  let steps: Range<Int>

  init(_ count: UInt64, steps: Int) {
    let environment = ProcessInfo.processInfo.environment
    let first = environment["TICKWAY_WALK_SEED"].flatMap(UInt64.init) ?? 0
    seeds = first..<(first + (environment["TICKWAY_WALKS"].flatMap(UInt64.init) ?? count))
    self.steps = 0..<(environment["TICKWAY_WALK_STEPS"].flatMap(Int.init) ?? steps)
  }
}
