import Synchronization

/// Latencies in nanoseconds, counted in buckets in memory that somebody else owns: a region in
/// shared memory, or a `HistogramStorage`. This is the writer's view; see `HistogramLayout` for
/// the words and the precision.
///
/// Contract of the hot path:
/// - Thread: ONE writer at a time. Any number of readers, in any process, at any time.
/// - Cache lines written: the header's second, and one of the bucket's. None is read elsewhere.
/// - Ordering: relaxed. Each word a reader sees was there once and never goes back, but the words
///   are not of one moment: a snapshot in mid-run can hold a value in its bucket and not yet in
///   the sum. After the writer has stopped (joined, or said so by release) all agree.
/// - Cost: about 1 ns; no allocation, no reference counting, no kernel, one branch that is
///   almost never taken (a new maximum).
/// - Failure: none. Counts wrap after 2^64.
///
/// It copies for free and owns nothing: the memory must outlive every copy.
@safe @frozen
public struct LatencyHistogram: @unchecked Sendable {
  /// `Atomic<UInt64>` has the layout of the word itself; on every 64-bit target it is lock-free
  /// and its relaxed operations are plain loads and stores.
  @usableFromInline let words: UnsafeMutablePointer<Atomic<UInt64>>

  /// Zeroes the memory (and so touches each of its pages) and makes it an empty histogram.
  /// Traps if it is smaller than `HistogramLayout.byteCount` or not aligned to 64 bytes.
  ///
  /// - Safety: `memory` must stay mapped as long as any copy of the view, and nothing else may
  ///   write to it.
  @unsafe
  public init(creatingAt memory: UnsafeMutableRawPointer, byteCount: Int) {
    precondition(byteCount >= HistogramLayout.byteCount, "too small for a histogram")
    precondition(
      UInt(bitPattern: memory) % UInt(HistogramLayout.alignment) == 0, "histogram not aligned")
    unsafe memory.initializeMemory(
      as: UInt8.self, repeating: 0, count: HistogramLayout.byteCount)
    unsafe self.words = memory.assumingMemoryBound(to: Atomic<UInt64>.self)
    unsafe words[HistogramLayout.Word.buckets].store(
      UInt64(HistogramLayout.bucketCount), ordering: .relaxed)
    unsafe words[HistogramLayout.Word.precision].store(
      UInt64(HistogramLayout.precisionBits), ordering: .relaxed)
    // Release: whoever finds the stamp finds the rest of the header.
    unsafe words[HistogramLayout.Word.stamp].store(HistogramLayout.stamp, ordering: .releasing)
  }

  /// Continues a histogram that is already there, as the successor of its writer does.
  /// nil if the memory is too small or does not hold a histogram of this layout.
  ///
  /// - Safety: as for `init(creatingAt:byteCount:)`.
  @unsafe
  public init?(continuingAt memory: UnsafeMutableRawPointer, byteCount: Int) {
    guard unsafe HistogramReader(attachingTo: memory, byteCount: byteCount) != nil
    else { return nil }
    unsafe self.words = memory.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// The same memory, to read.
  public var reader: HistogramReader { unsafe HistogramReader(words: UnsafePointer(words)) }

  @inlinable @inline(__always)
  func add(_ amount: UInt64, to word: Int) {
    // One writer: a load and a store are an increment, without a locked instruction.
    let old = unsafe words[word].load(ordering: .relaxed)
    unsafe words[word].store(old &+ amount, ordering: .relaxed)
  }

  /// Counts one latency of `latency_ns`.
  @inlinable @inline(__always)
  public func record(_ latency_ns: UInt64) { record(latency_ns, count: 1) }

  /// Counts `count` latencies of `latency_ns` each, as a batch that moves at once has them.
  /// `count` 0 changes nothing.
  @inlinable @inline(__always)
  public func record(_ latency_ns: UInt64, count: UInt64) {
    add(count, to: HistogramLayout.headerWordCount &+ HistogramLayout.bucket(of: latency_ns))
    add(count, to: HistogramLayout.Word.count)
    add(latency_ns &* count, to: HistogramLayout.Word.sum)
    if unsafe latency_ns > words[HistogramLayout.Word.max].load(ordering: .relaxed), count > 0 {
      unsafe words[HistogramLayout.Word.max].store(latency_ns, ordering: .relaxed)
    }
    if latency_ns > HistogramLayout.valueLimit {
      add(count, to: HistogramLayout.Word.saturated)
    }
  }

  /// Counts the interval between two readings of one clock, in nanoseconds, `count` times. An
  /// interval that ends before it begins (clocks of two cores that disagree, a caller's mistake) is
  /// counted in `negative` and nowhere else: it is no small latency.
  @inlinable @inline(__always)
  public func recordDifference(from start_ns: UInt64, to end_ns: UInt64, count: UInt64 = 1) {
    guard end_ns >= start_ns else { return add(count, to: HistogramLayout.Word.negative) }
    record(end_ns &- start_ns, count: count)
  }

  /// Counts `count` intervals that could not be measured because they came out below zero.
  @inlinable
  public func recordNegative(count: UInt64 = 1) {
    add(count, to: HistogramLayout.Word.negative)
  }

  /// A copy of what has been counted so far. Allocates; off the hot path.
  public func snapshot() -> HistogramSnapshot { reader.snapshot() }
}
