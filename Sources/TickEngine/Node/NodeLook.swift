import TickMetrics
import TickRing

/// An instance as it was seen at one moment: a value, apart from the memory it came from. Nothing
/// in it was believed; a number may be anything.
public struct NodeLook: Sendable {
  /// How a role's process is: what its table says, held against what the kernel says.
  public enum Life: String, Sendable {
    /// Never started, or ended for good.
    case absent
    case starting, ready, ending
    /// It runs and has told nothing of itself for `Heartbeat.silenceMax_ns`.
    case hung
    /// Paused: SIGSTOP, a debugger.
    case stopped
    case dead
  }

  public struct Role: Sendable {
    public let standing: RoleStanding
    public let life: Life
    /// Since its last heartbeat, ns; nil: there was none.
    public let silence_ns: UInt64?
    /// By `RoleCounter.rawValue`.
    let counters: [UInt64]
    /// By stage; nil: the role has not made it yet.
    let histograms: [HistogramSnapshot?]

    public func counter(_ counter: RoleCounter) -> UInt64 { counters[counter.rawValue] }
  }

  public struct Ring: Sendable {
    /// `ticks.0`, `orders.1`, `tap`.
    public let suffix: String
    public let info: RegionInfo
  }

  /// Whoever runs the roles.
  public struct Supervisor: Sendable {
    public let pid: UInt64
    /// The kernel's word: it holds the table.
    public let isAlive: Bool
  }

  public let instance: String
  /// CLOCK_MONOTONIC, ns.
  public let looked_ns: UInt64
  /// nil: nobody has written it whole so far.
  public let header: RoleTableHeader?
  public let supervisor: Supervisor
  /// Tells two tables of one name apart.
  let table: UInt64
  /// By place; places without a role are nil.
  public let roles: [Role?]
  public let rings: [Ring]

  /// What a ring is about, of the same look; nil: there is none of that name.
  public func ring(_ suffix: String) -> Ring? { rings.first { $0.suffix == suffix } }
}

// MARK: Between two looks

extension NodeLook {
  private func earlierRole(_ place: Int, _ earlier: NodeLook) -> Role? {
    guard earlier.table == table, earlier.roles.indices.contains(place),
      let before = earlier.roles[place],
      before.standing.kind == roles[place]?.standing.kind,
      before.standing.number == roles[place]?.standing.number
    else { return nil }
    return before
  }

  private func seconds(since earlier: NodeLook) -> Double? {
    looked_ns > earlier.looked_ns ? Double(looked_ns - earlier.looked_ns) / 1e9 : nil
  }

  /// How much a role counted a second; nil where that cannot be told: the table is another, or the
  /// counter went back.
  public func rate(_ counter: RoleCounter, _ place: Int, since earlier: NodeLook) -> Double? {
    guard let now = roles[place]?.counter(counter), let seconds = seconds(since: earlier),
      let before = earlierRole(place, earlier)?.counter(counter), now >= before
    else { return nil }
    return Double(now - before) / seconds
  }

  /// Records that were taken of a ring a second, or published into it; nil as above.
  public func rate(
    of suffix: String, _ count: (RegionInfo) -> UInt64, since earlier: NodeLook
  ) -> Double? {
    guard let now = ring(suffix)?.info, let before = earlier.ring(suffix)?.info,
      let seconds = seconds(since: earlier), now.instance == before.instance,
      count(now) >= count(before)
    else { return nil }
    return Double(count(now) - count(before)) / seconds
  }

  /// What a stage took between the looks; nil as above, or the role has no such stage.
  public func latency(_ index: Int, _ place: Int, since earlier: NodeLook) -> HistogramSnapshot? {
    guard let role = roles[place], let before = earlierRole(place, earlier),
      role.histograms.indices.contains(index), let now = role.histograms[index]
    else { return nil }
    // One that was not there yet has counted nothing.
    return now.subtracting(before.histograms[index] ?? HistogramSnapshot())
  }
}

// MARK: What roles tell

extension RoleCounter {
  /// Whose it is.
  public var kind: RoleKind {
    if rawValue <= RoleCounter.lineStates.rawValue { return .ingester }
    return rawValue <= RoleCounter.requests.rawValue ? .worker : .sender
  }

  /// Whether it only grows; else it is a state.
  public var isCount: Bool {
    switch self {
    case .lineStates, .open, .inDoubt, .tradingState: false
    default: true
    }
  }
}

extension NodeLook.Role {
  /// The feed, and each of its lines that was ever meant to speak; for the ingester.
  public var feed: (state: FeedState, lines: [LineState]) {
    let word = counter(.lineStates)
    let lines = (1..<8).prefix { word >> UInt64(8 * $0) != 0 }
    return (
      FeedState(code: word & 0xFF), lines.map { LineState(code: word >> UInt64(8 * $0) & 0xFF) }
    )
  }
}
