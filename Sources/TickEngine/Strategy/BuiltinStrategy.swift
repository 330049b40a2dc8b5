/// The strategies that come with Tickway, by the name of `--strategy`.
public enum BuiltinStrategy: String, CaseIterable, Sendable {
  case none
  case momentum
  case marketMaker = "market-maker"

  /// Replays with this strategy on each worker.
  public func replay(
    _ options: ReplayOptions, observer: ReplayObserver = ReplayObserver()
  ) throws -> ReplayOutcome {
    switch self {
    case .none: try Replay.run(CountingStrategy.self, options, observer: observer)
    case .momentum: try Replay.run(MomentumStrategy.self, options, observer: observer)
    case .marketMaker: try Replay.run(MarketMakerStrategy.self, options, observer: observer)
    }
  }

  /// Runs this strategy on each worker, on a live feed.
  public func live(
    _ lines: IngestOptions, _ options: ReplayOptions,
    observer: ReplayObserver = ReplayObserver()
  ) throws -> ReplayOutcome {
    switch self {
    case .none: try Live.run(CountingStrategy.self, lines, options, observer: observer)
    case .momentum: try Live.run(MomentumStrategy.self, lines, options, observer: observer)
    case .marketMaker: try Live.run(MarketMakerStrategy.self, lines, options, observer: observer)
    }
  }

  /// Runs this strategy on one worker, a process of its own.
  public func worker(
    _ number: Int, _ options: ReplayOptions, _ role: RoleOptions,
    observer: ReplayObserver = ReplayObserver()
  ) throws -> ReplayOutcome {
    switch self {
    case .none:
      try WorkerService.run(
        CountingStrategy.self, number: number, options, role, observer: observer)
    case .momentum:
      try WorkerService.run(
        MomentumStrategy.self, number: number, options, role, observer: observer)
    case .marketMaker:
      try WorkerService.run(
        MarketMakerStrategy.self, number: number, options, role, observer: observer)
    }
  }
}
