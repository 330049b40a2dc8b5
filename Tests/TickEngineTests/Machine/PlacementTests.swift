import CLinux
import Foundation
import Testing

@testable import TickEngine

/// Binding changes the thread that asks for it, so each test does it on one of its own.
private func onOwnThread(_ body: @escaping @Sendable () throws -> Void) throws {
  let thread = RoleThread(BindingRole(body: body), core: nil, onFailure: {})
  try thread.start()
  thread.join()
  if let failure = thread.failure { throw failure }
}

private struct BindingRole: Role, ~Copyable {
  let body: @Sendable () throws -> Void
  var name: String { "binding" }
  mutating func run() throws { try body() }
}

/// Whether this kernel has NUMA and lets this process ask.
private let hasNuma = clinux_bound_node() != -ENOSYS && clinux_bound_node() != -EPERM

@Suite(.timeLimit(.minutes(1))) struct PlacementTests {
  @Test func aCoreThatIsNotAllowedIsRefusedWithTheOnesThatAre() throws {
    let failure = #expect(throws: PlacementError.self) {
      try Placement.apply(core: 1_023, node: nil, memory: .off)
    }
    #expect(
      failure == .coreAbsent(core: 1_023, online: MachineFiles().onlineCores ?? [])
        && failure?.description.contains("choose one of 0") == true)
  }

  @Test(.enabled(if: hasNuma)) func aNodeThatIsAbsentIsAnErrorWhereRequiredAndANoteElsewhere()
    throws
  {
    let failure = #expect(throws: PlacementError.self) {
      try Placement.apply(core: nil, node: 63, memory: .require)
    }
    guard case .nodeAbsent(63, let nodes) = failure else {
      Issue.record("\(failure as Any)")
      return
    }
    #expect(nodes.contains(0))
    let warned = try Placement.apply(core: nil, node: 63, memory: .warn)
    #expect(warned.node == nil && warned.notes.count == 1)
    #expect(warned.notes[0].contains("no NUMA node 63"))
    let off = try Placement.apply(core: nil, node: 63, memory: .off)
    #expect(off.node == nil && off.notes == [])
  }

  @Test(.enabled(if: hasNuma)) func moreThanANodeHasFreeIsRefusedBeforeTheKernelEndsTheProcess()
    throws
  {
    let failure = #expect(throws: PlacementError.self) {
      try Placement.apply(core: nil, node: 0, memory: .require, needing: 1 << 55)
    }
    guard case .memoryShort(0, let free, 1 << 55) = failure else {
      Issue.record("\(failure as Any)")
      return
    }
    #expect(free > 0)
  }

  @Test(.enabled(if: hasNuma)) func whatARequiredNodeBindsIsBoundAndVerifiedByTheKernel() throws {
    try onOwnThread {
      let core = try #require(CorePlan.allowedCores.last)
      let node = try #require(NumaTopology.current().node(ofCore: core))
      let placement = try Placement.apply(core: core, node: node, memory: .require)
      #expect(placement.core == core && placement.node == node)
      #expect(CorePlan.allowedCores == [core])
      let table = Slab<UInt64>(count: 1 << 16, repeating: 1)
      try table.verify(node: node)
      #expect(try placement.verify() == [])
      do {
        try table.verify(node: node + 1)
        Issue.record("the table lies on another node as well")
      } catch let error as PlacementError {
        #expect(error.description.contains("pages are not on node \(node + 1)"), "\(error)")
      }
      #expect(clinux_bound_node() == Int32(node))
    }
    #expect(clinux_bound_node() == -ENOENT)
  }

  @Test(.enabled(if: hasNuma)) func whatWasNeverTouchedIsNoProof() throws {
    let bytes = 1 << 20
    let memory = try #require(
      mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    defer { munmap(memory, bytes) }
    let range = UnsafeRawBufferPointer(start: memory, count: bytes)
    let placement = try MemoryPlacement(of: range, node: 0)
    #expect(placement.pages == 256 && placement.untouched == 256 && placement.onNode == 0)
    #expect(throws: PlacementError.self) { try MemoryPlacement.verify(range, node: 0) }
  }
}

extension Slab where Element: BitwiseCopyable {
  fileprivate func verify(node: Int) throws {
    try MemoryPlacement.verify(
      UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Element>.stride), node: node)
  }
}
