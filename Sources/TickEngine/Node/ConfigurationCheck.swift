import TickRing
import TickWire

/// What of a configuration cannot be on any machine. All of it at once, in the model's order.
struct ConfigurationCheck {
  private let configuration: NodeConfiguration
  private(set) var faults: [ConfigurationFault] = []

  init(_ configuration: NodeConfiguration) {
    self.configuration = configuration
    checkName()
    checkFeed()
    checkVenue()
    checkRisk()
    checkSets()
    checkCores()
    checkRest()
  }

  private mutating func fault(_ place: String, _ text: String) {
    faults.append(ConfigurationFault(place, text))
  }

  private mutating func fault(_ place: String, unless isSo: Bool, _ text: String) {
    if !isSo { fault(place, text) }
  }

  private mutating func range<N: BinaryInteger>(
    _ place: String, _ value: N, _ range: ClosedRange<N>
  ) {
    fault(
      place, unless: range.contains(value),
      "\(value): a whole number from \(range.lowerBound) to \(range.upperBound) is needed")
  }

  private mutating func range(_ place: String, _ value: Double, _ range: ClosedRange<Double>) {
    fault(
      place, unless: range.contains(value),
      "\(value): a number from \(range.lowerBound) to \(range.upperBound) is needed")
  }

  // MARK: The instance and its feed

  static func isName(_ name: String) -> Bool {
    InstanceName.isValid(name) && !name.contains(".")
      && name.utf8.count <= NodeConfiguration.nameLengthMax
  }

  private mutating func checkName() {
    fault(
      "instance", unless: ConfigurationCheck.isName(configuration.instance),
      "\"\(configuration.instance)\": 1 to \(NodeConfiguration.nameLengthMax) letters, digits, -"
        + " and _ are needed")
    for (place, path) in [
      ("directories.rings", configuration.directories.rings),
      ("directories.state", configuration.directories.state),
      ("directories.reports", configuration.directories.reports ?? "/"),
    ] { fault(place, unless: path.hasPrefix("/"), "\(path): not an absolute path") }
  }

  private mutating func checkFeed() {
    let feed = configuration.feed
    fault(
      "feed.protocol", unless: feed.feed != .moldItch,
      "mold-itch makes no ticks yet, so there is nothing for a strategy: choose iex or ticks")
    fault(
      "feed", unless: feed.lineA != nil,
      "line_a is missing: the group and port of a line, such as 239.1.2.3:5000")
    if let age = feed.ageMaxSeconds {
      fault(
        "feed.max_age_s", unless: ListenLimits.ageSeconds.contains(age),
        "\(age): seconds, from a microsecond to \(ListenLimits.ageSeconds.upperBound), or off, are"
          + " needed")
    }
    range("feed.wait_us", feed.wait_us, ListenLimits.wait_us)
    range("feed.wait_packets", feed.waitPackets, ListenLimits.waitPackets)
    range("feed.recovery_ms", feed.recovery_ms, ListenLimits.recovery_ms)
    range("feed.receive_buffer_bytes", feed.receiveBufferBytes, ListenLimits.receiveBufferBytes)
    range("feed.datagram_bytes_max", feed.datagramBytes_max, ListenLimits.datagramBytes)
    // What concerns several settings is the ingester's own check.
    guard feed.feed != .moldItch, let lineA = feed.lineA else { return }
    var options = IngestOptions(feed: feed.feed, lines: [lineA] + (feed.lineB.map { [$0] } ?? []))
    options.requests = feed.requests
    do throws(IngestError) { try options.check() } catch {
      let isOfLines = feed.lineB == lineA
      fault(isOfLines ? "feed.line_b" : "feed.requests", ConfigurationCheck.inOwnWords("\(error)"))
    }
  }

  /// Messages of options, as a file's reader knows the settings.
  private static func inOwnWords(_ text: String) -> String {
    var text = text
    for (option, setting) in [
      ("--requests is", "requests are"), ("--limits FILE", "risk.limits"),
      ("--reconnect", "reconnect_s"),
      ("--subscribe makes", "symbols or strategies of its own make"),
      ("limits given", "risk.limits"),
      ("reference data", "risk.reference"),
    ] {
      guard let range = text.firstRange(of: option) else { continue }
      text.replaceSubrange(range, with: setting)
    }
    return text
  }

  // MARK: Venue and limits

