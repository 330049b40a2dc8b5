import CLinux

/// The venue's time in its messages: CLOCK_REALTIME, as ns since midnight US Eastern.
enum VenueClock {
  static func sinceEasternMidnight_ns() -> UInt64 {
    EasternTime.sinceMidnight_ns(epoch_ns: clinux_realtime_ns())
  }
}

/// US Eastern wall time by rule (since 2007: daylight time from the second Sunday of March 02:00 to
/// the first Sunday of November 02:00), so that no time zone files are needed.
enum EasternTime {
  /// Time of day in ns. On the two days of change it follows the clock on the wall.
  static func sinceMidnight_ns(epoch_ns: UInt64) -> UInt64 {
    let seconds = Int64(epoch_ns / 1_000_000_000)
    let local = seconds - offset_s(at: seconds)
    let ofDay = UInt64(local - days(local) * 86_400)
    return ofDay * 1_000_000_000 + epoch_ns % 1_000_000_000
  }

  /// Seconds that Eastern is behind UTC: 4 or 5 hours.
  static func offset_s(at seconds: Int64) -> Int64 {
    let year = yearOf(days(seconds - 5 * 3_600))
    // 02:00 standard time is 07:00 UTC; 02:00 daylight time is 06:00 UTC.
    let begin = sunday(2, month: 3, year: year) * 86_400 + 7 * 3_600
    let end = sunday(1, month: 11, year: year) * 86_400 + 6 * 3_600
    return seconds >= begin && seconds < end ? 4 * 3_600 : 5 * 3_600
  }

  private static func days(_ seconds: Int64) -> Int64 {
    seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
  }

  /// Days since 1970 of a date in the proleptic Gregorian calendar (years counted from March, so
  /// that the leap day comes last).
  private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month > 2 ? year : year - 1
    let era = shifted / 400
    let ofEra = shifted - era * 400
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  private static func yearOf(_ days: Int64) -> Int64 {
    // An estimate that is at most one off, then put right.
    var year = 1970 + days * 400 / 146_097
    while daysSince1970(year: year + 1, month: 1, day: 1) <= days { year += 1 }
    while daysSince1970(year: year, month: 1, day: 1) > days { year -= 1 }
    return year
  }

  private static func sunday(_ number: Int64, month: Int64, year: Int64) -> Int64 {
    let first = daysSince1970(year: year, month: month, day: 1)
    // 1970-01-01 was a Thursday: day numbers that are 3 modulo 7 are Sundays.
    return first + (3 - first % 7 + 7) % 7 + (number - 1) * 7
  }
}
