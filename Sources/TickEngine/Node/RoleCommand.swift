import TickWire

/// How one role of an instance is started: a verb of the command with options, nothing that a user
/// could not give by hand.
public struct RoleCommand: Equatable, Sendable {
  public let kind: RoleKind
  /// The worker's, from 0; 0 of every other.
  public let number: Int
  /// The set's place in the configuration, and the name of its instance.
  public let set: Int
  public let instance: String
  /// Its line in the set's role table.
  public let place: Int
  public let core: Int?
  public let node: Int?
  public let waiting: WaitPolicy
  /// The verb first. `portPlaceholder` may stand in it: see `arguments(venuePort:)`.
  public let arguments: [String]
  /// Variables that it needs, by the names that it knows them by.
  public let environment: [String]

  /// `ingester`, `worker-0`, `sender`, `venue`.
  public var name: String { RoleStanding(kind: kind, number: number).name }

  /// Stands for the port of the built-in venue, which only its start tells.
  public static let portPlaceholder = "PORT"
  /// What `environment` names where the venue asks for a password.
  public static let passwordVariable = "TICKWAY_VENUE_PASSWORD"

  /// What to start, now that the venue of the set listens on this port.
  public func arguments(venuePort: UInt16) -> [String] {
    arguments.map { argument in
      guard argument.hasSuffix(":" + RoleCommand.portPlaceholder) else { return argument }
      return argument.dropLast(RoleCommand.portPlaceholder.count) + "\(venuePort)"
    }
  }

  /// Every role of every set, in the order of the role table: ingester, workers, sender, venue.
  ///
  /// - Parameter configuration: one that `check` finds nothing wrong with.
  public static func all(
    of configuration: NodeConfiguration, on placement: NodePlacement
  ) -> [RoleCommand] {
    let hash = ConfigurationHash(configuration).text
    return placement.roles.map { role in
      let options = RoleOptionList(configuration, role, hash: hash)
      return RoleCommand(
        kind: role.kind, number: role.number, set: role.set,
        instance: configuration.instanceName(set: role.set), place: role.place, core: role.core,
        node: role.node, waiting: role.waiting, arguments: options.arguments,
        environment: options.environment)
    }
  }
}

/// The options of one role, in the order in which they are given.
private struct RoleOptionList {
  private let configuration: NodeConfiguration
  private let role: NodePlacement.Role
  private let set: NodeConfiguration.RoleSet
  private(set) var arguments: [String] = []
  private(set) var environment: [String] = []

  init(_ configuration: NodeConfiguration, _ role: NodePlacement.Role, hash: String) {
    self.configuration = configuration
    self.role = role
    set = configuration.sets[role.set]
    switch role.kind {
    case .ingester: ingest()
    case .worker: worker()
    case .sender: sender()
    case .venue: venue()
    }
    common(hash)
  }

  private mutating func add(_ option: String, _ value: String?) {
    if let value { arguments += [option, value] }
  }

  private mutating func add(_ flag: String, if isSet: Bool) {
    if isSet { arguments.append(flag) }
  }

  /// What every role takes.
  private mutating func common(_ hash: String) {
    add("--name", configuration.prefix(set: role.set))
    add("--ring-dir", configuration.directories.rings)
    add("--place", "\(role.place)")
    add("--core", role.core.map(String.init))
    add("--node", role.node.map(String.init))
    add("--memory", configuration.memory.binding.rawValue)
    add("--waiting", role.waiting.rawValue)
    let priority = configuration.scheduling.realtimePriority
    add("--realtime", priority > 0 ? "\(priority)" : nil)
    add("--lock-memory", if: configuration.memory.isLocked)
    add("--config-hash", hash)
    add("--parent-death", configuration.supervisor.onDeath.rawValue)
    guard let reports = configuration.directories.reports else { return }
    let instance = configuration.instanceName(set: role.set)
    add("--json", "\(reports)/\(instance).\(role.name).json")
  }

  private mutating func ingest() {
    let feed = configuration.feed
    arguments = ["ingest", "--feed", feed.feed.rawValue]
    add("--line-a", feed.lineA?.description)
    add("--line-b", feed.lineB?.description)
    add("--interface", feed.interface)
    add("--requests", feed.requests?.description)
    add("--max-age", feed.ageMaxSeconds.map { "\($0)" } ?? "off")
    add("--hours", feed.hours?.text)
    add("--symbols", feed.symbols?.path)
    add("--kernel-stamps", if: feed.stampsByKernel)
    add("--wait-us", "\(feed.wait_us)")
    add("--wait-packets", "\(feed.waitPackets)")
    add("--recovery-ms", "\(feed.recovery_ms)")
    add("--receive-buffer", "\(feed.receiveBufferBytes)")
    add("--max-datagram", "\(feed.datagramBytes_max)")
    add("--restarts", feed.restarts.rawValue)
    add("--ring-capacity", "\(configuration.rings.tickSlots)")
    add("--workers", "\(set.workers.count)")
    subscribe()
    let policies = set.workers.enumerated().map { "\($0)=\($1.policy.rawValue)" }
    add("--policy", policies.joined(separator: ","))
    add("--tap", if: configuration.venue.place == .builtin)
    add("--gate", if: true)
    add("--keep", if: true)
  }

