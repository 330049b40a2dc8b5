/// Nanoseconds since the Unix epoch as ISO 8601 text in UTC, without the C library's time zones.
struct UtcTime {
  private let nanoseconds: UInt64

  init(_ nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  /// `2017-07-10T13:30:00.000000000Z`.
  var text: String {
    let (whole, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let (days, second) = whole.quotientAndRemainder(dividingBy: 86_400)
    let (year, month, day) = UtcTime.date(days: Int(days))
    let date = "\(year)-\(pad(month, 2))-\(pad(day, 2))"
    let hours = "\(pad(Int(second / 3_600), 2)):\(pad(Int(second / 60 % 60), 2))"
    return "\(date)T\(hours):\(pad(Int(second % 60), 2)).\(pad(Int(fraction), 9))Z"
  }

  /// A span in seconds with nine decimals.
  static func seconds(_ nanoseconds: UInt64) -> String {
    let (whole, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return "\(whole).\(pad(Int(fraction), 9))"
  }

  /// The Gregorian date, days after 1970-01-01: whole years, then whole months.
  private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    var rest = days
    var year = 1970
    while rest >= length(ofYear: year) {
      rest -= length(ofYear: year)
      year += 1
    }
    let february = length(ofYear: year) - 337
    var month = 1
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
      if rest < length { break }
      rest -= length
      month += 1
    }
    return (year, month, rest + 1)
  }

  private static func length(ofYear year: Int) -> Int {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365
  }
}

private func pad(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
