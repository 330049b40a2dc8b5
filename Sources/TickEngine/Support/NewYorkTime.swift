/// New York's clock on the wall, by rule: five hours behind UTC, four from the second Sunday of
/// March, 2:00, to the first Sunday of November, 2:00 (15 U.S.C. 260a, since 2007). It reads no
/// time zone file and allocates nothing, so that whoever decides may ask.
///
/// Moments count from the Unix epoch, UTC. Cost: some divisions.
enum NewYorkTime {
  private static let day_s: Int64 = 86_400

  /// Seconds to add to UTC, below 0; `seconds` is not negative.
  static func offset_s(at seconds: Int64) -> Int64 {
    // New York begins its year in winter time: UTC's year serves as well.
    let year = GregorianYear.containing(day: seconds / day_s)
    let leap: Int64 = GregorianYear.isLeap(year) ? 1 : 0
    let march = GregorianYear.firstDay(of: year) + 59 + leap
    let november = GregorianYear.firstDay(of: year) + 304 + leap
    // 2:00 by the clocks on the wall, which are an hour further ahead in November.
    let begin = (sunday(from: march) + 7) * day_s + 7 * 3_600
    let end = sunday(from: november) * day_s + 6 * 3_600
    return seconds >= begin && seconds < end ? -4 * 3_600 : -5 * 3_600
  }

  /// The day that New York's calendar shows, 1970-01-01 being 0, and the seconds since its
  /// midnight by the clock on the wall.
  ///
  /// - Parameter start_s: when the day begins, seconds after midnight.
  static func day(at seconds: Int64, start_s: Int64 = 0) -> (number: Int64, second: Int64) {
    let local = seconds + offset_s(at: seconds) - start_s
    let number = local >= 0 ? local / day_s : (local - day_s + 1) / day_s
    return (number, local - number * day_s)
  }

  /// Time of day in ns. On the two days of change it follows the clock on the wall.
  static func sinceMidnight_ns(_ epoch_ns: UInt64) -> UInt64 {
    let second = day(at: Int64(epoch_ns / 1_000_000_000)).second
    return UInt64(second) * 1_000_000_000 + epoch_ns % 1_000_000_000
  }

  /// The last midnight before `epoch_ns`, ns.
  static func midnight_ns(before epoch_ns: UInt64) -> UInt64 {
    let midnight = day(at: Int64(epoch_ns / 1_000_000_000)).number * day_s
    // Clocks change after 2:00: at five in UTC the midnight's offset holds, whichever it is.
    let begin = midnight - offset_s(at: midnight + 5 * 3_600)
    return UInt64(max(0, begin)) * 1_000_000_000
  }

  /// The first Sunday on or after a day; day 0 was a Thursday.
  private static func sunday(from day: Int64) -> Int64 { day + (10 - day % 7) % 7 }
}
