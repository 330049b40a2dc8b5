/// How often a role that dies is started again.
public struct RestartLimits: Equatable, Sendable {
  /// Deaths within a minute that are followed by a start at once.
  public var immediatePerMinute = 3
  /// The longest wait before a further start, s; the first is one second, each next the double.
  public var backoffMax_s = 30.0
  /// Restarts in a row that are tried. A life of a minute after being ready begins a new row.
  public var restartsMax = 20

  public init() {}
}

/// What one role's deaths so far allow. Times are CLOCK_MONOTONIC ns, given: it has no clock.
///
/// Thread safety: one owner.
struct RestartSchedule: Sendable {
  enum Decision: Equatable, Sendable {
    case start(at: UInt64)
    case giveUp
  }

  static let minute_ns: UInt64 = 60_000_000_000
  private static let second_ns = 1e9

  private let limits: RestartLimits
  /// When immediate starts were given, within the last minute.
  private var immediate: [UInt64] = []
  private var inRow = 0
  private var delayedInRow = 0

  init(_ limits: RestartLimits) { self.limits = limits }

  /// - Parameters:
  ///   - now: of the death.
  ///   - ready: since when it had been ready; nil: it had not been.
  mutating func decide(deathAt now: UInt64, ready: UInt64?) -> Decision {
    if let ready, now >= ready + RestartSchedule.minute_ns { (inRow, delayedInRow) = (0, 0) }
    guard inRow < limits.restartsMax else { return .giveUp }
    inRow += 1
    immediate.removeAll { $0 + RestartSchedule.minute_ns <= now }
    if immediate.count < limits.immediatePerMinute {
      immediate.append(now)
      return .start(at: now)
    }
    delayedInRow += 1
    let doubled_s = Double(UInt64(1) << UInt64(min(delayedInRow - 1, 40)))
    let wait_s = min(doubled_s, limits.backoffMax_s)
    return .start(at: now + UInt64(max(0, wait_s) * RestartSchedule.second_ns))
  }
}
