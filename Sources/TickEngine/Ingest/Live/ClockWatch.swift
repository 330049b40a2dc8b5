/// Notices that somebody set the machine's clock: CLOCK_REALTIME then moves against
/// CLOCK_MONOTONIC. Slewing moves both alike; what a machine slept while suspended shows, too.
///
/// Thread: the ingester. Time is given, never read.
struct ClockWatch {
  /// What is told at least. Less is no matter for ages that are judged by the second.
  static let step_ns: UInt64 = 100_000_000
  /// A look that took longer says nothing: the core was another's between its readings.
  static let look_ns_max: UInt64 = 10_000_000

  /// CLOCK_REALTIME less CLOCK_MONOTONIC, modulo 2^64; nil before the first look.
  private var offset_ns: UInt64?
  private(set) var steps: UInt64 = 0
  /// How far the clock was set forward last, ns; back is negative.
  private(set) var lastStep_ns: Int64 = 0

  /// Whether two readings ask for a look: the clock was set, or the core was lost between them.
  @inline(__always)
  func isOff(_ clock: UInt64, _ now: UInt64) -> Bool {
    guard let offset_ns else { return false }
    return Int64(bitPattern: clock &- now &- offset_ns).magnitude >= ClockWatch.step_ns
  }

  /// Whether the clock was set since the last look.
  /// - Parameters:
  ///   - clock: CLOCK_REALTIME, ns.
  ///   - before: CLOCK_MONOTONIC just before that was read, ns; `after`: just after.
  mutating func look(_ clock: UInt64, before: UInt64, after: UInt64) -> Bool {
    guard after &- before <= ClockWatch.look_ns_max else { return false }
    let offset_ns = clock &- before
    guard let known_ns = self.offset_ns else {
      self.offset_ns = offset_ns
      return false
    }
    let step_ns = Int64(bitPattern: offset_ns &- known_ns)
    // What is less adds up: it is measured from where the clock was set last.
    guard step_ns.magnitude >= ClockWatch.step_ns else { return false }
    self.offset_ns = offset_ns
    lastStep_ns = step_ns
    steps += 1
    return true
  }
}
