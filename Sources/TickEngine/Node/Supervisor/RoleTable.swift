import TickRing

/// What a supervisor says of its roles in `PREFIX.metrics`: for observers, and for whoever follows
/// it. Its writer's role is the instance itself: who has it runs the instance.
///
/// Line 0: 1 layout and roles, 2 the supervisor's pid, 3 when it started (ns since 1970), 4 build
/// hash, 5 configuration hash, 6 what becomes of the roles when it dies, 7 the venue's port. Line
/// 1 + place: 1 kind and number, 2 pid, 3 the process's start (clock ticks since boot), 4 starts, 5 state, 6 last exit,
/// 7 core + 1 and node + 1.
///
/// Thread safety: one owner, the one writer; observers read lines by `copy`.
struct RoleTable: ~Copyable {
  /// A role as its supervisor sees it.
  enum State: UInt64, Sendable {
    case stopped = 0
    case starting, ready, waiting
  }

  /// One role's line.
  struct Line: Equatable, Sendable {
    var kind: UInt64 = 0
    var number = 0
    /// 0: no process.
    var pid: Int32 = 0
    var startTicks: UInt64 = 0
    var starts: UInt64 = 0
    var state = State.stopped
    /// As a shell says it.
    var lastExit: Int32 = 0
    var core: Int?
    var node: Int?
  }

  struct Header: Equatable, Sendable {
    var roles = 0
    var pid: UInt64 = 0
    var started_ns: UInt64 = 0
    var buildHash: UInt64 = 0
    var configurationHash: UInt64 = 0
    var onDeath = SupervisorDeath.stop
    /// Where the set's own venue listens; 0: not told, or none.
    var venuePort: UInt16 = 0
  }

  static let version: UInt64 = 1

  private let lines: SharedLines

  /// Throws `.roleTaken` if another supervisor lives.
  init(claiming region: consuming Region) throws(RingError) {
    lines = try SharedLines(claiming: region, .metrics)
  }

  static func lineCount(roles: Int) -> Int { 1 + roles }

  /// nil: of another layout, or damaged.
  var header: Header? {
    guard let words = lines.copy(0), words[0] >> 32 == RoleTable.version else { return nil }
    let roles = Int(words[0] & 0xFFFF_FFFF)
    guard RoleTable.lineCount(roles: roles) <= lines.count else { return nil }
    return Header(
      roles: roles, pid: words[1], started_ns: words[2], buildHash: words[3],
      configurationHash: words[4], onDeath: words[5] == 1 ? .continue : .stop,
      venuePort: UInt16(truncatingIfNeeded: words[6]))
  }

  func write(_ header: Header) {
    lines.revise(0) { line in
      line[1] = RoleTable.version << 32 | UInt64(header.roles)
      line[2] = header.pid
      line[3] = header.started_ns
      line[4] = header.buildHash
      line[5] = header.configurationHash
      line[6] = header.onDeath == .continue ? 1 : 0
      line[7] = UInt64(header.venuePort)
    }
  }

  func line(_ place: Int) -> Line? {
    guard let words = lines.copy(1 + place) else { return nil }
    return Line(
      kind: words[0] >> 32, number: Int(words[0] & 0xFFFF),
      pid: Int32(truncatingIfNeeded: words[1]), startTicks: words[2], starts: words[3],
      state: State(rawValue: words[4]) ?? .stopped, lastExit: Int32(truncatingIfNeeded: words[5]),
      core: RoleTable.optional(words[6] & 0xFFFF_FFFF), node: RoleTable.optional(words[6] >> 32))
  }

  func write(_ line: Line, place: Int) {
    lines.revise(1 + place) { words in
      words[1] = line.kind << 32 | UInt64(line.number)
      words[2] = UInt64(UInt32(bitPattern: line.pid))
      words[3] = line.startTicks
      words[4] = line.starts
      words[5] = line.state.rawValue
      words[6] = UInt64(UInt32(bitPattern: line.lastExit))
      words[7] = UInt64(1 + (line.core ?? -1)) | UInt64(1 + (line.node ?? -1)) << 32
    }
  }

  private static func optional(_ word: UInt64) -> Int? { word == 0 ? nil : Int(word) - 1 }
}