  /// Workers that all do the same on their shares are one strategy; others are told apart.
  private mutating func subscribe() {
    for (number, subscription) in set.subscriptions.sorted(by: { $0.key < $1.key }) {
      add("--subscribe", "\(number)=\(subscription.text)")
    }
  }

  private mutating func worker() {
    let worker = set.workers[role.number]
    arguments = ["worker", "--number", "\(role.number)", "--workers", "\(set.workers.count)"]
    add("--strategy", worker.strategy.rawValue)
    for (key, value) in worker.parameters.sorted(by: { $0.key < $1.key }) {
      add("--param", "\(key)=\(value)")
    }
    subscribe()
    add("--ring-capacity", "\(configuration.rings.tickSlots)")
  }

  private mutating func sender() {
    let (venue, risk) = (configuration.venue, configuration.risk)
    arguments = ["sender", "--workers", "\(set.workers.count)"]
    subscribe()
    add("--instance", configuration.instanceName(set: role.set))
    switch venue.place {
    case .builtin:
      add("--venue", "\(venue.listenAddress):\(venuePort)")
      add("--simulated", if: true)
    case .none: add("--venue", "none")
    case .named(let host, let port): add("--venue", "\(host):\(port)")
    }
    add("--venue-user", venue.user)
    add("--dialect", "\(venue.dialect)")
    add("--reconnect", "\(venue.reconnectSeconds)")
    add("--slow-venue", venue.slow.rawValue)
    add("--limits", risk.limitsPath ?? risk.limits?.json)
    add("--reference", risk.referencePath)
    add("--account", configuration.account)
    add("--positions", risk.positions?.path)
    if let valueAtRisk = risk.valueAtRisk { add(valueAtRisk) }
    add("--state-dir", configuration.directories.state)
    add("--ring-capacity", "\(configuration.rings.tickSlots)")
    if venue.password != nil { environment = [RoleCommand.passwordVariable] }
  }

  private var venuePort: String {
    let port = configuration.venue.listenPort
    return port == 0 ? RoleCommand.portPlaceholder : "\(port)"
  }

  private mutating func add(_ valueAtRisk: NodeConfiguration.ValueAtRisk) {
    add("--var-every", "\(valueAtRisk.everySeconds)")
    add("--confidence", "\(valueAtRisk.confidence)")
    switch valueAtRisk.source {
    case .returns(let path): add("--returns", path)
    case .recorded(let path, let seconds):
      add("--recorded", path)
      add("--recorded-interval", "\(seconds)")
    }
  }

  private mutating func venue() {
    let venue = configuration.venue
    arguments = ["venue", "--listen", "\(venue.listenAddress):\(venue.listenPort)"]
    let prefix = configuration.prefix(set: role.set)
    add("--ring", "\(prefix).tap")
    add("--directory", "\(prefix).directory")
    add("--user", venue.user)
    add("--dialect", "\(venue.dialect)")
    if venue.password != nil { environment = [RoleCommand.passwordVariable] }
  }
}

extension NodeConfiguration.RoleSet {
  /// What each worker gets; empty: all share the instruments, and are one strategy.
  public var subscriptions: [Int: Subscription] {
    let isOne = workers.allSatisfy { worker in
      worker.subscription == .share && worker.strategy == workers[0].strategy
        && worker.parameters == workers[0].parameters
    }
    guard !isOne else { return [:] }
    return [Int: Subscription](
      uniqueKeysWithValues: workers.enumerated().map { ($0, $1.subscription) })
  }
}

extension Subscription {
  /// As `--subscribe K=` takes it.
  var text: String {
    switch self {
    case .share: "share"
    case .all: "all"
    case .symbols(let symbols): symbols.map(\.text).joined(separator: ",")
    }
  }
}

extension SessionHours {
  /// `HH:MM-HH:MM`.
  public var text: String { "\(SessionHours.text(startSecond))-\(SessionHours.text(endSecond))" }

  private static func text(_ second: Int) -> String {
    let (hour, minute) = (second / 3_600, second / 60 % 60)
    return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
  }
}
