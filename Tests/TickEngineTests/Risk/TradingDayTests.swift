import Foundation
import Testing

@testable import TickEngine

/// RS1: when a trading day begins, against the system's own time zones.
@Suite(.timeLimit(.minutes(1))) struct TradingDayTests {
  private static let second: UInt64 = 1_000_000_000

  /// The time of day that New York's clocks show.
  private func clock(_ calendar: Calendar, _ time: UInt64) -> Int {
    let date = Date(timeIntervalSince1970: Double(time / Self.second))
    let parts = calendar.dateComponents([.hour, .minute, .second], from: date)
    return (parts.hour ?? 0) * 3_600 + (parts.minute ?? 0) * 60 + (parts.second ?? 0)
  }

  @Test(arguments: [0, 1, 3_600, 9_000, 16_200, 34_200, 61_200, 86_399])
  func aDayBeginsOnceAtItsTimeOfDay(_ start: Int) throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "America/New_York"))
    var day = TradingDay(startSeconds: start)
    let from: UInt64 = 1_735_689_600 * Self.second
    let isBegun = day.advance(to: from)
    #expect(isBegun)
    var begun = 0
    for minute in 1..<UInt64(370 * 1_440) {
      // A second before each minute, and the minute.
      for time in [from + minute * 60 * Self.second - 1, from + minute * 60 * Self.second]
      where day.advance(to: time) {
        begun += 1
        let seen = clock(calendar, time)
        let late = (seen - start + 86_400) % 86_400
        // 2:30 does not exist on the day that clocks go forward: it begins at 3:00.
        #expect(late < 60 || (start == 9_000 && seen == 10_800), "\(time)")
      }
    }
    #expect(begun == 370 || begun == 369)
  }

  @Test func aClockThatGoesBackBeginsNoDay() {
    var day = TradingDay(startSeconds: 0)
    let start = RiskStateBench.start
    let begins = [start, 0, start, start + RiskStateBench.day, .max].map { day.advance(to: $0) }
    #expect(begins == [true, false, false, true, true])
  }
}
