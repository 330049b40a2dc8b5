/// IEX-TP 1.x: the transport under TOPS and DEEP. All integers little-endian.
///
/// A datagram is a 40-byte header, then `messageCount` times {length u16, message}. A count of 0
/// is a heartbeat: its sequence is the next one expected. (IEX Transport Specification 1.25.)

/// What the messages inside are. The raw values are the header's message protocol ids.
public enum IexProtocol: UInt16, Sendable {
  case tops = 0x8003
  case deep = 0x8004
  /// Orders by order: recognised, not decoded.
  case deepPlus = 0x8005
}

/// The header of one IEX-TP datagram, checked against the datagram's own length.
@frozen
public struct IexTpHeader: Sendable {
  public static let byteCount = 40

  public let messageProtocol: UInt16
  public let channel: UInt32
  public let session: UInt32
  /// Bytes after the header, as the venue says; never more than the datagram holds.
  public let payloadLength: Int
  /// Messages in this datagram; 0 is a heartbeat.
  public let messageCount: Int
  /// Bytes of messages sent in this session before this datagram.
  public let streamOffset: UInt64
  /// Sequence of the first message, or the next one expected in a heartbeat.
  public let firstSequence: UInt64
  /// Venue's sending time: exchange time, ns since the Unix epoch, UTC.
  public let sendTime: UInt64

  /// Whether `datagram` says that it is IEX-TP: version 1 and a message protocol of IEX.
  /// What says so and then does not hold together is malformed, not foreign.
  @inlinable
  public static func isIexTp(_ datagram: Bytes) -> Bool {
    datagram.has(4, at: 0) && datagram[0] == 1 && (0x8003...0x8005).contains(datagram.u16le(2))
  }

  /// nil if the datagram is too short, or its lengths, counts or send time cannot be true.
  @inlinable @inline(__always)
  public init?(_ datagram: Bytes) {
    guard datagram.has(IexTpHeader.byteCount, at: 0) else { return nil }
    messageProtocol = datagram.u16le(2)
    channel = datagram.u32le(4)
    session = datagram.u32le(8)
    payloadLength = Int(datagram.u16le(12))
    messageCount = Int(datagram.u16le(14))
    streamOffset = datagram.u64le(16)
    firstSequence = datagram.u64le(24)
    let sent = datagram.i64le(32)
    // Each message has a length of its own; a sequence near the end of u64 would wrap.
    guard datagram.has(payloadLength, at: IexTpHeader.byteCount),
      payloadLength >= messageCount * 2, sent >= 0,
      firstSequence <= UInt64.max - 0x1_0000
    else { return nil }
    sendTime = UInt64(sent)
  }

  /// The messages of the datagram that this header was read from.
  @inlinable
  public func messages(of datagram: Bytes) -> IexMessages {
    IexMessages(
      datagram.slice(at: IexTpHeader.byteCount, count: payloadLength), count: messageCount)
  }
}

/// The messages of one IEX-TP datagram.
public typealias IexMessages = PrefixedMessages<LittleEndianLength>
