/// Which trading day a moment belongs to: days begin at one time of day in New York, and carry a
/// number that only grows.
///
/// Reads no time zone file and allocates nothing, so that whoever decides may ask: New York is five
/// hours behind UTC, four from the second Sunday of March, 2:00, to the first Sunday of November,
/// 2:00 (15 U.S.C. 260a, since 2007). Cost: a compare, and some divisions once an hour.
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
    let local = seconds + NewYorkOffset.seconds(at: seconds) - start_seconds
    let today = floorDivided(local, by: 86_400)
    // The offset changes on a full hour, so until the next one the day ends as it seems to now.
    let left = min(86_400 - (local - today * 86_400), 3_600 - seconds % 3_600)
    let (checked, overflow) = UInt64(seconds + left).multipliedReportingOverflow(by: 1_000_000_000)
    checked_ns = overflow ? .max : checked
    // A clock that goes back, or an hour that comes twice, begins no day.
    if let number, today <= number { return false }
    number = today
    return true
  }

  private func floorDivided(_ value: Int64, by divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : (value - divisor + 1) / divisor
  }
}

/// New York's distance from UTC.
enum NewYorkOffset {
  /// Seconds to add to UTC; `seconds` since the Unix epoch, not negative.
  static func seconds(at seconds: Int64) -> Int64 {
    let day = seconds / 86_400
    var year = 1970 + day / 366
    while firstDay(of: year + 1) <= day { year += 1 }
    let leap: Int64 = isLeap(year) ? 1 : 0
    let march = firstDay(of: year) + 59 + leap
    let november = firstDay(of: year) + 304 + leap
    // 2:00 by the clocks on the wall, which are an hour further ahead in November.
    let begin = (sunday(from: march) + 7) * 86_400 + 7 * 3_600
    let end = sunday(from: november) * 86_400 + 6 * 3_600
    return seconds >= begin && seconds < end ? -4 * 3_600 : -5 * 3_600
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// Days since the Unix epoch of a year's January 1.
  private static func firstDay(of year: Int64) -> Int64 {
    let before = year - 1
    let leapDays = before / 4 - before / 100 + before / 400 - 477
    return (year - 1970) * 365 + leapDays
  }

  /// The first Sunday on or after a day; day 0 was a Thursday.
  private static func sunday(from day: Int64) -> Int64 { day + (10 - day % 7) % 7 }
}
