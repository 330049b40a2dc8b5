import TickMetrics

/// One stage's latencies in a report; all values in nanoseconds.
public struct LatencySummary: Codable, Equatable, Sendable {
  public var count: UInt64
  /// Intervals that ended before they began; not in `count`.
  public var negative: UInt64
  public var p50: UInt64
  public var p90: UInt64
  public var p99: UInt64
  /// 99.9 %.
  public var p999: UInt64
  /// 99.99 %.
  public var p9999: UInt64
  public var max: UInt64

  public init(_ snapshot: HistogramSnapshot) {
    count = snapshot.count
    negative = snapshot.negative
    p50 = snapshot.p50
    p90 = snapshot.p90
    p99 = snapshot.p99
    p999 = snapshot.p999
    p9999 = snapshot.p9999
    max = snapshot.max
  }
}
