/// Where a histogram keeps what: the arithmetic of its buckets and its words in memory.
///
/// Buckets are log-linear, as in HdrHistogram at two significant digits: values below 256 have a
/// bucket each, and every power of two above is cut into 128, so that a bucket is never wider than
/// 1/128 (0.78 %) of its values. They cover 0 ..< 2^41 (36 minutes in nanoseconds); what is larger
/// is counted in the last one, and the maximum is kept exactly.
///
/// The memory is 64-bit words in native order, offsets only, fit to be shared between processes:
///
/// | word | meaning | written |
/// |--:|---|---|
/// | 0 | magic and version (`stamp`) | once, last |
/// | 1 | number of buckets | once |
/// | 2 | precision bits (7) | once |
/// | 3–7 | zero | – |
/// | 8 | count: values recorded | by the writer |
/// | 9 | negative: intervals that ended before they began; in no bucket | by the writer |
/// | 10 | maximum value | by the writer |
/// | 11 | sum of the values, modulo 2^64 | by the writer |
/// | 12 | saturated: values of 2^41 or more (these are in the last bucket too) | by the writer |
/// | 13–15 | zero | – |
/// | 16– | the buckets | by the writer |
///
/// Words 0–7 and 8–15 are each a cache line, so a base aligned to 64 bytes keeps what every
/// reader checks apart from what the writer changes.
public enum HistogramLayout {
  /// "TWHIST" and the layout's version in the low 16 bits.
  public static let stamp: UInt64 = 0x5457_4849_5354_0001
  /// Each power of two is cut into 2^7 buckets.
  public static let precisionBits = 7
  /// Values of `2^valueBits` and more share the last bucket.
  @inlinable public static var valueBits: Int { 41 }
  /// 4,480: two times 128 that are exact, and 128 for each of 33 powers of two above them.
  @inlinable public static var bucketCount: Int { 4_480 }
  @inlinable public static var headerWordCount: Int { 16 }
  @inlinable public static var wordCount: Int { headerWordCount + bucketCount }
  /// Bytes that one histogram takes: 35,968, a multiple of 64.
  @inlinable public static var byteCount: Int { wordCount * 8 }
  /// The least alignment of its base, in bytes.
  @inlinable public static var alignment: Int { 64 }
  /// The largest value that has a bucket of its own kind: 2^41 - 1.
  @inlinable public static var valueLimit: UInt64 { (1 << UInt64(valueBits)) - 1 }

  @usableFromInline enum Word {
    @usableFromInline static let stamp = 0
    @usableFromInline static let buckets = 1
    @usableFromInline static let precision = 2
    @inlinable static var count: Int { 8 }
    @inlinable static var negative: Int { 9 }
    @inlinable static var max: Int { 10 }
    @inlinable static var sum: Int { 11 }
    @inlinable static var saturated: Int { 12 }
  }

  /// The bucket of `value`; any value has one. No branch.
  @inlinable @inline(__always)
  public static func bucket(of value: UInt64) -> Int {
    let held = min(value, valueLimit)
    // The lowest 256 values need no shift; `| 128` gives them the shift of the second 128.
    let shift = 56 &- (held | 128).leadingZeroBitCount
    return shift &<< 7 &+ Int(truncatingIfNeeded: held &>> UInt64(truncatingIfNeeded: shift))
  }

  /// The values that share a bucket, without the saturated ones in the last.
  /// Traps unless `0 ..< bucketCount` contains `bucket`.
  public static func values(in bucket: Int) -> ClosedRange<UInt64> {
    precondition((0..<bucketCount).contains(bucket), "no such bucket")
    guard bucket >= 256 else { return UInt64(bucket)...UInt64(bucket) }
    let shift = UInt64(bucket >> 7 - 1)
    let lower = UInt64(bucket & 127 | 128) << shift
    return lower...(lower + (1 << shift - 1))
  }
}
