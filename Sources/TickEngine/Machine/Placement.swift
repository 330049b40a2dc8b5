import CLinux
import Glibc

/// How binding is to a role that its memory lies on its node.
public enum MemoryBinding: String, Codable, CaseIterable, Sendable {
  /// There or nowhere: a process that cannot have it does not start.
  case require
  /// There if possible; what is not possible is told.
  case warn
  /// Wherever the kernel puts it.
  case off
}

/// Where a process runs and where its memory comes from. A role says so at its very start: threads
/// that it starts later, and all that they touch first, follow. Regions have a policy of their own.
public struct Placement: Equatable, Sendable {
  /// The core that the process is pinned to.
  public let core: Int?
  /// The node that its memory comes from.
  public let node: Int?
  /// How binding that is.
  public let memory: MemoryBinding
  /// What the operator should know: what was asked for and could not be had.
  public let notes: [String]
  /// No other node has memory: nothing can lie elsewhere.
  private let isOnlyNode: Bool

  /// Room that a role has, unless it says how much it needs.
  public static let roleBytes: UInt64 = 64 << 20

  /// Pins the calling thread, and binds its memory: what it will touch, and what the process has
  /// touched so far. To be called on the first thread, before it starts any other.
  ///
  /// - Parameters:
  ///   - core: the only one to run on; nil: not pinned.
  ///   - node: where its memory is to be; nil: that of the core, if the machine has several.
  ///   - memory: with `warn` nothing of the node is an error.
  ///   - bytes: what the process is going to take; more than the node has free is refused, since
  ///     the kernel would end the process in the midst of it.
  /// - Throws: `PlacementError`, with what to do about it.
  public static func apply(
    core: Int?, node: Int?, memory: MemoryBinding, needing bytes: UInt64 = roleBytes
  ) throws(PlacementError) -> Placement {
    if let core { try pin(core) }
    let topology = NumaTopology.current()
    func placement(on node: Int?, _ notes: [String]) -> Placement {
      Placement(
        core: core, node: node, memory: memory, notes: notes, isOnlyNode: topology.isOneNode)
    }
    guard memory != .off, let node = node ?? topology.node(forMemoryOf: core) else {
      return placement(on: nil, [])
    }
    var notes: [String] = []
    do throws(PlacementError) {
      if let core, let of = topology.node(ofCore: core), of != node {
        throw .coreElsewhere(core: core, node: node, of: of)
      }
      notes = try bindThisProcess(to: node, memory, needing: bytes, topology)
    } catch {
      guard memory == .warn else { throw error }
      return placement(on: nil, ["memory is not bound to node \(node): \(error)"])
    }
    return placement(on: node, notes)
  }

  /// Whether there is anything for `verify` to ask.
  var isVerified: Bool { node != nil && memory != .off && !isOnlyNode }

  /// Asks the kernel whether all that this process has for itself lies on its node: for a role that
  /// has made all it needs. Regions verify themselves when they are made; where there is but one
  /// node, nobody is asked.
  ///
  /// - Returns: what the operator should know; with `require` that is an error instead.
  public func verify() throws(PlacementError) -> [String] {
    guard let node, isVerified else { return [] }
    do throws(PlacementError) {
      try MemoryPlacement.verifyThisProcess(node: node)
      return []
    } catch {
      guard memory == .warn else { throw error }
      return ["\(error)"]
    }
  }

  /// Binds what the calling thread, and those that it starts, touch from here on, and moves what
  /// the process has touched already.
  ///
  /// - Returns: what the operator should know.
  public static func bindThisProcess(
    to node: Int, _ memory: MemoryBinding, needing bytes: UInt64 = roleBytes,
    _ topology: NumaTopology = .current()
  ) throws(PlacementError) -> [String] {
    guard memory != .off else { return [] }
    // Without a list of nodes the kernel has no NUMA, and says so itself.
    if !topology.nodes.isEmpty, topology[node]?.memory_bytes ?? 0 == 0 {
      throw .nodeAbsent(
        node: node, nodes: topology.nodes.filter { $0.memory_bytes ?? 0 > 0 }.map(\.number))
    }
    if let free = topology[node]?.free_bytes, free < bytes {
      throw .memoryShort(node: node, free_bytes: free, needed_bytes: bytes)
    }
    let code = clinux_prefer_node(Int32(node), memory == .require ? 1 : 0)
    guard code == 0 else { throw .refused(node: node, code: -code) }
    // Nothing is elsewhere. Asking would wait for kernel threads on each core, which beside load
    // has taken seconds.
    guard !topology.isOneNode else { return [] }
    // What is shared with others, as a library's code is, may stay where it is.
    let left = clinux_bring_memory(Int32(node))
    guard left >= 0 else { return ["what was touched before stays where it is: \(-left)"] }
    return left == 0 ? [] : ["\(left) pages that were touched before are not on node \(node)"]
  }

  private static func pin(_ core: Int) throws(PlacementError) {
    // Asked of the kernel, not of the cores that are allowed: an isolated core is not among those,
    // and may be had all the same.
    let code = -clinux_pin(Int32(clamping: core))
    guard code != EINVAL else {
      throw .coreAbsent(core: core, online: MachineFiles().onlineCores ?? CorePlan.allowedCores)
    }
    guard code == 0 else { throw .coreRefused(core: core, code: code) }
  }
}
