/// Order tokens, in both directions.
extension Ouch42 {
  /// An order token: 14 characters that the client chooses, unique in a day. Here they say the
  /// order's number and, since OUCH 4.2 has no client order id, what else is to come back with each
  /// answer. Digits and letters alone, in two halves of seven that are numbers to the base of 62;
  /// the order's number leads, so that tokens rise as numbers do.
  @frozen
  public struct Token: Hashable, Sendable {
    /// From 1 to `userRefNumMax`.
    public let userRefNum: UInt32
    /// What the client adds; up to `tagMax`.
    public let tag: UInt64

    /// Field width, in bytes.
    public static let length = 14
    public static let userRefNumMax: UInt32 = 1 << 28 - 1
    public static let tagMax: UInt64 = 1 << 54 - 1

    /// Bits of a half; 62 to the seventh is a little over 2 to the 41st.
    @usableFromInline static let halfBits: UInt64 = 41
    @usableFromInline static let halfLength = 7
    @usableFromInline static let halfMask: UInt64 = 1 << halfBits - 1
    /// Bits of the tag in the first half, after the number.
    @usableFromInline static let tagBitsAhead: UInt64 = 13

    /// Traps beyond the limits.
    @inlinable
    public init(_ userRefNum: UInt32, tag: UInt64 = 0) {
      precondition(userRefNum > 0 && userRefNum <= Token.userRefNumMax && tag <= Token.tagMax)
      self.userRefNum = userRefNum
      self.tag = tag
    }

    /// nil: not of our making. Traps unless it lies within.
    @inlinable
    public init?(_ bytes: Bytes, at offset: Int) {
      self.init { bytes[offset + $0] }
    }

    /// As a venue shows it; nil: not of our making.
    public init?(_ text: String) {
      let characters = Array(text.utf8)
      guard characters.count == Token.length else { return nil }
      self.init { characters[$0] }
    }

    /// The character at each index.
    @inlinable
    init?(_ character: (Int) -> UInt8) {
      guard let first = Token.half(character),
        let second = Token.half({ character(Token.halfLength + $0) })
      else { return nil }
      userRefNum = UInt32(truncatingIfNeeded: first >> Token.tagBitsAhead)
      tag = (first & (1 << Token.tagBitsAhead - 1)) << Token.halfBits | second
      guard userRefNum > 0 else { return nil }
    }

    /// Traps unless it fits.
    @inlinable
    public func put(into target: MutableBytes, at offset: Int) {
      let first = UInt64(userRefNum) << Token.tagBitsAhead | tag >> Token.halfBits
      Token.put(half: first, into: target, at: offset)
      Token.put(half: tag & Token.halfMask, into: target, at: offset + Token.halfLength)
    }

    @inlinable
    static func half(_ character: (Int) -> UInt8) -> UInt64? {
      var value: UInt64 = 0
      for index in 0..<halfLength {
        guard let digit = digit(character(index)) else { return nil }
        value = value * 62 + UInt64(digit)
      }
      return value <= halfMask ? value : nil
    }

    @inlinable
    static func put(half value: UInt64, into target: MutableBytes, at offset: Int) {
      var rest = value
      for index in (0..<halfLength).reversed() {
        target.put(u8: character(UInt8(truncatingIfNeeded: rest % 62)), at: offset + index)
        rest /= 62
      }
    }

    /// 0 to 9, A to Z and a to z, in the order of ASCII.
    @inlinable
    static func digit(_ character: UInt8) -> UInt8? {
      switch character {
      case 0x30...0x39: character - 0x30
      case 0x41...0x5A: character - 0x41 + 10
      case 0x61...0x7A: character - 0x61 + 36
      default: nil
      }
    }

    @inlinable
    static func character(_ digit: UInt8) -> UInt8 {
      digit &+ (digit < 10 ? 0x30 : digit < 36 ? 0x41 - 10 : 0x61 - 36)
    }
  }
}
