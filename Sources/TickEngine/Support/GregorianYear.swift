/// Years of the Gregorian calendar, in days since 1970-01-01, which is day 0. From 1970 on.
public enum GregorianYear {
  /// Whether it has a February 29.
  public static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// The day of a year's January 1.
  public static func firstDay(of year: Int64) -> Int64 {
    let before = year - 1
    let leapDays = before / 4 - before / 100 + before / 400 - 477
    return (year - 1970) * 365 + leapDays
  }

  /// The year that a day is in.
  public static func containing(day: Int64) -> Int64 {
    // An estimate that is never late, then put right.
    var year = 1970 + day / 366
    while firstDay(of: year + 1) <= day { year += 1 }
    return year
  }
}
