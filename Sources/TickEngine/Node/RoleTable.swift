import TickMetrics
import TickRing

/// What the processes of an instance say of themselves, in one region: who they are and how they
/// fare, counters, histograms. Whoever runs them writes the header and the first line of each role;
/// each role writes the rest of its own block; observers read.
///
/// Lines are 64 bytes. Line 0: version, roles, pid and start of whoever runs them, hashes of build
/// and configuration (written as one). A role's block: its standing (written as one), its
/// heartbeat, four lines of counters, and from its line 8 on three histograms.
public enum RoleTable {
  public static let version: UInt64 = 1
  public static let histogramsEach = 3
  static let headerLines = 8
  static let standingLine = 0
  static let beatLine = 1
  static let counterLine = 2
  static let histogramLine = 8
  static let histogramLines = HistogramLayout.byteCount / 64
  static let blockLines = histogramLine + histogramsEach * histogramLines

  /// Lines of the region for so many roles: a power of two, as regions have them.
  public static func capacity(roles: Int) -> Int {
    var lines = 64
    while lines < headerLines + roles * blockLines { lines *= 2 }
    return lines
  }

  static func block(_ place: Int) -> Int { headerLines + place * blockLines }
}

/// What a process of an instance does.
public enum RoleKind: UInt8, CaseIterable, Codable, Sendable {
  case ingester = 1, worker, sender, venue

  public var name: String {
    switch self {
    case .ingester: "ingester"
    case .worker: "worker"
    case .sender: "sender"
    case .venue: "venue"
    }
  }

  /// What its histograms in the table are of, in their order.
  public var stages: [Report.Stage] {
    switch self {
    case .ingester: [.ingest, .socket, .line]
    case .worker: [.delivery, .strategy]
    case .sender: [.risk, .send, .tickToOrder]
    case .venue: []
    }
  }
}

/// How far a process is.
public enum RoleState: UInt8, Sendable {
  /// Not started yet, or ended for good.
  case absent = 0
  /// Started, and not ready yet.
  case starting
  case ready
  /// Told to end.
  case ending
  /// Dead; to be started again.
  case dead

  public var name: String {
    switch self {
    case .absent: "absent"
    case .starting: "starting"
    case .ready: "ready"
    case .ending: "ending"
    case .dead: "dead"
    }
  }
}

/// What whoever runs a role knows of its process.
public struct RoleStanding: Equatable, Sendable {
  public var kind: RoleKind
  /// Among those of its kind.
  public var number: Int
  public var state = RoleState.absent
  /// 0: none.
  public var pid: Int32 = 0
  /// Times that it was started.
  public var starts: UInt32 = 0
  /// How its last process ended: an exit code, or 128 and the signal; -1: none has.
  public var lastExit: Int32 = -1
  /// When its process began, clock ticks since boot: with the pid, it names one process for ever.
  public var startTicks: UInt64 = 0
  public var core: Int?
  public var node: Int?
  /// When `state` changed, CLOCK_MONOTONIC ns.
  public var changed_ns: UInt64 = 0

  public init(kind: RoleKind, number: Int) {
    self.kind = kind
    self.number = number
  }

  /// `ingester`, `worker-0`.
  public var name: String { kind == .worker ? "worker-\(number)" : kind.name }
}

/// Who runs the roles, and of what build and configuration they are.
public struct RoleTableHeader: Equatable, Sendable {
  public var roles = 0
  public var pid: Int32 = 0
  /// ns since the Unix epoch, UTC.
  public var started_ns: UInt64 = 0
  public var buildHash: UInt64 = 0
  public var configurationHash: UInt64 = 0
  /// Where the instance's own venue listens; 0: not told, or none.
  public var venuePort: UInt16 = 0
  /// Whether the roles go on when whoever runs them dies.
  public var isOutlived = false

  public init() {}
}

/// The table's own end: whoever runs the roles. Holding it is running the instance, and the kernel
/// takes it away at death.
///
/// Thread safety: one thread.
public struct RoleTableWriter: ~Copyable {
  private let lines: SharedLines
  public let roles: Int

  /// Takes over the writer's role of a region of `capacity(roles:)` lines. Throws if another
  /// lives, naming its pid.
  public init(claiming region: consuming Region, roles: Int) throws(RingError) {
    let lines = try SharedLines(claiming: region, .metrics)
    precondition(lines.count >= RoleTable.capacity(roles: roles), "the region is too small")
    self.lines = lines
    self.roles = roles
  }

