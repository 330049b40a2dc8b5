/// MoldUDP64 1.00: the datagrams that carry ITCH. All integers big-endian.
///
/// A datagram is a 20-byte header, then `messageCount` times {length u16, message}. Sequences
/// start at 1 in each session; a new session is a new sequence space. (NASDAQ, MoldUDP64
/// Protocol Specification 1.00.)
@frozen
public struct MoldUdp64Header: Sendable {
  public static let byteCount = 20
  /// The count that ends a session.
  public static let endOfSession = 0xFFFF
  /// The highest sequence that a datagram may begin with: none in it can wrap.
  public static let sequenceMax = UInt64.max - 0x1_0000

  /// The session's ten bytes, which may be any: the first eight and the last two, as they lie.
  public let session: MoldUdp64Session
  /// Sequence of the first message; in a heartbeat or an end of session, the next expected.
  public let firstSequence: UInt64
  /// Messages in this datagram; 0 in a heartbeat and in an end of session.
  public let messageCount: Int
  /// Whether the session has ended: there will be no message from `firstSequence` on.
  public let isEndOfSession: Bool

  /// Neither messages nor an end: sent when idle, so that a gap at the tail shows.
  @inlinable public var isHeartbeat: Bool { messageCount == 0 && !isEndOfSession }

  /// nil if the datagram is shorter than the header, or its sequences would wrap. Whether the
  /// messages fit is for `messages(of:)` to tell.
  @inlinable
  public init?(_ datagram: Bytes) {
    guard datagram.has(MoldUdp64Header.byteCount, at: 0) else { return nil }
    session = MoldUdp64Session(high: datagram.u64le(0), low: datagram.u16le(8))
    firstSequence = datagram.u64be(10)
    let count = Int(datagram.u16be(18))
    isEndOfSession = count == MoldUdp64Header.endOfSession
    messageCount = isEndOfSession ? 0 : count
    guard firstSequence <= MoldUdp64Header.sequenceMax else { return nil }
  }

  /// The messages of the datagram that this header was read from.
  @inlinable
  public func messages(of datagram: Bytes) -> MoldUdp64Messages {
    let start = MoldUdp64Header.byteCount
    return MoldUdp64Messages(
      datagram.slice(at: start, count: datagram.count - start), count: messageCount)
  }
}

/// A session's name, to compare.
@frozen
public struct MoldUdp64Session: Hashable, Sendable {
  public let high: UInt64
  public let low: UInt16

  @inlinable
  public init(high: UInt64, low: UInt16) {
    self.high = high
    self.low = low
  }
}

/// The messages of one MoldUDP64 datagram.
public typealias MoldUdp64Messages = PrefixedMessages<BigEndianLength>
