import Foundation
import Testing
import TickRing

@testable import TickEngine

/// The regions of a set, made at once.
@Suite struct NodeRegionsTests {
  private let scratch: Scratch
  private let regions: NodeRegions
  /// On a node that no machine has.
  private let plan: [NodeRegion]

  init() throws {
    scratch = try Scratch()
    regions = NodeRegions(prefix: "tickway.test", directory: scratch.path)
    var shape = NodeShape()
    (shape.workers, shape.tickSlots) = (2, 64)
    (shape.ingesterNode, shape.workerNodes) = (1_000, [0: 1_000, 1: 1_000])
    (shape.senderNode, shape.venueNode) = (1_000, 1_000)
    plan = NodeRegions.plan(shape)
  }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() }
  }

  /// Also the symbol directory, which may be there already.
  @Test func withWarnEveryRegionIsMadeAndToldOf() throws {
    var notes: [String] = []
    try regions.make(plan, .warn) { notes.append($0) }
    #expect(try names == plan.map { regions.name($0.suffix) }.sorted())
    #expect(notes.count == plan.count)
    #expect(notes.allSatisfy { $0.hasSuffix(": it lies wherever the kernel puts it") })
  }

  @Test func withRequireNoneIsLeft() throws {
    #expect(throws: RingError.self) { try regions.make(plan, .require) { _ in } }
    #expect(try names == [])
  }

  @Test func whatWasThereStaysWhenTheRestCannotBeMade() throws {
    let directory = try #require(plan.first { $0.kind == .directory })
    _ = try regions.create(directory.unbound)
    let board = try #require(plan.first { $0.kind == .board })
    _ = try regions.create(board.unbound)
    #expect(throws: RingError.self) { try regions.make(plan, .warn) { _ in } }
    #expect(try names == [regions.name("board"), regions.name("directory")])
  }
}
