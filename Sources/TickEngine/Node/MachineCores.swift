import CLinux

/// The cores that this process may use, and the NUMA nodes that they and the memory belong to, as
/// they were when it was asked.
///
/// Thread safety: a value.
public struct MachineCores: Equatable, Sendable {
  /// Ascending.
  public var allowed: [Int]
  /// The node of each core that may be used; none where it cannot be told.
  public var nodes: [Int: Int]
  /// Nodes with memory.
  public var nodeCount: Int

  public init(allowed: [Int], nodes: [Int: Int] = [:], nodeCount: Int = 1) {
    self.allowed = allowed.sorted()
    self.nodes = nodes
    self.nodeCount = nodeCount
  }

  /// Of this process, by sched_getaffinity and libnuma.
  public static var here: MachineCores {
    let allowed = CorePlan.allowedCores
    var nodes: [Int: Int] = [:]
    for core in allowed {
      let node = clinux_node_of_core(Int32(core))
      if node >= 0 { nodes[core] = Int(node) }
    }
    return MachineCores(
      allowed: allowed, nodes: nodes, nodeCount: max(1, Int(clinux_node_count())))
  }

  /// The node of a core; 0 where there is only one.
  public func node(of core: Int) -> Int? { nodes[core] ?? (nodeCount == 1 ? 0 : nil) }

  /// Whether the machine has this node.
  public func has(node: Int) -> Bool {
    nodes.values.contains(node) || (nodeCount == 1 && node == 0)
  }

  /// For a message: `0–3, 8`.
  public var text: String {
    var ranges: [ClosedRange<Int>] = []
    for core in allowed {
      if let last = ranges.last, last.upperBound + 1 == core {
        ranges[ranges.count - 1] = last.lowerBound...core
      } else {
        ranges.append(core...core)
      }
    }
    return ranges.map { range in
      range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }.joined(separator: ", ")
  }
}
