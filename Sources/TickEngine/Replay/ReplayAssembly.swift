import CLinux
import TickMetrics
import TickRing
import TickWire

/// Makes everything that a run needs before its first tick, behind a source that is open: connects
/// to the venue, makes regions and files, and hands each role its ends of the rings. Whatever can
/// fail fails here.
final class ReplayAssembly<S: Strategy & ~Copyable, I: FeedRole & ~Copyable> {
  private let options: ReplayOptions
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
  /// The ring of the sender's decisions, if they are recorded.
  private let decisions: SharedRegion?
  private let failure: FailureFlag
  /// Started already: the sender logs in before anything else runs.
  private var venue: RoleThread<VenueRole>?

  init(_ options: ReplayOptions, _ source: TickSource<I>, isTrading: Bool) throws {
    self.options = options
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
    directory =
      if let instance {
        SharedRegion(
          try instance.open(
            .directory, "directory", capacity: TickPublisher.instrumentsMax))
      } else { try regions.make(.directory, capacity: TickPublisher.instrumentsMax) }
    board = try regions.make(
      .board, capacity: TickPublisher.instrumentsMax, node: senderNode)
    decisions =
      options.decisionsPath == nil
      ? nil
      : try regions.make(.events, capacity: ReplayRegions.decisionSlots, node: senderNode)
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
    let recorder = try makeRecorder(rings, &taps)
    let ingester = thread(try makeIngester(rings, taps), ingesterCore)
    return ReplayRun(
      options: options, source: source, control: ControlPage(try page.attach()), ingester: ingester,
      workers: workers, sender: sender, recorder: recorder, venue: venue, venueStop: venueStop,
      histograms: histograms, plan: plan, instance: instance,
      reference: reference)
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
        ? nil : try regions.make(.events, capacity: ReplayRegions.orderSlots))
  }

  private func makeWorker(_ number: Int, _ rings: WorkerRings) throws -> Worker<S> {
    let context = StrategyContext(
      worker: number, workers: options.workers, instrumentsMax: TickPublisher.instrumentsMax,
      subscriptions: options.workerSubscriptions)
    var parameters = StrategyParameters(options.parameters)
    let strategy = try S(parameters: &parameters, context: context)
    try parameters.checkAllTaken()
    var journal: OrderProducer?
    if let region = rings.journal { journal = try OrderProducer(claiming: region.attach()) }
    var merge: MergeLogWriter?
    if let region = rings.merge {
      merge = MergeLogWriter(
        try EventProducer(claiming: region.attach()), control: try control(),
        waitPolicy: plan.policy)
    }
    let desk = OrderDesk(
      orders: try OrderProducer(claiming: rings.orders.attach()), journal: journal,
      backlog: EventBacklog(try EventConsumer(claiming: rings.events.attach())),
      latency: unsafe histograms.strategy[number], control: try control(),
      directory: DirectoryReader(try directory.attach()), context: context,
      waitPolicy: plan.policy)
    return Worker(
      strategy, number: number, ticks: try TickConsumer(claiming: rings.ticks.attach()),
      desk: desk, merge: merge, control: try control(),
      delivery: unsafe histograms.delivery[number], waitPolicy: plan.policy)
  }

  // MARK: Venue and sender

  /// Starts the built-in venue, with its tap; the port that it listens on.
  private func makeVenue(
    _ taps: inout [SharedRegion]
  ) throws -> UInt16 {
    guard isTrading, case .builtin = options.venue else { return 0 }
    let server = try VenueServer(VenueOptions())
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
    // First of all: the gate's role is that of the instance, so that there is one sender of a name.
    let kill = try makeKillGate()
    let limits = options.limits ?? .simulation
    let pool = try makePool(limits)
    let isWhole = instance != nil
    var session: VenueSession?
    let address = venueAddress(port)
    if let address {
      session = try openSession(address, from: isWhole ? pool.start : .newest)
    }
    let reference = ReferenceTable(
      options.reference ?? .simulation, limits: limits,
      instruments: TickPublisher.instrumentsMax)
    let gate = RiskGate(
      limits: limits, reference: reference, control: try control(),
      board: BoardReader(try board.attach()), directory: DirectoryReader(try directory.attach()))
    let ports = try Slab<SenderPort>(count: rings.count) { number throws(RingError) in
      SenderPort(
        requests: try OrderConsumer(claiming: rings[number].orders.attach()),
        events: try EventProducer(claiming: rings[number].events.attach()))
    }
    let latency = unsafe SenderLatency(
      risk: histograms.sender[0], send: histograms.sender[1], tickToOrder: histograms.sender[2])
    let giveUp_ns = UInt64(options.reconnectSeconds * 1_000_000_000)
    return Sender(
      ports: ports, gate: gate, kill: kill, risk: try makeRisk(limits), pool: pool,
      session: session,
      directory: DirectoryReader(try directory.attach()), control: try control(),
      latency: latency, waitPolicy: plan.policy,
      options: SenderOptions(
        slowVenue: options.slowVenue, unsentBytesMax: limits.unsentBytesMax, address: address,
        reconnect: ReconnectPlan(giveUp_ns: giveUp_ns, seed: MonotonicClock.now),
        isWhole: isWhole),
      reload: self.reference?.reload, decisions: try makeDecisionLog())
  }

  private func makeDecisionLog() throws -> DecisionLog {
    guard let decisions else { return DecisionLog() }
    return DecisionLog(try DecisionProducer(claiming: decisions.attach()))
  }

  /// A venue may still hold the session of a predecessor that died a moment ago: with time to
  /// reconnect it is asked again.
  private func openSession(
    _ address: VenueAddress, from start: SessionStart
  ) throws -> VenueSession {
    var plan = ReconnectPlan(
      giveUp_ns: UInt64(options.reconnectSeconds * 1_000_000_000), seed: MonotonicClock.now)
    while true {
      do throws(SessionError) { return try VenueSession.open(address, from: start) } catch {
        guard let at = plan.next(after: MonotonicClock.now) else { throw error }
        if case .otherSession = error { throw error }
        clinux_sleep_until(at)
      }
    }
  }

  private func venueAddress(_ port: UInt16) -> VenueAddress? {
    switch options.venue {
    case .builtin: VenueAddress(host: "127.0.0.1", port: port)
    case .address(let address): address
    case .none: nil
    }
  }

  private func makeKillGate() throws -> KillGate {
    guard let instance else { return try KillGate.unnamed(directory: options.ringDirectory) }
    return try KillGate.claim(
      instance.name, ringDirectory: options.ringDirectory,
      state: StateDirectory(path: options.stateDirectory))
  }

  /// Positions begin anew: the venue tells every fill of its session again. States go on.
  private func makeRisk(_ limits: RiskLimits) throws -> RiskWatch {
    var positions = PositionOptions(
      equityE4: limits.portfolioE4, strategyEquityE4: limits.portfolioE4)
    positions.instruments = TickPublisher.instrumentsMax
    positions.strategiesMax = limits.strategiesMax
    let records = try instance?.riskRecords(strategies: limits.strategiesMax) ?? [:]
    let region =
      if let instance {
        try instance.renew(.positions, "positions", capacity: positions.capacity)
      } else { try regions.make(.positions, capacity: positions.capacity).attach() }
    return try RiskWatch(
      limits, positions: PositionBook.open(claiming: region, positions), records: records, at: 0)
  }

  private func makePool(_ limits: RiskLimits) throws -> OrderPool {
    let slots = OrderPool.slots(limits.openOrdersMax)
    let region =
      if let instance { try instance.open(.pool, "pool", capacity: slots) } else {
        try regions.make(.pool, capacity: slots).attach()
      }
    return try OrderPool(claiming: region, capacity: limits.openOrdersMax)
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
        file: try RecordingFile(path: options.recordPath!),
        symbols: try RecordingFile(path: options.recordPath! + ".symbols.csv"))
    }
    let merges = try Slab<Recorder.MergeTap>(
      count: options.recordPath == nil ? 0 : rings.count
    ) { number in
      Recorder.MergeTap(
        ring: try EventConsumer(claiming: rings[number].merge!.attach()),
        file: try RecordingFile(path: "\(options.recordPath!).worker-\(number).merge"))
    }
    let requests = try Slab<OrderConsumer>(
      count: options.ordersPath == nil ? 0 : rings.count
    ) { number throws(RingError) in
      try OrderConsumer(claiming: rings[number].journal!.attach())
    }
    let recorder = Recorder(
      ticks: ticks, merges: merges, requests: requests,
      ordersFile: try options.ordersPath.map { try RecordingFile(path: $0) },
      decisions: try makeDecisionTaps(),
      directory: DirectoryReader(try directory.attach()), control: try control())
    return thread(recorder, cores.popFirst() ?? nil)
  }

  private func makeDecisionTaps() throws -> Slab<Recorder.DecisionTap> {
    guard let decisions, let path = options.decisionsPath else { return Recorder.noDecisions() }
    return try Slab(count: 1) { _ in
      Recorder.DecisionTap(
        ring: try DecisionConsumer(claiming: decisions.attach()),
        writer: try DecisionWriter(RecordingFile(path: path), DecisionContext(options)))
    }
  }

  // MARK: Ingester

  private func makeIngester(
    _ rings: [WorkerRings], _ taps: [SharedRegion]
  ) throws -> I {
    var numbers = try DirectoryWriter(
      claiming: directory.attach(), venue: Symbol("IEX")!.word)
    try numbers.add(options.symbols ?? [])
    let regions = rings.map(\.ticks) + taps
    let (waitPolicy, policy) = (plan.policy, source.policy)
    let outlets = try Slab<TickOutlet>(count: regions.count) { index throws(RingError) in
      TickOutlet(
        try TickProducer(claiming: regions[index].attach()),
        policy: index < rings.count ? policy : .wait, waitPolicy: waitPolicy)
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
