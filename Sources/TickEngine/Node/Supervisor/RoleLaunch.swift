import Glibc

/// One role of a set, as the supervisor starts it: a program and its arguments.
public struct RoleLaunch: Sendable {
  /// Stands in `arguments` for the port that the venue told at its start.
  static let portPlaceholder = ":PORT"

  public let kind: RoleKind
  /// Of a worker; 0 for the others.
  public let number: Int
  /// The program.
  public var path: String
  /// Without the program's own name.
  public var arguments: [String]
  /// In addition to the supervisor's own environment.
  public var environment: [String: String] = [:]
  /// Where it writes its report at its end; nil: nowhere.
  public var report: String?
  public var core: Int?
  public var node: Int?
  /// The name of its set's own instance, where there are several sets.
  public var instance: String?

  public init(_ kind: RoleKind, number: Int = 0, path: String, arguments: [String]) {
    self.kind = kind
    self.number = number
    self.path = path
    self.arguments = arguments
  }

  /// `sender`, `worker-1`.
  public var name: String { RoleStanding(kind: kind, number: number).name }

  /// `sender`, or `north-1 sender` of one of several sets: for whoever reads of all of them.
  public var title: String { instance.map { "\($0) \(name)" } ?? name }

  /// Its value of an option, if it has that one.
  mutating func replace(_ option: String, by value: String) {
    guard let place = arguments.firstIndex(of: option), place + 1 < arguments.count else { return }
    arguments[place + 1] = value
  }

  /// What to start once the venue has told its port. The venue itself, started again, listens where
  /// it did: its sender knows no other place.
  func arguments(venuePort port: UInt16?) -> [String] {
    guard let port else { return arguments }
    let open = kind == .venue ? ":0" : RoleLaunch.portPlaceholder
    return arguments.map { $0.hasSuffix(open) ? $0.dropLast(open.count) + ":\(port)" : $0 }
  }
}

extension RoleLaunch {
  /// What its last process left must not be taken for what its next one did, which may die before
  /// it writes any.
  func setReportAside() {
    if let report { _ = unsafe rename(report, report + ".before") }
  }

  /// Removes what its processes left, also those of an instance before this one.
  func removeReports() {
    guard let report else { return }
    for path in [report, report + ".before"] { _ = unsafe unlink(path) }
  }
}

extension RoleKind {
  /// Each kind is started once those before it are ready: a sender has logged in before anybody
  /// can ask for orders, and the ingester comes last.
  static let startOrder: [RoleKind] = [.venue, .sender, .worker, .ingester]
}

/// One set of roles: an instance with regions, a control page and a role table of its own.
public struct SetPlan: Sendable {
  /// What its regions' names begin with.
  public var prefix: String
  public var roles: [RoleLaunch]

  public init(prefix: String, roles: [RoleLaunch]) {
    self.prefix = prefix
    self.roles = roles
  }

  public var workers: Int { roles.count { $0.kind == .worker } }
}

/// What becomes of the roles when their supervisor dies.
public enum SupervisorDeath: String, Codable, Sendable {
  /// They get SIGTERM from the kernel, and end.
  case stop
  /// They go on; the next start with the same configuration and build adopts them.
  case `continue`
}

/// How a supervisor runs its sets.
public struct SupervisorOptions: Sendable {
  /// Where the regions are.
  public var ringDirectory = "/dev/shm"
  public var restarts = RestartLimits()
  public var onDeath = SupervisorDeath.stop
  /// Each step of the orderly end may take this long, s.
  public var drainMax_s = 30.0
  /// A role must be ready this long after its start, s.
  public var readyMax_s = 30.0
  /// After that a role that was told to end, and has not, is killed, s.
  public var graceMax_s = 3.0
  public var buildHash: UInt64 = 0
  public var configurationHash: UInt64 = 0

  public init() {}
}
