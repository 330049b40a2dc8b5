import TickRing

/// Repeats what a worker of a recorded run decided (`ReplayOptions.recordPath`): its strategy is
/// given the recorded ticks of its instruments, and between them the events, timers and sessions
/// in the order of its merge log. No venue, sender or thread is needed: the same strategy asks for
/// the same orders.
///
/// ```swift
/// let requests = try Rerun.requests(
///   of: MarketMakerStrategy.self, recording: "day.ticks", worker: 0, workers: 2)
/// ```
public enum Rerun {
  /// The order requests of one worker, in the order asked; `received_ns` and `published_ns`, times
  /// of the machine's clock, are 0.
  ///
  /// The symbols are all known from the start, where the run learnt them as they appeared.
  ///
  /// - Parameters:
  ///   - path: the recording; its `.symbols.csv` and `.worker-N.merge` lie beside it.
  ///   - worker: number of the worker, from 0.
  ///   - workers: workers of the recorded run.
  ///   - subscriptions: those of the recorded run.
  /// - Throws: `RerunError`, `StrategyError`, `RingError` if there is no shared memory.
  public static func requests<S: Strategy & ~Copyable>(
    of strategy: S.Type, parameters: [String: String] = [:], recording path: String, worker: Int,
    workers: Int, subscriptions: [Int: Subscription] = [:], ringDirectory: String = "/dev/shm"
  ) throws -> [OrderRequest] {
    precondition(workers >= 1 && worker >= 0 && worker < workers)
    try RerunFiles.checkWorkers(of: path, workers)
    let ticks = try RecordedFile(path, recordBytes: 24)
    let mergePath = RerunFiles.mergePath(path, worker)
    let merge = try RecordedFile(mergePath, recordBytes: 56)
    var stage = try RerunStage<S>(
      merge: merge, mergePath: mergePath, symbols: try RerunFiles.symbols(of: path),
      parameters: parameters,
      context: StrategyContext(
        worker: worker, workers: workers, instrumentsMax: TickPublisher.instrumentsMax,
        subscriptions: Subscription.each(of: workers, subscriptions)),
      ringDirectory: ringDirectory)
    for index in 0..<ticks.count {
      let tick = Tick(words: ticks.record(index, as: (UInt64, UInt64, UInt64).self))
      let instrument = tick.series.instrument
      if instrument == 0 || stage.owns(instrument) { try stage.take(tick) }
    }
    return try stage.finish()
  }
}

/// Why a run cannot be repeated, in a sentence that says what to do.
public enum RerunError: Error, CustomStringConvertible, Equatable {
  case unreadable(String)
  case damaged(String, String)
  case workers(String, given: Int)
  case diverged(String, ticks: UInt64)

  public var description: String {
    switch self {
    case .unreadable(let path):
      "\(path) cannot be read: a recording is its ticks, .symbols.csv and .worker-N.merge together"
    case .damaged(let path, let what): "\(path) is damaged: \(what)"
    case .workers(let path, let given):
      "\(path) was not recorded with \(given) workers: give as many as it has .worker-N.merge files"
    case .diverged(let path, let ticks):
      "the strategy does something else than in \(path) after \(ticks) ticks: are it and its"
        + " parameters those of the recorded run?"
    }
  }
}
