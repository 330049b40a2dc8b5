/// Durations for people: three significant digits and a unit.
public enum DurationText {
  private static let units: [(name: String, nanoseconds: UInt64)] = [
    ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
  ]

  /// `0 ns`, `999 ns`, `1.23 us`, `45.6 ms`, `789 s`; above 999 s whole seconds.
  public static func text(nanoseconds: UInt64) -> String {
    guard nanoseconds >= 1_000 else { return "\(nanoseconds) ns" }
    for unit in units {
      for decimals in stride(from: 2, through: 0, by: -1) {
        let scaled = rounded(nanoseconds, per: unit.nanoseconds, decimals: decimals)
        if scaled < 1_000 { return DecimalText.text(scaled, decimals: decimals) + " " + unit.name }
      }
    }
    return "\(rounded(nanoseconds, per: 1_000_000_000, decimals: 0)) s"
  }

  private static func rounded(_ value: UInt64, per unit: UInt64, decimals: Int) -> UInt64 {
    let step = decimals == 2 ? unit / 100 : decimals == 1 ? unit / 10 : unit
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: step)
    return quotient + (remainder >= step / 2 ? 1 : 0)
  }
}
