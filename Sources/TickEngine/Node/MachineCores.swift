/// The cores that this process may use, and the NUMA nodes that they and the memory belong to, as
/// they were when it was asked.
///
/// Thread safety: a value.
public struct MachineCores: Equatable, Sendable {
  /// Ascending.
  public var allowed: [Int]
  /// By number; 0 where the kernel knows none.
  public var nodes: [Int]
  /// The node of each core that may be used, where it can be told.
  private var nodeOfCore: [Int: Int]

  public init(allowed: [Int], nodeOfCore: [Int: Int] = [:], nodes: [Int] = [0]) {
    self.allowed = allowed.sorted()
    self.nodeOfCore = nodeOfCore
    self.nodes = nodes
  }

  /// Of this process.
  public static var here: MachineCores {
    let topology = NumaTopology.current()
    let allowed = CorePlan.allowedCores
    var nodes: [Int: Int] = [:]
    for core in allowed { nodes[core] = topology.node(ofCore: core) }
    let numbers = topology.nodes.map(\.number)
    return MachineCores(
      allowed: allowed, nodeOfCore: nodes, nodes: numbers.isEmpty ? [0] : numbers)
  }

  public func node(of core: Int) -> Int? {
    nodeOfCore[core] ?? (nodes.count == 1 ? nodes[0] : nil)
  }

  /// For a message: `0–3, 8`.
  public var text: String { MachineCores.text(allowed) }

  /// - Parameter cores: ascending.
  static func text(_ cores: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for core in cores {
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
