import Synchronization

/// A histogram seen by an observer: it reads what one writer writes, and writes nothing, so that a
/// read-only mapping in another process will do. What it may see in mid-run is said at
/// `LatencyHistogram`.
///
/// - Ownership: the memory must outlive the view.
/// - Thread safety: any number of threads.
@safe
public struct HistogramReader: @unchecked Sendable {
  private let words: UnsafePointer<Atomic<UInt64>>

  @unsafe
  init(words: UnsafePointer<Atomic<UInt64>>) { unsafe self.words = words }

  /// nil if the memory is too small, is not aligned to 64 bytes, or does not (yet) hold a
  /// histogram of this layout: its writer stores the stamp last.
  ///
  /// - Safety: `memory` must stay mapped as long as any copy of the view.
  @unsafe
  public init?(attachingTo memory: UnsafeRawPointer, byteCount: Int) {
    guard byteCount >= HistogramLayout.byteCount,
      UInt(bitPattern: memory) % UInt(HistogramLayout.alignment) == 0
    else { return nil }
    let words = unsafe memory.assumingMemoryBound(to: Atomic<UInt64>.self)
    guard
      unsafe words[HistogramLayout.Word.stamp].load(ordering: .acquiring)
        == HistogramLayout.stamp,
      unsafe words[HistogramLayout.Word.buckets].load(ordering: .relaxed)
        == UInt64(HistogramLayout.bucketCount),
      unsafe words[HistogramLayout.Word.precision].load(ordering: .relaxed)
        == UInt64(HistogramLayout.precisionBits)
    else { return nil }
    unsafe self.words = words
  }

  private func word(_ index: Int) -> UInt64 {
    precondition((0..<HistogramLayout.wordCount).contains(index))
    return unsafe words[index].load(ordering: .relaxed)
  }

  /// Values recorded so far; one load, for gauges that need no percentiles.
  public var count: UInt64 { word(HistogramLayout.Word.count) }

  /// A copy of what has been counted so far. Its count is the sum of the buckets it copied, so
  /// that its percentiles agree with themselves even while the writer goes on. Allocates.
  public func snapshot() -> HistogramSnapshot {
    let buckets = (0..<HistogramLayout.bucketCount).map {
      word(HistogramLayout.headerWordCount + $0)
    }
    return HistogramSnapshot(
      buckets: buckets, negative: word(HistogramLayout.Word.negative),
      max: word(HistogramLayout.Word.max), sum: word(HistogramLayout.Word.sum),
      saturated: word(HistogramLayout.Word.saturated))
  }
}
