import Glibc

/// How many standard deviations the normal distribution leaves a share of its mass below.
enum NormalQuantile {
  /// z with Phi(z) = `share`, for a share above 0.5 and below 1: 1.6449 for 0.95.
  ///
  /// Bisection on the C library's erfc, which is good to the last place also far out, until the
  /// two ends are neighbours: exact where it matters, and not for the hot path.
  static func z(_ share: Double) -> Double {
    let tail = 1 - share
    var (low, high) = (0.0, 40.0)
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return high }
      if erfc(middle / 2.0.squareRoot()) / 2 > tail { low = middle } else { high = middle }
    }
  }
}
