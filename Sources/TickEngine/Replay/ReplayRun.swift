import CLinux
import TickMetrics
import TickRing
import TickWire

/// One run, from its roles to joined threads: starts them, watches for signals and failures, and
/// stops them in the order in which data flows.
///
/// Thread: the caller's. The roles meet only in rings and on the control page.
final class ReplayRun<S: Strategy & ~Copyable, I: FeedRole & ~Copyable> {
  let options: ReplayOptions
  private let source: TickSource<I>
  let control: ControlPage
  let ingester: RoleThread<I>
  let workers: [RoleThread<Worker<S>>]
  let sender: RoleThread<Sender>?
  let recorder: RoleThread<Recorder>?
  let venue: RoleThread<VenueRole>?
  let venueStop: StopFlag
  let histograms: ReplayHistograms
  let plan: CorePlan
  private let instance: TradingInstance?
  private var riskNews: RiskNews?
  private var venueNews = VenueNews()
  private let reference: ReferenceWatch?
  /// The sender's positions, read once it has stopped.
  let positions: SharedRegion?
  let valueAtRisk: RoleThread<ValueAtRiskRole>?
  private let valueAtRiskStop: StopFlag
  /// What the run is measured on; complete before it begins.
  var machine = MachineCard.current()
  private(set) var signal: Int32?
  private var startFailure: ThreadFailure?

  init(
    options: ReplayOptions, source: TickSource<I>, control: consuming ControlPage,
    ingester: RoleThread<I>, workers: [RoleThread<Worker<S>>], sender: RoleThread<Sender>?,
    recorder: RoleThread<Recorder>?, venue: RoleThread<VenueRole>?, venueStop: StopFlag,
    histograms: ReplayHistograms, plan: CorePlan, instance: TradingInstance?,
    reference: ReferenceWatch?, positions: SharedRegion?,
    valueAtRisk: RoleThread<ValueAtRiskRole>?, valueAtRiskStop: StopFlag
  ) {
    self.positions = positions
    self.valueAtRisk = valueAtRisk
    self.valueAtRiskStop = valueAtRiskStop
    self.reference = reference
    self.instance = instance
    self.options = options
    self.source = source
    self.control = control
    self.ingester = ingester
    self.workers = workers
    self.sender = sender
    self.recorder = recorder
    self.venue = venue
    self.venueStop = venueStop
    self.histograms = histograms
    self.plan = plan
  }

  /// Runs to the end, a signal or a failure.
  func run(_ observer: ReplayObserver) {
    if let sender {
      instance?.tellShut(sender.role.kill.reason, sender.role.kill.standing, observer)
    }
    riskNews = RiskNews(positions, instance: instance?.name)
    do throws(ThreadFailure) { try start() } catch {
      startFailure = error
      control.write(.failed, 1)
    }
    watch(observer)
    finish(observer)
    notes.forEach(observer.note)
  }

  private func start() throws(ThreadFailure) {
    try recorder?.start()
    try sender?.start()
    try valueAtRisk?.start()
    for worker in workers { try worker.start() }
    try ingester.start()
  }

  /// What the roles have to say of how they ran.
  var notes: [String] {
    ([ingester.note] + workers.map(\.note)
      + [
        sender?.note, valueAtRisk?.role.note, recorder?.note, venue?.note,
        sender?.role.decisions.lostNote,
      ])
      .compactMap { $0 }
  }

  private var hasFailed: Bool { control.read(.failed) != 0 }

  /// Until the feed is done and every worker with it.
  private func watch(_ observer: ReplayObserver) {
    let start = MonotonicClock.now
    var (nextProgress, isTripSeen) = (start + 1_000_000_000, false)
    while !hasFailed, !areWorkersDone {
      let caught = clinux_wait_stop_signal(5)
      if caught != 0 {
        signal = caught
        control.write(.stopIngest, 1)
      }
      source.look(control, observer)
      // A trip at once: until it is on disk a reboot forgets it.
      if !isTripSeen, control.read(.tripped) != 0 {
        isTripSeen = instance?.keepTrip(observer) ?? true
      }
      let now = MonotonicClock.now
      if now >= nextProgress {
        nextProgress = now + 1_000_000_000
        reference?.look(observer)
        instance?.keepTrip(observer)
        riskNews?.look(observer)
        venueNews.look(control, observer)
        observer.progress(control.read(.packetsIngested), Double(now - start) / 1e9)
      }
    }
  }

  private var areWorkersDone: Bool {
    control.read(.ingestDone) != 0
      && workers.indices.allSatisfy { control.read(.done, worker: $0) != 0 }
  }

  /// Downstream last: each role stops when nothing more can come to it.
  private func finish(_ observer: ReplayObserver) {
    ingester.join()
    control.write(.workersDone, 1)
    waitForSender()
    control.write(.senderDone, 1)
    // Its last value is of what is held in the end.
    valueAtRiskStop.request()
    valueAtRisk?.join()
    workers.forEach { $0.join() }
    waitForTaps()
    control.write(.stopRecorder, 1)
    recorder?.join()
    venueStop.request()
    venue?.join()
    instance?.keepTrip(observer, isLast: true)
    riskNews?.look(observer)
    instance?.end(
      isClean: sender?.role.isClean ?? true, state: sender?.role.strictestState ?? .normal,
      isLive: sender?.role.options.clock != nil)
  }

  /// The venue may be slow to answer: a second signal ends the wait.
  private func waitForSender() {
    guard let sender else { return }
    while !sender.isOver {
      let caught = clinux_wait_stop_signal(5)
      if caught != 0, signal != nil { control.write(.stopDrain, 1) }
      if caught != 0 { signal = caught }
    }
    sender.join()
  }

  /// The venue takes ticks at its own pace; its ring is drained before it is stopped.
  private func waitForTaps() {
    let rings = ingester.role.ringCount
    let deadline = MonotonicClock.now + 10_000_000_000
    while !hasFailed, MonotonicClock.now < deadline {
      let areDrained = (workers.count..<rings).allSatisfy {
        ingester.role.isDrained($0)
      }
      if areDrained { return }
      clinux_sleep_until(MonotonicClock.now + 200_000)
    }
  }

  /// The first failure in the order in which data flows.
  var failure: (any Error)? {
    startFailure ?? ingester.failure ?? workers.lazy.compactMap(\.failure).first ?? sender?.failure
      ?? recorder?.failure ?? venue?.failure
  }
}

/// The histograms of a run, one writer each.
final class ReplayHistograms: Sendable {
  /// The ingester's: `ingest`, then `socket` and `line`.
  let ingest = HistogramStorage(count: 3)
  let delivery: HistogramStorage
  let strategy: HistogramStorage
  let sender = HistogramStorage(count: 3)

  init(workers: Int) {
    delivery = HistogramStorage(count: workers)
    strategy = HistogramStorage(count: workers)
  }

  func snapshot(_ stage: Report.Stage) -> HistogramSnapshot {
    switch stage {
    case .line: ingest.snapshot(at: 2)
    case .socket: ingest.snapshot(at: 1)
    case .ingest: ingest.snapshot()
    case .delivery: ReplayHistograms.merged(delivery)
    case .strategy: ReplayHistograms.merged(strategy)
    case .risk: sender.snapshot(at: 0)
    case .send: sender.snapshot(at: 1)
    case .tickToOrder: sender.snapshot(at: 2)
    }
  }

  private static func merged(_ storage: HistogramStorage) -> HistogramSnapshot {
    (0..<storage.count).reduce(into: HistogramSnapshot()) { $0.merge(storage.snapshot(at: $1)) }
  }
}
