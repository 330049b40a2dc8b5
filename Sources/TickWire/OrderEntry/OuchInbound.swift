/// Messages from the client to the venue: views to read them, encoders to write them. A view is
/// made only of bytes that are whole, so that its properties cannot fail.
extension Ouch50 {
  /// `O`: a new order.
  @frozen
  public struct EnterOrder: Sendable {
    public static let length = 47
    @usableFromInline static let appendageAt = 45
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: InboundType.enterOrder) else { return nil }
      self.bytes = bytes
    }

    @inlinable public var userRefNum: UInt32 { bytes.u32be(1) }
    /// nil: a byte that is none of the four.
    @inlinable public var side: Side? { Side(rawValue: bytes[5]) }
    @inlinable public var quantity: UInt32 { bytes.u32be(6) }
    @inlinable public var symbol: Symbol { Symbol(bytes, at: 10) }
    /// In units of 0.0001.
    @inlinable public var priceE4: UInt64 { bytes.u64be(18) }
    @inlinable public var timeInForce: TimeInForce? { TimeInForce(rawValue: bytes[26]) }
    @inlinable public var display: UInt8 { bytes[27] }
    @inlinable public var capacity: UInt8 { bytes[28] }
    @inlinable public var sweep: UInt8 { bytes[29] }
    @inlinable public var cross: UInt8 { bytes[30] }
    @inlinable public var clientOrderId: FixedText {
      FixedText(bytes, at: 31, count: Ouch50.clientOrderIdLength)
    }
    @inlinable public var appendage: Appendage {
      Appendage(bytes, lengthAt: EnterOrder.appendageAt)!  // checked in init
    }

    /// Writes the message; `minimumQuantity` over 0 adds that option. Returns its length; traps
    /// unless `messageLengthMax` bytes fit.
    @inlinable
    public static func encode(
      into target: MutableBytes, userRefNum: UInt32, side: Side, quantity: UInt32, symbol: Symbol,
      priceE4: UInt64, timeInForce: TimeInForce, clientOrderId: FixedText = .blank,
      display: UInt8 = Ouch50.displayVisible, capacity: UInt8 = Ouch50.capacityPrincipal,
      sweep: UInt8 = Ouch50.sweepNotEligible, cross: UInt8 = Ouch50.crossContinuous,
      minimumQuantity: UInt32 = 0
    ) -> Int {
      target.put(u8: InboundType.enterOrder.rawValue, at: 0)
      target.put(u32be: userRefNum, at: 1)
      target.put(u8: side.rawValue, at: 5)
      target.put(u32be: quantity, at: 6)
      target.put(u64le: symbol.word, at: 10)
      target.put(u64be: priceE4, at: 18)
      target.put(u8: timeInForce.rawValue, at: 26)
      target.put(u8: display, at: 27)
      target.put(u8: capacity, at: 28)
      target.put(u8: sweep, at: 29)
      target.put(u8: cross, at: 30)
      clientOrderId.put(into: target, at: 31, count: Ouch50.clientOrderIdLength)
      target.put(u16be: 0, at: appendageAt)
      guard minimumQuantity > 0 else { return length }
      return Appendage.append(
        .minimumQuantity, u32: minimumQuantity, to: target, length: length, lengthAt: appendageAt)
    }
  }

  /// `U`: a live order gives way to a new one under a new number.
  @frozen
  public struct ReplaceOrder: Sendable {
    public static let length = 40
    @usableFromInline static let appendageAt = 38
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: InboundType.replaceOrder) else { return nil }
      self.bytes = bytes
    }

    @inlinable public var originalUserRefNum: UInt32 { bytes.u32be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(5) }
    @inlinable public var quantity: UInt32 { bytes.u32be(9) }
    @inlinable public var priceE4: UInt64 { bytes.u64be(13) }
    @inlinable public var timeInForce: TimeInForce? { TimeInForce(rawValue: bytes[21]) }
    @inlinable public var display: UInt8 { bytes[22] }
    @inlinable public var sweep: UInt8 { bytes[23] }
    @inlinable public var clientOrderId: FixedText {
      FixedText(bytes, at: 24, count: Ouch50.clientOrderIdLength)
    }
    @inlinable public var appendage: Appendage {
      Appendage(bytes, lengthAt: ReplaceOrder.appendageAt)!  // checked in init
    }

    /// Writes the message; `minimumQuantity` over 0 adds that option. Returns its length; traps
    /// unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, originalUserRefNum: UInt32, userRefNum: UInt32, quantity: UInt32,
      priceE4: UInt64, timeInForce: TimeInForce, clientOrderId: FixedText = .blank,
      display: UInt8 = Ouch50.displayVisible, sweep: UInt8 = Ouch50.sweepNotEligible,
      minimumQuantity: UInt32 = 0
    ) -> Int {
      target.put(u8: InboundType.replaceOrder.rawValue, at: 0)
      target.put(u32be: originalUserRefNum, at: 1)
      target.put(u32be: userRefNum, at: 5)
      target.put(u32be: quantity, at: 9)
      target.put(u64be: priceE4, at: 13)
      target.put(u8: timeInForce.rawValue, at: 21)
      target.put(u8: display, at: 22)
      target.put(u8: sweep, at: 23)
      clientOrderId.put(into: target, at: 24, count: Ouch50.clientOrderIdLength)
      target.put(u16be: 0, at: appendageAt)
      guard minimumQuantity > 0 else { return length }
      return Appendage.append(
        .minimumQuantity, u32: minimumQuantity, to: target, length: length, lengthAt: appendageAt)
    }
  }

  /// `X`: cancel, whole or in part.
  @frozen
  public struct CancelOrder: Sendable {
    public static let length = 9
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: InboundType.cancelOrder) else { return nil }
      self.bytes = bytes
    }

    @inlinable public var userRefNum: UInt32 { bytes.u32be(1) }
    /// The size that is to remain, not the reduction; 0 cancels all.
    @inlinable public var quantity: UInt32 { bytes.u32be(5) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: CancelOrder.length)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, userRefNum: UInt32, quantity: UInt32 = 0
    ) -> Int {
      target.put(u8: InboundType.cancelOrder.rawValue, at: 0)
      target.put(u32be: userRefNum, at: 1)
      target.put(u32be: quantity, at: 5)
      return length
    }
  }

  /// `M`: another marking of a sale, or fewer shares, without losing the place in the queue.
  @frozen
  public struct ModifyOrder: Sendable {
    public static let length = 10
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: InboundType.modifyOrder) else { return nil }
      self.bytes = bytes
    }

    @inlinable public var userRefNum: UInt32 { bytes.u32be(1) }
    @inlinable public var side: Side? { Side(rawValue: bytes[5]) }
    @inlinable public var quantity: UInt32 { bytes.u32be(6) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: ModifyOrder.length)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, userRefNum: UInt32, side: Side, quantity: UInt32
    ) -> Int {
      target.put(u8: InboundType.modifyOrder.rawValue, at: 0)
      target.put(u32be: userRefNum, at: 1)
      target.put(u8: side.rawValue, at: 5)
      target.put(u32be: quantity, at: 6)
      return length
    }
  }
}
