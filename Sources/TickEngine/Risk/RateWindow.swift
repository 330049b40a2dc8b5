/// Counts what happens in any sliding window of time: orders in a second (RM8), executions of a
/// strategy (RM9). O(1), no allocation. Thread: the sender's.
///
/// Time is the machine's; in a replay the capture's, that of the decisions. It never goes backwards
/// here, so that a request cannot make room for itself with an old time.
struct RateWindow: ~Copyable {
  static let second_ns: UInt64 = 1_000_000_000

  /// Times of the last `max` that were let through, oldest at `next` once full.
  private let times: Slab<UInt64>
  private let window_ns: UInt64
  private var next = 0
  private var isFull = false
  private var newest: UInt64 = 0
  /// Of all times, modulo 2^32.
  private(set) var counted: UInt32 = 0

  init(max: Int, window_ns: UInt64 = RateWindow.second_ns) {
    times = Slab(count: max, repeating: 0)
    self.window_ns = window_ns
  }

  /// Whether one more at `time` stays within the limit; it is counted if so.
  mutating func admit(_ time: UInt64) -> Bool {
    newest = max(newest, time)
    if isFull, newest - times[next] < window_ns { return false }
    count()
    // What the next one will be compared with, seconds old.
    times.prefetch(next)
    return true
  }

  /// Counts what a predecessor let through; by this one's limit it may have been too many.
  mutating func resume(_ count: Int, at time: UInt64) {
    newest = max(newest, time)
    for _ in 0..<min(count, times.count) { self.count() }
  }

  /// Goes on counting from there.
  mutating func resume(counted: UInt32) { self.counted = counted }

  @inline(__always)
  private mutating func count() {
    times[next] = newest
    counted &+= 1
    next += 1
    if next == times.count {
      next = 0
      isFull = true
    }
  }

  /// Age at `time` of the one that is `max` before; `.max`: there were not so many yet.
  @inline(__always)
  func age(at time: UInt64) -> UInt64 {
    isFull ? max(newest, time) - times[next] : .max
  }

  /// A fresh session: its clock begins anew.
  mutating func reset() {
    next = 0
    isFull = false
    newest = 0
  }
}
