import Foundation
import TickWire

/// How fast a capture is replayed.
public enum ReplayPace: Equatable, Sendable {
  /// As fast as it can be taken.
  case max
  /// Times the capture's own speed, by absolute deadlines.
  case times(Double)

  /// `max`, or a factor such as `1x`, `10x`, `0.5x`.
  public init?(_ text: String) {
    if text == "max" {
      self = .max
      return
    }
    guard text.hasSuffix("x"), let factor = Double(text.dropLast()),
      factor.isFinite, factor >= 0.001, factor <= 1_000_000
    else { return nil }
    self = .times(factor)
  }
}

/// Where a replay sends its orders.
public enum ReplayVenue: Sendable {
  /// A venue of our own, started for the run on a port of loopback.
  case builtin
  case address(VenueAddress)
  /// None: orders that pass the gate count as unsent.
  case none
}

/// What to replay, and how. The defaults are those of the command.
public struct ReplayOptions: Sendable {
  public var captures: [String]
  /// No capture: what comes, comes once, and a kill -9 is to leave what was recorded of it.
  var isLive: Bool { captures.isEmpty }
  public var workers = 1
  /// What workers get, by number. Empty: they share the instruments out, and are one strategy, 1.
  /// Otherwise a worker without one has a share, and worker n is strategy n + 1.
  public var subscriptions: [Int: Subscription] = [:]
  public var pace = ReplayPace.max
  public var repeats = 1
  public var restarts = RestartPolicy.follow
  public var venue = ReplayVenue.builtin
  /// What the built-in venue speaks.
  public var builtinDialect = OrderDialect.ouch50
  /// Whether the venue is a simulation that the same instance runs, on this host: then the
  /// simulation's limits will do.
  public var isSimulated = false
  /// nil: `RiskLimits.simulation`, which a venue that is named does not get.
  public var limits: RiskLimits?
  /// nil: `ReferenceData.simulation`, which a venue on another host does not get.
  public var reference: ReferenceData?
  /// Reads it anew, where its file has changed since it was read last; nil: it has not. Throws what
  /// is wrong with it, and then the data before stays in force.
  public var reloadReference: (@Sendable () throws -> ReferenceData?)?
  /// The name by which the kill switch finds this run; nil: nobody outside can stop it, and a venue
  /// on another host does not get it.
  public var instance: String?
  /// The account whose credit this instance shares with others, each a sender of its own; nil: it
  /// shares with none.
  public var account: String?
  /// What is held before the first order; nil: nothing.
  public var positions: OpeningPositions?
  /// Value at risk, while it runs; nil: none.
  public var valueAtRisk: ValueAtRiskOptions?
  /// Where its trips are kept.
  public var stateDirectory = StateDirectory.standardPath
  /// What becomes of new orders while the venue takes no bytes.
  public var slowVenue = SlowVenuePolicy.wait
  /// How long a venue that is lost is called again, seconds; 0: not at all.
  public var reconnectSeconds = 0.0
  /// Symbols that the directory is made of, in this order; nil: as they appear.
  public var symbols: [String]?
  /// File for the published ticks, and the symbols and merge logs beside it.
  public var recordPath: String?
  /// File for the order requests.
  public var ordersPath: String?
  /// File for the sender's decisions (`tickway explain`).
  public var decisionsPath: String?
  /// Files that the caller writes itself: only to be kept apart from the others.
  public var otherOutputs: [String] = []
  public var parameters: [String: String] = [:]
  public var validation = ValidationLimits()
  /// Where the regions are made; they have no names.
  public var ringDirectory = "/dev/shm"
  /// Slots of each tick ring, a power of two.
  public var ringCapacity = 65_536

  public init(captures: [String]) { self.captures = captures }

  /// One for each worker, or none at all.
  var workerSubscriptions: [Subscription] {
    Subscription.each(of: workers, subscriptions)
  }
}

/// Why a replay cannot start or did not finish, in a sentence that says what to do.
public enum ReplayError: Error, CustomStringConvertible {
  case unknownFeed(String)
  case restartRefused(packet: UInt64)
  case badSymbols(String)
  /// The instance is a live run's: its memory is there.
  case live(instance: String, path: String)
  case options(String)

  public var description: String {
    switch self {
    case .unknownFeed(let found):
      "no IEX-TP packet with TOPS or DEEP in the capture (\(found)): `tickway capture FILE` says"
        + " what is in it"
    case .restartRefused(let packet):
      "the venue began its sequence anew at packet \(packet), and --restarts refuse stops there:"
        + " use --restarts follow to go on"
    case .badSymbols(let what): "the symbols file: \(what)"
    case .live(let instance, let path):
      "the instance \(instance) is a live run's, and what that knows of its orders and of the day"
        + " is in \(path): give the replay another --instance, or end the live run in order first"
        + " (one that died: start it again)"
    case .options(let what): what
    }
  }
}
