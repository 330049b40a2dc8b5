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
  /// Heartbeats, or ends of session, after the last packet, and the time between two of them.
  static let closings = 5
  static let closing_ns: UInt64 = 100_000_000
}
