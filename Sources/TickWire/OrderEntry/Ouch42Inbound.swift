/// OUCH 4.2 from the client to the venue: views to read, encoders to write. A view is made only of
/// bytes that are whole, so that its properties cannot fail; a token that is not of our making is
/// nil.
extension Ouch42 {
  /// `O`: a new order.
  @frozen
  public struct EnterOrder: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch42.isWhole(bytes, as: InboundType.enterOrder) else { return nil }
      self.bytes = bytes
    }

    @inlinable public var token: Token? { Token(bytes, at: 1) }
    /// nil: a byte that is none of the four.
    @inlinable public var side: Ouch50.Side? { Ouch50.Side(rawValue: bytes[15]) }
    @inlinable public var quantity: UInt32 { bytes.u32be(16) }
    @inlinable public var symbol: Symbol { Symbol(bytes, at: 20) }
    /// In units of 0.0001.
    @inlinable public var priceE4: UInt32 { bytes.u32be(28) }
    /// nil: a number of seconds.
    @inlinable public var timeInForce: TimeInForce? { TimeInForce(rawValue: bytes.u32be(32)) }
    @inlinable public var firm: FixedText { FixedText(bytes, at: 36, count: 4) }
    @inlinable public var display: UInt8 { bytes[40] }
    @inlinable public var capacity: UInt8 { bytes[41] }
    @inlinable public var sweep: UInt8 { bytes[42] }
    @inlinable public var minimumQuantity: UInt32 { bytes.u32be(43) }
    @inlinable public var cross: UInt8 { bytes[47] }
    @inlinable public var customer: UInt8 { bytes[48] }

    /// Writes the message; a blank firm is the account's own. Returns its length; traps unless it
    /// fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, token: Token, side: Ouch50.Side, quantity: UInt32,
      symbol: Symbol, priceE4: UInt32, timeInForce: TimeInForce, firm: FixedText = .blank,
      display: UInt8 = Ouch50.displayVisible, capacity: UInt8 = Ouch50.capacityPrincipal,
      sweep: UInt8 = Ouch50.sweepNotEligible, minimumQuantity: UInt32 = 0,
      cross: UInt8 = Ouch50.crossContinuous, customer: UInt8 = Ouch42.customerPortDefault
    ) -> Int {
      target.put(u8: InboundType.enterOrder.rawValue, at: 0)
      token.put(into: target, at: 1)
      target.put(u8: side.rawValue, at: 15)
      target.put(u32be: quantity, at: 16)
      target.put(u64le: symbol.word, at: 20)
      target.put(u32be: priceE4, at: 28)
      target.put(u32be: timeInForce.rawValue, at: 32)
      firm.put(into: target, at: 36, count: 4)
      target.put(u8: display, at: 40)
      target.put(u8: capacity, at: 41)
      target.put(u8: sweep, at: 42)
      target.put(u32be: minimumQuantity, at: 43)
      target.put(u8: cross, at: 47)
      target.put(u8: customer, at: 48)
      return InboundType.enterOrder.length
    }
  }

  /// `U`: a live order gives way to a new one under a new token.
  @frozen
  public struct ReplaceOrder: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch42.isWhole(bytes, as: InboundType.replaceOrder) else { return nil }
      self.bytes = bytes
    }

    /// Of the order that is live.
    @inlinable public var originalToken: Token? { Token(bytes, at: 1) }
    @inlinable public var token: Token? { Token(bytes, at: 15) }
    @inlinable public var quantity: UInt32 { bytes.u32be(29) }
    @inlinable public var priceE4: UInt32 { bytes.u32be(33) }
    @inlinable public var timeInForce: TimeInForce? { TimeInForce(rawValue: bytes.u32be(37)) }
    @inlinable public var display: UInt8 { bytes[41] }
    @inlinable public var sweep: UInt8 { bytes[42] }
    @inlinable public var minimumQuantity: UInt32 { bytes.u32be(43) }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, replacing original: Token, token: Token, quantity: UInt32,
      priceE4: UInt32, timeInForce: TimeInForce, display: UInt8 = Ouch50.displayVisible,
      sweep: UInt8 = Ouch50.sweepNotEligible, minimumQuantity: UInt32 = 0
    ) -> Int {
      target.put(u8: InboundType.replaceOrder.rawValue, at: 0)
      original.put(into: target, at: 1)
      token.put(into: target, at: 15)
      target.put(u32be: quantity, at: 29)
      target.put(u32be: priceE4, at: 33)
      target.put(u32be: timeInForce.rawValue, at: 37)
      target.put(u8: display, at: 41)
      target.put(u8: sweep, at: 42)
      target.put(u32be: minimumQuantity, at: 43)
      return InboundType.replaceOrder.length
    }
  }

  /// `X`: cancel, whole or in part.
  @frozen
  public struct CancelOrder: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch42.isWhole(bytes, as: InboundType.cancelOrder) else { return nil }
      self.bytes = bytes
    }

    @inlinable public var token: Token? { Token(bytes, at: 1) }
    /// The size that is to remain, not the reduction; 0 cancels all.
    @inlinable public var quantity: UInt32 { bytes.u32be(15) }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, token: Token, quantity: UInt32 = 0
    ) -> Int {
      target.put(u8: InboundType.cancelOrder.rawValue, at: 0)
      token.put(into: target, at: 1)
      target.put(u32be: quantity, at: 15)
      return InboundType.cancelOrder.length
    }
  }

  /// `M`: another marking of a sale, or fewer shares, without losing the place in the queue.
  @frozen
  public struct ModifyOrder: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch42.isWhole(bytes, as: InboundType.modifyOrder) else { return nil }
      self.bytes = bytes
    }

    @inlinable public var token: Token? { Token(bytes, at: 1) }
    @inlinable public var side: Ouch50.Side? { Ouch50.Side(rawValue: bytes[15]) }
    @inlinable public var quantity: UInt32 { bytes.u32be(16) }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, token: Token, side: Ouch50.Side, quantity: UInt32
    ) -> Int {
      target.put(u8: InboundType.modifyOrder.rawValue, at: 0)
      token.put(into: target, at: 1)
      target.put(u8: side.rawValue, at: 15)
      target.put(u32be: quantity, at: 16)
      return InboundType.modifyOrder.length
    }
  }
}
