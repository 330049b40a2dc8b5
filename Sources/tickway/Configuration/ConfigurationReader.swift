import TickEngine
import TickWire

/// Makes the model of a tree of settings: the one place that knows how the file is written.
struct ConfigurationReader {
  /// Where relative paths begin: the file's own directory.
  private let base: String
  private let faults: SettingFaults
  private(set) var configuration = NodeConfiguration()

  init(_ tree: SettingTree, base: String, _ faults: SettingFaults) {
    self.base = base
    self.faults = faults
    let root = SettingSection("", tree, faults)
    read(root)
    root.end()
  }

  private mutating func read(_ root: SettingSection) {
    var configuration = NodeConfiguration()
    if let name = root.text("instance") { configuration.instance = name }
    root.needs("instance", "a name, by which others find what runs")
    root.section("directories") { directories($0, &configuration.directories) }
    root.section("feed") { feed($0, &configuration.feed) }
    root.needs("feed", "protocol and line_a at least")
    root.section("venue") { venue($0, &configuration.venue) }
    root.section("risk") { risk($0, &configuration.risk) }
    root.sections("sets") { configuration.sets.append(set($0)) }
    root.needs("sets", "a list with one set of processes at least")
    root.section("rings") { section in
      section.number("tick_slots", into: &configuration.rings.tickSlots)
      section.flag("huge_pages", into: &configuration.rings.hugePages)
    }
    root.section("memory") { section in
      section.choice("bind", into: &configuration.memory.binding)
      section.flag("lock", into: &configuration.memory.isLocked)
    }
    root.choice("waiting", into: &configuration.waiting)
    root.section("scheduling") { section in
      section.number("realtime_priority", into: &configuration.scheduling.realtimePriority)
    }
    root.section("supervisor") { supervisor($0, &configuration.supervisor) }
    self.configuration = configuration
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") || path.isEmpty ? path : "\(base)/\(path)"
  }

  private func path(_ section: SettingSection, _ key: String) -> String? {
    section.parsed(key, "a path is needed") { $0.isEmpty || $0.contains("\0") ? nil : absolute($0) }
  }

  private func directories(
    _ section: SettingSection, _ directories: inout NodeConfiguration.Directories
  ) {
    if let path = path(section, "rings") { directories.rings = path }
    if let path = path(section, "state") { directories.state = path }
    directories.reports = path(section, "reports")
  }

  private func supervisor(
    _ section: SettingSection, _ supervisor: inout NodeConfiguration.Supervisor
  ) {
    section.number("restarts_per_minute", into: &supervisor.restartsPerMinute)
    section.number("backoff_s_max", into: &supervisor.backoffSecondsMax)
    section.number("restarts_max", into: &supervisor.restartsMax)
    section.choice("on_supervisor_death", into: &supervisor.onDeath)
    section.number("drain_s_max", into: &supervisor.drainSecondsMax)
  }

  // MARK: Feed

