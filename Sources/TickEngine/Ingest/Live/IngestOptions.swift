import TickRing

/// What a live feed speaks.
public enum LiveFeed: String, CaseIterable, Sendable {
  /// IEX-TP with TOPS 1.6 or DEEP 1.0.
  case iex
  /// MoldUDP64 with ITCH messages, which are put in order, recovered and recorded.
  case moldItch = "mold-itch"
  /// MoldUDP64 with the ticks of a ring elsewhere, as `tickway relay` sends them.
  case ticks
}

/// What to listen to, and where the ticks go. The defaults are those of `tickway ingest`.
public struct IngestOptions: Sendable {
  /// A burst of 10 ms at 3 million quotes/s, and a worker that is without its core for three tenths
  /// of a second at a tenth of that: a venue waits for nobody.
  public static let ringCapacityDefault = 262_144

  public var feed: LiveFeed
  /// Line A, then line B if there is one.
  public var lines: [LineAddress]
  /// How each line is received: interface, buffer, longest datagram.
  public var receive = ReceiveOptions()
  /// The request server of a MoldUDP64 feed; nil: what is missing stays so.
  public var requests: LineAddress?
  public var arbitration = ArbiterLimits()
  public var restarts = RestartPolicy.follow
  /// When the feed is expected to speak; nil: always.
  public var hours: SessionHours?
  public var validation = ValidationLimits()
  /// Symbols that the directory is made of, in this order; nil: as they appear.
  public var symbols: [String]?
  public var workers = 1
  public var policy = SlowConsumerPolicy.conflate
  /// That of single workers, by number, where it is another.
  public var policies: [Int: SlowConsumerPolicy] = [:]
  /// What each worker gets, by its number; those that are not named share all instruments out.
  public var subscriptions: [Int: Subscription] = [:]
  /// Rings are `NAME.ticks.0` and so on, the directory `NAME.directory`.
  public var name = "tickway"
  public var ringDirectory = "/dev/shm"
  /// Slots of each ring, a power of two.
  public var ringCapacity = IngestOptions.ringCapacityDefault
  /// Whether rings and directory stay when the run ends, for consumers that come later.
  public var keepsRings = false
  /// The core that the ingester is pinned to, and spins on; nil: not pinned.
  public var core: Int?
  /// The instance whose ingester this is: then name and directory of the rings, and the core, are
  /// the role's; nil: it stands for itself.
  public var role: RoleOptions?
  /// Whether the instance's venue takes its market from here, and whether its gate needs prices.
  public var feedsVenue = false
  public var feedsGate = false
  /// File for the ticks, or under `moldItch` for the messages.
  public var recordPath: String?

  /// Ages are judged, but those of ticks: they were judged where they were made.
  public init(feed: LiveFeed, lines: [LineAddress]) {
    self.feed = feed
    self.lines = lines
    if feed == .ticks { validation.age_ns = .max }
  }

  func policy(ofWorker worker: Int) -> SlowConsumerPolicy { policies[worker] ?? policy }

  /// The arbiter's limits as this feed can have them: what is missing is asked for only where a
  /// request server answers.
  var arbiterLimits: ArbiterLimits {
    var limits = arbitration
    limits.datagramBytes_max = receive.datagramBytes_max
    limits.recovery = requests == nil ? nil : limits.recovery ?? RecoveryLimits()
    return limits
  }

  /// - Throws: what cannot be, in a sentence that says what to do.
  func check() throws(IngestError) {
    guard (1...2).contains(lines.count) else { throw .options("one or two lines are needed") }
    guard lines.count < 2 || lines[0] != lines[1] else {
      throw .options("line B is line A again: give each line a group or port of its own")
    }
    guard requests == nil || feed != .iex else {
      throw .options("--requests is for MoldUDP64 feeds: IEX-TP has no request server here")
    }
    if let requests, !requests.isHost {
      throw .options("\(requests) is asked for nothing: requests go to the address of one host")
    }
    guard (1...ControlPage.workersMax).contains(workers) else {
      throw .options("--workers: a number from 1 to \(ControlPage.workersMax) is needed")
    }
    if let core, !CorePlan.allowedCores.contains(core) {
      throw .options("--core \(core): this process may run on \(CorePlan.allowedCores)")
    }
    if let worker = subscriptions.keys.first(where: { !(0..<workers).contains($0) }) {
      throw .options("--subscribe \(worker)=…: workers are numbered from 0 to \(workers - 1)")
    }
    guard ringCapacity >= SlowConsumerPolicy.capacityMin else {
      throw .options("--ring-capacity: at least \(SlowConsumerPolicy.capacityMin) is needed")
    }
    if let worker = policies.keys.first(where: { !(0..<workers).contains($0) }) {
      throw .options("--policy \(worker)=…: workers are numbered from 0 to \(workers - 1)")
    }
    try RoleOptions.check(name: name)
  }
}

/// Why a live feed cannot be listened to, in a sentence that says what to do.
public enum IngestError: Error, CustomStringConvertible {
  case options(String)
  case restartRefused

  public var description: String {
    switch self {
    case .options(let what): what
    case .restartRefused:
      "the venue began its sequence anew, and --restarts refuse stops there: use --restarts follow"
        + " to go on"
    }
  }
}
