/// Integers of decimal fractions as text: exact, never rounded.
public enum DecimalText {
  /// What counts units of 10^-`decimals`: -405 with two decimals is `-4.05`.
  public static func text(_ value: some BinaryInteger, decimals: Int) -> String {
    let sign = value < 0 ? "-" : ""
    let digits = padded(value.magnitude, to: decimals + 1)
    guard decimals > 0 else { return sign + digits }
    return sign + digits.dropLast(decimals) + "." + digits.suffix(decimals)
  }

  /// With as many zeros in front as `width` wants.
  public static func padded(_ value: some BinaryInteger, to width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
