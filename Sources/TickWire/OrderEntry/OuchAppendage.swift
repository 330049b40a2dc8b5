/// The options that a message may end with.
extension Ouch50 {
  /// The options at the end of a message: a length u16, then elements of length u8 (counting the
  /// tag), tag u8, value. Checked whole when made, so walking it cannot fail.
  @frozen
  public struct Appendage: Sendable {
    /// The elements, without the length before them.
    @usableFromInline let elements: Bytes

    /// nil unless the length at `offset` is exactly what is left of `message`, and the elements
    /// tile it. Work is bounded by the bytes: an element is at least two of them.
    @inlinable
    public init?(_ message: Bytes, lengthAt offset: Int) {
      guard message.has(2, at: offset) else { return nil }
      let length = Int(message.u16be(offset))
      guard message.count - offset - 2 == length else { return nil }
      let elements = message.slice(at: offset + 2, count: length)
      var position = 0
      while position < length {
        let size = Int(elements[position])
        guard size >= 1, elements.has(1 + size, at: position) else { return nil }
        position += 1 + size
      }
      self.elements = elements
    }

    /// The options of a message that was found whole: those after the length at `offset`, or none
    /// if the message ends there.
    @inlinable
    init(trailing message: Bytes, at offset: Int) {
      self = Appendage(message, lengthAt: offset) ?? Appendage(elements: .none)
    }

    @inlinable
    init(elements: Bytes) { self.elements = elements }

    @inlinable public var isEmpty: Bool { elements.count == 0 }

    /// The value of the first element with this tag.
    @inlinable
    public func value(_ tag: Tag) -> Bytes? {
      var position = 0
      while position < elements.count {
        let size = Int(elements[position])
        if elements[position + 1] == tag.rawValue {
          return elements.slice(at: position + 2, count: size - 1)
        }
        position += 1 + size
      }
      return nil
    }

    /// A number of one to eight bytes; nil if it is absent or of another size.
    @inlinable
    public func u8(_ tag: Tag) -> UInt8? {
      guard let value = value(tag), value.count == 1 else { return nil }
      return value[0]
    }

    @inlinable
    public func u16(_ tag: Tag) -> UInt16? {
      guard let value = value(tag), value.count == 2 else { return nil }
      return value.u16be(0)
    }

    @inlinable
    public func u32(_ tag: Tag) -> UInt32? {
      guard let value = value(tag), value.count == 4 else { return nil }
      return value.u32be(0)
    }

    @inlinable
    public func u64(_ tag: Tag) -> UInt64? {
      guard let value = value(tag), value.count == 8 else { return nil }
      return value.u64be(0)
    }

    /// Opens an appendage after a message of `length` bytes that has none of its own. Returns the
    /// new length; the appendage's own length stands at the old one. Traps unless it fits.
    @inlinable
    public static func open(after length: Int, in target: MutableBytes) -> Int {
      target.put(u16be: 0, at: length)
      return length + 2
    }

    /// Writes one element after a message of `length` bytes whose appendage length stands at
    /// `offset`, and counts it there. Returns the new length; traps unless it fits.
    @inlinable
    public static func append(
      _ tag: Tag, u8 value: UInt8, to target: MutableBytes, length: Int, lengthAt offset: Int
    ) -> Int {
      target.put(u8: value, at: length + 2)
      return head(tag, size: 1, target, length, offset)
    }

    @inlinable
    public static func append(
      _ tag: Tag, u16 value: UInt16, to target: MutableBytes, length: Int, lengthAt offset: Int
    ) -> Int {
      target.put(u16be: value, at: length + 2)
      return head(tag, size: 2, target, length, offset)
    }

    @inlinable
    public static func append(
      _ tag: Tag, u32 value: UInt32, to target: MutableBytes, length: Int, lengthAt offset: Int
    ) -> Int {
      target.put(u32be: value, at: length + 2)
      return head(tag, size: 4, target, length, offset)
    }

    @inlinable
    public static func append(
      _ tag: Tag, u64 value: UInt64, to target: MutableBytes, length: Int, lengthAt offset: Int
    ) -> Int {
      target.put(u64be: value, at: length + 2)
      return head(tag, size: 8, target, length, offset)
    }

    @inlinable
    static func head(
      _ tag: Tag, size: UInt8, _ target: MutableBytes, _ length: Int, _ offset: Int
    ) -> Int {
      target.put(u8: size + 1, at: length)
      target.put(u8: tag.rawValue, at: length + 1)
      let end = length + 2 + Int(size)
      target.put(u16be: UInt16(truncatingIfNeeded: end - offset - 2), at: offset)
      return end
    }
  }

  /// Option tags; others are walked over. The comment says the value.
  @frozen
  public enum Tag: UInt8, Sendable, CaseIterable {
    /// u64
    case secondaryOrderReference = 1
    /// Four characters.
    case firm = 2
    /// u32: execute at least this much at once, or nothing.
    case minimumQuantity = 3
    /// One letter: R retail, N not.
    case customerType = 4
    /// u32: the part of the order that is shown.
    case maxFloor = 5
    /// One letter.
    case priceType = 6
    /// u32, signed.
    case pegOffset = 7
    /// u64
    case discretionPrice = 9
    /// One letter.
    case discretionPriceType = 10
    /// u32, signed.
    case discretionPegOffset = 11
    /// One letter: P post only, N not.
    case postOnly = 12
    /// u32
    case randomReserves = 13
    /// Four characters.
    case route = 14
    /// u32: seconds since midnight.
    case expireTime = 15
    /// One letter.
    case tradeNow = 16
    /// One letter.
    case handlingInstruction = 17
    /// One letter.
    case bboWeight = 18
    /// u32: the shares shown after a restatement.
    case displayQuantity = 22
    /// u64: the price shown after a restatement.
    case displayPrice = 23
    /// u16
    case groupId = 24
    /// One letter: Y or N.
    case sharesLocated = 25
    /// Four characters.
    case locateBroker = 26
    /// One letter: the side that a mass cancel is about.
    case side = 27
    /// u8: which of an account's several sequences of numbers is meant; echoed by the venue.
    case userRefIndex = 28
    /// One letter: what to do rather than trade with oneself.
    case selfMatchStrategy = 29
    /// Two characters.
    case selfMatchGroup = 30
  }
}
