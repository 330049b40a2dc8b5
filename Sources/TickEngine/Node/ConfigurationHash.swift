/// What a configuration means, as one number: processes of different ones refuse to work together.
///
/// FNV-1a (64 bits) over `canonicalText`, the UTF-8 of one `key=value` line for each setting, in
/// the order of the model, defaults written out: so two files that mean the same have one hash, and
/// comments, order and spelling do not count. Of the limits and the symbols what they say counts
/// (with the path from which roles read them); of the reference file its path alone, since it may
/// change while a run goes on. No secret is in it, only where secrets are found.
public struct ConfigurationHash: Equatable, Sendable, CustomStringConvertible {
  public let value: UInt64
  /// What was hashed, to look at.
  public let canonicalText: String

  public init(_ configuration: NodeConfiguration) {
    canonicalText = CanonicalText(configuration).lines.map { $0 + "\n" }.joined()
    value = ConfigurationHash.fnv1a(canonicalText.utf8)
  }

  /// 16 digits, as `--config-hash` takes it.
  public var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  public var description: String { text }

  /// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923).
  static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

/// One line for each setting.
private struct CanonicalText {
  private(set) var lines: [String] = ["tickway.configuration=1"]

  init(_ configuration: NodeConfiguration) {
    add("instance", configuration.instance)
    add("directories.rings", configuration.directories.rings)
    add("directories.state", configuration.directories.state)
    add("directories.reports", configuration.directories.reports)
    add(configuration.feed)
    add(configuration.venue)
    add(configuration.risk)
    for (index, set) in configuration.sets.enumerated() { add(set, "sets[\(index)]") }
    add("rings.tick_slots", configuration.rings.tickSlots)
    add("rings.huge_pages", configuration.rings.hugePages)
    add("memory.bind", configuration.memory.binding.rawValue)
    add("memory.lock", configuration.memory.isLocked)
    add("waiting", configuration.waiting.rawValue)
    add("scheduling.realtime_priority", configuration.scheduling.realtimePriority)
    add(configuration.supervisor)
  }

  /// One line, whatever is in the value.
  private mutating func add(_ key: String, _ value: (some CustomStringConvertible)?) {
    let text = value.map { "\($0)" } ?? ""
    let escaped = text.unicodeScalars.map { scalar in
      let isPlain = scalar != "\n" && scalar != "\r" && scalar != "\\"
      return isPlain ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
    }
    lines.append("\(key)=\(escaped.joined())")
  }

  private mutating func add(_ feed: NodeConfiguration.Feed) {
    add("feed.protocol", feed.feed.rawValue)
    add("feed.line_a", feed.lineA)
    add("feed.line_b", feed.lineB)
    add("feed.interface", feed.interface)
    add("feed.requests", feed.requests)
    add("feed.max_age_s", feed.ageMaxSeconds)
    add("feed.hours", feed.hours?.text)
    add("feed.symbols", feed.symbols?.path)
    for symbol in feed.symbols?.value ?? [] { add("feed.symbols[]", symbol) }
    add("feed.kernel_stamps", feed.stampsByKernel)
    add("feed.wait_us", feed.wait_us)
    add("feed.wait_packets", feed.waitPackets)
    add("feed.recovery_ms", feed.recovery_ms)
    add("feed.receive_buffer_bytes", feed.receiveBufferBytes)
    add("feed.datagram_bytes_max", feed.datagramBytes_max)
    add("feed.restarts", feed.restarts.rawValue)
  }

  private mutating func add(_ venue: NodeConfiguration.Venue) {
    switch venue.place {
    case .builtin: add("venue.address", "builtin")
    case .none: add("venue.address", "none")
    case .named(let host, let port): add("venue.address", "\(host):\(port)")
    }
    add("venue.listen", "\(venue.listenAddress):\(venue.listenPort)")
    add("venue.user", venue.user)
    switch venue.password {
    case .environment(let name): add("venue.password_env", name)
    case .file(let path): add("venue.password_file", path)
    case nil: break
    }
    add("venue.dialect", "\(venue.dialect)")
    add("venue.reconnect_s", venue.reconnectSeconds)
    add("venue.slow", venue.slow.rawValue)
  }

  private mutating func add(_ risk: NodeConfiguration.Risk) {
    add("risk.limits", risk.limitsPath)
    for line in risk.limits?.lines ?? [] { add("risk.limits.\(line.name)", line.value) }
    add("risk.reference", risk.referencePath)
    add("risk.account", risk.account)
    add("risk.arm_simulation", "\(risk.armsSimulation)")
    // A line that says nothing is left out: what has none of this keeps its hash.
    if let positions = risk.positions {
      add("risk.positions", positions.path)
      add("risk.positions[]", positions.value.fingerprint)
    }
    guard let valueAtRisk = risk.valueAtRisk else { return }
    add("risk.var_every_s", valueAtRisk.everySeconds)
    add("risk.var_confidence", valueAtRisk.confidence)
    switch valueAtRisk.source {
    case .returns(let path): add("risk.returns", path)
    case .recorded(let path, let seconds):
      add("risk.recorded", path)
      add("risk.recorded_interval_s", seconds)
    }
  }

  private mutating func add(_ set: NodeConfiguration.RoleSet, _ key: String) {
    add("\(key).node", set.node)
    add(set.ingester, "\(key).ingester")
    add(set.sender, "\(key).sender")
    add(set.venue, "\(key).venue")
    for (number, worker) in set.workers.enumerated() {
      let key = "\(key).workers[\(number)]"
      add("\(key).strategy", worker.strategy.rawValue)
      for (name, value) in worker.parameters.sorted(by: { $0.key < $1.key }) {
        add("\(key).parameters.\(name)", value)
      }
      add("\(key).symbols", worker.subscription.text)
      add(worker.place, key)
      add("\(key).policy", worker.policy.rawValue)
    }
  }

  private mutating func add(_ place: NodeConfiguration.Place, _ key: String) {
    add("\(key).core", place.core)
    add("\(key).node", place.node)
  }

  private mutating func add(_ supervisor: NodeConfiguration.Supervisor) {
    add("supervisor.restarts_per_minute", supervisor.restartsPerMinute)
    add("supervisor.backoff_s_max", supervisor.backoffSecondsMax)
    add("supervisor.restarts_max", supervisor.restartsMax)
    add("supervisor.on_supervisor_death", supervisor.onDeath.rawValue)
    add("supervisor.drain_s_max", supervisor.drainSecondsMax)
  }
}
