/// The cores that this process may use, and the NUMA nodes that they and the memory belong to, as
/// they were when it was asked.
///
/// Thread safety: a value.
public struct MachineCores: Equatable, Sendable {
  /// Ascending.
  public var allowed: [Int]
  private let topology: NumaTopology

  /// - Parameter topology: empty: the kernel tells no nodes, and all is node 0.
  public init(allowed: [Int], topology: NumaTopology = NumaTopology(nodes: [])) {
    self.allowed = allowed.sorted()
    self.topology = topology
  }

  /// Of this process.
  public static var here: MachineCores {
    MachineCores(allowed: CorePlan.allowedCores, topology: .current())
  }

  /// By number; 0 where the kernel knows none.
  public var nodes: [Int] {
    topology.nodes.isEmpty ? [0] : topology.nodes.map(\.number)
  }

  /// nil: it cannot be told.
  public func node(of core: Int) -> Int? {
    topology.node(ofCore: core) ?? (nodes.count == 1 ? nodes[0] : nil)
  }

  /// For a message: `0-3,8`.
  public var text: String { KernelList.text(allowed) }
}
