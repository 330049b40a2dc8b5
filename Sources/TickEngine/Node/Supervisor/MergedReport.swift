import Foundation
import TickMetrics
import TickRing

/// One report of what the roles of a set did, each of which knows its own part: of their reports,
/// and of what is in shared memory after their end.
///
/// Rings are counted by their own regions, which know every process that ever had them. What a
/// role counts is that of its last process where it died, and said to be so; what it counts into
/// the role table is of all of them.
struct MergedReport {
  var machine = MachineCard.current()
  private let regions: NodeRegions
  private let shape: NodeShape
  private let launches: [RoleLaunch]
  private let histories: [RoleHistory]
  private let setNotes: [String]
  /// By place; nil: it left none.
  private let parts: [Report?]

  init(
    regions: NodeRegions, shape: NodeShape, launches: [RoleLaunch],
    outcome: SupervisorOutcome.SetOutcome
  ) {
    self.regions = regions
    self.shape = shape
    self.launches = launches
    histories = outcome.roles
    setNotes = outcome.notes
    parts = launches.map { launch in
      guard launch.kind != .venue, let path = launch.report,
        let data = FileManager.default.contents(atPath: path)
      else { return nil }
      return try? JSONDecoder().decode(Report.self, from: data)
    }
  }

  /// - Throws: `RingError`, if a region is gone.
  func outcome(failure: SupervisorError?, signal: Int32) throws -> ReplayOutcome {
    let table = try RoleTableReader(regions.attach(.metrics, "metrics"))
    var report = part(.ingester) ?? Report(machine: machine)
    report.machine = machine
    report.orders = part(.sender)?.orders ?? Report.Orders()
    report.positions = part(.sender)?.positions
    report.rings = try rings()
    report.roles = histories
    takeSums(table, into: &report)
    takeRun(into: &report, failure: failure)
    let latency = latency(table)
    report.latency_ns = [:]
    for (stage, snapshot) in latency {
      report.latency_ns[stage.rawValue] = LatencySummary(snapshot)
    }
    return ReplayOutcome(
      report: report, latency: latency, signal: signal == 0 ? nil : signal, failure: failure,
      inconsistencies: faults(report))
  }

  private func place(_ kind: RoleKind, _ number: Int = 0) -> Int? {
    launches.firstIndex { $0.kind == kind && $0.number == number }
  }

  private func part(_ kind: RoleKind, _ number: Int = 0) -> Report? {
    place(kind, number).flatMap { parts[$0] }
  }

  /// Whether one process did all that the role did, and left its report.
  private func isWhole(_ kind: RoleKind, _ number: Int = 0) -> Bool {
    guard let place = place(kind, number) else { return true }
    return histories[place].starts == 1 && parts[place] != nil
  }

  // MARK: What each role counted

  /// What a dead process counted is in the role table alone.
  private func takeSums(_ table: borrowing RoleTableReader, into report: inout Report) {
    if let place = place(.ingester), !isWhole(.ingester) {
      report.feed.packets = table.counter(.packets, place)
      report.feed.messages = table.counter(.messages, place)
      report.feed.gaps = table.counter(.gaps, place)
      report.feed.missing = table.counter(.missing, place)
      report.feed.duplicates = table.counter(.duplicates, place)
      report.ticks.published = table.counter(.ticks, place)
    }
    if let place = place(.sender), !isWhole(.sender) {
      report.orders.requested = table.counter(.asked, place)
      report.orders.sent = table.counter(.sent, place)
      report.orders.acked = table.counter(.acked, place)
      report.orders.filled = table.counter(.filled, place)
      report.orders.canceled = table.counter(.canceled, place)
      report.orders.venueRejected = table.counter(.venueRejected, place)
    }
  }

  private func takeRun(into report: inout Report, failure: SupervisorError?) {
    report.run.role = nil
    report.run.workers = UInt64(shape.workers)
    report.run.failure = failure.map { "\($0)" }
    report.run.notes = notes()
    let named = zip(histories.map(\.name), parts).compactMap { name, part in
      part.map { "\(name): \($0.run.waiting)" }
    }
    report.run.waiting = named.joined(separator: "; ")
    report.run.misdirected = (0..<shape.workers).reduce(0) {
      $0 &+ (part(.worker, $1)?.run.misdirected ?? 0)
    }
    let audits = parts.compactMap { $0?.run.hotAllocations }
    report.run.hotAllocations =
      audits.isEmpty ? nil : audits.reduce(into: [:]) { $0.merge($1) { $0 &+ $1 } }
    guard let sender = part(.sender)?.run else { return }
    report.run.anomalies = sender.anomalies
    report.run.unknownMessages = sender.unknownMessages
    report.run.cancelsIdle = sender.cancelsIdle
    report.run.cancelsRefused = sender.cancelsRefused
    report.run.tradesBroken = sender.tradesBroken
    report.run.eventsLost = sender.eventsLost
    report.run.tripped = sender.tripped
  }

