import TickMetrics
import TickRing

/// Runs one worker as a process of its own, against the named rings of an instance.
///
/// ```swift
/// var role = RoleOptions()
/// role.prefix = "tickway.example"
/// let options = ReplayOptions(captures: [])
/// let outcome = try WorkerService.run(MeanReversion.self, number: 0, options, role)
/// ```
public enum WorkerService {
  /// Runs until the instance ends, or SIGINT or SIGTERM, which it blocks. Of the options, workers,
  /// subscriptions, parameters and the tick rings' capacity are taken.
  ///
  /// A worker that follows a dead one goes on in its rings: it gets the ticks that the other did
  /// not take, and its orders are numbered on from there. Its strategy begins anew, without quotes.
  ///
  /// - Throws: what keeps it from starting. What ends it early is in the outcome instead.
  public static func run<S: Strategy & ~Copyable>(
    _: S.Type, number: Int, _ options: ReplayOptions, _ role: RoleOptions,
    observer: ReplayObserver = ReplayObserver()
  ) throws -> ReplayOutcome {
    guard (0..<options.workers).contains(number) else {
      throw ReplayError.options(
        "--number \(number): workers are numbered from 0 to \(options.workers - 1)")
    }
    let process = try RoleProcess(role, observer)
    let shared = ControlPage(
      try process.open(NodeRegion("control", .control, ControlPage.capacity)).attach())
    let metrics = try process.metrics()
    let histograms = process.histograms
    var worker = try assembly(options, number, process, histograms).make(S.self)
    worker.metrics = metrics
    let start = (ticks: worker.ticksPolled, events: worker.eventsPolled)
    shared.write(.done, worker: number, 0)
    let thread = process.thread(worker)
    let signal = try process.run(
      thread,
      stop: { isHurried in
        process.own.write(.ingestDone, 1)
        process.own.write(.senderDone, 1)
        if isHurried { process.own.write(.failed, 1) }
      },
      look: {
        carry(.ingestDone, from: shared, to: process.own)
        carry(.senderDone, from: shared, to: process.own)
        if process.own.read(.done, worker: number) != 0 { shared.write(.done, worker: number, 1) }
      })
    var report = Report(machine: process.machine)
    report.run.workers = 1
    report.run.misdirected = thread.role.misdirected
    report.rings = rings(thread.role, number, start)
    if AllocationAudit.isActive {
      report.run.hotAllocations = ["worker-\(number)": thread.role.hotAllocations ?? 0]
    }
    return process.outcome(
      RoleStanding(kind: .worker, number: number), report,
      latency: [
        (.delivery, histograms.snapshot(at: 0)), (.strategy, histograms.snapshot(at: 1)),
      ], signal: signal, failure: thread.failure, note: thread.note)
  }

  private static func carry(
    _ word: ControlPage.Word, from: borrowing ControlPage, to: borrowing ControlPage
  ) {
    let value = from.read(word)
    if value != 0, to.read(word) != value { to.write(word, value) }
  }

  private static func assembly(
    _ options: ReplayOptions, _ number: Int, _ process: RoleProcess,
    _ histograms: HistogramStorage
  ) throws -> WorkerAssembly {
    func open(_ suffix: String) throws -> SharedRegion { try process.open(suffix, of: options) }
    let rings = WorkerRings(
      ticks: try open("ticks.\(number)"), orders: try open("orders.\(number)"),
      events: try open("events.\(number)"), journal: nil, merge: nil,
      numbers: try open("numbers.\(number)"))
    return WorkerAssembly(
      options: options, number: number, waitPolicy: process.plan.policy, page: process.page,
      directory: try open("directory"), rings: rings, delivery: unsafe histograms[0],
      strategy: unsafe histograms[1])
  }

  /// This process's part of its rings; the other ends are of other processes.
  private static func rings<S: Strategy & ~Copyable>(
    _ worker: borrowing Worker<S>, _ number: Int, _ start: (ticks: UInt64, events: UInt64)
  ) -> [Report.Ring] {
    let desk = worker.orderRing
    return [
      Report.Ring(
        name: "ticks.\(number)", kind: .tick, capacity: UInt64(worker.tickSlots),
        polled: worker.ticksPolled - start.ticks),
      Report.Ring(
        name: "orders.\(number)", kind: .order, capacity: UInt64(ReplayRegions.orderSlots),
        published: desk.published, full: desk.full),
      Report.Ring(
        name: "events.\(number)", kind: .event, capacity: UInt64(ReplayRegions.eventSlots),
        polled: worker.eventsPolled - start.events),
    ]
  }
}