  private mutating func checkVenue() {
    let venue = configuration.venue
    fault(
      "venue.listen", unless: LineAddress.address(venue.listenAddress) != nil,
      "\(venue.listenAddress): an IPv4 address of this machine, such as 127.0.0.1, is needed")
    let isShared = configuration.sets.count > 1 && venue.place == .builtin && venue.listenPort != 0
    fault(
      "venue.listen", unless: !isShared,
      "\(configuration.sets.count) sets have a venue each, which cannot all have port"
        + " \(venue.listenPort): take port 0")
    fault(
      "risk.arm_simulation", unless: !configuration.risk.armsSimulation || venue.place == .builtin,
      "orders for a venue that is named leave once a person has armed the instance: take this line"
        + " out, and use `tickway arm`")
    let user = FixedText(venue.user, lengthMax: SoupBin.usernameLength)
    fault(
      "venue.user", unless: user != nil && user != .blank,
      "\"\(venue.user)\": 1 to \(SoupBin.usernameLength) printable characters are needed")
    if case .environment(let name) = venue.password {
      let isName = name.utf8.first.map { !(0x30...0x39).contains($0) } ?? false
      fault(
        "venue.password_env",
        unless: isName && name.utf8.allSatisfy { $0 == 0x5F || ConfigurationCheck.isWordByte($0) },
        "\"\(name)\": the name of an environment variable is needed, not its value")
    }
    replayFault("venue.reconnect_s") { $0.reconnectSeconds = venue.reconnectSeconds }
    guard case .named(let host, let port) = venue.place else { return }
    let address = VenueAddress(host: host, port: port)
    let risk = configuration.risk
    // An instance always has a name; its reference data is read elsewhere.
    replayFault("venue.address") { options in
      options.venue = .address(address)
      options.limits = risk.limits == nil ? nil : .simulation
      options.instance = "named"
      options.reference = risk.referencePath == nil ? nil : .simulation
    }
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// What a replay with these options would be refused for.
  private mutating func replayFault(_ place: String, _ change: (inout ReplayOptions) -> Void) {
    var options = ReplayOptions(captures: [])
    change(&options)
    do throws(ReplayError) { try Replay.check(options, isCounting: false) } catch {
      fault(place, ConfigurationCheck.inOwnWords("\(error)"))
    }
  }

  private mutating func checkRisk() {
    let risk = configuration.risk
    if let limits = risk.limits {
      do throws(RiskLimits.Failure) { try limits.check() } catch {
        fault("risk.limits", "\(error)")
      }
    }
    if let account = risk.account {
      fault(
        "risk.account", unless: ConfigurationCheck.isName(account),
        "\"\(account)\": 1 to \(NodeConfiguration.nameLengthMax) letters, digits, - and _ are"
          + " needed"
      )
    }
    if let positions = risk.positions { checkPositions(positions.value, risk) }
    if let valueAtRisk = risk.valueAtRisk { check(valueAtRisk) }
  }

  private mutating func checkPositions(
    _ positions: OpeningPositions, _ risk: NodeConfiguration.Risk
  ) {
    let sets = configuration.sets.count
    fault(
      "risk.positions", unless: sets <= 1,
      "each of the \(sets) senders would hold all of it: run what holds it as an instance of one"
        + " set")
    let limits = risk.limits ?? .simulation
    do throws(OpeningPositions.Failure) {
      try positions.check(
        symbols: configuration.feed.symbols?.value, reference: nil,
        strategiesMax: limits.strategiesMax)
    } catch { fault("risk.positions", "\(error)") }
  }

  private mutating func check(_ valueAtRisk: NodeConfiguration.ValueAtRisk) {
    range(
      "risk.var_every_s", valueAtRisk.everySeconds,
      NodeConfiguration.ValueAtRisk.everySecondsRange)
    let confidence = valueAtRisk.confidence
    fault(
      "risk.var_confidence", unless: confidence > 0.5 && confidence < 1,
      "\(confidence): a number above 0.5 and below 1 is needed")
    guard case .recorded(_, let seconds) = valueAtRisk.source else { return }
    range(
      "risk.recorded_interval_s", seconds, NodeConfiguration.ValueAtRisk.intervalSecondsRange)
  }

  // MARK: Sets

  private mutating func checkSets() {
    let sets = configuration.sets
    fault(
      "sets", unless: (1...NodeConfiguration.setsMax).contains(sets.count),
      "\(sets.count) sets: 1 to \(NodeConfiguration.setsMax) are needed")
    for (index, set) in sets.enumerated() {
      let place = "sets[\(index)]"
      checkNode("\(place).node", set.node)
      check(set.ingester, "\(place).ingester")
      check(set.sender, "\(place).sender")
      check(set.venue, "\(place).venue")
      fault(
        "\(place).venue",
        unless: configuration.venue.place == .builtin || set.venue == NodeConfiguration.Place(),
        "only the built-in venue is a process of the set: remove it, or choose venue.address"
          + " builtin")
      check(set, place)
    }
  }

  private mutating func checkNode(_ place: String, _ node: Int?) {
    if let node { range(place, node, 0...1_023) }
  }

  private mutating func check(_ role: NodeConfiguration.Place, _ place: String) {
    if let core = role.core { range("\(place).core", core, 0...1_023) }
    checkNode("\(place).node", role.node)
  }

  private mutating func check(_ set: NodeConfiguration.RoleSet, _ place: String) {
    let count = set.workers.count
    guard (1...ControlPage.workersMax).contains(count) else {
      return fault(
        "\(place).workers", "\(count) workers: 1 to \(ControlPage.workersMax) are needed")
    }
    // Of the limits only what concerns the workers: the rest is told at its own place.
    var limits = RiskLimits.simulation
    limits.strategiesMax = configuration.risk.limits?.strategiesMax ?? limits.strategiesMax
    replayFault("\(place).workers") { options in
      options.workers = count
      options.subscriptions = set.subscriptions
      options.limits = (1...64).contains(limits.strategiesMax) ? limits : nil
    }
    for (number, worker) in set.workers.enumerated() {
      let place = "\(place).workers[\(number)]"
      check(worker.place, place)
      do throws(StrategyError) { try worker.strategy.check(worker.parameters) } catch {
        fault("\(place).parameters", "\(error)")
      }
      guard case .symbols(let symbols) = worker.subscription else { continue }
      checkSymbols("\(place).symbols", symbols)
    }
  }

  private mutating func checkSymbols(_ place: String, _ symbols: [Symbol]) {
    fault(place, unless: !symbols.isEmpty, "no symbol: name some, or take share or all")
    var seen: Set<Symbol> = []
    let known = configuration.feed.symbols.map { Set($0.value) }
    for (index, symbol) in symbols.enumerated() {
      let place = "\(place)[\(index)]"
      fault(place, unless: seen.insert(symbol).inserted, "\(symbol.text) is there twice")
      fault(
        place, unless: !symbol.text.contains(",") && !["share", "all"].contains(symbol.text),
        "\(symbol.text) cannot be subscribed to by name")
      guard let known, !known.contains(symbol.text) else { continue }
      fault(place, "\(symbol.text) is not in the symbols file of the feed, so it never comes")
    }
  }

  /// Two roles on one core: only where waiting is shared.
  private mutating func checkCores() {
    guard configuration.waiting != .share else { return }
    var users: [Int: String] = [:]
    for (name, place) in configuration.places {
      guard let core = place.core else { continue }
      guard let other = users.updateValue(name, forKey: core) else { continue }
      fault(
        "\(name).core",
        "core \(core) is that of \(other) too: give each role a core of its own, or let all share"
          + " with `waiting: share`")
    }
  }

  // MARK: The rest

  private mutating func checkRest() {
    let slots = configuration.rings.tickSlots
    let least = SlowConsumerPolicy.capacityMin
    fault(
      "rings.tick_slots",
      unless: slots >= least && slots <= 1 << 30 && slots.nonzeroBitCount == 1,
      "\(slots): a power of two from \(least) to 2^30 is needed")
    let priority = configuration.scheduling.realtimePriority
    range("scheduling.realtime_priority", priority, 0...99)
    fault(
      "scheduling.realtime_priority", unless: priority == 0 || configuration.waiting != .share,
      "roles that share cores must not have it: a spinning one would keep the core for itself")
    let supervisor = configuration.supervisor
    range("supervisor.restarts_per_minute", supervisor.restartsPerMinute, 0...1_000)
    range("supervisor.backoff_s_max", supervisor.backoffSecondsMax, 0.1...3_600)
    range("supervisor.restarts_max", supervisor.restartsMax, 0...1_000_000)
    range("supervisor.drain_s_max", supervisor.drainSecondsMax, 0.1...3_600)
  }
}

extension NodeConfiguration {
  /// What of it cannot be, whatever the machine; empty: nothing.
  public var faults: [ConfigurationFault] { ConfigurationCheck(self).faults }

  /// Where each role is meant to run, by the setting that says so.
  var places: [(name: String, place: Place)] {
    sets.enumerated().flatMap { index, set in
      let own = "sets[\(index)]"
      let workers = set.workers.enumerated().map { ("\(own).workers[\($0)]", $1.place) }
      return [("\(own).ingester", set.ingester)] + workers
        + [("\(own).sender", set.sender), ("\(own).venue", set.venue)]
    }
  }
}

extension BuiltinStrategy {
  /// Throws unless it takes all of these parameters, each in its range.
  public func check(_ parameters: [String: String]) throws(StrategyError) {
    switch self {
    case .none: try BuiltinStrategy.check(CountingStrategy.self, parameters)
    case .momentum: try BuiltinStrategy.check(MomentumStrategy.self, parameters)
    case .marketMaker: try BuiltinStrategy.check(MarketMakerStrategy.self, parameters)
    }
  }

  private static func check<S: Strategy & ~Copyable>(
    _: S.Type, _ parameters: [String: String]
  ) throws(StrategyError) {
    var rest = StrategyParameters(parameters)
    let context = StrategyContext(worker: 0, workers: 1, instrumentsMax: 1)
    _ = try S(parameters: &rest, context: context)
    try rest.checkAllTaken()
  }
}
