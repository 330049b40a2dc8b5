/// Builds one IEX-TP 1.x datagram: the 40-byte header, then messages with a 16-bit length in front
/// of each. Messages are those of TOPS 1.6, and the price level of DEEP 1.0. Little-endian.
///
/// A packet is written front to back: append messages while `hasRoom`, then `finish` writes the
/// header. Nothing is validated beyond fitting: a writer of synthetic feeds must be able to write a
/// crossed quote, and a test a nonsensical one.
///
/// - Units: prices are the venue's integers, 1e-4 of a dollar; times are exchange times,
///   nanoseconds since the Unix epoch (UTC).
/// - Errors: appending a message that does not fit is a programmer's error and traps.
/// - Thread safety: a value; the buffer has one writer.
public struct IexTpWriter {
  /// Bytes of the longest message, without its length prefix (an auction information message).
  public static let messageBytesMax = 80

  /// What each message but the system event begins with, after its type.
  public struct Head: Sendable {
    /// The byte after the type: flags in most messages, a status or an event in some.
    public var flags: UInt8
    public var exchangeTimeNs: Int64
    public var symbol: Symbol

    public init(flags: UInt8, exchangeTimeNs: Int64, symbol: Symbol) {
      self.flags = flags
      self.exchangeTimeNs = exchangeTimeNs
      self.symbol = symbol
    }
  }

  /// What the header says beside the lengths.
  public struct Stream: Sendable {
    public var messageProtocol: UInt16
    public var channel: UInt32
    public var session: UInt32
    /// Bytes of messages, with their prefixes, sent before this packet.
    public var offset: UInt64
    /// Sequence of the packet's first message; of the next one expected, in a heartbeat.
    public var firstSequence: UInt64
    public var sendTimeNs: Int64

    public init(
      messageProtocol: UInt16, channel: UInt32, session: UInt32, offset: UInt64 = 0,
      firstSequence: UInt64 = 1, sendTimeNs: Int64 = 0
    ) {
      self.messageProtocol = messageProtocol
      self.channel = channel
      self.session = session
      self.offset = offset
      self.firstSequence = firstSequence
      self.sendTimeNs = sendTimeNs
    }
  }

  private let packet: MutableBytes
  private var used = IexTpHeader.byteCount
  /// Messages so far.
  public private(set) var count: UInt16 = 0

  /// Starts a packet in `packet`, which must hold the header at least.
  public init(into packet: MutableBytes) {
    precondition(packet.count >= IexTpHeader.byteCount, "no room for an IEX-TP header")
    self.packet = packet
  }

  /// Bytes of messages so far, with their prefixes.
  public var payloadCount: Int { used - IexTpHeader.byteCount }

  /// Whether a message of `length` bytes and its prefix still fit.
  public func hasRoom(for length: Int) -> Bool {
    packet.count - used >= 2 + length && count < .max
  }

  /// Writes the header and returns the datagram's length. With no message, it is a heartbeat.
  public func finish(_ stream: Stream) -> Int {
    packet.put(u8: 1, at: 0)
    packet.put(u8: 0, at: 1)
    packet.put(u16le: stream.messageProtocol, at: 2)
    packet.put(u32le: stream.channel, at: 4)
    packet.put(u32le: stream.session, at: 8)
    packet.put(u16le: UInt16(payloadCount), at: 12)
    packet.put(u16le: count, at: 14)
    packet.put(u64le: stream.offset, at: 16)
    packet.put(u64le: stream.firstSequence, at: 24)
    packet.put(i64le: stream.sendTimeNs, at: 32)
    return used
  }

  /// Appends a message that exists already.
  public mutating func append(_ message: Bytes) { self.message(message.count).put(message, at: 0) }

  /// Room for the next message, with its prefix written.
  mutating func message(_ length: Int) -> MutableBytes {
    precondition(hasRoom(for: length), "message does not fit the packet")
    packet.put(u16le: UInt16(length), at: used)
    let body = packet.slice(at: used + 2, count: length)
    used += 2 + length
    count += 1
    return body
  }

  mutating func message(_ type: UInt8, _ length: Int, _ head: Head) -> MutableBytes {
    let body = message(length)
    body.put(u8: type, at: 0)
    body.put(u8: head.flags, at: 1)
    body.put(i64le: head.exchangeTimeNs, at: 2)
    body.put(u64le: head.symbol.word, at: 10)
    return body
  }
}

/// A trade's own fields, in reports and in breaks.
public struct IexTradeFields: Sendable, Equatable {
  public var size: UInt32
  /// 1e-4 of a dollar.
  public var priceE4: Int64
  public var tradeId: Int64

  public init(size: UInt32, priceE4: Int64, tradeId: Int64) {
    self.size = size
    self.priceE4 = priceE4
    self.tradeId = tradeId
  }
}

/// An auction's own fields. Prices in 1e-4 of a dollar.
public struct IexAuctionFields: Sendable {
  public var pairedShares: UInt32 = 0
  public var referencePriceE4: Int64 = 0
  public var indicativePriceE4: Int64 = 0
  public var imbalanceShares: UInt32 = 0
  /// `B`, `S` or `N`.
  public var imbalanceSide = UInt8(ascii: "N")
  public var extensionNumber: UInt8 = 0
  /// Seconds since the Unix epoch (UTC).
  public var scheduledTimeSeconds: UInt32 = 0
  public var bookPriceE4: Int64 = 0
  public var collarReferenceE4: Int64 = 0
  public var lowerCollarE4: Int64 = 0
  public var upperCollarE4: Int64 = 0

