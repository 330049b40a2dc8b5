import TickMetrics

/// What a replay comes to.
public struct ReplayOutcome {
  public var report: Report
  /// Latencies by stage, in full.
  public var latency: [(stage: Report.Stage, snapshot: HistogramSnapshot)]
  /// SIGINT or SIGTERM, if that ended the run.
  public var signal: Int32?
  /// Why a role stopped before its time; the counts are then what they were.
  public var failure: (any Error)?
  /// Equations that the counts do not satisfy; empty when all do.
  public var inconsistencies: [String]
}

extension ReplayOutcome {
  /// Takes over the latencies into the report, and holds its counts against each other. Those of a
  /// run that failed, which has left work undone, are told and not judged.
  init(
    _ report: Report, latency: [(stage: Report.Stage, snapshot: HistogramSnapshot)],
    signal: Int32?, failure: (any Error)?
  ) {
    self.report = report
    for (stage, snapshot) in latency {
      self.report.latency_ns[stage.rawValue] = LatencySummary(snapshot)
    }
    self.latency = latency
    self.signal = signal
    self.failure = failure
    inconsistencies = failure == nil ? self.report.consistency() : []
  }
}

/// How a run tells the person who waits for it.
public struct ReplayObserver {
  /// A line for the operator, before the run begins or after its end.
  public var note: (String) -> Void
  /// Called about each second: packets taken so far, and seconds since the start.
  public var progress: (UInt64, Double) -> Void

  public init(
    note: @escaping (String) -> Void = { _ in },
    progress: @escaping (UInt64, Double) -> Void = { _, _ in }
  ) {
    self.note = note
    self.progress = progress
  }
}
