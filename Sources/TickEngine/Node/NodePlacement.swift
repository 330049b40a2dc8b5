/// Which role runs on which core and node of a machine, and how it waits: found from the
/// configuration and the machine alone, before anything starts.
///
/// Thread safety: a value.
public struct NodePlacement: Equatable, Sendable {
  /// One role of one set.
  public struct Role: Equatable, Sendable {
    public let kind: RoleKind
    /// The worker's; 0 of every other.
    public let number: Int
    public let set: Int
    /// Its line in the set's role table.
    public let place: Int
    /// nil: not pinned.
    public internal(set) var core: Int?
    /// Where its memory lies; nil: wherever the kernel puts it.
    public internal(set) var node: Int?
    public internal(set) var waiting = WaitPolicy.share
    /// Why it waits so, for the operator.
    public internal(set) var reason = ""

    /// `ingester`, `worker-0`, `sender`, `venue`.
    public var name: String { RoleStanding(kind: kind, number: number).name }
  }

  /// By set, and in the order of the set's role table: ingester, workers, sender, venue.
  public private(set) var roles: [Role]
  /// Whether the cores were chosen here, as the configuration names none.
  public let choseCores: Bool

  /// - Parameter configuration: one that `check` finds nothing wrong with.
  public init(_ configuration: NodeConfiguration, on machine: MachineCores) {
    roles = configuration.sets.indices.flatMap { NodePlacement.roles(configuration, set: $0) }
    for index in roles.indices {
      roles[index].node = NodePlacement.node(roles[index], configuration, machine)
    }
    choseCores = NodePlacement.chooseCores(&roles, machine)
    wait(configuration.waiting)
  }

  /// The roles of one set.
  public func roles(ofSet set: Int) -> [Role] { roles.filter { $0.set == set } }

  private static func roles(_ configuration: NodeConfiguration, set index: Int) -> [Role] {
    let set = configuration.sets[index]
    var all: [(RoleKind, Int, NodeConfiguration.Place)] = [(.ingester, 0, set.ingester)]
    all += set.workers.enumerated().map { (.worker, $0, $1.place) }
    all.append((.sender, 0, set.sender))
    if configuration.venue.place == .builtin { all.append((.venue, 0, set.venue)) }
    return all.enumerated().map { place, role in
      Role(
        kind: role.0, number: role.1, set: index, place: place, core: role.2.core,
        node: role.2.node)
    }
  }

  /// What is asked for; else the set's; else that of the core; else, of a set whose cores all lie
  /// on one node, that one.
  private static func node(
    _ role: Role, _ configuration: NodeConfiguration, _ machine: MachineCores
  ) -> Int? {
    guard configuration.memory.binding != .off else { return nil }
    if let node = role.node ?? configuration.sets[role.set].node { return node }
    if machine.nodes.count == 1 { return machine.nodes[0] }
    if let core = role.core { return machine.node(of: core) }
    let cores = roles(configuration, set: role.set).compactMap(\.core)
    let nodes = Set(cores.map { machine.node(of: $0) })
    return nodes.count == 1 ? nodes.first ?? nil : nil
  }

  /// Where no role asks for a core, and there are enough for all, each gets one of its node.
  private static func chooseCores(_ roles: inout [Role], _ machine: MachineCores) -> Bool {
    guard roles.allSatisfy({ $0.core == nil }) else { return false }
    var free = machine.allowed
    var chosen = roles
    for index in chosen.indices {
      let node = chosen[index].node
      guard
        let place = free.firstIndex(where: { node == nil || machine.node(of: $0) == node })
      else { return false }
      chosen[index].core = free.remove(at: place)
    }
    roles = chosen
    return true
  }

  private mutating func wait(_ waiting: NodeConfiguration.Waiting) {
    let unpinned = roles.filter { $0.core == nil }.count
    for index in roles.indices {
      let role = roles[index]
      let others = roles.filter { $0.core == role.core && $0 != role }.count
      let own = role.core != nil && others == 0 && unpinned == 0
      switch waiting {
      case .auto:
        roles[index].waiting = own ? .spin : .share
        roles[index].reason = NodePlacement.reason(role, others: others, unpinned: unpinned)
      case .spin:
        (roles[index].waiting, roles[index].reason) = (.spin, "spins, as configured")
      case .share:
        (roles[index].waiting, roles[index].reason) = (.share, "shares, as configured")
      }
    }
  }

  private static func reason(_ role: Role, others: Int, unpinned: Int) -> String {
    guard let core = role.core else { return "shares: not pinned, other roles may run beside it" }
    if others > 0 { return "shares: core \(core) is also that of \(others) other roles" }
    if unpinned > 0 { return "shares: \(unpinned) roles without a core may run on core \(core)" }
    return "spins: core \(core) is its own"
  }
}
