/// The messages of TOPS 1.6 and DEEP 1.0, as views: a view checks its length once and then reads
/// fields in place. Prices are i64 in units of 1e-4 of a dollar; times are exchange time, ns since
/// the Unix epoch, UTC. (IEX TOPS Specification 1.66, IEX DEEP Specification 1.08.)

/// The first byte of a message. (Computed, so that they are constants in other modules too.)
public enum IexMessageType {
  @inlinable public static var systemEvent: UInt8 { 0x53 }  // S
  @inlinable public static var securityDirectory: UInt8 { 0x44 }  // D
  @inlinable public static var tradingStatus: UInt8 { 0x48 }  // H
  @inlinable public static var retailLiquidity: UInt8 { 0x49 }  // I
  @inlinable public static var operationalHalt: UInt8 { 0x4F }  // O
  @inlinable public static var shortSalePriceTest: UInt8 { 0x50 }  // P
  @inlinable public static var quoteUpdate: UInt8 { 0x51 }  // Q
  @inlinable public static var tradeReport: UInt8 { 0x54 }  // T
  @inlinable public static var officialPrice: UInt8 { 0x58 }  // X
  @inlinable public static var tradeBreak: UInt8 { 0x42 }  // B
  @inlinable public static var auctionInformation: UInt8 { 0x41 }  // A
  @inlinable public static var priceLevelBuy: UInt8 { 0x38 }  // 8
  @inlinable public static var priceLevelSell: UInt8 { 0x35 }  // 5
  @inlinable public static var securityEvent: UInt8 { 0x45 }  // E

  /// Bytes that a message of `type` has at least, or nil for a type that we do not know.
  @inlinable
  public static func byteCount(_ type: UInt8) -> Int? {
    switch type {
    case quoteUpdate: 42
    case tradeReport, tradeBreak: 38
    case priceLevelBuy, priceLevelSell: 30
    case tradingStatus: 22
    case retailLiquidity, operationalHalt, securityEvent: 18
    case shortSalePriceTest: 19
    case officialPrice: 26
    case systemEvent: 10
    case securityDirectory: 31
    case auctionInformation: 80
    default: nil
    }
  }
}

/// What every message begins with: type, flags, time, and (in all but the system event) a symbol.
@frozen
public struct IexMessage {
  public let bytes: Bytes
  public let type: UInt8
  /// Whether the type is one that we know.
  public let isKnown: Bool

  /// nil if the message has no type byte or is shorter than its type requires; an unknown type
  /// passes if `isKnown` is false. A longer message is a later minor version: the tail is ignored.
  @inlinable
  public init?(_ bytes: Bytes) {
    guard bytes.count >= 1 else { return nil }
    self.bytes = bytes
    type = bytes[0]
    let needed = IexMessageType.byteCount(type)
    isKnown = needed != nil
    if let needed, bytes.count < needed { return nil }
  }

  /// Traps if the message is shorter than `type` requires, as no message of that type is. One look
  /// in place of one for each field that is read after it.
  @inlinable @inline(__always)
  public func requireBytes(of type: UInt8) {
    precondition(bytes.has(IexMessageType.byteCount(type) ?? 0, at: 0), "a shorter message")
  }

  @inlinable public var flags: UInt8 { bytes[1] }
  /// Exchange time of the event, ns since the Unix epoch; a negative one reads as 0.
  @inlinable public var time: UInt64 { UInt64(max(0, bytes.i64le(2))) }
  @inlinable public var symbol: Symbol { Symbol(bytes, at: 10) }
}

extension IexMessage {
  /// The eight bytes where all messages with a symbol have it, whatever they are; 0 in a message
  /// too short for one. To look ahead with, before a message is read.
  @inlinable @inline(__always)
  public static func symbolWord(_ bytes: Bytes) -> UInt64 {
    bytes.has(8, at: 10) ? bytes.u64le(10) : 0
  }

  // Quote update (Q), 42 bytes. Price or size 0: that side is empty.
  @inlinable public var bidSize: UInt32 { bytes.u32le(18) }
  @inlinable public var bidPrice: Int64 { bytes.i64le(22) }
  @inlinable public var askPrice: Int64 { bytes.i64le(30) }
  @inlinable public var askSize: UInt32 { bytes.u32le(38) }

  // Trade report (T) and trade break (B), 38 bytes; price level (8, 5), 30 bytes.
  @inlinable public var size: UInt32 { bytes.u32le(18) }
  @inlinable public var price: Int64 { bytes.i64le(22) }
  @inlinable public var tradeId: Int64 { bytes.i64le(30) }

  /// Trade report: outside regular hours, or fewer shares than a round lot. Neither sets a last
  /// price.
  @inlinable public var setsNoLastPrice: Bool {
    flags & (IexTradeFlags.extendedHours | IexTradeFlags.oddLot) != 0
  }

  /// Price level: this message completes the event, so the book is consistent after it.
  @inlinable public var completesEvent: Bool { flags & 1 != 0 }

  /// The status stands where other messages have flags. Trading status (H): 'H' halted,
  /// 'O' order acceptance period, 'P' paused, 'T' trading. Operational halt (O): 'O' halted on IEX,
  /// 'N' not. Short sale price test (P): 1 restricted, 0 not.
  @inlinable public var statusByte: UInt8 { bytes[1] }
}

/// Bits of a trade report's sale condition flags (TOPS 1.6).
public enum IexTradeFlags {
  @inlinable public static var intermarketSweep: UInt8 { 0x80 }
  @inlinable public static var extendedHours: UInt8 { 0x40 }
  @inlinable public static var oddLot: UInt8 { 0x20 }
  @inlinable public static var tradeThroughExempt: UInt8 { 0x10 }
  @inlinable public static var singlePriceCross: UInt8 { 0x08 }
}

/// Bits of a quote update's flags (TOPS 1.6).
public enum IexQuoteFlags {
  @inlinable public static var halted: UInt8 { 0x80 }
  @inlinable public static var extendedHours: UInt8 { 0x40 }
}
