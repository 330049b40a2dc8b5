import TickRing

/// What would run, where, and what it would take, before anything starts.
///
/// Thread safety: a value.
public struct NodePlan: Sendable {
  public let configuration: NodeConfiguration
  public let machine: MachineCores
  public let placement: NodePlacement
  /// Every role of every set, as it would be started.
  public let commands: [RoleCommand]
  public let hash: ConfigurationHash
  /// Of this program; processes of another refuse to work together with it.
  public let buildHash: UInt64
  /// Every region, by set.
  public let regions: [PlannedRegion]
  /// What the roles have for themselves, by set.
  public let tables: [PlannedTable]

  /// - Parameter configuration: one that has no faults on this machine.
  public init(_ configuration: NodeConfiguration, on machine: MachineCores) {
    self.configuration = configuration
    self.machine = machine
    let placement = NodePlacement(configuration, on: machine)
    self.placement = placement
    commands = RoleCommand.all(of: configuration, on: placement)
    hash = ConfigurationHash(configuration)
    buildHash = BuildHash.own
    regions = PlannedRegion.all(of: configuration, on: placement)
    tables = placement.roles.flatMap { RoleTables(configuration, $0).tables }
  }

  /// Bytes of regions and tables on each node; nil: wherever the kernel puts them.
  public var byteCounts: [(node: Int?, regions: Int, tables: Int)] {
    let nodes = Set(regions.map(\.node) + tables.map(\.node))
    return nodes.sorted { ($0 ?? -1) < ($1 ?? -1) }.map { node in
      (
        node, regions.filter { $0.node == node }.map(\.byteCount).reduce(0, +),
        tables.filter { $0.node == node }.map(\.byteCount).reduce(0, +)
      )
    }
  }
}

/// One region of a plan.
public struct PlannedRegion: Equatable, Sendable {
  /// In the directory of regions.
  public let name: String
  public let set: Int
  public let byteCount: Int
  /// Where its memory lies: its reader's node.
  public let node: Int?
  /// That of its writer, where the two differ: each line of it then travels between nodes.
  public let writerNode: Int?

  static func all(
    of configuration: NodeConfiguration, on placement: NodePlacement
  ) -> [PlannedRegion] {
    var all: [PlannedRegion] = []
    for set in configuration.sets.indices {
      let shape = NodeShape(configuration, placement, set: set)
      let prefix = configuration.prefix(set: set)
      let regions = NodeRegions.plan(shape) + senders(configuration)
      all += regions.map { region in
        PlannedRegion(
          name: "\(prefix).\(region.suffix)", set: set, byteCount: region.byteCount,
          node: region.node, writerNode: writer(of: region, shape))
      }
    }
    if let account = configuration.account {
      let ledger = NodeRegion("ledger", .ledger, AccountLedger.capacity)
      all.append(
        PlannedRegion(
          name: "tickway.\(account).ledger", set: 0, byteCount: ledger.byteCount, node: nil,
          writerNode: nil))
    }
    return all
  }

  /// What the sender makes itself, since it outlives a run that ends badly.
  private static func senders(_ configuration: NodeConfiguration) -> [NodeRegion] {
    let limits = configuration.risk.limits ?? .simulation
    var positions = PositionOptions(equityE4: 0, strategyEquityE4: 0)
    positions.strategiesMax = limits.strategiesMax
    return [
      NodeRegion("pool", .pool, OrderPool.slots(limits.openOrdersMax)),
      NodeRegion("positions", .positions, positions.capacity),
      NodeRegion("gate", .gate, KillPage.capacity),
    ]
  }

  /// Of a ring whose two ends lie on different nodes.
  private static func writer(of region: NodeRegion, _ shape: NodeShape) -> Int? {
    let parts = region.suffix.split(separator: ".")
    let writer: Int? =
      switch parts[0] {
      case "ticks", "tap": shape.ingesterNode
      case "orders": parts.count > 1 ? shape.workerNodes[Int(parts[1]) ?? -1] : nil
      case "events": shape.senderNode
      default: nil
      }
    return writer == region.node ? nil : writer
  }
}

extension NodeShape {
  /// Of one set.
  public init(
    _ configuration: NodeConfiguration, _ placement: NodePlacement, set: Int
  ) {
    self.init()
    workers = configuration.sets[set].workers.count
    isTrading = true
    hasVenue = configuration.venue.place == .builtin
    tickSlots = configuration.rings.tickSlots
    hugePages = configuration.rings.hugePages
    for role in placement.roles(ofSet: set) {
      switch role.kind {
      case .ingester: ingesterNode = role.node
      case .worker: workerNodes[role.number] = role.node
      case .sender: senderNode = role.node
      case .venue: venueNode = role.node
      }
    }
  }
}
