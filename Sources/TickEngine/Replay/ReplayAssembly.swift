import CLinux
import TickMetrics
import TickRing
import TickWire

/// Makes everything that a run needs before its first tick, behind a source that is open: connects
/// to the venue, makes regions and files, and hands each role its ends of the rings. Whatever can
/// fail fails here.
final class ReplayAssembly<S: Strategy & ~Copyable, I: FeedRole & ~Copyable> {
  private let options: ReplayOptions
  private let observer: ReplayObserver
  private let source: TickSource<I>
  /// Whether orders can come: then there is a sender.
  private let isTrading: Bool
  private let venueStop = StopFlag()
  private let histograms: ReplayHistograms
  private let plan: CorePlan
  private var cores: ArraySlice<Int?>
  private let regions: ReplayRegions
  private let page: SharedRegion
  private let directory: SharedRegion
  private let board: SharedRegion
  /// That of the sender's core, where there are several.
  private let senderNode: Int?
  private let instance: TradingInstance?
  private let reference: ReferenceWatch?
  /// The sender's, once it is made.
  private var positions: SharedRegion?
  private let valueAtRiskStop = StopFlag()
  private let decisions: DecisionRecording?
  private let failure: FailureFlag
  /// Started already: the sender logs in before anything else runs.
  private var venue: RoleThread<VenueRole>?

  init(
    _ options: ReplayOptions, _ source: TickSource<I>, isTrading: Bool, _ observer: ReplayObserver
  ) throws {
    self.options = options
    self.observer = observer
    self.source = source
    self.isTrading = isTrading
    histograms = ReplayHistograms(workers: options.workers)
    reference = isTrading ? ReferenceWatch(options) : nil
    plan = CorePlan(roles: ReplayAssembly.roleCount(options, isTrading))
    cores = plan.cores[...]
    senderNode =
      isTrading ? CorePlan.node(of: plan.cores[ReplayAssembly.senderPlace(options)]) : nil
    regions = ReplayRegions(directory: options.ringDirectory)
    page = try regions.make(.control, capacity: ControlPage.capacity)
    instance =
      isTrading
      ? options.instance.map {
        TradingInstance(
          $0, ringDirectory: options.ringDirectory, stateDirectory: options.stateDirectory)
      } : nil
    if !options.isLive { try instance?.refuseReplay() }
    directory =
      if let instance {
        SharedRegion(
          try instance.open(
            .directory, "directory", capacity: TickPublisher.instrumentsMax))
      } else { try regions.make(.directory, capacity: TickPublisher.instrumentsMax) }
    board = try regions.make(
      .board, capacity: TickPublisher.instrumentsMax, node: senderNode)
    decisions = try DecisionRecording(options, node: senderNode)
    failure = FailureFlag(ControlPage(try page.attach()))
  }

  /// The sender's place among the roles: after the ingester, the workers and a venue of our own.
  private static func senderPlace(_ options: ReplayOptions) -> Int {
    if case .builtin = options.venue { 2 + options.workers } else { 1 + options.workers }
  }

  private static func roleCount(_ options: ReplayOptions, _ isTrading: Bool) -> Int {
    var roles = 1 + options.workers
    if isTrading { roles += 1 }
    if isTrading, case .builtin = options.venue { roles += 1 }
    if isRecording(options) { roles += 1 }
    return roles
  }

  private static func isRecording(_ options: ReplayOptions) -> Bool {
    options.recordPath != nil || options.ordersPath != nil || options.decisionsPath != nil
  }

  func assemble() throws -> ReplayRun<S, I> {
    do { return try assembleAll() } catch {
      venueStop.request()
      venue?.join()
      throw error
    }
  }

  private func assembleAll() throws -> ReplayRun<S, I> {
    let ingesterCore = cores.popFirst() ?? nil
    var workers: [RoleThread<Worker<S>>] = []
    var rings: [WorkerRings] = []
    for number in 0..<options.workers {
      let core = cores.popFirst() ?? nil
      rings.append(try makeRings(core))
      workers.append(thread(try makeWorker(number, rings[number]), core))
    }
    var taps: [SharedRegion] = []
    let port = try makeVenue(&taps)
    let sender = isTrading ? thread(try makeSender(rings, port), cores.popFirst() ?? nil) : nil
    let valueAtRisk = try makeValueAtRisk()
    let recorder = try makeRecorder(rings, &taps)
    let ingester = thread(try makeIngester(rings, taps), ingesterCore)
    return ReplayRun(
      options: options, source: source, control: ControlPage(try page.attach()), ingester: ingester,
      workers: workers, sender: sender, recorder: recorder, venue: venue, venueStop: venueStop,
      histograms: histograms, plan: plan, instance: instance,
      reference: reference, positions: positions, valueAtRisk: valueAtRisk,
      valueAtRiskStop: valueAtRiskStop)
  }

  private func thread<R: Role & ~Copyable>(_ role: consuming R, _ core: Int?) -> RoleThread<R> {
    let failure = self.failure
    return RoleThread(role, core: core, onFailure: { failure.raise() })
  }

  private func control() throws -> ControlPage { ControlPage(try page.attach()) }

  // MARK: Workers

  private func makeRings(_ core: Int?) throws -> WorkerRings {
    let node = CorePlan.node(of: core)
    return WorkerRings(
      ticks: try regions.make(.ticks, capacity: options.ringCapacity, node: node),
      orders: try regions.make(.orders, capacity: ReplayRegions.orderSlots, node: senderNode),
      events: try regions.make(.events, capacity: ReplayRegions.eventSlots, node: node),
      journal: options.ordersPath == nil
        ? nil : try regions.make(.orders, capacity: ReplayRegions.orderSlots),
      merge: options.recordPath == nil
        ? nil : try regions.make(.events, capacity: ReplayRegions.orderSlots),
      numbers: nil)
  }

