import TickRing
import TickWire

/// Which ring to relay, and where to. The defaults are those of the command.
public struct RelayOptions: Sendable {
  /// The tick ring's name.
  public var ring: String
  /// The region that holds its symbols.
  public var directory: String
  /// Where both regions are.
  public var ringDirectory = Region.defaultDirectory
  public var lineA: LineAddress
  public var lineB: LineAddress?
  /// A name or an IPv4 address; nil: the route decides.
  public var interface: String?
  /// Hops that multicast may make: 1 stays in this network.
  public var ttl = 1
  /// Where re-requests are answered; nil: nowhere.
  public var requests: UdpEndpoint?
  /// Messages that are kept for them.
  public var retainedMessages = 1 << 20
  /// Requests are answered after the end until nobody has asked for so long, ms.
  public var linger_ms = 1_000
  public var faultsA = FaultRates()
  public var faultsB = FaultRates()
  /// Begin another session once, after a number of ticks that the seed gives.
  public var restarts = false
  public var seed: UInt64 = 1

  public init(ring: String, lineA: LineAddress) {
    self.ring = ring
    self.lineA = lineA
    directory = RelayOptions.directoryName(ofRing: ring)
  }

  /// `day.directory` for `day.ticks.0`, as an ingester names its regions; for any other name, the
  /// name and `.directory`.
  public static func directoryName(ofRing ring: String) -> String {
    let parts = ring.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count >= 3, parts[parts.count - 2] == "ticks", UInt32(parts[parts.count - 1]) != nil {
      return VenueMarketSource.directoryName(ofRing: parts.dropLast(2).joined(separator: "."))
    }
    return VenueMarketSource.directoryName(ofRing: ring)
  }

  /// A ring has no middle that could be known: the restart comes early enough for a short run.
  public static let restartTicksMax = 1_000

  /// Ticks before the restart, from 1 to `restartTicksMax`; nil: there is none.
  var restartTicks: UInt64? {
    guard restarts else { return nil }
    var random = SeededRandom(seed: seed)
    return UInt64(1 + random.below(RelayOptions.restartTicksMax))
  }

  /// What the lines take from the options of a publication.
  var lineOptions: PublishOptions {
    var options = PublishOptions(captures: [], lineA: lineA)
    options.interface = interface
    options.ttl = ttl
    // A live ring has no schedule that a datagram could be late by.
    options.pace = .max
    options.seed = seed
    return options
  }
}
