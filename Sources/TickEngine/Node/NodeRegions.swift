import TickRing

/// What an instance whose roles are processes consists of, as far as memory is concerned.
public struct NodeShape: Sendable {
  public var workers = 1
  /// Whether orders can be; then there is a sender.
  public var isTrading = true
  /// Whether the venue is one of the roles; then the ingester feeds its market.
  public var hasVenue = true
  /// Slots of each tick ring, a power of two.
  public var tickSlots = IngestOptions.ringCapacityDefault
  public var hugePages = false
  /// NUMA nodes of the roles' cores; nil: none is asked for.
  public var ingesterNode: Int?
  public var workerNodes: [Int: Int] = [:]
  public var senderNode: Int?
  public var venueNode: Int?

  public init() {}

  /// Processes: ingester, workers, sender, venue.
  public var roles: Int { 1 + workers + (isTrading ? 1 : 0) + (hasVenue ? 1 : 0) }
}

/// One region that the roles share, by the name `PREFIX.suffix`.
public struct NodeRegion: Sendable {
  public let suffix: String
  public let kind: RegionKind
  /// Slots or lines.
  public let capacity: Int
  /// Its reader's NUMA node, where its memory is to lie.
  public let node: Int?
  public let hugePages: Bool

  init(
    _ suffix: String, _ kind: RegionKind, _ capacity: Int, node: Int? = nil,
    hugePages: Bool = false
  ) {
    self.suffix = suffix
    self.kind = kind
    self.capacity = capacity
    self.node = node
    self.hugePages = hugePages
  }

  /// The same, on no node in particular.
  var unbound: NodeRegion { NodeRegion(suffix, kind, capacity, hugePages: hugePages) }

  /// The file's, in usual pages.
  public var byteCount: Int {
    let slot = kind == .ticks || kind == .directory || kind == .broadcast ? 32 : 64
    return 4_096 + (capacity * slot + 4_095) / 4_096 * 4_096
  }
}

/// The regions of an instance whose roles are processes. Whoever runs them makes all before the
/// first role starts, and takes them away after the last; a role that is run alone makes what is
/// missing and goes on with what is there.
///
/// - Thread safety: immutable.
public struct NodeRegions: Sendable {
  /// Names are `PREFIX.control`, `PREFIX.ticks.0` and so on.
  public let prefix: String
  public let directory: String

  public init(prefix: String, directory: String = Region.defaultDirectory) {
    self.prefix = prefix
    self.directory = directory
  }

  /// An instance's: `tickway.NAME`.
  public init(instance: String, directory: String = Region.defaultDirectory) {
    self.init(prefix: "tickway.\(instance)", directory: directory)
  }

  /// Lines of a worker's order numbers.
  static let numberLines = TickPublisher.instrumentsMax * MemoryLayout<UInt32>.stride / 64

  /// All of them, each on the node of whoever reads it. The role table comes first: it is the
  /// instance's own lock.
  public static func plan(_ shape: NodeShape) -> [NodeRegion] {
    let instruments = TickPublisher.instrumentsMax
    var plan = [
      // Read by all; on the set's node, where most of them are.
      NodeRegion(
        "metrics", .metrics, RoleTable.capacity(roles: shape.roles), node: shape.ingesterNode),
      NodeRegion("control", .control, ControlPage.capacity, node: shape.ingesterNode),
      NodeRegion("directory", .directory, instruments, node: shape.ingesterNode),
      NodeRegion("feed", .state, FeedMemory.capacity, node: shape.ingesterNode),
    ]
    for worker in 0..<shape.workers {
      plan += rings(of: worker, shape)
    }
    if shape.hasVenue {
      plan.append(
        NodeRegion(
          "tap", .ticks, shape.tickSlots, node: shape.venueNode, hugePages: shape.hugePages))
    }
    if shape.isTrading {
      plan.append(NodeRegion("board", .board, instruments, node: shape.senderNode))
    }
    return plan
  }

  private static func rings(of worker: Int, _ shape: NodeShape) -> [NodeRegion] {
    let node = shape.workerNodes[worker]
    return [
      NodeRegion(
        "ticks.\(worker)", .ticks, shape.tickSlots, node: node, hugePages: shape.hugePages),
      NodeRegion("orders.\(worker)", .orders, ReplayRegions.orderSlots, node: shape.senderNode),
      NodeRegion("events.\(worker)", .events, ReplayRegions.eventSlots, node: node),
      NodeRegion("numbers.\(worker)", .state, numberLines, node: node),
    ]
  }

  public func name(_ suffix: String) -> String { "\(prefix).\(suffix)" }
  public func path(_ suffix: String) -> String { "\(directory)/\(name(suffix))" }

  /// Makes all of a plan, in its order, or none: what this made is gone again when it throws. A
  /// symbol directory that is there is gone on with: orders in doubt hold its numbers.
  ///
  /// - Parameters:
  ///   - binding: with `warn` a region that cannot lie on its node lies anywhere, and `note` is
  ///     told; with `require` none is made.
  /// - Throws: `RingError`, `.exists` if another one is there; `IngestError`.
  func make(
    _ plan: [NodeRegion], _ binding: MemoryBinding, _ note: (_ text: String) -> Void
  ) throws {
    var made: [NodeRegion] = []
    do {
      for region in plan { if try make(region, binding, note) { made.append(region) } }
    } catch {
      remove(made)
      throw error
    }
  }

  /// False if it was there, and may be.
  private func make(
    _ region: NodeRegion, _ binding: MemoryBinding, _ note: (_ text: String) -> Void
  ) throws -> Bool {
    do throws(RingError) { _ = try create(region) } catch {
      if error.kind == .exists, region.kind == .directory {
        _ = try open(region)
        return false
      }
      let isPlacement = [.nodeAbsent, .noNuma, .nodeMemory].contains(error.kind)
      guard isPlacement, binding == .warn else { throw error }
      note("\(error): it lies wherever the kernel puts it")
      _ = try create(region.unbound)
    }
    return true
  }

  /// Makes one of the plan; throws `.exists` if it is there.
  public func create(_ region: NodeRegion) throws(RingError) -> Region {
    try Region.create(
      region.kind, directory: directory, name: name(region.suffix), capacity: region.capacity,
      node: region.node, hugePages: region.hugePages)
  }

  /// Attaches what is there, or makes it, for those who attach to it again: what is there is left
  /// untouched. One that another build made is refused.
  public func open(_ region: NodeRegion) throws -> Region {
    do throws(RingError) { return try create(region) } catch {
      guard error.kind == .exists else { throw error }
    }
    let found = try attach(region.kind, region.suffix, untouched: true)
    // A tick ring's size is its maker's choice.
    guard found.capacity == region.capacity || region.kind == .ticks else {
      throw IngestError.options(
        "\(directory)/\(name(region.suffix)) is there with \(found.capacity) slots, not"
          + " \(region.capacity): use that number, another name, or `tickway ring remove"
          + " \(name(region.suffix))`")
    }
    return found
  }

  public func attach(
    _ kind: RegionKind, _ suffix: String, untouched: Bool = false
  ) throws(RingError) -> Region {
    try Region.attach(
      kind, directory: directory, name: name(suffix), sameBuild: true, untouched: untouched)
  }

  /// Takes a name away; those attached keep the memory.
  public func remove(_ suffix: String) {
    try? Region.remove(directory: directory, name: name(suffix))
  }

  public func remove(_ plan: [NodeRegion]) { plan.forEach { remove($0.suffix) } }
}