  public init() {}
}

/// The messages. Lengths and offsets are those of "IEX TOPS Specification" 1.6 and, for the price
/// level, "IEX DEEP Specification" 1.0.
extension IexTpWriter {
  /// S, 10 bytes. `event` is one of `O S R M E C`.
  public mutating func systemEvent(_ event: UInt8, exchangeTimeNs: Int64) {
    let body = message(10)
    body.put(u8: IexMessageType.systemEvent, at: 0)
    body.put(u8: event, at: 1)
    body.put(i64le: exchangeTimeNs, at: 2)
  }

  /// D, 31 bytes. `luldTier` 0 (none), 1 or 2.
  public mutating func securityDirectory(
    _ head: Head, roundLot: UInt32, adjustedCloseE4: Int64, luldTier: UInt8
  ) {
    let body = message(IexMessageType.securityDirectory, 31, head)
    body.put(u32le: roundLot, at: 18)
    body.put(i64le: adjustedCloseE4, at: 22)
    body.put(u8: luldTier, at: 30)
  }

  /// H, 22 bytes. The head's flags are the status: `H O P T`. `reason` is four characters, the
  /// first in the low byte.
  public mutating func tradingStatus(_ head: Head, reason: UInt32) {
    message(IexMessageType.tradingStatus, 22, head).put(u32le: reason, at: 18)
  }

  /// I, 18 bytes. The head's flags are the retail liquidity indicator.
  public mutating func retailLiquidity(_ head: Head) {
    _ = message(IexMessageType.retailLiquidity, 18, head)
  }

  /// O, 18 bytes. The head's flags are the operational halt status: `O` or `N`.
  public mutating func operationalHalt(_ head: Head) {
    _ = message(IexMessageType.operationalHalt, 18, head)
  }

  /// P, 19 bytes. The head's flags are the short sale price test status: 0 or 1.
  public mutating func shortSalePriceTest(_ head: Head, detail: UInt8) {
    message(IexMessageType.shortSalePriceTest, 19, head).put(u8: detail, at: 18)
  }

  /// E, 18 bytes. The head's flags are the security event: `O` or `C`.
  public mutating func securityEvent(_ head: Head) {
    _ = message(IexMessageType.securityEvent, 18, head)
  }

  /// Q, 42 bytes. An empty side has price 0 and size 0.
  public mutating func quote(
    _ head: Head, bidSize: UInt32, bidPriceE4: Int64, askPriceE4: Int64, askSize: UInt32
  ) {
    let body = message(IexMessageType.quoteUpdate, 42, head)
    body.put(u32le: bidSize, at: 18)
    body.put(i64le: bidPriceE4, at: 22)
    body.put(i64le: askPriceE4, at: 30)
    body.put(u32le: askSize, at: 38)
  }

  /// T, 38 bytes.
  public mutating func trade(_ head: Head, _ trade: IexTradeFields) {
    put(trade, into: message(IexMessageType.tradeReport, 38, head))
  }

  /// B, 38 bytes: the broken trade's fields, at the time of the break.
  public mutating func tradeBreak(_ head: Head, _ trade: IexTradeFields) {
    put(trade, into: message(IexMessageType.tradeBreak, 38, head))
  }

  private func put(_ trade: IexTradeFields, into body: MutableBytes) {
    body.put(u32le: trade.size, at: 18)
    body.put(i64le: trade.priceE4, at: 22)
    body.put(i64le: trade.tradeId, at: 30)
  }

  /// X, 26 bytes. The head's flags are the price's type: `Q` opening, `M` closing.
  public mutating func officialPrice(_ head: Head, priceE4: Int64) {
    message(IexMessageType.officialPrice, 26, head).put(i64le: priceE4, at: 18)
  }

  /// A, 80 bytes. The head's flags are the auction's type: `O C I H V`.
  public mutating func auction(_ head: Head, _ auction: IexAuctionFields) {
    let body = message(IexMessageType.auctionInformation, 80, head)
    body.put(u32le: auction.pairedShares, at: 18)
    body.put(i64le: auction.referencePriceE4, at: 22)
    body.put(i64le: auction.indicativePriceE4, at: 30)
    body.put(u32le: auction.imbalanceShares, at: 38)
    body.put(u8: auction.imbalanceSide, at: 42)
    body.put(u8: auction.extensionNumber, at: 43)
    body.put(u32le: auction.scheduledTimeSeconds, at: 44)
    body.put(i64le: auction.bookPriceE4, at: 48)
    body.put(i64le: auction.collarReferenceE4, at: 56)
    body.put(i64le: auction.lowerCollarE4, at: 64)
    body.put(i64le: auction.upperCollarE4, at: 72)
  }

  /// 8 or 5, 30 bytes (DEEP): the shares at a price, 0 to remove it. The head's flags: 1 when the
  /// book is complete, 0 in transition.
  public mutating func priceLevel(_ head: Head, isBuy: Bool, size: UInt32, priceE4: Int64) {
    let body = message(
      isBuy ? IexMessageType.priceLevelBuy : IexMessageType.priceLevelSell, 30, head)
    body.put(u32le: size, at: 18)
    body.put(i64le: priceE4, at: 22)
  }
}
