import CLinux
import TickMetrics
import TickRing
import TickWire

/// Runs the ingester alone, against the lines of a live feed and into named rings.
///
/// ```swift
/// var options = IngestOptions(feed: .iex, lines: [LineAddress("239.1.2.3:5000")!])
/// options.receive.interface = "eth0"
/// let outcome = try Ingest.run(options)
/// ```
public enum Ingest {
  /// Runs until SIGINT or SIGTERM, which it blocks, or until a role fails.
  ///
  /// - Throws: what keeps the run from starting: `IngestError`, `ReceiveError`, `RingError`,
  ///   `ReplayError`, `MemoryShortage`, `AtomicFile.Failure`. What ends it early is in the outcome
  ///   instead.
  public static func run(
    _ options: IngestOptions, observer: ReplayObserver = ReplayObserver()
  ) throws -> ReplayOutcome {
    try options.check()
    clinux_block_stop_signals()
    let setup = try IngestSetup(options, observer)
    // Behind the regions, whose room counts as well; they go with the setup.
    try options.checkMemory()
    switch options.feed {
    case .iex:
      let decoder = IexDecoder(publisher: try setup.publisher())
      return try setup.run(decoder, recorder: try setup.tickRecorder())
    case .moldItch:
      var recorder = try setup.messageRecorder()
      let decoder = ItchMessageDecoder(
        publisher: try setup.publisher(), recording: recorder.writer.take())
      return try setup.run(decoder, recorder: recorder.thread)
    case .ticks:
      let decoder = TickFeedDecoder(publisher: try setup.publisher(), memory: setup.memory)
      return try setup.run(decoder, recorder: try setup.tickRecorder())
    }
  }
}

/// What an ingester that runs alone needs: named rings, a directory, perhaps a recorder.
final class IngestSetup {
  private let options: IngestOptions
  private let observer: ReplayObserver
  private let regions: ReplayRegions
  private let places: IngestPlaces
  private let page: SharedRegion
  private let control: ControlPage
  private let failure: FailureFlag
  private let tap: SharedRegion?
  private var histograms: HistogramStorage { places.histograms }
  private var plan: CorePlan { places.plan }
  private var rings: [SharedRegion] { places.rings }
  fileprivate var memory: FeedMemory? { places.memory }
  private var machine = MachineCard.current()

  init(_ options: IngestOptions, _ observer: ReplayObserver) throws {
    self.options = options
    self.observer = observer
    regions = ReplayRegions(directory: options.ringDirectory)
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    self.page = page
    control = ControlPage(try page.attach())
    failure = FailureFlag(ControlPage(try page.attach()))
    if let role = options.role {
      places = try NodeIngestPlaces(options, RoleProcess(role, observer))
    } else {
      places = try IngestPlaces(options)
    }
    tap =
      options.recordPath == nil || options.feed == .moldItch
      ? nil : try regions.make(.ticks, capacity: options.ringCapacity)
  }

  // MARK: Parts

  func publisher() throws -> TickPublisher {
    var numbers = try DirectoryWriter(
      claiming: places.directory.attach(), venue: Symbol("IEX")!.word)
    try numbers.add(options.symbols ?? [])
    // The instance's venue must not hold up the feed; what a recorder takes is all of it.
    let taps = [(places.market, SlowConsumerPolicy.conflate), (tap, .wait)].compactMap {
      tap, policy in tap.map { ($0, policy) }
    }
    let outlets = try Slab<TickOutlet>(count: rings.count + taps.count) { index in
      let ring = index < rings.count ? rings[index] : taps[index - rings.count].0
      return TickOutlet(
        try TickProducer(claiming: ring.attach()),
        policy: index < rings.count
          ? options.policy(ofWorker: index) : taps[index - rings.count].1,
        waitPolicy: plan.policy)
    }
    var board: BoardWriter?
    if let region = places.board { board = try BoardWriter(claiming: region.attach()) }
    return TickPublisher(
      directory: numbers, outlets: outlets, workers: rings.count,
      subscriptions: Subscription.each(of: rings.count, options.subscriptions), board: board,
      control: ControlPage(try page.attach()), limits: options.validation,
      isRestricted: options.symbols != nil, memory: places.memory)
  }

  func tickRecorder() throws -> RunningThread? {
    guard let path = options.recordPath, let tap else { return nil }
    let ticks = try Slab<Recorder.TickTap>(count: 1) { _ in
      Recorder.TickTap(
        ring: try TickConsumer(claiming: tap.attach()),
        file: try RecordingFile(path: path, isKept: true),
        symbols: try RecordingFile(path: path + ".symbols.csv", isKept: true))
    }
    let recorder = Recorder(
      ticks: ticks, merges: Slab<Recorder.MergeTap>(count: 0) { _ in fatalError("none") },
      requests: Slab<OrderConsumer>(count: 0) { _ in fatalError("none") }, ordersFile: nil,
      directory: DirectoryReader(try places.directory.attach()),
      control: ControlPage(try page.attach()))
    return thread(recorder)
  }

