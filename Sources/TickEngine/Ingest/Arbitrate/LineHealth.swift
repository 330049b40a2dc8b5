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

  let lines: Int
  private let hours: SessionHours?
  private let started_ns: UInt64
  /// When a packet of each line came last; 0: never.
  private let seen = Slab(count: LineTable.linesMax, repeating: UInt64(0))
  private(set) var feed = FeedState.neverSeen
  /// When the session was closed last: silence counts from there.
  private var closed_ns: UInt64 = 0
  /// The venue has said that its session is over: silence is no fault until something new comes.
  var isEnded = false

  init(lines: Int, hours: SessionHours?, started_ns: UInt64) {
    precondition(lines > 0 && lines <= LineTable.linesMax)
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
    return isOverdue(since: max(seen[line], closed_ns), now) ? .stale : .live
  }

  private func isClosed(_ clock: UInt64) -> Bool {
    isEnded || (hours.map { !$0.contains(clock) } ?? false)
  }

  private func isOverdue(since: UInt64, _ now: UInt64) -> Bool {
    now > since && now - since > LineHealth.stale_ns
  }

  /// A bit for each line that is live.
  func liveLines(now: UInt64, clock: UInt64) -> UInt64 {
    (0..<lines).reduce(0) { bits, line in
      state(line, now: now, clock: clock) == .live ? bits | 1 << UInt64(line) : bits
    }
  }

  /// A bit for each line that may still bring what is missing: those that are live and, while the
  /// run is young, those that have not spoken yet.
  func hopefulLines(now: UInt64, clock: UInt64) -> UInt64 {
    guard !isOverdue(since: started_ns, now) else { return liveLines(now: now, clock: clock) }
    return (0..<lines).reduce(liveLines(now: now, clock: clock)) { bits, line in
      seen[line] == 0 ? bits | 1 << UInt64(line) : bits
    }
  }

  /// Looks again; the feed's state if it has changed.
  mutating func check(now: UInt64, clock: UInt64) -> FeedState? {
    let state = feedState(now: now, clock: clock)
    if state == .closed { closed_ns = now }
    guard state != feed else { return nil }
    feed = state
    return state
  }

  private func feedState(now: UInt64, clock: UInt64) -> FeedState {
    if isClosed(clock) { return .closed }
    let live = liveLines(now: now, clock: clock).nonzeroBitCount
    if live == lines { return .live }
    // A line that has only just been joined may still speak.
    let isStarting = !isOverdue(since: max(started_ns, closed_ns), now)
    let silent = (0..<lines).filter { seen[$0] == 0 }.count
    if live > 0 { return isStarting && live + silent == lines ? .live : .degraded }
    return isStarting && silent == lines ? .neverSeen : .stale
  }
}
