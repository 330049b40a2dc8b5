import TickWire

/// Why there is no session with the venue (any more), in a sentence that says what to do.
public enum SessionError: Error, CustomStringConvertible, Equatable, Sendable {
  case unknownHost(String)
  case unreachable(String, reason: String)
  case noAnswer(String, seconds: Int)
  /// nil: for a reason that SoupBinTCP does not know.
  case loginRejected(String, SoupBin.LoginRejection?)
  case credentials(String)
  case lost(String, reason: String)
  /// It has not told all that there was before the login, and tells nothing more of it.
  case stalled(String, seconds: Int)
  /// The venue's session is not the one that orders are out in.
  case otherSession(String, was: String, is: String)
  case unresolved(String, inFlight: Int, open: Int)

  public var description: String {
    switch self {
    case .unknownHost(let venue):
      "the venue \(venue) cannot be found: give --venue HOST:PORT with a name that resolves"
    case .unreachable(let venue, let reason):
      "the venue \(venue) cannot be reached (\(reason)): is it running, and is the port right?"
    case .noAnswer(let venue, let seconds):
      "the venue \(venue) did not answer the login within \(seconds) s: is it a SoupBinTCP server?"
    case .loginRejected(let venue, let rejection):
      "the venue \(venue) refuses the login (\(Self.reason(rejection))): check --venue-user and the"
        + " password in TICKWAY_VENUE_PASSWORD"
    case .credentials(let what):
      "\(what): a user name has at most 6 characters, a password at most 10"
    case .otherSession(let venue, let was, let now):
      "the venue \(venue) has session \(now) where orders are out in session \(was): they are in"
        + " doubt; ask the venue, then remove the instance's pool (tickway ring remove)"
    case .unresolved(let venue, let inFlight, let open):
      "the venue \(venue) left \(inFlight) orders and the cancels of \(open) more unanswered: they"
        + " are in doubt; ask the venue before trading on"
    case .stalled(let venue, let seconds):
      "the venue \(venue) does not tell all that there was before the login: nothing more of it for"
        + " \(seconds) s, and nothing new leaves before; ask the venue"
    case .lost(let venue, let reason):
      "the venue \(venue) is gone (\(reason)): orders in flight are in doubt; ask the venue before"
        + " trading on"
    }
  }
}

extension SessionError {
  private static func reason(_ rejection: SoupBin.LoginRejection?) -> String {
    switch rejection {
    case .notAuthorised: "not authorised"
    case .sessionUnavailable: "session not available"
    case nil: "it does not say why"
    }
  }
}

/// Where the venue is and who we are to it.
public struct VenueAddress: Sendable {
  public var host: String
  public var port: UInt16
  public var user: String
  public var password: String
  /// The order-entry protocol that it speaks.
  public var dialect: OrderDialect

  public init(
    host: String, port: UInt16, user: String = "TICKWY", password: String = "",
    dialect: OrderDialect = .ouch50
  ) {
    self.dialect = dialect
    self.host = host
    self.port = port
    self.user = user
    self.password = password
  }

  public var text: String { "\(host):\(port)" }

  /// On this host: no real venue.
  public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
