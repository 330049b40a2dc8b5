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
        + WaitPolicy.sliceNote
    }
  }

  /// For a process that runs one role beside others that are processes too: pinned to the core that
  /// is given and spinning there, otherwise not pinned, since nobody knows where the others are.
  /// - Parameter waiting: what the operator chose; nil: it follows from the cores.
  init(beside core: Int?, waiting: WaitPolicy? = nil) {
    let allowed = CorePlan.allowedCores.count
    cores = [core]
    if let waiting {
      policy = waiting
      let place = core.map { "pinned to core \($0)" } ?? "not pinned"
      let how = waiting == .spin ? "spinning" : "spinning, then waiting\(WaitPolicy.sliceNote)"
      reason = "\(place), \(how), as asked for"
    } else if let core {
      policy = .spin
      reason = "pinned to core \(core), spinning"
    } else if allowed >= CorePlan.spinnersMin {
      policy = .spin
      reason = "not pinned (--core N does that); spinning, as there are \(allowed) cores"
    } else {
      policy = .share
      reason =
        "not pinned (--core N does that); spinning, then waiting\(WaitPolicy.sliceNote),"
        + " as there are \(allowed) cores"
    }
  }

  /// Cores from which on one may be spun on beside the unknown.
  private static let spinnersMin = 4

  static var allowedCores: [Int] {
    var cores = [Int32](repeating: 0, count: 1024)
    let count = unsafe clinux_allowed_cores(&cores, Int32(cores.count))
    return cores.prefix(Int(count)).map(Int.init)
  }

  /// The NUMA node of a core, where the machine has more than one and the core is known.
  static func node(of core: Int?) -> Int? { NumaTopology.current().node(forMemoryOf: core) }
}