  private func feed(_ section: SettingSection, _ feed: inout NodeConfiguration.Feed) {
    section.choice("protocol", into: &feed.feed)
    let needed = "an IPv4 address and a port, such as 239.1.2.3:5000, are needed"
    feed.lineA = section.parsed("line_a", needed) { LineAddress($0) }
    feed.lineB = section.parsed("line_b", needed) { LineAddress($0) }
    feed.interface = section.text("interface")
    let ofHost = "the IPv4 address of one host and a port, such as 192.0.2.7:5100, are needed"
    feed.requests = section.parsed("requests", ofHost) { text in
      LineAddress(text).flatMap { $0.isHost ? $0 : nil }
    }
    let age = section.parsed("max_age_s", "seconds, or off, are needed") { text in
      text == "off" ? .infinity : Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
    // The age of ticks was judged where they were made.
    if let age = age ?? (feed.feed == .ticks ? .infinity : nil) {
      feed.ageMaxSeconds = age == .infinity ? nil : age
    }
    feed.hours = section.parsed("hours", "\"HH:MM-HH:MM\" in UTC is needed") { SessionHours($0) }
    feed.symbols = symbolsFile(section)
    section.flag("kernel_stamps", into: &feed.stampsByKernel)
    section.number("wait_us", into: &feed.wait_us)
    section.number("wait_packets", into: &feed.waitPackets)
    section.number("recovery_ms", into: &feed.recovery_ms)
    section.number("receive_buffer_bytes", into: &feed.receiveBufferBytes)
    section.number("datagram_bytes_max", into: &feed.datagramBytes_max)
    section.choice("restarts", into: &feed.restarts)
  }

  /// Reads a file that is named, and says so at its name if that cannot be.
  private func file<Value>(
    _ section: SettingSection, _ key: String, _ read: (String) throws -> Value
  ) -> (path: String, value: Value)? {
    guard let (path, place) = path(section, key).map({ ($0, section.place(of: key)) }) else {
      return nil
    }
    do { return (path, try read(path)) } catch {
      section.fault(key, place, "\(error)")
      return nil
    }
  }

  private func symbolsFile(
    _ section: SettingSection
  ) -> NodeConfiguration.FileContent<[String]>? {
    let found = file(section, "symbols") { path in
      let symbols = try SymbolList.read(path)
      if let wrong = symbols.first(where: { Symbol($0) == nil }) {
        throw InputFileError(
          description: "the symbols file \(path): \(SettingSection.shown(wrong)) is no symbol: 1 to"
            + " 8 printable characters are needed")
      }
      return symbols
    }
    return found.map { NodeConfiguration.FileContent(path: $0.path, $0.value) }
  }

  // MARK: Venue and limits

  private func venue(_ section: SettingSection, _ venue: inout NodeConfiguration.Venue) {
    let needed = "HOST:PORT, builtin or none is needed"
    let place = section.parsed("address", needed) { ConfigurationReader.venuePlace($0) }
    if let place { venue.place = place }
    let listen = section.parsed(
      "listen", "an IPv4 address and a port, as 127.0.0.1:0, are needed"
    ) { HostAndPort($0) }
    if let listen { (venue.listenAddress, venue.listenPort) = (listen.host, listen.port) }
    if let user = section.text("user") { venue.user = user }
    venue.password = password(section)
    let dialect = section.parsed("dialect", "choose ouch50 or ouch42") { OrderDialect(name: $0) }
    if let dialect { venue.dialect = dialect }
    section.number("reconnect_s", into: &venue.reconnectSeconds)
    section.choice("slow", into: &venue.slow)
  }

  private static func venuePlace(_ text: String) -> NodeConfiguration.Venue.Place? {
    switch text {
    case "builtin": .builtin
    case "none": NodeConfiguration.Venue.Place.none
    default:
      HostAndPort(text).flatMap { $0.port > 0 ? .named(host: $0.host, port: $0.port) : nil }
    }
  }

  private func password(_ section: SettingSection) -> NodeConfiguration.Secret? {
    let name = section.text("password_env")
    guard let path = path(section, "password_file") else { return name.map { .environment($0) } }
    guard name == nil else {
      section.fault(
        "password_file", section.place(of: "password_file"),
        "password_env is given, too: choose one of them")
      return nil
    }
    return .file(path)
  }

  private func risk(_ section: SettingSection, _ risk: inout NodeConfiguration.Risk) {
    if section.isSection("limits") {
      section.section("limits") { risk.limits = limits($0) }
    } else if let found = file(section, "limits", { try LimitsFile.read($0) }) {
      (risk.limitsPath, risk.limits) = found
    }
    let reference = file(section, "reference") { try ReferenceFile.read($0) }
    risk.referencePath = reference?.path
    risk.account = section.text("account")
    section.flag("arm_simulation", into: &risk.armsSimulation)
    let positions = file(section, "positions") { path in
      let positions = try PositionsFile.read(path)
      try positions.check(symbols: nil, reference: reference?.value, strategiesMax: .max)
      return positions
    }
    risk.positions = positions.map { NodeConfiguration.FileContent(path: $0.path, $0.value) }
    risk.valueAtRisk = valueAtRisk(section)
  }

  /// How often and from what go together.
  private func valueAtRisk(_ section: SettingSection) -> NodeConfiguration.ValueAtRisk? {
    var (every, confidence, interval) = (Double.nan, 0.95, 60.0)
    section.number("var_every_s", into: &every)
    section.number("recorded_interval_s", into: &interval)
    section.number("var_confidence", into: &confidence)
    func fault(_ key: String, _ text: String) {
      section.fault(key, section.place(of: key), text)
    }
    if section.has("returns"), section.has("recorded") {
      _ = (section.text("returns"), section.text("recorded"))
      fault("recorded", "returns is given, too: choose one of them")
      return nil
    }
    let returns = file(section, "returns") { try ReturnsFile.check($0) }?.path
    let recorded = file(section, "recorded") { try ReturnsFile.look(atRecording: $0) }?.path
    let isTimed = section.has("var_every_s")
    for key in ["returns", "recorded", "recorded_interval_s", "var_confidence"]
    where section.has(key) && !isTimed {
      fault(key, "it is for a value at risk, which nobody computes without var_every_s")
    }
    if isTimed, !section.has("returns"), !section.has("recorded") {
      fault("var_every_s", "returns or recorded must say what the value at risk is computed from")
    }
    if section.has("recorded_interval_s"), !section.has("recorded") {
      fault("recorded_interval_s", "it is for recorded, which is not given")
    }
    guard !every.isNaN else { return nil }
    if let returns {
      return .init(everySeconds: every, .returns(path: returns), confidence: confidence)
    }
    return recorded.map {
      .init(
        everySeconds: every, .recorded(path: $0, intervalSeconds: interval),
        confidence: confidence)
    }
  }

  /// Limits that stand in the file itself: all of them, as in a limits file.
  private func limits(_ section: SettingSection) -> RiskLimits? {
    var values: [String: Double] = [:]
    var isWhole = true
    for name in RiskLimits.names {
      guard section.has(name) else {
        section.fault(name, section.place, "missing: every limit must be given; none has a default")
        isWhole = false
        continue
      }
      var value = Double.nan
      section.number(name, into: &value)
      guard !value.isNaN else {
        isWhole = false
        continue
      }
      do throws(RiskLimits.Failure) { try RiskLimits.check(name, value) } catch {
        section.fault(name, section.place(of: name), "\(error)")
        isWhole = false
      }
      values[name] = value
    }
    return isWhole ? RiskLimits(values) : nil
  }

  // MARK: Sets

  private func set(_ section: SettingSection) -> NodeConfiguration.RoleSet {
    var set = NodeConfiguration.RoleSet()
    optional(section, "node", into: &set.node)
    section.section("ingester") { place($0, &set.ingester) }
    section.section("sender") { place($0, &set.sender) }
    section.section("venue") { place($0, &set.venue) }
    section.sections("workers") { set.workers.append(worker($0)) }
    section.needs("workers", "a list with one worker at least")
    return set
  }

  private func optional(_ section: SettingSection, _ key: String, into target: inout Int?) {
    var number = 0
    guard section.has(key) else { return _ = section.value(key) }
    section.number(key, into: &number)
    target = number
  }

  private func place(_ section: SettingSection, _ place: inout NodeConfiguration.Place) {
    optional(section, "core", into: &place.core)
    optional(section, "node", into: &place.node)
  }

  private func worker(_ section: SettingSection) -> NodeConfiguration.Worker {
    var worker = NodeConfiguration.Worker()
    section.choice("strategy", into: &worker.strategy)
    section.needs("strategy", "none, momentum or market-maker")
    section.section("parameters") { parameters in
      for key in parameters.keys { worker.parameters[key] = parameters.text(key) }
    }
    if let subscription = subscription(section) { worker.subscription = subscription }
    place(section, &worker.place)
    section.choice("policy", into: &worker.policy)
    return worker
  }

  private func subscription(_ section: SettingSection) -> Subscription? {
    guard section.isList("symbols") else {
      return section.parsed("symbols", "share, all, or a list of symbols is needed") { text in
        ["share": .share, "all": .all][text]
      }
    }
    var symbols: [Symbol] = []
    for (name, tree) in section.list("symbols") ?? [] {
      if case .scalar(let text, _) = tree.content, let symbol = Symbol(text) {
        symbols.append(symbol)
      } else {
        faults.add(name, tree.place, "a symbol of 1 to 8 printable characters is needed")
      }
    }
    return .symbols(symbols)
  }
}

/// `HOST:PORT`, as venues are named.
struct HostAndPort {
  let host: String
  let port: UInt16

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
      let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    host = String(text[..<colon])
    self.port = port
    guard host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
  }
}
