import Foundation
import Testing

@testable import TickEngine

/// New York's clock, against the system's time zones and the published rules.
@Suite(.timeLimit(.minutes(1))) struct NewYorkTimeTests {
  @Test func theOffsetIsTheTimeZonesForThirtyYears() throws {
    let zone = try #require(TimeZone(identifier: "America/New_York"))
    var wrong = 0
    for hour in stride(from: Int64(1_167_609_600), to: 2_114_380_800, by: 3_600) {
      for seconds in [hour - 1, hour] {
        let date = Date(timeIntervalSince1970: Double(seconds))
        if Int(NewYorkTime.offset_s(at: seconds)) != zone.secondsFromGMT(for: date) { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }

  @Test(
    arguments: [
      // Seconds since 1970 and the wall clock of New York, from its published rules.
      (1_696_253_400, 9.5), (1_499_693_400, 9.5), (1_514_989_800, 9.5),
      // 2024-03-10: 01:59:59 standard, then 03:00 daylight. 2024-11-03: 01:59:59, then 01:00 again.
      (1_710_053_999, 2 - 1 / 3600.0), (1_710_054_000, 3),
      (1_730_613_599, 2 - 1 / 3600.0), (1_730_613_600, 1),
      // New year's midnight, and a second before.
      (1_704_085_200, 0), (1_704_085_199, 24 - 1 / 3600.0),
    ] as [(UInt64, Double)])
  func theTimeOfDayIsTheClocksOnTheWall(_ seconds: UInt64, _ hours: Double) {
    let got = NewYorkTime.sinceMidnight_ns(seconds * 1_000_000_000 + 5)
    #expect(got == UInt64((hours * 3_600).rounded()) * 1_000_000_000 + 5)
  }

  @Test func midnightIsTheLastOneInSummerAndWinter() {
    // 2017-07-10T13:30:00Z and 2018-01-03T14:30:00Z are both 09:30 there.
    let open: UInt64 = 34_200 * 1_000_000_000
    for noon in [1_499_693_400, 1_514_989_800] as [UInt64] {
      let time = noon * 1_000_000_000
      #expect(time - NewYorkTime.midnight_ns(before: time) == open)
    }
    // 03:00 UTC is the evening before.
    let night: UInt64 = 1_499_655_600 * 1_000_000_000
    #expect(night - NewYorkTime.midnight_ns(before: night) == 23 * 3_600_000_000_000)
  }

  @Test func midnightIsTheCalendarsOnEveryDayOfTenYears() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "America/New_York"))
    for hour in stride(from: UInt64(1_514_764_800), to: 1_830_297_600, by: 7 * 3_600) {
      let start = calendar.startOfDay(for: Date(timeIntervalSince1970: Double(hour)))
      let midnight = NewYorkTime.midnight_ns(before: hour * 1_000_000_000)
      #expect(midnight == UInt64(start.timeIntervalSince1970) * 1_000_000_000, "\(hour)")
    }
  }
}
