import TickRing

/// How one role runs as a process of its own.
public struct RoleOptions: Sendable {
  /// Names of the instance's regions are `PREFIX.control`, `PREFIX.ticks.0` and so on.
  public var prefix = "tickway"
  public var ringDirectory = Region.defaultDirectory
  /// The core that it is pinned to; nil: not pinned.
  public var core: Int?
  /// The NUMA node that its memory comes from; nil: its core's, if there are several.
  public var node: Int?
  /// How binding that is.
  public var memory = MemoryBinding.off
  /// Whether its memory is kept from being paged out.
  public var locksMemory = false
  /// Of SCHED_FIFO, 1 to 99; nil: the usual scheduling.
  public var realtimePriority: Int?
  /// Whether it ends when the process that started it dies.
  public var endsWithParent = false
  /// How it waits; nil: it spins if it is pinned or there are cores enough.
  public var waiting: WaitPolicy?
  /// Its place in the instance's role table; nil: it runs without one.
  public var place: Int?
  /// What its instance is configured by, which the role table must agree with; nil: any.
  public var configurationHash: UInt64?

  public init() {}

  var regions: NodeRegions { NodeRegions(prefix: prefix, directory: ringDirectory) }

  /// - Throws: what cannot be, in a sentence that says what to do.
  func check() throws(IngestError) {
    if let core, !CorePlan.allowedCores.contains(core) {
      throw .options("--core \(core): this process may run on \(CorePlan.allowedCores)")
    }
    try RoleOptions.check(name: prefix)
  }

  static func check(name: String) throws(IngestError) {
    let isName = name.allSatisfy { character in
      character.isASCII && (character.isLetter || character.isNumber) || "._-".contains(character)
    }
    guard isName, !name.isEmpty, name.utf8.count <= 64, name.first != "." else {
      throw .options("--name \(name): letters, digits, '.', '_' and '-', at most 64 of them")
    }
  }
}

extension RoleOptions {
  /// Says that a role is ready.
  ///
  /// - Parameter role: nil: it is no instance's.
  /// - Returns: why it has to end: the supervisor of its instance is gone, and may not have written
  ///   down that it started it.
  static func tellReady(_ role: RoleOptions?, _ more: String = "") -> RoleError? {
    let isHeard = ServiceNotice.ready(more)
    return isHeard || role?.place == nil ? nil : .unheard
  }
}

/// Why a role does not work together with the instance that it finds.
public enum RoleError: Error, CustomStringConvertible {
  case otherBuild(own: UInt64, instance: UInt64)
  case otherConfiguration(own: UInt64, instance: UInt64)
  case noPlace(Int, roles: Int)
  case noTable(path: String)
  /// It is ready, and whoever started it is gone.
  case unheard

  public var description: String {
    switch self {
    case .otherBuild(let own, let instance):
      "this is build \(hex(own)), and the instance runs build \(hex(instance)): stop it, or use the"
        + " build that it was started with"
    case .otherConfiguration(let own, let instance):
      "this role's configuration is \(hex(own)), and the instance's is \(hex(instance)): stop it"
        + " and start it with the one that is meant"
    case .noPlace(let place, let roles):
      "--place \(place): the instance's table has \(roles) roles, numbered from 0"
    case .noTable(let path):
      "\(path) is being written, or of another version: start `tickway run` first"
    case .unheard:
      "the supervisor that started this role is gone before it was ready, so that nobody knows of"
        + " it: it ends; start `tickway run` again"
    }
  }

  private func hex(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
