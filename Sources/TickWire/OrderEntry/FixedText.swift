/// Up to 16 bytes of text as order entry carries it in fixed fields (user name, password, session,
/// client order id): two words padded with spaces, so that it compares and copies like integers and
/// never allocates.
@frozen
public struct FixedText: Hashable, Sendable {
  /// Bytes 0 to 7, first character in the low byte.
  public let low: UInt64
  /// Bytes 8 to 15.
  public let high: UInt64

  /// The most bytes that fit.
  public static let lengthMax = 16

  @inlinable
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// Nothing but spaces.
  public static let blank = FixedText(low: 0x2020_2020_2020_2020, high: 0x2020_2020_2020_2020)

  /// The `count` bytes at `offset`, as they are. Traps unless they lie within and are at most 16.
  @inlinable
  public init(_ bytes: Bytes, at offset: Int, count: Int) {
    precondition(count <= FixedText.lengthMax && bytes.has(count, at: offset))
    var text = FixedText.blank
    var first = 0
    if count >= 8 {
      text = FixedText(low: bytes.u64le(offset), high: text.high)
      first = 8
    }
    for index in first..<count { text = text.setting(bytes[offset + index], at: index) }
    self = text
  }

  /// nil if `text` is longer than `lengthMax` bytes or not printable ASCII. Empty is `blank`.
  public init?(_ text: some StringProtocol, lengthMax: Int = FixedText.lengthMax) {
    precondition(lengthMax <= FixedText.lengthMax)
    var result = FixedText.blank
    var index = 0
    for character in text.utf8 {
      guard index < lengthMax, character >= 0x20, character < 0x7F else { return nil }
      result = result.setting(character, at: index)
      index += 1
    }
    self = result
  }

  /// The byte at `index`, 0 to 15.
  @inlinable
  public subscript(index: Int) -> UInt8 {
    let word = index < 8 ? low : high
    return UInt8(truncatingIfNeeded: word >> UInt64((index & 7) * 8))
  }

  @inlinable
  func setting(_ byte: UInt8, at index: Int) -> FixedText {
    let shift = UInt64((index & 7) * 8)
    let mask = ~(UInt64(0xFF) << shift)
    let value = UInt64(byte) << shift
    return index < 8
      ? FixedText(low: low & mask | value, high: high)
      : FixedText(low: low, high: high & mask | value)
  }

  /// Without blanks (spaces or NULs) at either end: peers justify either way.
  @inlinable
  public var trimmed: FixedText {
    var first = 0
    var last = FixedText.lengthMax
    while first < last, isBlank(at: first) { first += 1 }
    while last > first, isBlank(at: last - 1) { last -= 1 }
    var result = FixedText.blank
    for index in first..<last { result = result.setting(self[index], at: index - first) }
    return result
  }

  @inlinable
  func isBlank(at index: Int) -> Bool { self[index] == 0x20 || self[index] == 0 }

  /// Writes the first `count` bytes. Traps unless they fit and are at most 16.
  @inlinable
  public func put(into target: MutableBytes, at offset: Int, count: Int) {
    precondition(count <= FixedText.lengthMax)
    var first = 0
    if count >= 8 {
      target.put(u64le: low, at: offset)
      first = 8
    }
    for index in first..<count { target.put(u8: self[index], at: offset + index) }
  }

  /// The text without blanks at either end. Allocates: for reports and messages only.
  public var text: String {
    let trimmed = self.trimmed
    var characters: [UInt8] = []
    for index in 0..<FixedText.lengthMax { characters.append(trimmed[index]) }
    while characters.last == 0x20 { characters.removeLast() }
    return String(decoding: characters, as: UTF8.self)
  }
}
