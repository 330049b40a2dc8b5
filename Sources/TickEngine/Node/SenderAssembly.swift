import CLinux
import TickMetrics
import TickRing
import TickWire

/// Makes the sender of a run, be it a thread beside other roles or a process of its own: claims the
/// gate, the pool and the positions, logs in at the venue. Whatever can fail fails here.
final class SenderAssembly {
  private let options: ReplayOptions
  private let instance: TradingInstance?
  private let reload: ReferenceReload?
  private let waitPolicy: WaitPolicy
  /// The sender's own words, or those of the run.
  private let page: SharedRegion
  /// That of the instance, which outlives the sender; nil: its workers do not.
  private let shared: SharedRegion?
  private let board: SharedRegion
  let directory: SharedRegion
  private let rings: [WorkerRings]
  private let latency: SenderLatency
  /// The ring of its decisions, if they are recorded.
  private let decisions: SharedRegion?
  private let observer: ReplayObserver
  /// Made with the sender.
  private(set) var positions: SharedRegion?
  /// What the sender's time is taken from; nil: the capture.
  private var clock: SteadyClock?

  init(
    options: ReplayOptions, instance: TradingInstance?, reload: ReferenceReload?,
    waitPolicy: WaitPolicy, page: SharedRegion, shared: SharedRegion? = nil, board: SharedRegion,
    directory: SharedRegion,
    rings: [WorkerRings], latency: SenderLatency, decisions: SharedRegion? = nil,
    observer: ReplayObserver = ReplayObserver()
  ) {
    self.observer = observer
    self.decisions = decisions
    self.options = options
    self.instance = instance
    self.reload = reload
    self.waitPolicy = waitPolicy
    self.page = page
    self.shared = shared
    self.board = board
    self.directory = directory
    self.rings = rings
    self.latency = latency
  }

  /// - Parameter port: that of the built-in venue.
  /// - Throws: why there is no sender; then what was made for it is gone again.
  func make(port: UInt16 = 0) throws -> Sender {
    do { return try assemble(port) } catch {
      instance?.abandon()
      throw error
    }
  }

  private func assemble(_ port: UInt16) throws -> Sender {
    // First of all: the gate's role is that of the instance, so that there is one sender of a name.
    let kill = try makeKillGate()
    let limits = options.limits ?? .simulation
    let held = try number(options.positions)
    let pool = try makePool(limits)
    let isWhole = instance != nil
    var session: VenueSession?
    let address = venueAddress(port)
    var isSessionGone = false
    if let address {
      do {
        session = try openSession(address, from: isWhole ? pool.start : .newest)
      } catch SessionError.otherSession {
        // It must not trade, and must not be away either: somebody has to say what is in doubt.
        isSessionGone = true
      }
    }
    let isSame = pool.origin.sequence != 0 && session?.session == pool.origin.session
    if !isSessionGone {
      try HeldInstrument.note(options.positions, in: pool, isSameSession: isSame)
    }
    let reference = ReferenceTable(
      options.reference ?? .simulation, limits: limits,
      instruments: TickPublisher.instrumentsMax)
    var gate = RiskGate(
      limits: limits, reference: reference, control: try control(),
      board: BoardReader(try board.attach()), directory: DirectoryReader(try directory.attach()),
      credit: try makeCredit(limits), strategiesExpected: strategiesExpected(held))
    let marks = gate.hold(held)
    let ports = try Slab<SenderPort>(count: rings.count) { number throws(RingError) in
      SenderPort(
        requests: try OrderConsumer(claiming: rings[number].orders.attach()),
        events: try EventProducer(claiming: rings[number].events.attach()))
    }
    let risk = try makeRisk(
      limits, isArmed: !kill.isShut && !isSessionGone, held, marks, goesOn: isSessionGone,
      isSame: isSame)
    let giveUp_ns = UInt64(options.reconnectSeconds * 1_000_000_000)
    return Sender(
      ports: ports, gate: gate, kill: kill, risk: risk, pool: pool, session: session,
      directory: DirectoryReader(try directory.attach()), control: try control(),
      notes: try makeNotes(), latency: latency, waitPolicy: waitPolicy,
      options: SenderOptions(
        slowVenue: options.slowVenue, unsentBytesMax: limits.unsentBytesMax, address: address,
        reconnect: ReconnectPlan(giveUp_ns: giveUp_ns, seed: MonotonicClock.now),
        isWhole: isWhole, workersOutlive: shared != nil,
        owners: owners,
        isSessionGone: isSessionGone,
        clock: clock),
      reload: reload, decisions: try makeDecisionLog())
  }

  private var owners: OrderOwners {
    OrderOwners(workers: rings.count, areSharing: options.workerSubscriptions.isEmpty)
  }

  /// Strategies 1 to this trade, or hold something.
  private func strategiesExpected(_ held: [HeldInstrument]) -> Int {
    max(owners.strategies, held.map { Int($0.row.strategy) }.max() ?? 0)
  }

  private func makeDecisionLog() throws -> DecisionLog {
    guard let decisions else { return DecisionLog() }
    return DecisionLog(try DecisionProducer(claiming: decisions.attach()))
  }

  private func makeNotes() throws -> ControlPage? {
    guard let shared else { return nil }
    return ControlPage(try shared.attach())
  }

  private func control() throws -> ControlPage { ControlPage(try page.attach()) }

