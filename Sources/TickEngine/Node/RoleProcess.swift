import CLinux
import TickMetrics
import TickRing

/// A process that runs one role of an instance: its waiting, its words, its place in the role
/// table, and its life between ready and end.
///
/// The role on its thread has a control page of its own, so that its end or failure is nobody
/// else's. This process's first thread carries over what the instance's page says of the others.
///
/// Thread safety: the process's first thread.
final class RoleProcess {
  /// How often the instance's words are looked at, ms.
  private static let look_ms: Int32 = 5

  let options: RoleOptions
  let regions: NodeRegions
  let plan: CorePlan
  /// The role's own.
  let page: SharedRegion
  let own: ControlPage
  private let failure: FailureFlag
  private let observer: ReplayObserver
  private let placement: Placement
  private var notes: [String] = []
  /// Why it ended though nobody told it to.
  private var ownEnd: RoleError?
  /// The role's: in the table, where observers read them, or of this process alone.
  private(set) lazy var histograms = HistogramStorage(count: RoleTable.histogramsEach)
  var machine = MachineCard.current()

  init(_ options: RoleOptions, _ observer: ReplayObserver) throws {
    try options.check()
    clinux_block_stop_signals()
    // Before anything is touched that is to lie on a node.
    let life = try ProcessLife.begin(options)
    notes = life.notes
    placement = life.placement
    self.options = options
    self.observer = observer
    regions = options.regions
    plan = CorePlan(beside: options.core, waiting: options.waiting)
    page = SharedRegion(
      try Region.createUnnamed(
        .control, directory: options.ringDirectory, capacity: ControlPage.capacity))
    own = ControlPage(try page.attach())
    failure = FailureFlag(ControlPage(try page.attach()))
    try checkTable()
  }

  /// A role of another build or configuration must not join.
  private func checkTable() throws {
    guard let place = options.place else { return }
    let reader = try RoleTableReader(regions.attach(.metrics, "metrics"))
    guard let header = reader.header else {
      throw RoleError.noTable(path: "\(regions.directory)/\(regions.name("metrics"))")
    }
    // An engine of somebody else's has its own build; the layouts are checked with each region.
    if let hash = options.configurationHash {
      guard header.buildHash == BuildHash.own else {
        throw RoleError.otherBuild(own: BuildHash.own, instance: header.buildHash)
      }
      guard header.configurationHash == hash else {
        throw RoleError.otherConfiguration(own: hash, instance: header.configurationHash)
      }
    }
    guard (0..<header.roles).contains(place) else {
      throw RoleError.noPlace(place, roles: header.roles)
    }
  }

  /// The role's lines of the table; nil without one. To be called before `histograms` is used.
  func metrics() throws -> RoleMetrics? {
    guard let place = options.place else { return nil }
    let metrics = try RoleMetrics(regions.attach(.metrics, "metrics"), place: place)
    histograms = metrics.histograms
    return metrics
  }

  /// Attaches a region of the instance, or makes it where nobody runs the whole.
  func open(_ region: NodeRegion) throws -> SharedRegion {
    SharedRegion(try regions.open(region))
  }

  /// The region whose name ends so, of an instance with such workers.
  func open(_ suffix: String, of options: ReplayOptions) throws -> SharedRegion {
    var shape = NodeShape()
    shape.workers = options.workers
    shape.tickSlots = options.ringCapacity
    return try open(NodeRegions.plan(shape).first { $0.suffix == suffix }!)
  }

  /// - Parameter isPinned: to the role's core, if it has one, and it waits as planned; what helps
  ///   it beside runs anywhere.
  func thread<R: Role & ~Copyable>(
    _ role: consuming R, isPinned: Bool = true
  ) -> RoleThread<R> {
    let failure = self.failure
    return RoleThread(
      role, core: isPinned ? options.core : nil, waiting: isPinned ? plan.policy : nil,
      onFailure: { failure.raise() })
  }

  /// Asks the kernel, page by page, whether what the role has made lies where it must: to be called
  /// once all is made. What may lie elsewhere is a note.
  ///
  /// - Throws: `PlacementError`.
  func verifyMemory() throws { notes += try placement.verify() }

  /// Runs the role to its end, a failure or a signal.
  ///
  /// - Parameters:
  ///   - late: what of the role's memory may come when it is ready.
  ///   - stop: asks the role to end in order; at the second signal, without waiting.
  ///   - look: called many times a second while it runs.
  /// - Returns: the signal that was caught, if any.
  /// - Throws: `ThreadFailure`; `PlacementError` if what it has made does not lie where it must.
  func run<R: Role & ~Copyable>(
    _ thread: RoleThread<R>, readiness: String = "", late: [LatePages] = [],
    stop: (_ isHurried: Bool) -> Void, look: () -> Void
  ) throws -> Int32? {
    observer.note(plan.reason)
    var late = late[...]
    // What is not there cannot be verified.
    while placement.isVerified, let pages = late.popFirst() { pages.touch() }
    try verifyMemory()
    notes.forEach(observer.note)
    try thread.start()
    ownEnd = RoleOptions.tellReady(options, readiness)
    if ownEnd != nil { stop(false) }
    var signal: Int32?
    while !thread.isOver {
      let caught = clinux_wait_stop_signal(RoleProcess.look_ms)
      if caught != 0 {
        if signal == nil { ServiceNotice.stopping() }
        stop(signal != nil)
        signal = caught
      }
      look()
      late.popFirst()?.touch()
    }
    thread.join()
    return signal
  }

  /// What a role alone reports: its own part of it.
  func outcome(
    _ role: RoleStanding, _ report: Report, latency: [(Report.Stage, HistogramSnapshot)],
    signal: Int32?,
    failure: (any Error)?, note: String?
  ) -> ReplayOutcome {
    var report = report
    let failure = failure ?? ownEnd
    report.run.role = role.name
    report.run.waiting = plan.reason
    report.run.notes = notes + (note.map { [$0] } ?? [])
    report.run.failure = failure.map { "\($0)" }
    for (stage, snapshot) in latency {
      report.latency_ns[stage.rawValue] = LatencySummary(snapshot)
    }
    return ReplayOutcome(
      report: report, latency: latency, signal: signal, failure: failure, inconsistencies: [])
  }
}

/// Which build this program is of: processes of different builds refuse to work together.
public enum BuildHash {
  /// The linker's build id, its first eight bytes.
  public static var own: UInt64 { clinux_build_id() }
}