  private func notes() -> [String] {
    var notes = setNotes
    for (history, part) in zip(histories, parts) {
      notes += (part?.run.notes ?? []).map { "\(history.name): \($0)" }
      guard history.starts > 1 else { continue }
      notes.append(
        "\(history.name) was started \(history.starts) times: what it counts by kind and reason is"
          + " of its last process, and its sums lack up to 20 ms before each death")
    }
    return notes
  }

  private func latency(
    _ table: borrowing RoleTableReader
  ) -> [(stage: Report.Stage, snapshot: HistogramSnapshot)] {
    var merged: [Report.Stage: HistogramSnapshot] = [:]
    for (place, launch) in launches.enumerated() {
      for (index, stage) in launch.kind.stages.enumerated() {
        guard let snapshot = table.histogram(index, place) else { continue }
        merged[stage, default: HistogramSnapshot()].merge(snapshot)
      }
    }
    return Report.Stage.allCases.compactMap { stage in merged[stage].map { (stage, $0) } }
  }

  // MARK: Rings

  private var ringSuffixes: [(suffix: String, kind: Report.Ring.Kind)] {
    let workers = 0..<shape.workers
    return workers.map { ("ticks.\($0)", .tick) } + workers.map { ("orders.\($0)", .order) }
      + workers.map { ("events.\($0)", .event) } + (shape.hasVenue ? [("tap", .tap)] : [])
  }

  private func rings() throws(RingError) -> [Report.Ring] {
    var rings: [Report.Ring] = []
    for (suffix, kind) in ringSuffixes {
      let info = try RegionInfo(directory: regions.directory, name: regions.name(suffix))
      var ring = Report.Ring(
        name: suffix, kind: kind, capacity: info.capacity, published: info.published,
        polled: info.taken, full: info.full)
      if info.lag > 0 { ring.unread = info.lag }
      if let counted = counted(suffix, by: part(.ingester)) {
        ring.published &+= counted.lost
        ring.lost = counted.lost
        ring.full = counted.full
        ring.policy = counted.policy
        ring.conflated = counted.conflated
        ring.late = counted.late
        ring.gapsTold = counted.gapsTold
      }
      rings.append(ring)
    }
    return rings
  }

  /// What one end of a ring counted.
  private func counted(_ suffix: String, by report: Report?) -> Report.Ring? {
    report?.rings.first {
      $0.name == suffix || $0.name.hasSuffix(".\(suffix)") || $0.name == "\(suffix).0"
    }
  }

  // MARK: Whether the counts agree

  private func faults(_ report: Report) -> [String] {
    // A dead process took some of its counts with it.
    let isWhole = isWhole(.ingester) && isWhole(.sender)
    return (isWhole ? report.consistency() : []) + ringFaults()
  }

  /// Each end of each ring against the ring itself, where the end's one process left its counts.
  private func ringFaults() -> [String] {
    var faults: [String] = []
    func check(
      _ suffix: String, _ kind: RoleKind, _ number: Int, isWriter: Bool,
      _ count: (Report.Ring) -> UInt64
    ) {
      guard isWhole(kind, number), let ring = counted(suffix, by: part(kind, number)),
        let info = try? RegionInfo(directory: regions.directory, name: regions.name(suffix))
      else { return }
      let (own, shared) = (count(ring), isWriter ? info.published : info.taken)
      guard own != shared else { return }
      let name = RoleStanding(kind: kind, number: number).name
      faults.append(
        "\(name) says that it \(isWriter ? "published" : "polled") \(own) in ring \(suffix), and"
          + " the ring says \(shared)")
    }
    for worker in 0..<shape.workers {
      check("ticks.\(worker)", .ingester, 0, isWriter: true) { $0.published &- $0.lost }
      check("ticks.\(worker)", .worker, worker, isWriter: false) { $0.polled }
      check("orders.\(worker)", .worker, worker, isWriter: true) { $0.published }
      check("orders.\(worker)", .sender, 0, isWriter: false) { $0.polled }
      check("events.\(worker)", .sender, 0, isWriter: true) { $0.published }
      check("events.\(worker)", .worker, worker, isWriter: false) { $0.polled }
    }
    return faults
  }
}