  /// A venue may still hold the session of a predecessor that died a moment ago: with time to
  /// reconnect it is asked again, which is said, and which a signal to stop ends.
  private func openSession(
    _ address: VenueAddress, from start: SessionStart
  ) throws -> VenueSession {
    var plan = ReconnectPlan(
      giveUp_ns: UInt64(options.reconnectSeconds * 1_000_000_000), seed: MonotonicClock.now)
    var told: SessionError?
    while true {
      do throws(SessionError) { return try VenueSession.open(address, from: start) } catch {
        guard let at = plan.next(after: MonotonicClock.now) else { throw error }
        if case .otherSession = error { throw error }
        if error != told {
          observer.note("\(error); it is called again, for \(options.reconnectSeconds) s in all")
          told = error
        }
        let left_ms = (at - min(at, MonotonicClock.now)) / 1_000_000
        let signal = clinux_wait_stop_signal(Int32(clamping: left_ms + 1))
        if signal != 0 { throw StoppedAtStart(signal: signal, why: error.description) }
      }
    }
  }

  private func venueAddress(_ port: UInt16) -> VenueAddress? {
    switch options.venue {
    case .builtin: VenueAddress(host: "127.0.0.1", port: port, dialect: options.builtinDialect)
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

  /// Positions begin anew: the venue tells every fill of its session again. States go on, and with
  /// them the clock of their times: what was set meanwhile ends no cooldown.
  ///
  /// - Parameters:
  ///   - goesOn: the venue does not: what a predecessor knew is all that is known.
  ///   - isSame: the session is the predecessor's, of which all is told; else it is over, and what
  ///     it brought is not in the equity that this one begins with.
  private func makeRisk(
    _ limits: RiskLimits, isArmed: Bool, _ held: [HeldInstrument], _ marksE4: [Int64],
    goesOn: Bool, isSame: Bool
  ) throws -> RiskWatch {
    var positions = PositionOptions(
      equityE4: limits.portfolioE4, strategyEquityE4: limits.portfolioE4)
    positions.instruments = TickPublisher.instrumentsMax
    positions.strategiesMax = limits.strategiesMax
    positions.strategiesExpected = strategiesExpected(held)
    let isLive = options.captures.isEmpty
    var legacy =
      try instance?.riskLegacy(strategies: limits.strategiesMax, isLive: isLive) ?? RiskLegacy()
    clock = isLive ? legacy.clock ?? SteadyClock() : nil
    if !goesOn, !isSame || legacy.isOfDay { legacy.rebase(to: limits.portfolioE4) }
    let region =
      if let instance {
        goesOn
          ? try instance.open(.positions, "positions", capacity: positions.capacity)
          : try instance.renew(.positions, "positions", capacity: positions.capacity)
      } else { try unnamed(.positions, positions.capacity) }
    // For those who look.
    self.positions = SharedRegion(try region.duplicate(untouched: true))
    var book = try PositionBook.open(claiming: region, positions)
    let isLater = !isSame && isToday(legacy, limits)
    try book.begin(held, zip(held, marksE4).map { held, markE4 in
      (isLater ? legacy.markE4(of: held) : nil) ?? markE4
    })
    if isSame, !goesOn {
      book.begin(after: legacy)
      for (instrument, markE4) in legacy.marksE4 { book.expect(instrument, at: markE4) }
    }
    if let clock { book.keep(clock) }
    var risk = try RiskWatch(
      limits, positions: book, records: legacy.records, isResumed: isArmed, at: 0)
    for one in held { risk.note(one.row.strategy, isFlat: false) }
    // A breaker is never without a record of it, whoever dies here.
    if !goesOn { try instance?.replace("positions") }
    return risk
  }

  /// Later in a day what is held begins with its worth of then, and not of the day before: what
  /// came of it is in the legacy already.
  private func isToday(_ legacy: RiskLegacy, _ limits: RiskLimits) -> Bool {
    guard let clock else { return false }
    let now = clock.time(at: MonotonicClock.now)
    return legacy.isOf(dayStarting: limits.states.tradingDayStart_seconds, now)
  }

  /// What is held, under the numbers of its instruments: which they have from here on.
  private func number(_ positions: OpeningPositions?) throws -> [HeldInstrument] {
    guard let positions else { return [] }
    do {
      var numbers = try DirectoryWriter(
        claiming: directory.attach(), venue: Symbol("IEX")!.word)
      try numbers.add(options.symbols ?? [])
      return try positions.rows.map { try HeldInstrument($0, &numbers) }
    } catch let error as RingError where error.kind == .roleTaken {
      // The ingester runs already, and what a predecessor numbered is there.
      let numbers = DirectoryReader(try directory.attach())
      return try positions.rows.map { try HeldInstrument($0, numbers) }
    }
  }

  private func makeCredit(_ limits: RiskLimits) throws -> AccountLedger? {
    guard let account = options.account, let instance else { return nil }
    let region = try TradingInstance(
      account, ringDirectory: options.ringDirectory, stateDirectory: options.stateDirectory
    ).open(.ledger, "ledger", capacity: AccountLedger.capacity)
    try region.guardAgainstTruncation()
    let totalE4 = limits.creditE4
    return try AccountLedger.open(
      region, key: AccountLedger.key(of: instance.name), totalE4: totalE4,
      chunkE4: max(1, totalE4 / 256))
  }

  private func makePool(_ limits: RiskLimits) throws -> OrderPool {
    let slots = OrderPool.slots(limits.openOrdersMax)
    let region =
      if let instance { try instance.open(.pool, "pool", capacity: slots) } else {
        try unnamed(.pool, slots)
      }
    return try OrderPool(claiming: region, capacity: limits.openOrdersMax)
  }

  private func unnamed(_ kind: RegionKind, _ capacity: Int) throws(RingError) -> Region {
    try Region.createUnnamed(kind, directory: options.ringDirectory, capacity: capacity)
  }
}
