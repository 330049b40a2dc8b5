/// OUCH 4.2 from the venue to the client: the day, fills, cancels, and orders that stand otherwise
/// than before. Views to read, encoders to write. A view is made only of bytes that are whole, so
/// that its properties cannot fail.
extension Ouch42 {
  /// `S`: start or end of day.
  @frozen
  public struct SystemEvent: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch42.isWhole(bytes, as: OutboundType.systemEvent) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var event: UInt8 { bytes[9] }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(into target: MutableBytes, time_ns: UInt64, event: UInt8) -> Int {
      target.put(u8: OutboundType.systemEvent.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u8: event, at: 9)
      return OutboundType.systemEvent.length
    }
  }

  /// `E`: a fill. `G`: a fill priced against a reference. `F`: what an earlier fill is now. One
  /// layout, but for what `G` and `F` add at the end.
  @frozen
  public struct Executed: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard
        Ouch42.isWhole(bytes, as: OutboundType.executed)
          || Ouch42.isWhole(bytes, as: OutboundType.executedWithReference)
          || Ouch42.isWhole(bytes, as: OutboundType.tradeCorrection)
      else { return nil }
      self.bytes = bytes
    }

    /// `F`: no new fill.
    @inlinable public var isCorrection: Bool {
      bytes[0] == OutboundType.tradeCorrection.rawValue
    }
    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var token: Token? { Token(bytes, at: 9) }
    /// Shares of this fill, not the total.
    @inlinable public var quantity: UInt32 { bytes.u32be(23) }
    @inlinable public var priceE4: UInt32 { bytes.u32be(27) }
    @inlinable public var liquidity: UInt8 { bytes[31] }
    /// Unique for a trade.
    @inlinable public var match: UInt64 { bytes.u64be(32) }
    /// Of `G` only.
    @inlinable public var referencePriceE4: UInt32? {
      bytes.count == OutboundType.executedWithReference.length ? bytes.u32be(40) : nil
    }
    /// Of `F` only: a letter.
    @inlinable public var correctionReason: UInt8? { isCorrection ? bytes[40] : nil }

    /// Writes an `E`. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, token: Token, quantity: UInt32,
      priceE4: UInt32, liquidity: UInt8, match: UInt64
    ) -> Int {
      let length = Ouch42.begin(.executed, target, time_ns, token)
      target.put(u32be: quantity, at: 23)
      target.put(u32be: priceE4, at: 27)
      target.put(u8: liquidity, at: 31)
      target.put(u64be: match, at: 32)
      return length
    }

    /// Makes a `G` of an `E` that was just written. Returns its length; traps unless it fits.
    @inlinable
    public static func extend(
      _ target: MutableBytes, referencePriceE4: UInt32, referenceType: UInt8
    ) -> Int {
      target.put(u8: OutboundType.executedWithReference.rawValue, at: 0)
      target.put(u32be: referencePriceE4, at: 40)
      target.put(u8: referenceType, at: 44)
      return OutboundType.executedWithReference.length
    }

    /// Makes an `F` of an `E` that was just written. Returns its length; traps unless it fits.
    @inlinable
    public static func extend(_ target: MutableBytes, correctionReason: UInt8) -> Int {
      target.put(u8: OutboundType.tradeCorrection.rawValue, at: 0)
      target.put(u8: correctionReason, at: 40)
      return OutboundType.tradeCorrection.length
    }
  }

  /// `C`: shares that will not be executed any more. `D` (AIQ canceled): the same, so as not to
  /// trade with itself; one layout, but for what `D` adds at the end.
  @frozen
  public struct Canceled: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard
        Ouch42.isWhole(bytes, as: OutboundType.canceled)
          || Ouch42.isWhole(bytes, as: OutboundType.canceledSelfMatch)
      else { return nil }
      self.bytes = bytes
    }

    /// `D`, rather than `C`.
    @inlinable public var isSelfMatch: Bool {
      bytes[0] == OutboundType.canceledSelfMatch.rawValue
    }
    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var token: Token? { Token(bytes, at: 9) }
    /// The decrement, not what is left.
    @inlinable public var quantity: UInt32 { bytes.u32be(23) }
    @inlinable public var reason: UInt8 { bytes[27] }
    /// Of `D` only: what would have been traded, and at which price.
    @inlinable public var preventedQuantity: UInt32? { isSelfMatch ? bytes.u32be(28) : nil }
    @inlinable public var priceE4: UInt32? { isSelfMatch ? bytes.u32be(32) : nil }

    /// Writes a `C`. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, token: Token, quantity: UInt32,
      reason: UInt8
    ) -> Int {
      let length = Ouch42.begin(.canceled, target, time_ns, token)
      target.put(u32be: quantity, at: 23)
      target.put(u8: reason, at: 27)
      return length
    }

    /// Makes a `D` of a `C` that was just written. Returns its length; traps unless it fits.
    @inlinable
    public static func extend(
      _ target: MutableBytes, preventedQuantity: UInt32, priceE4: UInt32, liquidity: UInt8
    ) -> Int {
      target.put(u8: OutboundType.canceledSelfMatch.rawValue, at: 0)
      target.put(u32be: preventedQuantity, at: 28)
      target.put(u32be: priceE4, at: 32)
      target.put(u8: liquidity, at: 36)
      return OutboundType.canceledSelfMatch.length
    }
  }

  /// `B`: a fill that was told before is undone.
  @frozen
  public struct BrokenTrade: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch42.isWhole(bytes, as: OutboundType.brokenTrade) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var token: Token? { Token(bytes, at: 9) }
    /// That of the fill.
    @inlinable public var match: UInt64 { bytes.u64be(23) }
    @inlinable public var reason: UInt8 { bytes[31] }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, token: Token, match: UInt64, reason: UInt8
    ) -> Int {
      let length = Ouch42.begin(.brokenTrade, target, time_ns, token)
      target.put(u64be: match, at: 23)
      target.put(u8: reason, at: 31)
      return length
    }
  }

  /// `T`: the venue has moved the order to another price, or to another place at its price.
  @frozen
  public struct PriorityUpdate: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch42.isWhole(bytes, as: OutboundType.priorityUpdate) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var token: Token? { Token(bytes, at: 9) }
    @inlinable public var priceE4: UInt32 { bytes.u32be(23) }
    @inlinable public var display: UInt8 { bytes[27] }
    /// The order's new number at the venue.
    @inlinable public var orderReference: UInt64 { bytes.u64be(28) }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, token: Token, priceE4: UInt32,
      display: UInt8, orderReference: UInt64
    ) -> Int {
      let length = Ouch42.begin(.priorityUpdate, target, time_ns, token)
      target.put(u32be: priceE4, at: 23)
      target.put(u8: display, at: 27)
      target.put(u64be: orderReference, at: 28)
      return length
    }
  }
}
