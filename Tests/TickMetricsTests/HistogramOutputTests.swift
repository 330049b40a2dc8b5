import Histogram
import TestSupport
import Testing

@testable import TickMetrics

@Suite struct HistogramOutputTests {
  static let percents = [0, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100]

  /// Latencies of every order of magnitude up to a minute or so.
  static func latencies(seed: UInt64) -> [UInt64] {
    var random = SplitMix(seed: seed)
    return (0..<50_000).map { _ in random.next() >> UInt64.random(in: 28...63, using: &random) }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func percentilesAgreeWithHdrHistogram(seed: UInt64) {
    let storage = HistogramStorage()
    var reference = Histogram<UInt64>(
      highestTrackableValue: 1 << 41, numberOfSignificantValueDigits: .three)
    for value in Self.latencies(seed: seed) {
      storage[0].record(value)
      let fits = reference.record(value)
      #expect(fits)
    }
    let snapshot = storage.snapshot()
    for percent in Self.percents {
      let ours = HistogramLayout.bucket(of: snapshot.percentile(percent))
      let theirs = HistogramLayout.bucket(of: reference.valueAtPercentile(percent))
      #expect(abs(ours - theirs) <= 1, "p\(percent)")
    }
  }

  @Test(arguments: [5, 6] as [UInt64])
  func percentilesAgreeWithTheSortedValues(seed: UInt64) {
    let storage = HistogramStorage()
    let values = Self.latencies(seed: seed).sorted()
    for value in values { storage[0].record(value) }
    let snapshot = storage.snapshot()
    for percent in Self.percents where percent > 0 {
      let rank = Int((percent.nextDown / 100 * Double(values.count)).rounded(.up))
      let exact = HistogramLayout.bucket(of: values[rank - 1])
      #expect(HistogramLayout.bucket(of: snapshot.percentile(percent)) == exact, "p\(percent)")
    }
    #expect(snapshot.max == values.last)
    #expect(snapshot.sum == values.reduce(0, &+))
  }

  @Test func theConversionRoundsNothing() {
    let storage = HistogramStorage()
    var direct = Histogram<UInt64>(
      highestTrackableValue: HistogramLayout.valueLimit, numberOfSignificantValueDigits: .two)
    for value in Self.latencies(seed: 7) {
      storage[0].record(value)
      let fits = direct.record(value)
      #expect(fits)
    }
    let converted = storage.snapshot().hdrHistogram()
    #expect(converted.totalCount == direct.totalCount)
    for percent in Self.percents {
      let same = converted.valueAtPercentile(percent) == direct.valueAtPercentile(percent)
      #expect(same, "p\(percent)")
    }
  }

  @Test func saturatedValuesSurviveTheConversion() {
    let storage = HistogramStorage()
    storage[0].record(10)
    storage[0].record(1 << 45)
    let converted = storage.snapshot().hdrHistogram()
    #expect(converted.totalCount == 2)
    #expect(converted.valueAtPercentile(10) == 10)
    #expect(converted.valueAtPercentile(100) >= 1 << 45)
  }

  @Test func thePercentileTextIsTheStandardOne() {
    let storage = HistogramStorage()
    for value in 1...100 as ClosedRange<UInt64> { storage[0].record(value * 1_000) }
    let lines = storage.snapshot().percentileText(unit_ns: 1_000).split(separator: "\n")
    let columns = lines[0].split(separator: " ")
    #expect(columns == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"])
    #expect(lines.contains { $0.contains("0.500000000000") && $0.contains(" 50 ") })
    #expect(lines.contains { $0.hasPrefix("#[Mean") })
    #expect(lines.contains { $0.hasPrefix("#[Max") && $0.contains("100") })
  }

  @Test func thePercentileTextOfNothingIsStillOne() {
    let text = HistogramSnapshot().percentileText()
    #expect(text.contains("Percentile"))
    #expect(text.contains("Total count    =            0"))
  }
}
