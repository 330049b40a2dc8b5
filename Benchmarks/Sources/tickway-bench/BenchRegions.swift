import Foundation
import TickEngine
import TickRing

/// A ring and a directory that lose their names at once, so that nothing is left behind.
struct BenchRegions: ~Copyable {
  let ring: Region
  let names: Region

  init(ringCapacity: Int) throws {
    let ring = try BenchRegions.make(.ticks, "ring", ringCapacity)
    let names = try BenchRegions.make(.directory, "names", FeedIngester.instrumentsMax)
    self.ring = ring
    self.names = names
  }

  private static func make(_ kind: RegionKind, _ what: String, _ capacity: Int) throws -> Region {
    let name = "tickway-bench-\(what)-\(ProcessInfo.processInfo.processIdentifier)"
    let region = try Region.create(kind, name: name, capacity: capacity)
    try Region.remove(name: name)
    return region
  }
}
