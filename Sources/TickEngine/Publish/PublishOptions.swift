import TickWire

/// What to publish, where to, and how. The defaults are those of the command.
public struct PublishOptions: Sendable {
  public var captures: [String]
  public var lineA: LineAddress
  public var lineB: LineAddress?
  /// A name or an IPv4 address; nil: the route decides.
  public var interface: String?
  /// Hops that multicast may make: 1 stays in this network.
  public var ttl = 1
  public var pace = PublishPace.times(1)
  public var bursts: PublishBursts?
  /// nil: as the files are.
  public var framing: PublishFraming?
  /// nil: as recorded, or as due together; 20 for MoldUDP64 with a rate.
  public var messagesPerPacket: Int?
  /// Where re-requests are served.
  public var requests: UdpEndpoint?
  /// Of MoldUDP64; nil: another at each start.
  public var session: String?
  /// Leave the venue's times as they are.
  public var keepsTimes = false
  public var faultsA = FaultRates()
  public var faultsB = FaultRates()
  /// Begin the sequence anew in the middle of the captures.
  public var restarts = false
  public var seed: UInt64 = 1

  public init(captures: [String], lineA: LineAddress) {
    self.captures = captures
    self.lineA = lineA
  }
}

/// The closing of a publication, and its silence.
enum PublishTimes {
  /// A line that has been silent for so long sends a heartbeat.
  static let heartbeat_ns: UInt64 = 1_000_000_000
  /// How often a relay tells some of its names again, in how many parts all of them at the most,
  /// and how many at the least: few are soon told.
  static let names_ns: UInt64 = 100_000_000
  static let namesRound: UInt32 = 50
  static let namesMin: UInt32 = 16
  /// Heartbeats, or ends of session, after the last packet, and the time between two of them.
  static let closings = 5
  static let closing_ns: UInt64 = 100_000_000
  /// Who serves requests ends when nobody has asked for so long, or at the latest after
  /// `requests_ns`.
  static let quiet_ns: UInt64 = 1_000_000_000
  static let requests_ns: UInt64 = 30_000_000_000
}
