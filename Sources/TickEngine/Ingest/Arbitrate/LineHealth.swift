/// The state of one line.
public enum LineState: String, Codable, Sendable {
  case neverSeen = "never_seen"
  case live
  case stale
  /// Outside session hours, or after the end of the session: silence is no fault.
  case closed
}

/// The state of a feed: of all its lines together.
public enum FeedState: String, Codable, Sendable {
  case neverSeen = "never_seen"
  case live
  /// Some line is stale or was never seen; another is live.
  case degraded
  /// No line is live.
  case stale
  case closed
}

/// The hours in which a feed is expected to speak, UTC. They may pass midnight.
public struct SessionHours: Equatable, Sendable {
  static let day = 86_400
  public let startSecond: Int
  public let endSecond: Int

  /// `HH:MM-HH:MM`; nil if it is not, or both are the same.
  public init?(_ text: String) {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let start = SessionHours.second(ends[0]),
      let end = SessionHours.second(ends[1]), start != end
    else { return nil }
    (startSecond, endSecond) = (start, end)
  }

  private static func second(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isNumber) }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
    else { return nil }
    return hour * 3_600 + minute * 60
  }

  /// - Parameter clock: ns since the Unix epoch.
  func contains(_ clock: UInt64) -> Bool {
    let second = Int(clock / 1_000_000_000 % UInt64(SessionHours.day))
    return startSecond < endSecond
      ? second >= startSecond && second < endSecond
      : second >= startSecond || second < endSecond
  }
}

/// Tells which lines are alive (MD1): one that has brought nothing for more than `stale_ns` is
/// stale, and so is one that never brought anything.
///
/// Thread: the ingester. Time is given, never read.
struct LineHealth: ~Copyable {
  static let stale_ns: UInt64 = 5_000_000_000
  static let silent_ns: UInt64 = 1_500_000_000

  let lines: Int
  private let hours: SessionHours?
  private let started_ns: UInt64
  /// When a packet of each line came last; 0: never.
  private let seen = Slab(count: LineTable.linesMax, repeating: UInt64(0))
  private(set) var feed = FeedState.neverSeen
  /// When the session was closed last: silence counts from there.
  private var closed_ns: UInt64 = 0
  /// Whether strategies were told, by this process or one before it, that not all is well.
  private var isAmiss: Bool
  /// The venue has said that its session is over: silence is no fault until something new comes.
  var isEnded = false

  /// - Parameter isContinued: whether another process told strategies of the feed before.
  init(lines: Int, hours: SessionHours?, started_ns: UInt64, isContinued: Bool = false) {
    precondition(lines > 0 && lines <= LineTable.linesMax)
    isAmiss = isContinued
    self.lines = lines
    self.hours = hours
    self.started_ns = started_ns
  }

  /// A packet of the protocol came in, heartbeats included.
  @inline(__always)
  func note(_ line: Int, _ now: UInt64) { seen[line] = now }

  /// - Parameters:
  ///   - now: the waiting clock, ns.
  ///   - clock: ns since the Unix epoch, for the session's hours.
  func state(_ line: Int, now: UInt64, clock: UInt64) -> LineState {
    if isClosed(clock) { return .closed }
    if seen[line] == 0 { return .neverSeen }
    guard isOverdue(since: seen[line], now) else { return .live }
    // Just opened: its silence is no fault yet, and no sign of life.
    return isOverdue(since: closed_ns, now) ? .stale : .closed
  }

  /// Whether a line has brought nothing for longer than a venue leaves between heartbeats.
  func isSilent(_ line: Int, now: UInt64) -> Bool {
    now > seen[line] && now - seen[line] > LineHealth.silent_ns
  }

  private func isClosed(_ clock: UInt64) -> Bool {
    isEnded || (hours.map { !$0.contains(clock) } ?? false)
  }

  private func isOverdue(since: UInt64, _ now: UInt64) -> Bool {
    now > since && now - since > LineHealth.stale_ns
  }

  /// Whether lines that have not spoken since the start or the opening may still do so.
  private func isStarting(_ now: UInt64) -> Bool {
    !isOverdue(since: max(started_ns, closed_ns), now)
  }

  /// A bit for each line that is live.
  func liveLines(now: UInt64, clock: UInt64) -> UInt64 {
    (0..<lines).reduce(0) { bits, line in
      state(line, now: now, clock: clock) == .live ? bits | 1 << UInt64(line) : bits
    }
  }

  /// A bit for each line that may still bring what is missing: those that are live and, while the
  /// run or the session is young, those that have not spoken yet.
  func hopefulLines(now: UInt64, clock: UInt64) -> UInt64 {
    isStarting(now) && !isClosed(clock)
      ? 1 << UInt64(lines) - 1 : liveLines(now: now, clock: clock)
  }

  /// Looks again; the feed's state if it has changed.
  mutating func check(now: UInt64, clock: UInt64) -> FeedState? {
    let state = feedState(now: now, clock: clock)
    if isClosed(clock) { closed_ns = now }
    guard state != feed else { return nil }
    feed = state
    return state
  }

  /// Whether a change that `check` found is told to strategies: not that a feed has come up which
  /// nobody has called anything but well, nor that one has ended, which is no fault.
  mutating func isNews(_ state: FeedState) -> Bool {
    if state == .neverSeen { return false }
    let wasAmiss = isAmiss
    isAmiss = state != .live
    return !isEnded && (isAmiss || wasAmiss)
  }

  private func feedState(now: UInt64, clock: UInt64) -> FeedState {
    if isClosed(clock) { return .closed }
    let live = liveLines(now: now, clock: clock).nonzeroBitCount
    if live == lines { return .live }
    guard isStarting(now) else { return live > 0 ? .degraded : .stale }
    // The others may still speak.
    if live > 0 { return .live }
    for line in 0..<lines where seen[line] != 0 { return .closed }
    return .neverSeen
  }
}
