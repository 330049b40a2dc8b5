/// A small, fast, seeded source of numbers: xoshiro256**, seeded through splitmix64 (Blackman and
/// Vigna, public algorithms). The same seed gives the same numbers on every machine and in every
/// release: the standard library promises that for none of its generators.
///
/// Not for secrets. Only integer and exactly rounded arithmetic is used, so that no C library's
/// `log` or `pow` can change a byte of what is made from it.
///
/// - Thread safety: a value; one user.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  public init(seed: UInt64) {
    var state = seed
    s0 = Self.splitmix(&state)
    s1 = Self.splitmix(&state)
    s2 = Self.splitmix(&state)
    s3 = Self.splitmix(&state)
  }

  private static func splitmix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 {
    word << bits | word >> (64 - bits)
  }

  /// 64 uniform bits.
  public mutating func next() -> UInt64 {
    let result = Self.rotate(s1 &* 5, 7) &* 9
    let shifted = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = Self.rotate(s3, 45)
    return result
  }

  /// A number in `0 ..< bound`, by multiplication: uneven by at most `bound` in 2^64, which no
  /// simulation can see. Traps if `bound` is not positive.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0)
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number in `range`.
  public mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.upperBound - range.lowerBound + 1)
  }

  /// True once in `times`, on average.
  public mutating func once(in times: Int) -> Bool { below(times) == 0 }

  /// Uniform in `0 ..< 1`, with 53 bits.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
