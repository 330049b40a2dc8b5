/// The messages of TOPS 1.6 and DEEP 1.0, as views: a view checks its length once and then reads
/// fields in place. Prices are i64 in units of 1e-4 of a dollar; times are exchange time, ns since
/// the Unix epoch, UTC. (IEX TOPS Specification 1.66, IEX DEEP Specification 1.08.)

/// The first byte of a message.
public enum IexMessageType {
  public static let systemEvent = UInt8(ascii: "S")
  public static let securityDirectory = UInt8(ascii: "D")
  public static let tradingStatus = UInt8(ascii: "H")
  public static let retailLiquidity = UInt8(ascii: "I")
  public static let operationalHalt = UInt8(ascii: "O")
  public static let shortSalePriceTest = UInt8(ascii: "P")
  public static let quoteUpdate = UInt8(ascii: "Q")
  public static let tradeReport = UInt8(ascii: "T")
  public static let officialPrice = UInt8(ascii: "X")
  public static let tradeBreak = UInt8(ascii: "B")
  public static let auctionInformation = UInt8(ascii: "A")
  public static let priceLevelBuy = UInt8(ascii: "8")
  public static let priceLevelSell = UInt8(ascii: "5")
  public static let securityEvent = UInt8(ascii: "E")

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

  /// nil if the message has no type byte or is shorter than its type requires; an unknown type
  /// passes if `isKnown` is false. A longer message is a later minor version: the tail is ignored.
  @inlinable
  public init?(_ bytes: Bytes) {
    guard bytes.count >= 1 else { return nil }
    self.bytes = bytes
    type = bytes[0]
    if let needed = IexMessageType.byteCount(type), bytes.count < needed { return nil }
  }

  @inlinable public var isKnown: Bool { IexMessageType.byteCount(type) != nil }
  @inlinable public var flags: UInt8 { bytes[1] }
  /// Exchange time of the event, ns since the Unix epoch; a negative one reads as 0.
  @inlinable public var time: UInt64 { UInt64(max(0, bytes.i64le(2))) }
  @inlinable public var symbol: Symbol { Symbol(bytes, at: 10) }
}

extension IexMessage {
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

public enum IexTradeFlags {
  public static let intermarketSweep: UInt8 = 0x80
  public static let extendedHours: UInt8 = 0x40
  public static let oddLot: UInt8 = 0x20
  public static let tradeThroughExempt: UInt8 = 0x10
  public static let singlePriceCross: UInt8 = 0x08
}

public enum IexQuoteFlags {
  public static let halted: UInt8 = 0x80
  public static let extendedHours: UInt8 = 0x40
}
