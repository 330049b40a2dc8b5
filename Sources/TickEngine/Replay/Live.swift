import TickRing

/// Runs the whole pipeline on a live feed, its stages as threads of this process.
///
/// ```swift
/// var lines = IngestOptions(feed: .iex, lines: [LineAddress("239.1.2.3:5000")!])
/// lines.receive.interface = "eth0"
/// let outcome = try Live.run(MyStrategy.self, lines, ReplayOptions(captures: []))
/// ```
public enum Live {
  /// Runs one `S` on each worker until SIGINT or SIGTERM, which it blocks, or until a role fails.
  ///
  /// - Parameters:
  ///   - lines: what to listen to, and what a slow worker costs; how many there are the options
  ///     say.
  ///   - options: everything behind the ingester; captures, pace and repeats have no meaning here.
  /// - Throws: as `Replay.run`, and `IngestError`, `ReceiveError`, `MemoryShortage`.
  public static func run<S: Strategy & ~Copyable>(
    _ strategy: S.Type, _ lines: IngestOptions, _ options: ReplayOptions,
    observer: ReplayObserver = ReplayObserver()
  ) throws -> ReplayOutcome {
    var lines = lines
    lines.workers = options.workers
    try lines.check()
    try lines.checkMemory()
    try Replay.check(options, isCounting: S.self == CountingStrategy.self)
    switch lines.feed {
    case .iex:
      return try Replay.run(
        strategy, options, try LineSource<IexDecoder>(lines, observer), observer)
    case .ticks:
      return try Replay.run(
        strategy, options, try LineSource<TickFeedDecoder>(lines, observer), observer)
    case .moldItch:
      throw IngestError.options(
        "mold-itch makes no ticks yet, so there is nothing for a strategy: `tickway ingest"
          + " --record` recovers its messages")
    }
  }
}
