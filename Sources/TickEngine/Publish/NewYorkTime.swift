import Foundation

/// When the day began that ITCH's times count from. Reads the system's time zones: for the start.
enum NewYorkTime {
  /// The last midnight in New York before `utc_ns`, ns since the Unix epoch, UTC.
  static func midnight_ns(before utc_ns: UInt64) throws(PublishError) -> UInt64 {
    guard let zone = TimeZone(identifier: "America/New_York") else {
      throw .options(
        "the time zone America/New_York is not installed, and ITCH's times count from midnight"
          + " there: install the package tzdata, or use --keep-times")
    }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    let second = utc_ns / 1_000_000_000
    let start = calendar.startOfDay(for: Date(timeIntervalSince1970: Double(second)))
    return UInt64(start.timeIntervalSince1970) * 1_000_000_000
  }
}