  struct MessageRecording: ~Copyable {
    var writer: MessageWriter?
    let thread: RunningThread?
  }

  func messageRecorder() throws -> MessageRecording {
    guard let path = options.recordPath else { return MessageRecording(writer: nil, thread: nil) }
    let ring = try regions.make(.events, capacity: ReplayRegions.eventSlots)
    let writer = MessageWriter(
      try RecordProducer(claiming: ring.attach()), control: ControlPage(try page.attach()),
      waitPolicy: plan.policy)
    let recorder = MessageRecorder(
      try RecordConsumer(claiming: ring.attach()),
      file: try RecordingFile(path: path, isKept: true),
      control: ControlPage(try page.attach()))
    return MessageRecording(writer: writer, thread: thread(recorder))
  }

  private func thread<R: Role & ~Copyable>(
    _ role: consuming R, core: Int? = nil
  ) -> RoleThread<R> {
    let failure = self.failure
    return RoleThread(role, core: core, onFailure: { failure.raise() })
  }

  // MARK: The run

  func run<D: PublishingDecoder & ~Copyable>(
    _ decoder: consuming D, recorder: RunningThread?
  ) throws -> ReplayOutcome {
    let lines = try LineSockets.open(options, observer)
    let metrics = try places.metrics()
    let latency = unsafe LiveLatency(
      ingest: histograms[0], socket: histograms[1], line: histograms[2])
    var role = try LiveIngester(
      decoder, lines: lines, options: options, control: ControlPage(try page.attach()),
      latency: latency, waitPolicy: plan.policy, memory: places.memory)
    role.metrics = metrics
    let ingester = thread(role, core: options.role?.core ?? options.core)
    // A successor is waited for.
    if options.role == nil { machine.jitterFloor_ns = JitterFloor.measure().summary }
    observer.note(plan.reason)
    try places.verifyMemory()
    try recorder?.start()
    try ingester.start()
    let unheard = RoleOptions.tellReady(options.role)
    if unheard != nil { control.write(.stopIngest, 1) }
    let signal = unheard == nil ? watch() : nil
    ServiceNotice.stopping()
    ingester.join()
    control.write(.stopRecorder, 1)
    recorder?.join()
    places.end()
    return outcome(
      ingester, failure: ingester.failure ?? recorder?.failure ?? unheard, signal: signal)
  }

  /// Until a signal or a failure; tells the operator how the lines fare.
  private func watch() -> Int32? {
    var watcher = LineWatcher(options.lines, options.receive.interface)
    let start = MonotonicClock.now
    var nextProgress = start + 1_000_000_000
    while control.read(.failed) == 0 {
      let caught = clinux_wait_stop_signal(20)
      if caught != 0 {
        control.write(.stopIngest, 1)
        return caught
      }
      let now = MonotonicClock.now
      watcher.look(control, now: now, observer)
      if now >= nextProgress {
        nextProgress = now + 1_000_000_000
        observer.progress(control.read(.packetsIngested), Double(now - start) / 1e9)
      }
    }
    return nil
  }

  private func outcome<D: PublishingDecoder & ~Copyable>(
    _ ingester: RoleThread<LiveIngester<D>>, failure: (any Error)?, signal: Int32?
  ) -> ReplayOutcome {
    var report = Report(machine: machine)
    ingester.role.enter(in: &report)
    report.run.workers = UInt64(options.workers)
    report.run.role = options.role == nil ? nil : RoleKind.ingester.name
    report.run.waiting = plan.reason
    report.run.failure = failure.map { "\($0)" }
    if AllocationAudit.isActive {
      report.run.hotAllocations = ["ingester": ingester.role.hotAllocations ?? 0]
    }
    report.rings = ringLines(ingester.role.feed.decoder)
    let latency = [
      (Report.Stage.line, histograms.snapshot(at: 2)),
      (Report.Stage.socket, histograms.snapshot(at: 1)),
      (Report.Stage.ingest, histograms.snapshot(at: 0)),
    ]
    return ReplayOutcome(report, latency: latency, signal: signal, failure: failure)
  }

  private func ringLines<D: PublishingDecoder & ~Copyable>(
    _ decoder: borrowing D
  ) -> [Report.Ring] {
    let workers = rings.count
    return (0..<decoder.publisher.ringCount).map { ring in
      let state = decoder.publisher.ringState(ring)
      var line = Report.Ring(
        name: ring < workers ? "\(places.ringPrefix)ticks.\(ring)" : "tap.\(ring - workers)",
        kind: ring < workers ? .tick : .tap, capacity: UInt64(state.capacity))
      line.take(state.counts)
      // What a predecessor left in the ring is unread too, but not of this run.
      let own = state.counts.committed
      let unread = min(state.published - state.advanced, own)
      line.unread = unread
      line.polled = line.published &- line.lost &- unread
      return line
    }
  }
}
