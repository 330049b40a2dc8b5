import TickMetrics
import TickRing

/// Where an ingester that runs alone puts what it makes: rings of its own name.
///
/// Thread safety: one thread.
class IngestPlaces {
  let plan: CorePlan
  let directory: SharedRegion
  let rings: [SharedRegion]
  /// The ring of the instance's venue.
  let market: SharedRegion?
  /// The gate's prices.
  let board: SharedRegion?
  /// What a predecessor left.
  let memory: FeedMemory?
  /// What its rings are called in a report, before `ticks.0`.
  let ringPrefix: String
  private let named: NamedRegions?

  var histograms: HistogramStorage { storage }
  private let storage = HistogramStorage(count: RoleTable.histogramsEach)

  init(_ options: IngestOptions) throws {
    plan = CorePlan(beside: options.core)
    let named = NamedRegions(options)
    self.named = named
    directory = SharedRegion(
      try named.open(.directory, "directory", capacity: TickPublisher.instrumentsMax))
    rings = try (0..<options.workers).map { number in
      SharedRegion(try named.open(.ticks, "ticks.\(number)", capacity: options.ringCapacity))
    }
    (market, board, memory) = (nil, nil, nil)
    ringPrefix = "\(options.name)."
  }

  fileprivate init(
    plan: CorePlan, directory: SharedRegion, rings: [SharedRegion], market: SharedRegion?,
    board: SharedRegion?, memory: FeedMemory
  ) {
    self.plan = plan
    self.directory = directory
    self.rings = rings
    self.market = market
    self.board = board
    self.memory = memory
    ringPrefix = ""
    named = nil
  }

  /// The role's lines of an instance's table; to be asked for before `histograms`.
  func metrics() throws -> RoleMetrics? { nil }

  /// All is made: whether it lies where it must. Throws `PlacementError` if not.
  func verifyMemory() throws {}

  /// The run has ended.
  func end() { named?.end(rings: rings.count) }
}

/// Those of an instance whose roles are processes.
final class NodeIngestPlaces: IngestPlaces {
  private let process: RoleProcess

  init(_ options: IngestOptions, _ process: RoleProcess) throws {
    self.process = process
    var shape = NodeShape()
    shape.workers = options.workers
    shape.tickSlots = options.ringCapacity
    shape.hasVenue = options.feedsVenue
    shape.isTrading = options.feedsGate
    let regions = NodeRegions.plan(shape)
    func open(_ suffix: String) throws -> SharedRegion? {
      try regions.first { $0.suffix == suffix }.map { try process.open($0) }
    }
    super.init(
      plan: process.plan, directory: try open("directory")!,
      rings: try (0..<options.workers).map { try open("ticks.\($0)")! },
      market: try open("tap"), board: try open("board"),
      memory: try FeedMemory(claiming: open("feed")!.attach()))
  }

  override var histograms: HistogramStorage { process.histograms }
  override func metrics() throws -> RoleMetrics? { try process.metrics() }
  override func verifyMemory() throws { try process.verifyMemory() }
  override func end() {}
}