  public func write(_ header: RoleTableHeader) {
    lines.revise(0) { line in
      line[1] = RoleTable.version
      line[2] = UInt64(roles)
      line[3] = UInt64(UInt32(bitPattern: header.pid))
      line[4] = header.started_ns
      line[5] = header.buildHash
      line[6] = header.configurationHash
      line[7] = UInt64(header.venuePort) | (header.isOutlived ? 1 << 16 : 0)
    }
  }

  public func write(_ standing: RoleStanding, place: Int) {
    precondition(place >= 0 && place < roles, "no such role")
    lines.revise(RoleTable.block(place) + RoleTable.standingLine) { line in
      line[1] =
        UInt64(standing.kind.rawValue) | UInt64(standing.state.rawValue) << 8
        | UInt64(UInt32(standing.number)) << 32
      line[2] =
        UInt64(UInt32(bitPattern: standing.pid))
        | UInt64(UInt32(bitPattern: standing.lastExit)) << 32
      line[3] = UInt64(standing.starts)
      line[4] = UInt64(UInt32(1 + (standing.core ?? -1)))
      line[5] = UInt64(UInt32(1 + (standing.node ?? -1)))
      line[6] = standing.changed_ns
      line[7] = standing.startTicks
    }
  }
}

/// The table, read: by `tickway top`, by the roles themselves, and by whoever runs them.
///
/// Thread safety: any number of readers. Allocates; off the hot path.
public struct RoleTableReader: ~Copyable {
  private let lines: SharedLines
  private let region: SharedRegion

  /// Takes over an attachment, which may be for reading only.
  public init(_ region: consuming Region) throws(RingError) {
    // A file that someone shortens reads as zeros.
    try region.guardAgainstTruncation()
    let shared = SharedRegion(region)
    let copy = try shared.attach()
    try copy.guardAgainstTruncation()
    lines = try SharedLines(copy, .metrics)
    self.region = shared
  }

  /// nil if its writer is in the middle of it, or it is of another version.
  public var header: RoleTableHeader? {
    guard let words = lines.copy(0), words[0] == RoleTable.version else { return nil }
    var header = RoleTableHeader()
    header.roles = Int(min(words[1], UInt64(most)))
    header.pid = Int32(truncatingIfNeeded: words[2])
    header.started_ns = words[3]
    header.buildHash = words[4]
    header.configurationHash = words[5]
    header.venuePort = UInt16(truncatingIfNeeded: words[6])
    header.isOutlived = words[6] >> 16 & 1 == 1
    return header
  }

  /// Roles that the region has room for.
  private var most: Int { (lines.count - RoleTable.headerLines) / RoleTable.blockLines }

  public func standing(_ place: Int) -> RoleStanding? {
    guard isPlace(place), let words = lines.copy(RoleTable.block(place) + RoleTable.standingLine),
      let kind = RoleKind(rawValue: UInt8(truncatingIfNeeded: words[0]))
    else { return nil }
    var standing = RoleStanding(kind: kind, number: Int(UInt32(truncatingIfNeeded: words[0] >> 32)))
    standing.state = RoleState(rawValue: UInt8(truncatingIfNeeded: words[0] >> 8)) ?? .absent
    standing.pid = Int32(truncatingIfNeeded: words[1])
    standing.lastExit = Int32(truncatingIfNeeded: words[1] >> 32)
    standing.starts = UInt32(truncatingIfNeeded: words[2])
    standing.core = words[3] == 0 ? nil : Int(UInt32(truncatingIfNeeded: words[3])) - 1
    standing.node = words[4] == 0 ? nil : Int(UInt32(truncatingIfNeeded: words[4])) - 1
    standing.changed_ns = words[5]
    standing.startTicks = words[6]
    return standing
  }

  /// The role's last heartbeat, CLOCK_MONOTONIC ns; 0: none yet.
  public func heartbeat_ns(_ place: Int) -> UInt64 {
    isPlace(place) ? lines.load(RoleTable.block(place) + RoleTable.beatLine, 0) : 0
  }

  public func counter(_ counter: RoleCounter, _ place: Int) -> UInt64 {
    guard isPlace(place) else { return 0 }
    let word = counter.rawValue
    return lines.load(RoleTable.block(place) + RoleTable.counterLine + word / 8, word % 8)
  }

  /// nil if the role has not made it yet.
  public func histogram(_ index: Int, _ place: Int) -> HistogramSnapshot? {
    guard isPlace(place), (0..<RoleTable.histogramsEach).contains(index) else { return nil }
    let line =
      RoleTable.block(place) + RoleTable.histogramLine + index * RoleTable.histogramLines
    let reader = unsafe HistogramReader(
      attachingTo: region.memory + line * 64, byteCount: HistogramLayout.byteCount)
    return reader?.snapshot()
  }

  private func isPlace(_ place: Int) -> Bool { place >= 0 && place < most }
}
