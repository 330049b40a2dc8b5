/// An instrument's name as feeds and order entry carry it: 8 bytes, left-justified, padded with
/// spaces, held as one word (first character in the low byte), so that it compares and hashes at
/// the cost of an integer.
@frozen
public struct Symbol: Hashable, Sendable {
  /// The eight bytes, little-endian.
  public let word: UInt64

  @inlinable public init(word: UInt64) { self.word = word }

  /// The eight bytes at `offset`. NUL padding reads as spaces, so that one name is one value.
  @inlinable
  public init(_ bytes: Bytes, at offset: Int) {
    self.init(word: Symbol.padded(bytes.u64le(offset)))
  }

  /// nil if `text` is empty, longer than 8 bytes, or not printable ASCII without spaces.
  public init?(_ text: some StringProtocol) {
    let characters = Array(text.utf8)
    guard (1...8).contains(characters.count), characters.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    var word: UInt64 = 0x2020_2020_2020_2020
    for (index, character) in characters.enumerated() {
      let shift = UInt64(index * 8)
      word = word & ~(0xFF << shift) | UInt64(character) << shift
    }
    self.word = word
  }

  @inlinable @inline(__always)
  static func padded(_ word: UInt64) -> UInt64 {
    // The usual case: no NUL anywhere in the word.
    let zeroes = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    return zeroes == 0 ? word : replacingZeroes(word)
  }

  @usableFromInline @inline(never)
  static func replacingZeroes(_ word: UInt64) -> UInt64 {
    var result = word
    for shift in stride(from: UInt64(0), to: 64, by: 8) where result >> shift & 0xFF == 0 {
      result |= 0x20 << shift
    }
    return result
  }

  /// Whether every byte is printable ASCII, the first no space: anything else in a feed is a
  /// malformed message.
  @inlinable @inline(__always)
  public var isPrintable: Bool {
    // Each byte in 0x20...0x7E: no high bit, nothing below 0x20, no 0x7F.
    let high: UInt64 = 0x8080_8080_8080_8080
    let one: UInt64 = 0x0101_0101_0101_0101
    guard word & high == 0, word & 0xFF > 0x20 else { return false }
    return (word &- one &* 0x20) & high == 0 && (word &+ one) & high == 0
  }

  /// The name without its padding.
  public var text: String {
    var characters: [UInt8] = []
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      characters.append(UInt8(truncatingIfNeeded: word >> shift))
    }
    while characters.last == 0x20 { characters.removeLast() }
    return String(decoding: characters, as: UTF8.self)
  }
}
