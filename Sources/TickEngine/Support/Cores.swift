import CLinux

/// The cores that this process may run on, and how a set of roles shares them.
public struct CorePlan: Sendable {
  /// Cores in the order of the roles asked for; nil: not pinned.
  public let cores: [Int?]
  public let policy: WaitPolicy
  /// One sentence for the operator.
  public let reason: String

  /// Pins each role to a core of its own if there are enough, and shares all cores otherwise.
  public init(roles: Int) {
    let allowed = CorePlan.allowedCores
    if roles <= allowed.count {
      cores = allowed.prefix(roles).map { $0 }
      policy = .spin
      reason = "\(roles) roles on \(allowed.count) cores: each pinned to its own, spinning"
    } else {
      cores = Array(repeating: nil, count: roles)
      policy = .share
      reason =
        "\(roles) roles share \(allowed.count) cores: not pinned; they spin, yield, then sleep"
    }
  }

  static var allowedCores: [Int] {
    var cores = [Int32](repeating: 0, count: 1024)
    let count = unsafe clinux_allowed_cores(&cores, Int32(cores.count))
    return cores.prefix(Int(count)).map(Int.init)
  }

  /// The NUMA node of a core, where the machine has more than one and the core is known.
  static func node(of core: Int?) -> Int? {
    guard let core, clinux_node_count() > 1 else { return nil }
    let node = clinux_node_of_core(Int32(core))
    return node < 0 ? nil : Int(node)
  }
}
