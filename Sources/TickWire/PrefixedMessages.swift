/// Where messages follow one another, each after its length in 16 bits: how that length is written.
public protocol LengthPrefix: Sendable {
  /// The length at `offset`. Traps unless two bytes are there.
  static func read(_ bytes: Bytes, at offset: Int) -> Int
}

/// Little-endian, as in IEX-TP.
@frozen
public enum LittleEndianLength: LengthPrefix {
  @inlinable @inline(__always)
  public static func read(_ bytes: Bytes, at offset: Int) -> Int { Int(bytes.u16le(offset)) }
}

/// Big-endian, as in MoldUDP64.
@frozen
public enum BigEndianLength: LengthPrefix {
  @inlinable @inline(__always)
  public static func read(_ bytes: Bytes, at offset: Int) -> Int { Int(bytes.u16be(offset)) }
}

/// Walks the length-prefixed messages of one datagram. A message may be empty.
///
/// Hot path: two compares and a load a message; allocation-free, a value.
@frozen
public struct PrefixedMessages<Length: LengthPrefix>: Sendable {
  /// What no message has claimed yet.
  @usableFromInline var unread: Bytes
  /// Messages not yet returned.
  public var remaining: Int

  @inlinable
  init(_ payload: Bytes, count: Int) {
    unread = payload
    self.remaining = count
  }

  /// Bytes of the payload that no message has claimed yet.
  @inlinable public var unreadByteCount: Int { unread.count }

  /// Whether the messages that are left fill the payload exactly: no count or length lies.
  @inlinable public var areWhole: Bool {
    var rest = self
    while rest.next() != nil {}
    return rest.remaining == 0 && rest.unreadByteCount == 0
  }

  /// Passes over the next `count` messages, or as many as there are.
  @inlinable
  public mutating func skip(_ count: UInt64) {
    var left = count
    while left > 0, next() != nil { left -= 1 }
  }

  /// The next message without its length, or nil at the end. A message that would pass the end of
  /// the payload ends the walk early: `remaining` then tells how many were lost to it.
  @inlinable
  public mutating func next() -> Bytes? {
    guard remaining > 0, unread.has(2, at: 0) else { return nil }
    let length = Length.read(unread, at: 0)
    let rest = unread.count - 2 - length
    guard rest >= 0 else { return nil }
    let message = unread.slice(at: 2, count: length)
    unread = unread.slice(at: 2 + length, count: rest)
    remaining -= 1
    return message
  }
}
