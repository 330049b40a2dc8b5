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

  /// OM3: the session is there, and somebody else is in it still: a later try may do.
  @Test func om3ASessionThatIsTakenIsNoOther() throws {
    let (venue, address) = try venue(.ouch42)
    var first = try VenueSession.open(address)
    #expect(failure(address, start("SECOND")) == .loginRejected(address.text, .sessionUnavailable))
    first.logOut()
    _ = venue.finish()
  }
}
