import Testing
import TickWire

@testable import TickEngine

/// Logins of a sender that orders are out for: in one session, and in no other.
@Suite(.serialized, .timeLimit(.minutes(1))) struct VenueLoginTests {
  private func venue(_ dialect: OrderDialect) throws -> (RunningVenue, VenueAddress) {
    var options = RunningVenue.options
    options.dialect = dialect
    options.session = FixedText("SECOND", lengthMax: SoupBin.sessionLength)!
    let venue = try RunningVenue(options)
    let address = VenueAddress(
      host: "127.0.0.1", port: venue.port, user: "alice", password: "secret", dialect: dialect)
    return (venue, address)
  }

  private func start(_ name: String) -> SessionStart {
    SessionStart(session: FixedText(name, lengthMax: SoupBin.sessionLength)!, sequence: 1)
  }

  /// Why there is no session; nil: there is one.
  private func failure(_ address: VenueAddress, _ start: SessionStart) -> SessionError? {
    do throws(SessionError) {
      var session = try VenueSession.open(address, from: start)
      session.logOut()
      return nil
    } catch { return error }
  }

  /// OM3: no later try would do; OUCH 4.2 says only that the session is not available.
  @Test(arguments: [OrderDialect.ouch50, .ouch42])
  func om3AnotherSessionIsNamed(dialect: OrderDialect) throws {
    let (venue, address) = try venue(dialect)
    let error = failure(address, start("FIRST"))
    guard case .otherSession(_, "FIRST", let now)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(now.contains("SECOND"))
    #expect(error?.description.contains("tickway ring remove") == true)
    #expect(failure(address, start("SECOND")) == nil)
    _ = venue.finish()
  }

  /// OUCH ignores a number that it has had; 4.2 cannot be asked for the next, whoever comes.
  @Test(arguments: OrderDialect.allCases)
  func om3NumbersGoOnWhereTheSessionIs(dialect: OrderDialect) throws {
    let line = try SenderLine(dialect: dialect)
    try line.start()
    line.ask(1)
    line.ask(2, 100.1)
    let isThere = try line.turn { $0.counts.acked == 2 && $0.counts.filled == 1 }
    try #require(isThere)
    line.ask(.replace, 1, 98.5, quantity: 10)
    let isReplaced = try line.turn { $0.counts.replaced == 1 }
    try #require(isReplaced)
    line.ask(.cancel, 1)
    let isFlat = try line.turn { $0.book.count == 0 }
    try #require(isFlat)
    line.die()
    try line.forgetPool()
    for number: UInt64 in [7, 8] {
      try line.start()
      #expect(line.adjust { $0.book.pool.numberedBefore } == 3)
      let isSteady = try line.turn { $0.link == .steady }
      try #require(isSteady)
      // The second comes after one that has sent nothing.
      if number == 8 { line.ask(number) }
      line.adjust { _ = $0.takeRequests() }
      if number == 7 { line.die() }
    }
    #expect(try line.turn { $0.counts.acked == 1 } && line.resting == [4])
  }

  /// OM3: the session is there, and somebody else is in it still: a later try may do.
  @Test func om3ASessionThatIsTakenIsNoOther() throws {
    let (venue, address) = try venue(.ouch42)
    var first = try VenueSession.open(address)
    #expect(failure(address, start("SECOND")) == .loginRejected(address.text, .sessionUnavailable))
    first.logOut()
    _ = venue.finish()
  }
}
