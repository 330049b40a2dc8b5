/// Nanoseconds since the Unix epoch as ISO 8601 text in UTC, without the C library's time zones.
public struct UtcTime: Sendable {
  private let nanoseconds: UInt64

  public init(_ nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  /// `2017-07-10T13:30:00.000000000Z`.
  public var text: String { text(decimals: 9) }

  /// With one to nine decimals of a second; what is beyond them is cut.
  public func text(decimals: Int) -> String {
    precondition((1...9).contains(decimals), "no such precision")
    let (whole, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let (days, second) = whole.quotientAndRemainder(dividingBy: 86_400)
    let (year, month, day) = UtcTime.date(days: Int(days))
    let date = [year, month, day].map(UtcTime.digits).joined(separator: "-")
    let clock = [second / 3_600, second / 60 % 60, second % 60].map { UtcTime.digits(Int($0)) }
    let parts = DecimalText.padded(fraction, to: 9).prefix(decimals)
    return "\(date)T\(clock.joined(separator: ":")).\(parts)Z"
  }

  /// Two, or as many as it has.
  private static func digits(_ number: Int) -> String { DecimalText.padded(number, to: 2) }

  /// A span in seconds with nine decimals.
  public static func seconds(_ nanoseconds: UInt64) -> String {
    DecimalText.text(nanoseconds, decimals: 9)
  }

  /// The Gregorian date, days after 1970-01-01: a whole year, then whole months.
  private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    let year = GregorianYear.containing(day: Int64(days))
    var rest = days - Int(GregorianYear.firstDay(of: year))
    let february = GregorianYear.isLeap(year) ? 29 : 28
    var month = 1
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
      if rest < length { break }
      rest -= length
      month += 1
    }
    return (Int(year), month, rest + 1)
  }
}
