import TickEngine
import TickMetrics
import TickRing

/// An instance as `tickway top` shows it: a look at it, and what changed since the one before. What
/// is nil is not known, or there is none.
struct TopReport: Encodable {
  struct Supervisor: Encodable {
    var pid: UInt64
    var is_alive: Bool
    /// ns since the Unix epoch.
    var started_ns: UInt64?
    var build: String?
    var configuration: String?
  }

  struct Role: Encodable {
    var name: String
    var kind: String
    var state: String
    var core: Int?
    var node: Int?
    var pid: Int32?
    var starts: UInt32
    /// An exit code, or 128 and the signal.
    var last_exit: Int32?
    var silence_ns: UInt64?
    var counters: [String: UInt64]
    var per_second: [String: Double]
    /// Of the interval, by stage.
    var latency_ns: [String: LatencySummary]
    var feed: Feed?
  }

  struct Feed: Encodable {
    var state: String
    /// A, then B.
    var lines: [String]
  }

  struct Ring: Encodable {
    var name: String
    var capacity: UInt64
    var lag: UInt64
    /// Times that no room was found.
    var full: UInt64
    var published: UInt64
    var published_per_second: Double?
    var taken_per_second: Double?
    var has_producer: Bool
    var has_consumer: Bool
  }

  let format = "tickway.top/1"
  var instance: String
  var time: String
  /// Between the two looks; nil: this is the first.
  var interval_s: Double?
  /// nil: the roles are threads of one process, or there is no table.
  var supervisor: Supervisor?
  var roles: [Role] = []
  var rings: [Ring] = []
  var trading: GateText.State?
  var account: PositionsReport.Subject?
  /// The account's, the largest first.
  var positions: [PositionsReport.Position] = []
}

extension TopReport {
  /// Positions that are shown.
  static let positionsMax = 8

  init(_ view: TopView, since earlier: TopView?) {
    instance = view.instance
    time = UtcTime(view.epoch_ns).text
    interval_s = earlier.map { Double(view.looked_ns &- $0.looked_ns) / 1e9 }
    trading = view.gate.map(GateText.state)
    if let look = view.look { add(look, since: earlier?.look) }
    if let snapshot = view.positions { add(snapshot) }
  }

  private mutating func add(_ look: NodeLook, since earlier: NodeLook?) {
    supervisor = Supervisor(
      pid: look.supervisor.pid, is_alive: look.supervisor.isAlive,
      started_ns: look.header?.started_ns, build: look.header.map { RingText.hex($0.buildHash) },
      configuration: look.header.map { RingText.hex($0.configurationHash) })
    roles = look.roles.indices.compactMap { Role($0, look, since: earlier) }
    rings = look.rings.map { Ring($0, look, since: earlier) }
  }

  private mutating func add(_ snapshot: PositionSnapshot) {
    let report = PositionsReport(instance, snapshot, strategy: 0, isAll: false)
    account = report.instance
    let largest = report.positions.sorted { $0.size > $1.size }
    positions = Array(largest.prefix(TopReport.positionsMax))
  }
}

extension PositionsReport.Position {
  /// What positions are ordered by: the value, long or short.
  var size: UInt128 { value?.tenThousandths.magnitude ?? 0 }
}

extension TopReport.Role {
  init?(_ place: Int, _ look: NodeLook, since earlier: NodeLook?) {
    guard let role = look.roles[place] else { return nil }
    let standing = role.standing
    name = standing.name
    kind = standing.kind.name
    state = role.life.rawValue
    (core, node) = (standing.core, standing.node)
    pid = standing.pid == 0 ? nil : standing.pid
    starts = standing.starts
    last_exit = standing.lastExit < 0 ? nil : standing.lastExit
    silence_ns = role.silence_ns
    (counters, per_second, latency_ns) = ([:], [:], [:])
    if standing.kind == .ingester {
      let (state, lines) = role.feed
      feed = TopReport.Feed(state: state.rawValue, lines: lines.map(\.rawValue))
    }
    for counter in RoleCounter.allCases where counter.kind == standing.kind {
      counters[counter.name] = role.counter(counter)
      guard counter.isCount, let earlier else { continue }
      per_second[counter.name] = look.rate(counter, place, since: earlier)
    }
    guard let earlier else { return }
    for (index, stage) in standing.kind.stages.enumerated() {
      let latency = look.latency(index, place, since: earlier)
      latency_ns[stage.rawValue] = latency.map { LatencySummary($0) }
    }
  }
}

extension TopReport.Ring {
  init(_ ring: NodeLook.Ring, _ look: NodeLook, since earlier: NodeLook?) {
    let info = ring.info
    name = ring.suffix
    (capacity, lag, full) = (info.capacity, info.lag, info.full)
    published = info.published
    (has_producer, has_consumer) = (info.producer.isAlive, info.consumer.isAlive)
    guard let earlier else { return }
    published_per_second = look.rate(of: ring.suffix, \.published, since: earlier)
    taken_per_second = look.rate(of: ring.suffix, \.taken, since: earlier)
  }
}

extension RoleCounter {
  /// As in reports: `ring_full`.
  var name: String {
    "\(self)".map { $0.isUppercase ? "_\($0.lowercased())" : "\($0)" }.joined()
  }
}
