import Foundation
import Testing
import TickWire

@testable import TickEngine

@Suite struct PublishPaceTests {
  @Test func pacesAreReadAndNonsenseIsNot() {
    #expect(PublishPace("max") == .max)
    #expect(PublishPace("1x") == .times(1))
    #expect(PublishPace("0.5x") == .times(0.5))
    #expect(PublishPace("300000/s") == .messagesPerSecond(300_000))
    for text in ["", "1", "x", "-1x", "0x", "nanx", "/s", "0/s", "-5/s", "inf/s", "1e12/s", "MAX"] {
      #expect(PublishPace(text) == nil, "\(text)")
    }
  }

  @Test func burstsAreReadAndNonsenseIsNot() throws {
    let bursts = try #require(PublishBursts("10ms:10"))
    #expect(bursts.window_ms == 10 && bursts.factor == 10 && bursts.period_ms == 1_000)
    #expect(PublishBursts("10ms:10:100ms")?.period_ms == 100)
    // More than the period's messages in the window, and what is no shape at all.
    for text in ["10ms:10:99ms", "10:10", "ms:10", "10ms", "10ms:0.5", "10ms:10:5ms", "-1ms:2"] {
      #expect(PublishBursts(text) == nil, "\(text)")
    }
  }

  @Test func anOpenLoopNeverDrifts() {
    let schedule = RateSchedule(messagesPerSecond: 300_000, bursts: nil)
    #expect(schedule.time_ns(ofMessage: 0) == 0)
    for second in [1, 7, 60, 86_400] as [UInt64] {
      let due = schedule.time_ns(ofMessage: second * 300_000)
      #expect(due >= second * 1_000_000_000 - 1 && due <= second * 1_000_000_000 + 1)
    }
  }

  @Test(arguments: ["10ms:10", "10ms:10:100ms", "1ms:3:10ms"])
  func burstsKeepTheMeanAndTheirFactor(shape: String) throws {
    let bursts = try #require(PublishBursts(shape))
    let schedule = RateSchedule(messagesPerSecond: 100_000, bursts: bursts)
    let times = (0...200_000).map { schedule.time_ns(ofMessage: UInt64($0)) }
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(times[100_000] >= 999_999_999 && times[100_000] <= 1_000_000_001)
    let window = UInt64(bursts.window_ms * 1e6)
    let inWindow = times.count { $0 < window }
    let wanted = 100_000 * bursts.window_ms / 1e3 * bursts.factor
    #expect(abs(Double(inWindow) - wanted) <= 1, "\(inWindow)")
  }

  @Test func aPlansTimesNeverGoBackwards() {
    var times = PlanTimes(nil)
    let given = [100, 150, 120, 90, 200] as [UInt64]
    #expect(given.map { times.next(captureTime: $0, messages: 1) } == [0, 50, 50, 50, 100])
    var paced = PlanTimes(RateSchedule(messagesPerSecond: 1_000, bursts: nil))
    let due = [2, 0, 3, 1].map { paced.next(captureTime: 0, messages: $0) }
    #expect(due == [0, 2_000_000, 2_000_000, 5_000_000])
  }

  @Test func probabilitiesAreReadForBothLinesOrOne() throws {
    let both = try #require(FaultShare("0.05"))
    #expect(both.a == 0.05 && both.b == 0.05)
    let one = try #require(FaultShare("b:1"))
    #expect(one.a == nil && one.b == 1)
    for text in ["", "5%", "1.1", "-0.1", "c:0.1", ":0.1", "a:", "a:b:0.1", "nan"] {
      #expect(FaultShare(text) == nil, "\(text)")
    }
  }
}

/// Stamping moves all times alike, and nothing else.
@Suite struct IexStampTests {
  private func packet(_ times: [Int64], sent: Int64) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1_400)
    let count = bytes.withUnsafeMutableBytes { raw in
      var writer = IexTpWriter(into: unsafe MutableBytes(raw.baseAddress!, count: raw.count))
      for time in times {
        writer.quote(
          .init(flags: 0, exchangeTimeNs: time, symbol: Symbol("ABC")!), bidSize: 1,
          bidPriceE4: 2, askPriceE4: 3, askSize: 4)
        writer.systemEvent(UInt8(ascii: "O"), exchangeTimeNs: time)
      }
      return writer.finish(
        .init(messageProtocol: 0x8003, channel: 1, session: 2, sendTimeNs: sent))
    }
    return Array(bytes.prefix(count))
  }

  private func shifted(_ bytes: [UInt8], _ difference: Int64) -> [UInt8] {
    var bytes = bytes
    bytes.withUnsafeMutableBytes { raw in
      IexStamp.shift(
        unsafe MutableBytes(raw.baseAddress!, count: raw.count), by: difference)
    }
    return bytes
  }

  @Test func allTimesMoveAlike() {
    let before = packet([10, 5, 7_000], sent: 8_000)
    let later = packet([1_000_010, 1_000_005, 1_007_000], sent: 1_008_000)
    #expect(shifted(before, 1_000_000) == later)
    #expect(shifted(before, -4) == packet([6, 1, 6_996], sent: 7_996))
    #expect(shifted(before, 0) == before)
  }

  @Test func damagedPacketsAreLeftAlone() {
    let before = packet([10], sent: 20)
    for count in 0..<before.count {
      let cut = Array(before.prefix(count))
      #expect(shifted(cut, 5).count == count)
    }
    var long = before
    // The first message's length lies; the payload's own does not.
    long[40] = 0xFF
    #expect(shifted(long, 5).dropFirst(40) == long.dropFirst(40))
  }
}
