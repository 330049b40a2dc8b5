import Foundation
import Testing
import TickWire

@testable import TickEngine

/// OM3: before a venue has told all nothing new leaves; one that never comes to an end of it is not
/// waited for without a word.
@Suite(.serialized, .timeLimit(.minutes(1))) struct StalledReplayTests {
  private let bench: SenderBench
  private let venue: FakeVenue

  init() throws {
    venue = try FakeVenue(.stalling)
    bench = try SenderBench(eventSlots: 64, venuePort: venue.port, symbol: "TEST")
  }

  /// Turns the sender until something holds, for 20 s at most; whether it holds.
  private func turn(until holds: (borrowing Sender) -> Bool) throws -> Bool {
    try bench.adjust { sender in
      let end = MonotonicClock.now + 20_000_000_000
      while !holds(sender), MonotonicClock.now < end {
        _ = try sender.turn(isRested: false)
        usleep(100)
      }
      return holds(sender)
    }
  }

  /// Loses the connection, and calls again until the venue ought to tell what there was.
  private func reconnect(for seconds: UInt64) throws {
    let port = venue.port
    bench.adjust { sender in
      sender.options.address = VenueAddress(host: "127.0.0.1", port: port)
      sender.options.reconnect = ReconnectPlan(giveUp_ns: seconds * 1_000_000_000)
      sender.session?.abort()
    }
    let isBack = try turn { $0.link == .replaying }
    try #require(isBack)
  }

  /// As if nothing of it had come for so long.
  private func age(by time_ns: UInt64) throws {
    try bench.adjust { sender in
      sender.session?.replay.since_ns = MonotonicClock.now - time_ns
      _ = try sender.turn(isRested: false)
    }
  }

  private func news(_ news: inout VenueNews) -> [String] {
    var notes: [String] = []
    bench.adjust { news.look($0.control, ReplayObserver(note: { notes.append($0) })) }
    return notes
  }

  @Test func om3AVenueThatStopsTellingIsCalledAgainAndThatIsToldOnce() throws {
    var told = VenueNews()
    try reconnect(for: 3_600)
    try age(by: ReplayWatch.patience_ns * 9 / 10)
    let stalls = bench.adjust { $0.link == .replaying ? $0.counts.replaysStalled : .max }
    #expect(stalls == 0)
    let before = news(&told)
    #expect(before == [])
    for round: UInt64 in 1...2 {
      try age(by: ReplayWatch.patience_ns + 1)
      let stalled = bench.adjust { $0.session == nil ? $0.counts.replaysStalled : 0 }
      #expect(stalled == round)
      bench.ask(round)
      _ = bench.adjust { $0.takeRequests() }
      #expect(bench.told() == ["riskReject \(RiskReason.noSession.rawValue)"])
      let notes = news(&told)
      #expect(notes.count == (round == 1 ? 1 : 0), "\(notes)")
      let isBack = try turn { $0.link == .replaying && $0.counts.reconnects == round + 1 }
      try #require(isBack)
    }
    // One that tells all.
    var options = RunningVenue.options
    options.logins = []
    let other = try RunningVenue(options)
    bench.adjust { $0.options.address?.port = other.port }
    try age(by: ReplayWatch.patience_ns + 1)
    let isSteady = try turn { $0.link == .steady }
    #expect(isSteady)
    let notes = news(&told)
    #expect(notes == ["venue: it has told all that there was before the login"])
    _ = other.finish()
  }

  /// Who calls nobody again says why it ends.
  @Test func om3WithoutAnotherTryAVenueThatStopsTellingIsNamedInTheError() throws {
    try reconnect(for: 3_600)
    bench.adjust { $0.options.address = nil }
    let error = SessionError.stalled("127.0.0.1:\(venue.port)", seconds: 15)
    #expect(throws: error) { try age(by: ReplayWatch.patience_ns + 1) }
  }
}

@Suite struct ReplayWatchTests {
  private static let second: UInt64 = 1_000_000_000

  /// Looks twice a second, with a message each so many seconds; when it was stalled.
  private func stalled(messageEach seconds: UInt64, for whole: UInt64) -> UInt64? {
    var watch = ReplayWatch()
    watch.begin(at: 0, 7)
    for half in 1...(whole * 2) {
      let now = 7 + half * Self.second / 2
      if watch.isStalled(at: half / 2 / seconds, now) { return half }
    }
    return nil
  }

  @Test func aMessageNowAndThenIsEnoughAndNoneFor15SecondsIsNot() {
    #expect(stalled(messageEach: 15, for: 600) == nil)
    #expect(stalled(messageEach: 600, for: 600) == 31)
  }

  /// What came meanwhile lies in its socket.
  @Test func whoWasAwayJudgesNobody() {
    var watch = ReplayWatch()
    watch.begin(at: 0, 7)
    let areStalled = [0, 1].map {
      watch.isStalled(at: 0, 7 + 60 * Self.second + $0 * Self.second / 2)
    }
    #expect(areStalled == [false, false])
  }
}
