import CLinux
import TickMetrics
import TickRing

/// Makes the sender of a run, be it a thread beside other roles or a process of its own: claims the
/// gate, the pool and the positions, logs in at the venue. Whatever can fail fails here.
struct SenderAssembly {
  let options: ReplayOptions
  let instance: TradingInstance?
  let reload: ReferenceReload?
  let waitPolicy: WaitPolicy
  /// The sender's own words, or those of the run.
  let page: SharedRegion
  let board: SharedRegion
  let directory: SharedRegion
  let rings: [WorkerRings]
  let latency: SenderLatency
  /// Whether the workers are processes of their own.
  var workersOutlive = false

  /// - Parameter port: that of the built-in venue.
  func make(port: UInt16 = 0) throws -> Sender {
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
    let giveUp_ns = UInt64(options.reconnectSeconds * 1_000_000_000)
    return Sender(
      ports: ports, gate: gate, kill: kill, risk: try makeRisk(limits), pool: pool,
      session: session,
      directory: DirectoryReader(try directory.attach()), control: try control(),
      latency: latency, waitPolicy: waitPolicy,
      options: SenderOptions(
        slowVenue: options.slowVenue, unsentBytesMax: limits.unsentBytesMax, address: address,
        reconnect: ReconnectPlan(giveUp_ns: giveUp_ns, seed: MonotonicClock.now),
        isWhole: isWhole, workersOutlive: workersOutlive),
      reload: reload)
  }

  private func control() throws -> ControlPage { ControlPage(try page.attach()) }

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
      } else { try unnamed(.positions, positions.capacity) }
    return try RiskWatch(
      limits, positions: PositionBook.open(claiming: region, positions), records: records, at: 0)
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
