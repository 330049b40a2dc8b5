import TickRing
import TickWire

/// What one instance is made of: its feed, venue, limits and sets of processes. `tickway run` reads
/// it from one file; it holds plain values, no secret, and nothing that was found out about the
/// machine. `check` says what of it cannot be, `NodePlacement` what will run where.
///
/// Paths are absolute once a file is read: what is relative there is meant from the file's own
/// directory.
///
/// Thread safety: a value.
public struct NodeConfiguration: Equatable, Sendable {
  /// The instance: letters, digits, - and _, at most `nameLengthMax` of them.
  public var instance = ""
  public var directories = Directories()
  public var feed = Feed()
  public var venue = Venue()
  public var risk = Risk()
  /// One full set of processes for each NUMA node that shall have one.
  public var sets: [RoleSet] = []
  public var rings = Rings()
  public var memory = Memory()
  public var waiting = Waiting.auto
  public var scheduling = Scheduling()
  public var supervisor = Supervisor()

  public static let nameLengthMax = 48
  /// Sets of one instance: their senders have as many lines in the account's ledger.
  public static let setsMax = 16

  public init() {}

  /// The name of a set's own instance: by it the kill switch and the observers find it.
  public func instanceName(set: Int) -> String {
    sets.count > 1 ? "\(instance)-\(set)" : instance
  }

  /// Its regions are `PREFIX.control` and so on.
  public func prefix(set: Int) -> String { "tickway.\(instanceName(set: set))" }

  /// The account whose ledger the senders lease their credit from; nil: one sender, which needs
  /// none.
  public var account: String? { risk.account ?? (sets.count > 1 ? instance : nil) }

  public struct Directories: Equatable, Sendable {
    /// Where the regions are made.
    public var rings = Region.defaultDirectory
    /// Where trips of the kill switch survive.
    public var state = StateDirectory.standardPath
    /// Where each role leaves its report as JSON at its end; nil: nowhere.
    public var reports: String?

    public init() {}
  }

  /// What is listened to. The defaults are those of `tickway ingest`.
  public struct Feed: Equatable, Sendable {
    public var feed = LiveFeed.iex
    public var lineA: LineAddress?
    public var lineB: LineAddress?
    /// Name or IPv4 address of the interface to join on; nil: the route's.
    public var interface: String?
    /// The request server of a MoldUDP64 feed.
    public var requests: LineAddress?
    /// Quotes and trades of this age are refused, seconds by the venue's sending time, or of ticks
    /// by their exchange time; nil: none.
    public var ageMaxSeconds: Double? = 1
    /// When the feed is expected to speak, UTC; nil: always.
    public var hours: SessionHours?
    /// A symbol a line: restricts and numbers the directory.
    public var symbols: FileContent<[String]>?
    public var stampsByKernel = false
    /// How long a missing packet is waited for on the lines, and how many wait behind it.
    public var wait_us: UInt64 = 100_000
    public var waitPackets = 4_096
    /// How long a missing packet is asked for without an answer.
    public var recovery_ms: UInt64 = 1_000
    public var receiveBufferBytes = 8 << 20
    public var datagramBytes_max = 2_048
    public var restarts = RestartPolicy.follow

    public init() {}
  }

  /// Where orders go.
  public struct Venue: Equatable, Sendable {
    public enum Place: Equatable, Sendable {
      /// The simulated exchange, a process of each set.
      case builtin
      /// Orders that pass the gate count as unsent.
      case none
      case named(host: String, port: UInt16)
    }
    public var place = Place.builtin
    /// Where the built-in one listens; port 0: any.
    public var listenAddress = "127.0.0.1"
    public var listenPort: UInt16 = 0
    public var user = "TICKWY"
    /// Where the password is: never in the file. nil: it is blank.
    public var password: Secret?
    public var dialect = OrderDialect.ouch50
    /// How long a venue that is lost is called again, seconds; 0: not at all.
    public var reconnectSeconds = 60.0
    public var slow = SlowVenuePolicy.refuse

    public init() {}
  }

  /// Where a secret is to be found.
  public enum Secret: Equatable, Sendable {
    /// A variable of the supervisor's environment.
    case environment(String)
    /// A file that nobody else may read; its first line.
    case file(String)
  }

