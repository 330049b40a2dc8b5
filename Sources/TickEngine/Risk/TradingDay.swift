/// Which trading day a moment belongs to: days begin at one time of day in New York, and carry a
/// number that only grows.
///
/// Allocates nothing. Cost: a compare, and some divisions once an hour.
///
/// - Thread safety: a value; one user.
struct TradingDay: Sendable {
  /// When a day begins, seconds after New York's midnight.
  let start_seconds: Int64
  /// The day's number, of no meaning but its order; nil before the first moment.
  private(set) var number: Int64?
  /// Before this moment the number cannot change.
  private var checked_ns: UInt64 = 0

  /// - Parameter startSeconds: 0 ..< 86,400.
  init(startSeconds: Int) {
    precondition((0..<86_400).contains(startSeconds), "no such time of day")
    start_seconds = Int64(startSeconds)
  }

  /// Goes on in a day that an earlier run was in.
  init(startSeconds: Int, resuming number: Int64) {
    self.init(startSeconds: startSeconds)
    self.number = number
  }

  /// Goes on to `now`, ns since the Unix epoch, UTC. True: another day has begun (or the first).
  mutating func advance(to now: UInt64) -> Bool {
    guard now >= checked_ns || number == nil else { return false }
    let seconds = Int64(now / 1_000_000_000)
    let (today, second) = NewYorkTime.day(at: seconds, start_s: start_seconds)
    // The offset changes on a full hour, so until the next one the day ends as it seems to now.
    let left = min(86_400 - second, 3_600 - seconds % 3_600)
    let (checked, overflow) = UInt64(seconds + left).multipliedReportingOverflow(by: 1_000_000_000)
    checked_ns = overflow ? .max : checked
    // A clock that goes back, or an hour that comes twice, begins no day.
    if let number, today <= number { return false }
    number = today
    return true
  }
}
