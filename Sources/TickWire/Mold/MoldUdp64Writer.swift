/// Builds MoldUDP64 1.00 datagrams in one buffer that is used again and again: `begin`, `add` until
/// it says false, `finish`; or a heartbeat, or an end of session. Big-endian. (NASDAQ, MoldUDP64
/// Protocol Specification 1.00.)
///
/// - Cost: a copy of each message; nothing is allocated.
/// - Errors: a message that does not fit is a value (false, nil); a buffer without room for the
///   header, or a sequence that would wrap, is a programmer's error and traps.
/// - Ownership, thread safety: a value over somebody else's buffer, which has one writer.
@frozen
public struct MoldUdp64Writer {
  /// What a datagram holds by default, its header included: with IP and UDP around it, and a
  /// tunnel's header or two, it passes an Ethernet of 1,500 bytes in one piece.
  public static let datagramBytesMax = 1_400
  /// Messages in one datagram: the next count says that the session has ended.
  public static let messagesMax = MoldUdp64Header.endOfSession - 1

  @usableFromInline let buffer: MutableBytes
  @usableFromInline var used = MoldUdp64Header.byteCount
  @usableFromInline var messages = 0
  @usableFromInline var first: UInt64 = 1

  /// Datagrams will be as long as `buffer` at most.
  @inlinable
  public init(into buffer: MutableBytes) {
    precondition(buffer.count >= MoldUdp64Header.byteCount, "no room for a MoldUDP64 header")
    self.buffer = buffer
  }

  /// The longest message that an empty datagram takes. One that is longer can never be sent.
  @inlinable public var messageBytesMax: Int {
    min(buffer.count - MoldUdp64Header.byteCount - 2, Int(UInt16.max))
  }
  /// Bytes of the datagram so far, header included.
  @inlinable public var byteCount: Int { used }
  /// Messages so far.
  @inlinable public var messageCount: Int { messages }
  @inlinable public var isEmpty: Bool { messages == 0 }
  /// Sequence of the datagram's first message.
  @inlinable public var firstSequence: UInt64 { first }
  /// Sequence of the message that would come next.
  @inlinable public var nextSequence: UInt64 { first + UInt64(messages) }

  /// Starts a datagram; what was in the buffer is forgotten.
  @inlinable
  public mutating func begin(_ session: MoldUdp64Session, firstSequence: UInt64) {
    precondition(firstSequence <= MoldUdp64Header.sequenceMax, "the sequence would wrap")
    session.put(into: buffer)
    buffer.put(u64be: firstSequence, at: 10)
    used = MoldUdp64Header.byteCount
    messages = 0
    first = firstSequence
  }

  /// Whether a message of `length` bytes, which may be 0, still fits.
  @inlinable
  public func hasRoom(for length: Int) -> Bool {
    length <= Int(UInt16.max) && buffer.count - used >= 2 + length
      && messages < MoldUdp64Writer.messagesMax
  }

  /// Adds a message; false if it does not fit, and nothing has changed then.
  @inlinable
  public mutating func add(_ message: Bytes) -> Bool {
    guard let room = claim(message.count) else { return false }
    room.put(message, at: 0)
    return true
  }

  /// Adds a message of `length` bytes for the caller to write in place; nil if it does not fit.
  @inlinable
  public mutating func claim(_ length: Int) -> MutableBytes? {
    guard hasRoom(for: length) else { return nil }
    buffer.put(u16be: UInt16(length), at: used)
    let room = buffer.slice(at: used + 2, count: length)
    used += 2 + length
    messages += 1
    return room
  }

  /// Completes the datagram and returns its length. Without any message it is a heartbeat.
  @inlinable
  public func finish() -> Int {
    buffer.put(u16be: UInt16(messages), at: 18)
    return used
  }

  /// A datagram without messages: `next` is the sequence expected next.
  @inlinable
  public mutating func heartbeat(_ session: MoldUdp64Session, next: UInt64) -> Int {
    begin(session, firstSequence: next)
    return finish()
  }

  /// The datagram that ends a session: there is no message from `next` on.
  @inlinable
  public mutating func endOfSession(_ session: MoldUdp64Session, next: UInt64) -> Int {
    begin(session, firstSequence: next)
    buffer.put(u16be: UInt16(MoldUdp64Header.endOfSession), at: 18)
    return used
  }

  /// The datagram's bytes, after `finish`, `heartbeat` or `endOfSession`.
  @inlinable public var datagram: Bytes { buffer.bytes.slice(at: 0, count: used) }
}

extension MoldUdp64Session {
  /// A name of at most 10 bytes of printable ASCII, padded on the right with spaces; nil otherwise.
  public init?(_ text: some StringProtocol) {
    let characters = Array(text.utf8)
    guard (1...10).contains(characters.count),
      characters.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    var words: (high: UInt64, low: UInt16) = (0, 0)
    for index in 0..<10 {
      let character = index < characters.count ? characters[index] : 0x20
      if index < 8 {
        words.high |= UInt64(character) << UInt64(index * 8)
      } else {
        words.low |= UInt16(character) << UInt16((index - 8) * 8)
      }
    }
    self.init(high: words.high, low: words.low)
  }

  /// For people: printable ASCII as it is, any other byte as a dot, without the padding.
  public var text: String {
    var characters = (0..<10).map { index in
      let byte =
        index < 8
        ? UInt8(truncatingIfNeeded: high >> UInt64(index * 8))
        : UInt8(truncatingIfNeeded: low >> UInt16((index - 8) * 8))
      return (0x20..<0x7F).contains(byte) ? byte : UInt8(ascii: ".")
    }
    while characters.last == 0x20 { characters.removeLast() }
    return String(decoding: characters, as: UTF8.self)
  }

  /// Writes the ten bytes at the beginning of `target`.
  @inlinable
  public func put(into target: MutableBytes) {
    target.put(u64le: high, at: 0)
    target.put(u16le: low, at: 8)
  }
}
