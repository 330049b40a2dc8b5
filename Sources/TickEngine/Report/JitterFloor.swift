import TickMetrics

/// How still the machine is: what a thread that does nothing but look at the clock sees of it. A
/// latency's tail below this floor says nothing of the program.
enum JitterFloor {
  /// Long enough for the 99.9th percentile to hold what happens ten times a second.
  static let measure_ns: UInt64 = 100_000_000

  /// Spins for `measure_ns` on the core that it happens to be on.
  /// - Returns: the intervals between one look at CLOCK_MONOTONIC and the next, ns.
  static func measure() -> LatencySummary {
    let storage = HistogramStorage()
    // The storage outlives the view: both are gone when the function ends.
    let gaps = unsafe storage[0]
    var before = MonotonicClock.now
    let end = before + measure_ns
    while before < end {
      let now = MonotonicClock.now
      gaps.record(now - before)
      before = now
    }
    return LatencySummary(storage.snapshot())
  }
}
