import Foundation
import Testing

@testable import TickRing

/// Where a region's memory lies: as asked for, or the region is not made. (`place.c` of the
/// conformance tests goes further.)
@Suite(.timeLimit(.minutes(1)))
struct PlacementTests {
  private func create(
    _ directory: String, node: Int? = nil, hugePages: Bool = false
  ) -> RingError.Kind? {
    refusal { () throws(RingError) in
      let region = try Region.create(
        .ticks, directory: directory, name: "r", capacity: 1024, node: node, hugePages: hugePages)
      try region.checkPlacement()
    }
  }

  private func isLeft(_ directory: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(directory)/r")
  }

  @Test func aNodeOfThisMachineIsVerifiedAndShown() throws {
    try withScratch { directory in
      let refused = create(directory, node: 0)
      guard refused != .noNuma else { return }  // then that is the refusal, and tested below
      #expect(refused == nil)
      let info = try RegionInfo(directory: directory, name: "r")
      #expect(info.node == 0 && info.hugePageBytes == 0 && info.refusal == nil)
    }
  }

  @Test func hugePagesAreHadInFullOrRefused() throws {
    try withScratch { directory in
      let refused = create(directory, hugePages: true)
      #expect(refused == nil || refused == .hugePages)
      #expect(isLeft(directory) == (refused == nil))
      guard refused == nil else { return }
      let info = try RegionInfo(directory: directory, name: "r")
      #expect(info.hugePageBytes > 4096 && info.byteCount % info.hugePageBytes == 0)
      #expect(info.refusal == nil && info.node == nil)
      let capacity = try Region.attach(.ticks, directory: directory, name: "r").capacity
      #expect(capacity == 1024)
    }
  }
}