  private func makeWorker(_ number: Int, _ rings: WorkerRings) throws -> Worker<S> {
    try WorkerAssembly(
      options: options, number: number, waitPolicy: plan.policy, page: page, directory: directory,
      rings: rings, delivery: unsafe histograms.delivery[number],
      strategy: unsafe histograms.strategy[number]
    ).make(S.self)
  }

  // MARK: Venue and sender

  /// Starts the built-in venue, with its tap; the port that it listens on.
  private func makeVenue(
    _ taps: inout [SharedRegion]
  ) throws -> UInt16 {
    guard isTrading, case .builtin = options.venue else { return 0 }
    var venueOptions = VenueOptions()
    venueOptions.dialect = options.builtinDialect
    let server = try VenueServer(venueOptions)
    let port = server.port
    let tap = try regions.make(.ticks, capacity: options.ringCapacity)
    taps.append(tap)
    let market = RingMarket(
      ticks: try TickConsumer(claiming: tap.attach()),
      directory: DirectoryReader(try directory.attach()), control: try control())
    let venue = thread(VenueRole(server, market: market, stop: venueStop), cores.popFirst() ?? nil)
    try venue.start()
    self.venue = venue
    return port
  }

  private func makeSender(_ rings: [WorkerRings], _ port: UInt16) throws -> Sender {
    let latency = unsafe SenderLatency(
      risk: histograms.sender[0], send: histograms.sender[1], tickToOrder: histograms.sender[2])
    let assembly = SenderAssembly(
      options: options, instance: instance, reload: reference?.reload, waitPolicy: plan.policy,
      page: page, board: board, directory: directory, rings: rings, latency: latency,
      decisions: decisions?.region, observer: observer)
    let sender = try assembly.make(port: port)
    positions = assembly.positions
    return sender
  }

  /// Beside the positions, computed on a thread of its own.
  private func makeValueAtRisk() throws -> RoleThread<ValueAtRiskRole>? {
    guard let wanted = options.valueAtRisk, let positions else { return nil }
    return thread(
      try ValueAtRiskRole(
        wanted, positions: positions, directory: directory, stop: valueAtRiskStop), nil)
  }

  // MARK: Recorder

  private func makeRecorder(
    _ rings: [WorkerRings], _ taps: inout [SharedRegion]
  ) throws -> RoleThread<Recorder>? {
    guard ReplayAssembly.isRecording(options) else { return nil }
    var tap: SharedRegion?
    if options.recordPath != nil {
      let region = try regions.make(.ticks, capacity: options.ringCapacity)
      taps.append(region)
      tap = region
    }
    let ticks = try Slab<Recorder.TickTap>(count: tap == nil ? 0 : 1) { _ in
      Recorder.TickTap(
        ring: try TickConsumer(claiming: tap!.attach()),
        file: try RecordingFile(path: options.recordPath!, isKept: options.isLive),
        symbols: try RecordingFile(
          path: options.recordPath! + ".symbols.csv", isKept: options.isLive))
    }
    let merges = try Slab<Recorder.MergeTap>(
      count: options.recordPath == nil ? 0 : rings.count
    ) { number in
      Recorder.MergeTap(
        ring: try EventConsumer(claiming: rings[number].merge!.attach()),
        file: try RecordingFile(
          path: "\(options.recordPath!).worker-\(number).merge", isKept: options.isLive))
    }
    let requests = try Slab<OrderConsumer>(
      count: options.ordersPath == nil ? 0 : rings.count
    ) { number throws(RingError) in
      try OrderConsumer(claiming: rings[number].journal!.attach())
    }
    let recorder = Recorder(
      ticks: ticks, merges: merges, requests: requests,
      ordersFile: try options.ordersPath.map {
        try RecordingFile(path: $0, isKept: options.isLive)
      },
      decisions: try decisions?.tap() ?? Recorder.noDecisions(),
      directory: DirectoryReader(try directory.attach()), control: try control())
    return thread(recorder, cores.popFirst() ?? nil)
  }

  // MARK: Ingester

  private func makeIngester(
    _ rings: [WorkerRings], _ taps: [SharedRegion]
  ) throws -> I {
    var numbers = try DirectoryWriter(
      claiming: directory.attach(), venue: Symbol("IEX")!.word)
    try numbers.add(options.symbols ?? [])
    let regions = rings.map(\.ticks) + taps
    let (waitPolicy, source) = (plan.policy, source)
    let outlets = try Slab<TickOutlet>(count: regions.count) { index throws(RingError) in
      TickOutlet(
        try TickProducer(claiming: regions[index].attach()),
        policy: index < rings.count ? source.policy(ofWorker: index) : .wait,
        waitPolicy: waitPolicy)
    }
    // The board serves the risk gate alone.
    var writer: BoardWriter?
    if isTrading { writer = try BoardWriter(claiming: board.attach()) }
    let publisher = TickPublisher(
      directory: numbers, outlets: outlets, workers: rings.count,
      subscriptions: options.workerSubscriptions, board: writer, control: try control(),
      limits: options.validation, isRestricted: options.symbols != nil)
    let parts = IngesterParts(
      control: try control(), isTrading: isTrading, histograms: histograms,
      waitPolicy: plan.policy)
    return try source.makeIngester(publisher, parts)
  }
}
