/// A histogram's counts at one moment: a value, apart from the memory they came from. All values
/// are nanoseconds.
public struct HistogramSnapshot: Sendable, Equatable {
  /// One count per bucket of `HistogramLayout`.
  public private(set) var buckets: [UInt64]
  /// Values recorded: the sum of the buckets.
  public private(set) var count: UInt64
  /// Intervals that ended before they began; not in `count`.
  public private(set) var negative: UInt64
  /// The largest value, exact; 0 if there is none.
  public private(set) var max: UInt64
  /// The sum of the values, modulo 2^64.
  public private(set) var sum: UInt64
  /// Values too large for a bucket of their own; in `count` and in the last bucket.
  public private(set) var saturated: UInt64

  /// Nothing recorded: where a merge begins.
  public init() {
    self.init(
      buckets: Array(repeating: 0, count: HistogramLayout.bucketCount), negative: 0, max: 0,
      sum: 0, saturated: 0)
  }

  init(buckets: [UInt64], negative: UInt64, max: UInt64, sum: UInt64, saturated: UInt64) {
    precondition(buckets.count == HistogramLayout.bucketCount)
    self.buckets = buckets
    self.count = buckets.reduce(0, &+)
    self.negative = negative
    self.max = max
    self.sum = sum
    self.saturated = saturated
  }

  /// Adds what `other` counted, as if one histogram had recorded both.
  public mutating func merge(_ other: HistogramSnapshot) {
    for bucket in buckets.indices { buckets[bucket] &+= other.buckets[bucket] }
    count &+= other.count
    negative &+= other.negative
    max = Swift.max(max, other.max)
    sum &+= other.sum
    saturated &+= other.saturated
  }

  /// Both together: what one histogram would hold that had recorded the values of both.
  public func merged(with other: HistogramSnapshot) -> HistogramSnapshot {
    var result = self
    result.merge(other)
    return result
  }

  /// What was recorded since `earlier` was taken of the same histogram; nil if it is of another, or
  /// the histogram has begun anew. The maximum is exact if it rose meanwhile, else the top of the
  /// highest bucket that counted.
  public func subtracting(_ earlier: HistogramSnapshot) -> HistogramSnapshot? {
    var result = HistogramSnapshot()
    for bucket in buckets.indices {
      guard buckets[bucket] >= earlier.buckets[bucket] else { return nil }
      result.buckets[bucket] = buckets[bucket] - earlier.buckets[bucket]
      result.count &+= result.buckets[bucket]
    }
    guard negative >= earlier.negative, saturated >= earlier.saturated, max >= earlier.max else {
      return nil
    }
    result.negative = negative - earlier.negative
    result.saturated = saturated - earlier.saturated
    result.sum = sum &- earlier.sum
    result.max = max
    if max == earlier.max {
      result.max = result.buckets.lastIndex { $0 > 0 }.map { result.top(of: $0) } ?? 0
    }
    return result
  }

  /// The value that `percent` of the values do not exceed, as HdrHistogram defines it: the top of
  /// the bucket that holds the value of that rank, never above `max`. 0 if nothing is recorded.
  /// Traps unless `0 ... 100` contains `percent`.
  public func percentile(_ percent: Double) -> UInt64 {
    precondition((0...100).contains(percent), "a percentile is between 0 and 100")
    guard count > 0 else { return 0 }
    // One unit in the last place less, so that a product that should be whole is not rounded up.
    let exactRank = Swift.max(percent.nextDown, 0) / 100 * Double(count)
    let rank = Swift.min(Swift.max(UInt64(exactRank.rounded(.up)), 1), count)
    var seen: UInt64 = 0
    for (bucket, held) in buckets.enumerated() {
      seen &+= held
      if seen >= rank { return top(of: bucket) }
    }
    return max
  }

  /// The last bucket has no top of its own: what saturated lies above it.
  private func top(of bucket: Int) -> UInt64 {
    let isLast = bucket == HistogramLayout.bucketCount - 1
    if isLast && saturated > 0 { return max }
    return Swift.min(HistogramLayout.values(in: bucket).upperBound, max)
  }

  public var p50: UInt64 { percentile(50) }
  public var p90: UInt64 { percentile(90) }
  public var p99: UInt64 { percentile(99) }
  /// 99.9 %.
  public var p999: UInt64 { percentile(99.9) }
  /// 99.99 %.
  public var p9999: UInt64 { percentile(99.99) }
}
