/// The one rule by which money is rounded: to the nearest, halves away from zero.
enum Rounding {
  /// `numerator / denominator`. `denominator` is positive and below 2^126.
  static func nearest(_ numerator: Int128, _ denominator: Int128) -> Int128 {
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    guard remainder.magnitude * 2 >= denominator.magnitude else { return quotient }
    return numerator < 0 ? quotient - 1 : quotient + 1
  }

  /// `value * part / whole`, for 0 < part <= whole: without the product, which may not fit.
  static func share(_ value: Int128, _ part: Int64, of whole: Int64) -> Int128 {
    let whole = Int128(whole)
    let part = Int128(part)
    let (each, rest) = value.quotientAndRemainder(dividingBy: whole)
    // |each * part| <= |value|, and |rest * part| < whole * whole < 2^126.
    return each * part + nearest(rest * part, whole)
  }
}
