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

    /// A four-byte number; nil if it is absent or of another size.
    @inlinable
    public func u32(_ tag: Tag) -> UInt32? {
      guard let value = value(tag), value.count == 4 else { return nil }
      return value.u32be(0)
    }

    /// Writes one element after a message of `length` bytes whose appendage length stands at
    /// `lengthAt`, and counts it there. Returns the new length; traps unless it fits.
    @inlinable
    public static func append(
      _ tag: Tag, u32 value: UInt32, to target: MutableBytes, length: Int, lengthAt offset: Int
    ) -> Int {
      target.put(u8: 5, at: length)
      target.put(u8: tag.rawValue, at: length + 1)
      target.put(u32be: value, at: length + 2)
      target.put(u16be: UInt16(truncatingIfNeeded: length + 6 - offset - 2), at: offset)
      return length + 6
    }
  }

  /// Option tags that are used here; others are walked over.
  @frozen
  public enum Tag: UInt8, Sendable {
    /// Four characters.
    case firm = 2
    /// u32: execute at least this much at once, or nothing.
    case minimumQuantity = 3
  }
}
