import TickRing

/// What a sender leaves of its risk states to the next, which begins its positions anew.
struct RiskLegacy {
  /// By subject: a breaker outlives its sender.
  private(set) var records: [UInt8: RiskRecord] = [:]
  /// The clock of their times; nil: none of this boot of the machine.
  private(set) var clock: SteadyClock?

  init() {}

  /// - Throws: what keeps it from being read; then nobody knows whether a breaker was out.
  init(_ region: consuming Region, strategies: Int) throws {
    try region.guardAgainstTruncation()
    let lines = try SharedLines(region, .positions)
    // Of a book that was never begun there are none.
    if lines.acquire(PositionLines.header, PositionLines.Header.version) != 0 {
      for subject in 0...min(strategies, try PositionReading.strategies(of: lines)) {
        records[UInt8(subject)] = try PositionReading.wholeRisk(lines, subject: subject)
      }
      clock = PositionReading.clock(lines)
    }
    // What was cut off meanwhile read as zeros.
    guard !lines.isLost else { throw PositionError.layout(path: lines.path) }
  }
}
