import TickMetrics

/// How still a core is: what a thread that does nothing but look at the clock sees of it. A
/// latency's tail below this floor says nothing of the program.
public struct JitterFloor: Equatable, Sendable {
  /// Long enough for the 99.9th percentile to hold what happens ten times a second.
  public static let brief_ns: UInt64 = 100_000_000

  /// The intervals between one look at CLOCK_MONOTONIC and the next, ns.
  public let gaps: HistogramSnapshot
  /// Those of them in which the core was somewhere else.
  public let hiccups: Hiccups
  /// From the first look to the last, ns.
  public let measured_ns: UInt64

  public var summary: LatencySummary { LatencySummary(gaps) }

  /// Spins for `duration_ns` on the core that the calling thread is on.
  public static func measure(for duration_ns: UInt64 = brief_ns) -> JitterFloor {
    let storage = HistogramStorage()
    // The storage outlives the view: both are gone when the function ends.
    let gaps = unsafe storage[0]
    var hiccups = Hiccups()
    let start = MonotonicClock.now
    let (end, isTooLong) = start.addingReportingOverflow(duration_ns)
    precondition(!isTooLong, "a measurement ends within the clock's range")
    var before = start
    while before < end {
      let now = MonotonicClock.now
      let gap = now &- before
      gaps.record(gap)
      if gap > Hiccups.least_ns { hiccups.take(gap) }
      before = now
    }
    return JitterFloor(gaps: storage.snapshot(), hiccups: hiccups, measured_ns: before - start)
  }
}

/// Intervals in which a spinning thread did not run, by size; each class holds the larger, too.
public struct Hiccups: Codable, Equatable, Sendable {
  /// What is longer is a hiccup; ns. A look at the clock takes some 20 ns.
  public static let least_ns: UInt64 = 1_000

  public private(set) var over_1us: UInt64 = 0
  public private(set) var over_10us: UInt64 = 0
  public private(set) var over_100us: UInt64 = 0
  public private(set) var over_1ms: UInt64 = 0
  /// The sum of them all, ns.
  public private(set) var lost_ns: UInt64 = 0

  public init() {}

  /// Counts an interval if it is one.
  mutating func take(_ gap_ns: UInt64) {
    guard gap_ns > Hiccups.least_ns else { return }
    over_1us += 1
    lost_ns &+= gap_ns
    if gap_ns > 10_000 { over_10us += 1 }
    if gap_ns > 100_000 { over_100us += 1 }
    if gap_ns > 1_000_000 { over_1ms += 1 }
  }
}
