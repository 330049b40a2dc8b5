import CLinux
import TickRing

/// Runs the whole pipeline over captures, its stages as threads of this process.
///
/// ```swift
/// var options = ReplayOptions(captures: ["day.pcap.gz"])
/// options.venue = .builtin
/// let outcome = try Replay.run(MyStrategy.self, options)
/// print(ReportText(outcome.report))
/// ```
public enum Replay {
  /// Replays with one `S` on each worker. Blocks SIGINT and SIGTERM and ends the run on either.
  ///
  /// - Throws: what keeps the run from starting: `CaptureError`, `RingError`, `SessionError`,
  ///   `VenueError`, `StrategyError`, `AtomicFile.Failure`, `ReplayError`. What ends it early is
  ///   in the outcome instead, with the counts as they were.
  public static func run<S: Strategy & ~Copyable>(
    _ strategy: S.Type, _ options: ReplayOptions, observer: ReplayObserver = ReplayObserver()
  ) throws -> ReplayOutcome {
    guard !options.captures.isEmpty else { throw ReplayError.options("no capture is given") }
    try check(options, isCounting: S.self == CountingStrategy.self)
    return try run(strategy, options, try CaptureSource(options), observer)
  }

  /// The stages behind any source.
  static func run<S: Strategy & ~Copyable, I: FeedRole & ~Copyable>(
    _ strategy: S.Type, _ options: ReplayOptions, _ source: TickSource<I>,
    _ observer: ReplayObserver
  ) throws -> ReplayOutcome {
    // A venue that is named is contacted even when no order can come.
    var isTrading = S.self != CountingStrategy.self
    if case .address = options.venue { isTrading = true }
    let run = try ReplayAssembly<S, I>(
      options, source, isTrading: isTrading, observer
    ).assemble()
    // Until here a signal ends the process: nothing has a name yet that would stay behind, and no
    // order is out. From here it ends the run in its order.
    clinux_block_stop_signals()
    run.machine.jitterFloor_ns = JitterFloor.measure().summary
    observer.note(run.plan.reason)
    if isTrading { observer.note(options.limitsNote) }
    run.run(observer)
    return run.outcome()
  }

  static func check(_ options: ReplayOptions, isCounting: Bool) throws(ReplayError) {
    guard (1...ControlPage.workersMax).contains(options.workers) else {
      throw .options("--workers: a number from 1 to \(ControlPage.workersMax) is needed")
    }
    if let worker = options.subscriptions.keys.first(where: { !(0..<options.workers).contains($0) })
    {
      throw .options(
        "--subscribe \(worker)=…: workers are numbered from 0 to \(options.workers - 1)")
    }
    let strategiesMax = (options.limits ?? .simulation).strategiesMax
    guard options.subscriptions.isEmpty || options.workers <= strategiesMax else {
      throw .options(
        "--subscribe makes each worker a strategy of its own, and the risk limits have"
          + " strategies_max \(strategiesMax): raise it, or use fewer workers")
    }
    guard options.repeats >= 1 else { throw .options("--repeat: at least 1 is needed") }
    if case .address(let venue) = options.venue, options.limits == nil, !isCounting,
      !(options.isSimulated && venue.isLoopback)
    {
      throw .options(
        "the venue \(venue.text) needs limits given: the simulation's defaults are only for the"
          + " built-in venue")
    }
    if case .address(let venue) = options.venue, !venue.isLoopback, !isCounting {
      guard options.instance != nil, options.reference != nil else {
        throw .options(
          "the venue \(venue.text) is on another host: it needs an instance, so that it can be"
            + " stopped, and reference data")
      }
    }
    if let instance = options.instance, !InstanceName.isValid(instance) {
      throw .options("--instance \(instance): letters, digits, - and _ are allowed")
    }
    try checkAccount(options, isCounting)
    guard (0...86_400).contains(options.reconnectSeconds) else {
      throw .options("--reconnect: seconds from 0 to 86400 are needed")
    }
    do throws(RiskLimits.Failure) { try options.limits?.check() } catch {
      throw .options("the risk limits: \(error)")
    }
    try ReplayPaths.check(options)
  }

  private static func checkAccount(
    _ options: ReplayOptions, _ isCounting: Bool
  ) throws(ReplayError) {
    if let account = options.account {
      guard InstanceName.isValid(account) else {
        throw .options("--account \(account): letters, digits, - and _ are allowed")
      }
      guard options.instance != nil else {
        throw .options(
          "--account \(account) needs --instance: a share of its credit is an instance's")
      }
    }
    let hasRisk =
      options.account != nil || options.positions != nil || options.valueAtRisk != nil
    if isCounting, hasRisk {
      throw .options("--account, --positions and --var-every need a --strategy")
    }
    guard let positions = options.positions else { return }
    do throws(OpeningPositions.Failure) {
      try positions.check(
        symbols: options.symbols, reference: options.reference,
        strategiesMax: (options.limits ?? .simulation).strategiesMax)
    } catch { throw .options("the positions file: \(error)") }
  }
}

extension ReplayOptions {
  /// By which limits a run trades: said at each start (RM13).
  var limitsNote: String {
    let kind = limits == nil ? "simulation defaults" : "given"
    let lines = (limits ?? .simulation).lines.map { "\($0.name)=\($0.value)" }
    return "risk limits (\(kind)): \(lines.joined(separator: " "))"
  }
}
