import Foundation
import Testing
import TickWire

@testable import TickEngine

/// OM4: a venue that is gone without a word is given up, by each of three means: bytes that nobody
/// acknowledges, probes where there are none, and silence in place of heartbeats.
@Suite(.serialized, .timeLimit(.minutes(1))) struct DeadPeerTests {
  private func option(_ socket: Int32, _ level: Int32, _ name: Int32) -> Int32 {
    var value: Int32 = -1
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(socket, level, name, &value, &length) == 0 ? value : -1
  }

  private func bench(_ port: UInt16, dialect: OrderDialect = .ouch50) throws -> SenderBench {
    try SenderBench(eventSlots: 64, venuePort: port, dialect: dialect, symbol: "TEST")
  }

  private func expectOptions(_ bench: SenderBench) {
    let socket = bench.adjust { $0.session?.descriptor ?? -1 }
    let tcp = Int32(IPPROTO_TCP)
    #expect(option(socket, tcp, TCP_USER_TIMEOUT) == 5_000)
    #expect(option(socket, SOL_SOCKET, SO_KEEPALIVE) == 1)
    #expect(option(socket, tcp, TCP_KEEPIDLE) == 1 && option(socket, tcp, TCP_KEEPINTVL) == 1)
    #expect(option(socket, tcp, TCP_KEEPCNT) == 3)
    #expect(option(socket, tcp, TCP_NODELAY) == 1)
  }

  @Test func om4TheKernelWatchesThePeerOnEveryConnection() throws {
    var options = RunningVenue.options
    options.logins = []
    let venue = try RunningVenue(options)
    let bench = try bench(venue.port)
    expectOptions(bench)
    try reconnect(bench, venue.port) { sender in
      sender.session?.abort()
      _ = try sender.turn(isRested: false)
    }
    expectOptions(bench)
    _ = venue.finish()
  }

  /// Loses the connection as `loss` does, and turns the sender until it is made again.
  private func reconnect(
    _ bench: SenderBench, _ port: UInt16, _ loss: (inout Sender) throws -> Void
  ) throws {
    let isBack = try bench.adjust { sender in
      sender.options.address = VenueAddress(host: "127.0.0.1", port: port)
      sender.options.reconnect = ReconnectPlan(giveUp_ns: 30_000_000_000)
      let end = MonotonicClock.now + 20_000_000_000
      while sender.book.counts.disconnects == 0, MonotonicClock.now < end { try loss(&sender) }
      while sender.link != .steady, MonotonicClock.now < end {
        _ = try sender.turn(isRested: false)
      }
      return sender.link == .steady && sender.book.counts.reconnects == 1
    }
    try #require(isBack)
  }

  /// Nobody acknowledges: the order that is under way, and the probes of an idle connection.
  @Test func om4AHostThatIsGoneIsGivenUpWithAndWithoutBytesUnderWay() throws {
    let venues = [try FakeVenue(.deaf), try FakeVenue(.deaf)]
    let address = venues.map { VenueAddress(host: "127.0.0.1", port: $0.port) }
    var busy = try VenueSession.open(address[0])
    var idle = try VenueSession.open(address[1])
    for venue in venues { try #require(venue.vanish()) }
    _ = busy.add { dialect, body in dialect.cancel(into: body, userRefNum: 1) }
    try busy.flush()
    let silence_ns = VenueSession.silence_ns
    let end = MonotonicClock.now + silence_ns
    var (busyError, idleError): (SessionError?, SessionError?) = (nil, nil)
    while MonotonicClock.now < end, busyError == nil || idleError == nil {
      if busyError == nil { busyError = loss(&busy) }
      if idleError == nil { idleError = loss(&idle) }
      usleep(10_000)
    }
    // Before their silence says so.
    let why = String(cString: strerror(ETIMEDOUT))
    #expect(busyError == .lost(address[0].text, reason: why))
    #expect(idleError == .lost(address[1].text, reason: why))
  }

  private func loss(_ session: inout VenueSession) -> SessionError? {
    do throws(SessionError) { try session.receive() } catch { return error }
    return nil
  }

  /// SoupBinTCP: one packet after a second of one's own silence.
  @Test(arguments: OrderDialect.allCases)
  func om4ASenderBeatsAfterASecondOfItsOwnSilence(dialect: OrderDialect) throws {
    let venue = try FakeVenue(.deaf)
    let bench = try bench(venue.port, dialect: dialect)
    try bench.adjust { sender in
      sender.session?.lastSent_ns = MonotonicClock.now - VenueSession.heartbeat_ns
      _ = try sender.turn(isRested: false)
    }
    #expect(venue.packets(1) == [[UInt8(ascii: "R")]])
  }

  /// Otherwise an idle sender would be awake for a while each second.
  @Test func aHeartbeatOfTheVenueIsNoNewsAndAnAnswerIs() throws {
    var options = RunningVenue.options
    options.logins = []
    options.heartbeat_ms = 5
    let venue = try RunningVenue(options)
    let bench = try bench(venue.port)
    try bench.adjust { sender in
      let end = MonotonicClock.now + 20_000_000_000
      var beats = 0
      while beats < 3, MonotonicClock.now < end {
        let before = sender.session?.lastReceived_ns
        let hasHeard = try sender.turn(isRested: false).hasHeard
        if !hasHeard, sender.session?.lastReceived_ns != before { beats += 1 }
      }
      #expect(beats == 3)
      bench.ask(1)
      var isAnswered = false
      while !isAnswered, MonotonicClock.now < end {
        isAnswered = try sender.turn(isRested: false).hasHeard
      }
      #expect(isAnswered && sender.counts.acked == 1)
    }
    _ = venue.finish()
  }

  /// The clock of a peer's silence is moved, not waited for: less than 15 s is nothing, and more
  /// ends the connection. What was out is in doubt, and nothing new leaves, until the venue is back
  /// and has told all.
  @Test func om4FifteenSecondsOfSilenceEndTheConnection() throws {
    var options = RunningVenue.options
    options.logins = []
    options.cancelsOnDisconnect = false
    options.heartbeat_ms = 10_000
    let venue = try RunningVenue(options)
    let bench = try bench(venue.port)
    bench.ask(1)
    try bench.adjust { sender in
      while sender.counts.acked == 0 { _ = try sender.turn(isRested: false) }
      sender.session?.lastReceived_ns = MonotonicClock.now - VenueSession.silence_ns * 9 / 10
      _ = try sender.turn(isRested: false)
      #expect(sender.link == .steady && sender.book.counts.disconnects == 0)
    }
    try reconnect(bench, venue.port) { sender in
      sender.session?.lastReceived_ns = MonotonicClock.now - VenueSession.silence_ns - 1
      _ = try sender.turn(isRested: false)
      guard sender.book.counts.disconnects > 0 else { return }
      #expect(sender.session == nil && sender.book.inDoubt == 1)
      bench.ask(2)
      _ = sender.takeRequests()
    }
    #expect(bench.told() == ["ack", "riskReject \(RiskReason.noSession.rawValue)"])
    bench.adjust { #expect($0.book.count == 1 && $0.book.inDoubt == 0) }
    _ = venue.finish()
  }

  /// Who calls nobody again says why it ends.
  @Test func om4ASilentVenueIsNamedInTheError() throws {
    let venue = try FakeVenue(.deaf)
    let bench = try bench(venue.port)
    bench.adjust { $0.session?.lastReceived_ns = MonotonicClock.now - VenueSession.silence_ns - 1 }
    let error = SessionError.lost("127.0.0.1:\(venue.port)", reason: "silent for 15 s")
    #expect(throws: error) { try bench.run() }
  }
}