  public struct Risk: Equatable, Sendable {
    /// nil: the simulation's, which only the built-in venue gets.
    public var limits: RiskLimits?
    /// The file they were read from; nil: they stood in the configuration itself.
    public var limitsPath: String?
    /// Sector, volume and limits of each symbol, CSV; read anew whenever it changes.
    public var referencePath: String?
    /// The account whose credit the sets share; nil: the instance's, where there are several.
    public var account: String?
    /// Whether an instance that was never armed is armed at the start: with the built-in venue
    /// alone. What was tripped stays so.
    public var armsSimulation = false
    /// What is held before the first order; nil: nothing.
    public var positions: FileContent<OpeningPositions>?
    /// nil: it is not computed.
    public var valueAtRisk: ValueAtRisk?

    public init() {}
  }

  /// How the value at risk of what the sender holds is computed while it runs.
  public struct ValueAtRisk: Equatable, Sendable {
    public enum Source: Equatable, Sendable {
      /// A CSV file of returns.
      case returns(path: String)
      /// Ticks that a run recorded, by intervals of exchange time.
      case recorded(path: String, intervalSeconds: Double)
    }
    public var everySeconds: Double
    public var source: Source
    /// Above 0.5 and below 1.
    public var confidence: Double

    public static let everySecondsRange = 0.01...86_400.0
    public static let intervalSecondsRange = 0.001...86_400.0

    public init(everySeconds: Double, _ source: Source, confidence: Double = 0.95) {
      self.everySeconds = everySeconds
      self.source = source
      self.confidence = confidence
    }
  }

  /// A file that was read, and what was in it.
  public struct FileContent<Value: Equatable & Sendable>: Equatable, Sendable {
    public var path: String
    public var value: Value

    public init(path: String, _ value: Value) {
      self.path = path
      self.value = value
    }
  }

  /// The processes of one NUMA node.
  public struct RoleSet: Equatable, Sendable {
    /// nil: the machine's only one, or that of its cores.
    public var node: Int?
    public var ingester = Place()
    public var sender = Place()
    /// Of the built-in venue.
    public var venue = Place()
    public var workers: [Worker] = []

    public init() {}
  }

  /// Where one role runs.
  public struct Place: Equatable, Sendable {
    /// nil: not pinned, unless there are cores enough for all.
    public var core: Int?
    /// Its memory's node, where it is not the set's: rings to the others then cross nodes.
    public var node: Int?

    public init(core: Int? = nil, node: Int? = nil) {
      self.core = core
      self.node = node
    }
  }

  public struct Worker: Equatable, Sendable {
    public var strategy = BuiltinStrategy.none
    public var parameters: [String: String] = [:]
    public var subscription = Subscription.share
    public var place = Place()
    /// What its ring does without room.
    public var policy = SlowConsumerPolicy.conflate

    public init() {}
  }

  public struct Rings: Equatable, Sendable {
    /// Slots of each tick ring, a power of two.
    public var tickSlots = IngestOptions.ringCapacityDefault
    /// Whether the tick rings lie in huge pages, or are not made.
    public var hugePages = false

    public init() {}
  }

  public struct Memory: Equatable, Sendable {
    /// Whether memory lies on its reader's node.
    public var binding = MemoryBinding.warn
    /// Whether roles keep all their memory resident.
    public var isLocked = false

    public init() {}
  }

  public enum Waiting: String, CaseIterable, Sendable {
    /// Spin where a core is a role's own, share elsewhere.
    case auto
    case spin, share
  }

  public struct Scheduling: Equatable, Sendable {
    /// SCHED_FIFO's, 1 to 99; 0: the usual scheduling.
    public var realtimePriority = 0

    public init() {}
  }

  public struct Supervisor: Equatable, Sendable {
    public enum OnDeath: String, CaseIterable, Sendable {
      /// The roles end when their supervisor dies.
      case stop
      /// They go on, and the next start takes them over.
      case `continue`
    }
    /// Restarts of a role within a minute that are not waited for.
    public var restartsPerMinute = 3
    /// The longest wait before one more, seconds.
    public var backoffSecondsMax = 30.0
    /// Restarts of one role after which the instance ends.
    public var restartsMax = 20
    public var onDeath = OnDeath.stop
    /// How long the end in order may take, seconds.
    public var drainSecondsMax = 30.0

    public init() {}
  }
}
