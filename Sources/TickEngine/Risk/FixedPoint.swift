/// Money of the risk gate: i64 in units of 1e-4 of the quote currency (RM13). Percentages are whole
/// hundredths of a percent, so that every comparison is one of integers.
enum FixedPoint {
  /// Prices above this are not prices: 1e-4 of the quote currency.
  static let priceE4Max = 10_000_000_000_000.0
  /// Hundredths of a percent in the whole.
  static let whole: Int64 = 10_000

  /// A price in units of 1e-4, or nil if it is not a positive number that can be counted.
  @inline(__always)
  static func price(_ price: Double) -> Int64? {
    let scaled = price * 10_000
    // Not a number compares false, so it is refused here too.
    guard scaled >= 0.5, scaled < priceE4Max + 0.5 else { return nil }
    // Rounded, a half upwards, without a call: the difference is exact.
    let whole = Int64(scaled)
    return scaled - Double(whole) >= 0.5 ? whole + 1 : whole
  }

  /// Whole units in a limit, rounded down; 2.3 % is 230 units though 2.3 * 100 falls short of it.
  static func units(_ limit: Double, each: Double) -> Int64 {
    let scaled = limit * each
    let nearest = scaled.rounded()
    return Int64(abs(scaled - nearest) <= 2 * scaled.ulp ? nearest : scaled.rounded(.down))
  }

  /// Whether `part` is at most `share` ten-thousandths of `base`, exactly, whatever their size;
  /// none of them may be negative.
  @inline(__always)
  static func isWithin(_ part: Int64, _ share: Int64, of base: Int64) -> Bool {
    let left = part.multipliedFullWidth(by: whole)
    let right = base.multipliedFullWidth(by: share)
    return left.high < right.high || (left.high == right.high && left.low <= right.low)
  }

  /// For the reject event: `part` in percent of `base`.
  static func percent(_ part: Int64, of base: Int64) -> Double {
    Double(part) / Double(base) * 100
  }
}
