import Glibc

/// Why an instance is not run, or not any more.
public enum SupervisorError: Error, Equatable, CustomStringConvertible {
  /// Another supervisor runs this instance.
  case alreadyRunning(prefix: String, pid: UInt64)
  /// Its roles run on without their supervisor, by another build or configuration.
  case otherRoles(prefix: String, running: String, own: String, pids: [Int32])
  /// Roles of a dead supervisor do not end.
  case leftRoles(prefix: String, pids: [Int32])
  /// Somebody keeps the directory of the regions locked.
  case startUnderWay(directory: String, seconds: Double)
  /// Its role table cannot be read, which says nothing of whether it runs.
  case unusable(directory: String, name: String, reason: String)
  /// A living process, of no supervisor, holds a role in one of its regions.
  case inUse(path: String, pid: UInt64)
  /// Its regions were not left alone while it started.
  case unsettled(prefix: String)
  /// The kernel does not start the program; its `errno`.
  case notStarted(role: String, path: String, code: Int32)
  /// A file says something else than when it was checked.
  case edited(path: String)
  /// The kernel gives no socket, signal or such; its `errno`.
  case system(what: String, code: Int32)
  /// A role never became ready.
  case notReady(role: String, seconds: Double)
  /// A role ended before it was ready for the first time.
  case endedEarly(role: String, end: RoleEnd)
  /// A role died more often than it is started again.
  case givenUp(role: String, deaths: Int, end: RoleEnd)
  /// A role that was told to end did not do so in order.
  case endedBadly(role: String, end: RoleEnd)

  public var description: String {
    switch self {
    case .alreadyRunning(let prefix, let pid):
      "\(prefix) is run by \(Self.process(pid)) already: end that one"
        + "\(pid == 0 ? "" : " (kill \(pid))"), or give this one another instance name"
    case .otherRoles(let prefix, let running, let own, let pids):
      "roles of \(prefix) run on without their supervisor (\(Self.list(pids))), as \(running); this"
        + " is \(own): start with what they run with, or end them (kill \(Self.list(pids)))"
    case .leftRoles(let prefix, let pids):
      "roles of \(prefix) whose supervisor died have not ended: end them"
        + " (kill -9 \(Self.list(pids)))"
    case .startUnderWay(let directory, let seconds):
      "another process has kept \(directory) locked for \(seconds) s, as a start does for a moment:"
        + " find it (lslocks, fuser \(directory)), end it, and start again"
    case .unusable(let directory, let name, let reason):
      "\(directory)/\(name): \(reason). Whether that instance runs cannot be told: look who has it"
        + " open (fuser \(directory)/\(name)), end that, then `tickway ring remove --force"
        + " --ring-dir \(directory) -- \(name)`, and start again"
    case .inUse(let path, let pid):
      "\(path) is in use by \(Self.process(pid)), without a supervisor: end that one"
        + " (\(pid == 0 ? "fuser \(path) names it" : "kill \(pid)")), and start again"
    case .unsettled(let prefix):
      "the regions of \(prefix) changed while it started: see who makes or removes them (`tickway"
        + " ring list`), and start again"
    case .notStarted(let role, let path, let code):
      "\(role): \(path) cannot be started: \(unsafe String(cString: strerror(code)))"
    case .edited(let path):
      "\(path) was edited while the instance started: see that it says what it should, and start"
        + " again"
    case .system(let what, let code):
      "\(what): \(unsafe String(cString: strerror(code)))"
    case .notReady(let role, let seconds):
      "\(role) was not ready \(seconds) s after its start, and was killed: see what it says above"
    case .endedEarly(let role, let end):
      "\(role) ended before it was ready (\(end)): see what it says above"
    case .givenUp(let role, let deaths, let end):
      "\(role) died \(deaths) times, at last with \(end), and is not started again: the instance"
        + " ends"
    case .endedBadly(let role, let end):
      "\(role) did not end in order (\(end))"
    }
  }

  /// As whom it failed, for the exit code; nil: not by a role's end.
  public var roleEnd: RoleEnd? {
    switch self {
    case .endedEarly(_, let end), .givenUp(_, _, let end), .endedBadly(_, let end): end
    default: nil
    }
  }

  private static func process(_ pid: UInt64) -> String {
    pid == 0 ? "another process" : "process \(pid)"
  }

  private static func list(_ pids: [Int32]) -> String {
    pids.map { "\($0)" }.joined(separator: " ")
  }
}
