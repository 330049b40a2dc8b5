/// Packets out of a TCP byte stream that cuts and joins them at will.
///
/// Use: receive into `writable`, tell `received(n)`, then take `next()` until it is nil.
///
/// - Ownership: one buffer, allocated here and freed with the framer. A packet is a view of it,
///   valid until `writable`, `reset` or the end of the framer.
/// - Cost: a packet is never copied, except its part at the buffer's end when the buffer wraps;
///   each call does bounded work and allocates nothing.
/// - Failure: a length that cannot be makes `fault` non-nil; from then on the stream has no
///   meaning and `next` is nil until `reset`. No bytes can make it trap.
/// - Thread safety: one owner.
@safe @frozen
public struct SoupBinFramer: ~Copyable, @unchecked Sendable {
  /// Why a stream stopped making sense.
  @frozen
  public enum Fault: UInt8, Error, Sendable {
    /// A length of zero: a packet without even a type.
    case zeroLength
    /// A packet longer than the buffer.
    case tooLong
  }

  // The one pointer of this file: the buffer is made in init, freed in deinit, and only ever seen
  // through the checked views below.
  @usableFromInline let base: UnsafeMutableRawPointer
  /// The longest packet that can pass, header included, in bytes.
  public let capacity: Int
  /// Unread bytes are `start..<end`.
  @usableFromInline var start = 0
  @usableFromInline var end = 0
  /// nil while the stream makes sense.
  public private(set) var fault: Fault?

  /// Traps unless a login fits in `capacity`.
  public init(capacity: Int) {
    precondition(capacity >= 64, "too small for a login packet")
    self.capacity = capacity
    unsafe base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
  }

  deinit { unsafe base.deallocate() }

  @inlinable
  var buffer: MutableBytes { unsafe MutableBytes(base, count: capacity) }

  /// Bytes received and not yet taken as packets.
  @inlinable public var unread: Int { end - start }

  /// Where to receive next. Never empty once `next()` has been nil and there is no fault.
  @inlinable
  public var writable: MutableBytes {
    mutating get {
      if start == end {
        start = 0
        end = 0
      } else if start > 0, capacity - end < capacity / 4 {
        compact()
      }
      return buffer.slice(at: end, count: capacity - end)
    }
  }

  /// Says that `count` bytes were received into `writable`. Traps if they could not have been.
  @inlinable
  public mutating func received(_ count: Int) {
    precondition(count >= 0 && count <= capacity - end, "more received than there was room for")
    end += count
  }

  /// The next whole packet; nil if there is none yet, or a fault.
  @inlinable
  public mutating func next() -> SoupBinPacket? {
    guard end - start >= 2, fault == nil else { return nil }
    let length = Int(buffer.bytes.u16be(start))
    guard length > 0, length + 2 <= capacity else {
      stop(length == 0 ? .zeroLength : .tooLong)
      return nil
    }
    guard end - start >= length + 2 else { return nil }
    let typeByte = buffer.bytes[start + 2]
    let payload = buffer.bytes.slice(at: start + SoupBin.headerLength, count: length - 1)
    start += length + 2
    return SoupBinPacket(typeByte: typeByte, payload: payload)
  }

  /// Forgets everything: a new connection.
  public mutating func reset() {
    start = 0
    end = 0
    fault = nil
  }

  @usableFromInline
  mutating func stop(_ reason: Fault) { fault = reason }

  /// Moves the unread part to the front. It may overlap itself, which memmove allows.
  @usableFromInline
  mutating func compact() {
    unsafe base.copyMemory(from: base + start, byteCount: end - start)
    end -= start
    start = 0
  }
}
