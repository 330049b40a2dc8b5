/// Messages from the venue to the client: what became of a request.
/// Views to read them, encoders to write them. A view is made only of bytes that are whole, so
/// that its properties cannot fail.
extension Ouch50 {
  /// `A`: the order is in.
  @frozen
  public struct Accepted: Sendable {
    public static let length = 64
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.accepted) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    @inlinable public var side: Side? { Side(rawValue: bytes[13]) }
    @inlinable public var quantity: UInt32 { bytes.u32be(14) }
    @inlinable public var symbol: Symbol { Symbol(bytes, at: 18) }
    @inlinable public var priceE4: UInt64 { bytes.u64be(26) }
    @inlinable public var timeInForce: TimeInForce? { TimeInForce(rawValue: bytes[34]) }
    @inlinable public var display: UInt8 { bytes[35] }
    /// The venue's own number of the order.
    @inlinable public var orderReference: UInt64 { bytes.u64be(36) }
    @inlinable public var capacity: UInt8 { bytes[44] }
    @inlinable public var sweep: UInt8 { bytes[45] }
    @inlinable public var cross: UInt8 { bytes[46] }
    /// `stateLive`, or `stateDead` for an order that never rested.
    @inlinable public var state: UInt8 { bytes[47] }
    @inlinable public var clientOrderId: FixedText {
      FixedText(bytes, at: 48, count: Ouch50.clientOrderIdLength)
    }
    @inlinable public var appendage: Appendage {
      Appendage(bytes, lengthAt: 62)!  // checked in init
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, side: Side, quantity: UInt32,
      symbol: Symbol, priceE4: UInt64, timeInForce: TimeInForce, display: UInt8,
      orderReference: UInt64, capacity: UInt8, sweep: UInt8, cross: UInt8, state: UInt8,
      clientOrderId: FixedText
    ) -> Int {
      target.put(u8: OutboundType.accepted.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      target.put(u8: side.rawValue, at: 13)
      target.put(u32be: quantity, at: 14)
      target.put(u64le: symbol.word, at: 18)
      target.put(u64be: priceE4, at: 26)
      target.put(u8: timeInForce.rawValue, at: 34)
      target.put(u8: display, at: 35)
      target.put(u64be: orderReference, at: 36)
      target.put(u8: capacity, at: 44)
      target.put(u8: sweep, at: 45)
      target.put(u8: cross, at: 46)
      target.put(u8: state, at: 47)
      clientOrderId.put(into: target, at: 48, count: Ouch50.clientOrderIdLength)
      target.put(u16be: 0, at: 62)
      return length
    }
  }

  /// `U`: `userRefNum` stands where `originalUserRefNum` stood.
  @frozen
  public struct Replaced: Sendable {
    public static let length = 68
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.replaced) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var originalUserRefNum: UInt32 { bytes.u32be(9) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(13) }
    @inlinable public var side: Side? { Side(rawValue: bytes[17]) }
    @inlinable public var quantity: UInt32 { bytes.u32be(18) }
    @inlinable public var symbol: Symbol { Symbol(bytes, at: 22) }
    @inlinable public var priceE4: UInt64 { bytes.u64be(30) }
    @inlinable public var timeInForce: TimeInForce? { TimeInForce(rawValue: bytes[38]) }
    @inlinable public var display: UInt8 { bytes[39] }
    @inlinable public var orderReference: UInt64 { bytes.u64be(40) }
    @inlinable public var capacity: UInt8 { bytes[48] }
    @inlinable public var sweep: UInt8 { bytes[49] }
    @inlinable public var cross: UInt8 { bytes[50] }
    @inlinable public var state: UInt8 { bytes[51] }
    @inlinable public var clientOrderId: FixedText {
      FixedText(bytes, at: 52, count: Ouch50.clientOrderIdLength)
    }
    @inlinable public var appendage: Appendage {
      Appendage(bytes, lengthAt: 66)!  // checked in init
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, originalUserRefNum: UInt32, userRefNum: UInt32,
      side: Side, quantity: UInt32, symbol: Symbol, priceE4: UInt64, timeInForce: TimeInForce,
      display: UInt8, orderReference: UInt64, capacity: UInt8, sweep: UInt8, cross: UInt8,
      state: UInt8, clientOrderId: FixedText
    ) -> Int {
      target.put(u8: OutboundType.replaced.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: originalUserRefNum, at: 9)
      target.put(u32be: userRefNum, at: 13)
      target.put(u8: side.rawValue, at: 17)
      target.put(u32be: quantity, at: 18)
      target.put(u64le: symbol.word, at: 22)
      target.put(u64be: priceE4, at: 30)
      target.put(u8: timeInForce.rawValue, at: 38)
      target.put(u8: display, at: 39)
      target.put(u64be: orderReference, at: 40)
      target.put(u8: capacity, at: 48)
      target.put(u8: sweep, at: 49)
      target.put(u8: cross, at: 50)
      target.put(u8: state, at: 51)
      clientOrderId.put(into: target, at: 52, count: Ouch50.clientOrderIdLength)
      target.put(u16be: 0, at: 66)
      return length
    }
  }

  /// `J`: the order is not in; its number is used up.
  @frozen
  public struct Rejected: Sendable {
    public static let length = 29
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.rejected) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    /// nil: a code that is not in the table.
    @inlinable public var reason: RejectReason? { RejectReason(rawValue: bytes.u16be(13)) }
    @inlinable public var clientOrderId: FixedText {
      FixedText(bytes, at: 15, count: Ouch50.clientOrderIdLength)
    }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: Rejected.length)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, reason: RejectReason,
      clientOrderId: FixedText
    ) -> Int {
      target.put(u8: OutboundType.rejected.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      target.put(u16be: reason.rawValue, at: 13)
      clientOrderId.put(into: target, at: 15, count: Ouch50.clientOrderIdLength)
      return length
    }
  }

  /// `M`: the order has this side and this many shares left.
  @frozen
  public struct Modified: Sendable {
    public static let length = 18
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.modified) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    @inlinable public var side: Side? { Side(rawValue: bytes[13]) }
    @inlinable public var quantity: UInt32 { bytes.u32be(14) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: Modified.length)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, side: Side, quantity: UInt32
    ) -> Int {
      target.put(u8: OutboundType.modified.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      target.put(u8: side.rawValue, at: 13)
      target.put(u32be: quantity, at: 14)
      return length
    }
  }
}
