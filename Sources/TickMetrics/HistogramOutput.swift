import Histogram

/// Snapshots as HdrHistogram knows them, for its tools: off the hot path, allocates freely.
extension HistogramSnapshot {
  /// The same distribution as an HdrHistogram of two significant digits, whose buckets are the
  /// very buckets of `HistogramLayout`, so nothing is rounded twice. `negative` has no place there.
  public func hdrHistogram() -> Histogram<UInt64> {
    var result = Histogram<UInt64>(
      lowestDiscernibleValue: 1,
      highestTrackableValue: Swift.max(HistogramLayout.valueLimit, max),
      numberOfSignificantValueDigits: .two)
    // The values of the highest bucket are taken to be the maximum, which is known exactly.
    let highest = buckets.lastIndex { $0 > 0 }
    for (bucket, held) in buckets.enumerated() where held > 0 {
      let value = bucket == highest ? max : HistogramLayout.values(in: bucket).lowerBound
      let fits = result.record(value, count: held)
      precondition(fits, "the range above covers every bucket")
    }
    return result
  }

  /// The standard percentile text (`.hgrm`), as HdrHistogram's plotters read it.
  ///
  /// - Parameter unit_ns: nanoseconds that one unit of the printed values stands for; 1,000 prints
  ///   microseconds.
  public func writePercentiles(to stream: inout some TextOutputStream, unit_ns: Double = 1) {
    hdrHistogram().outputPercentileDistribution(
      to: &stream, outputValueUnitScalingRatio: unit_ns)
  }

  /// The standard percentile text (`.hgrm`) as a string.
  public func percentileText(unit_ns: Double = 1) -> String {
    var text = ""
    writePercentiles(to: &text, unit_ns: unit_ns)
    return text
  }
}
