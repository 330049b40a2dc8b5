/// The last ranges that were given up, so that what comes after all is told from a duplicate: of
/// each stream, and apart of its sequence before. Thread: the ingester.
struct LossLedger: ~Copyable {
  static let rangesMax = 64

  struct Range: BitwiseCopyable {
    var stream = -1
    var first: UInt64 = 0
    var end: UInt64 = 0
  }

  private let ranges = Slab(count: LossLedger.rangesMax, repeating: Range())
  private var next = 0
  /// No range of any stream goes further: most duplicates are newer than every loss.
  private var end_max: UInt64 = 0

  mutating func add(_ stream: Int, _ first: UInt64, _ end: UInt64) {
    ranges[next] = Range(stream: stream, first: first, end: end)
    next = (next + 1) % LossLedger.rangesMax
    end_max = max(end_max, end)
  }

  /// - Parameter isBefore: whether of the sequence before.
  func contains(
    _ stream: Int, _ first: UInt64, _ end: UInt64, isBefore: Bool = false
  ) -> Bool {
    guard end <= end_max else { return false }
    let stream = isBefore ? SequenceTracker.streamsMax + stream : stream
    for index in 0..<LossLedger.rangesMax {
      let range = ranges[index]
      if range.stream == stream, range.first <= first, end <= range.end { return true }
    }
    return false
  }

  mutating func forgetAll() {
    ranges.fill(Range())
    end_max = 0
  }

  /// A sequence began anew: what was lost of the one before it is of no matter any more.
  mutating func beginAnew(_ stream: Int) {
    let before = SequenceTracker.streamsMax + stream
    for index in 0..<LossLedger.rangesMax {
      if ranges[index].stream == before { ranges[index].stream = -1 }
      if ranges[index].stream == stream { ranges[index].stream = before }
    }
  }
}
