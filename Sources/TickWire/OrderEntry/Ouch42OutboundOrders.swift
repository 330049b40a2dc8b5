/// OUCH 4.2 from the venue to the client: what became of a request. Views to read, encoders to
/// write. A view is made only of bytes that are whole, so that its properties cannot fail.
extension Ouch42 {
  /// `A`: the order is in. `U`: it stands where another stood. One layout, but that `U` also names
  /// the order replaced.
  @frozen
  public struct Accepted: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard
        Ouch42.isWhole(bytes, as: OutboundType.accepted)
          || Ouch42.isWhole(bytes, as: OutboundType.replaced)
      else { return nil }
      self.bytes = bytes
    }

    /// `U`, rather than `A`.
    @inlinable public var isReplacement: Bool { bytes[0] == OutboundType.replaced.rawValue }
    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var token: Token? { Token(bytes, at: 9) }
    @inlinable public var side: Ouch50.Side? { Ouch50.Side(rawValue: bytes[23]) }
    @inlinable public var quantity: UInt32 { bytes.u32be(24) }
    @inlinable public var symbol: Symbol { Symbol(bytes, at: 28) }
    @inlinable public var priceE4: UInt32 { bytes.u32be(36) }
    @inlinable public var timeInForce: TimeInForce? { TimeInForce(rawValue: bytes.u32be(40)) }
    @inlinable public var firm: FixedText { FixedText(bytes, at: 44, count: 4) }
    @inlinable public var display: UInt8 { bytes[48] }
    /// The venue's own number of the order.
    @inlinable public var orderReference: UInt64 { bytes.u64be(49) }
    @inlinable public var capacity: UInt8 { bytes[57] }
    @inlinable public var sweep: UInt8 { bytes[58] }
    @inlinable public var minimumQuantity: UInt32 { bytes.u32be(59) }
    @inlinable public var cross: UInt8 { bytes[63] }
    /// `Ouch50.stateLive`, or `stateDead` for an order that never rested.
    @inlinable public var state: UInt8 { bytes[64] }
    /// Of the order replaced; nil in `A`.
    @inlinable public var previousToken: Token? { isReplacement ? Token(bytes, at: 65) : nil }
    @inlinable public var bboWeight: UInt8 { bytes[isReplacement ? 79 : 65] }

    /// Writes an `A`, or a `U` of the order that replaces `previous`. Returns its length; traps
    /// unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, token: Token, replacing previous: Token?,
      side: Ouch50.Side, quantity: UInt32, symbol: Symbol, priceE4: UInt32,
      timeInForce: TimeInForce, firm: FixedText, display: UInt8, orderReference: UInt64,
      capacity: UInt8, sweep: UInt8, minimumQuantity: UInt32, cross: UInt8, state: UInt8,
      bboWeight: UInt8 = 0x20
    ) -> Int {
      let length = Ouch42.begin(previous == nil ? .accepted : .replaced, target, time_ns, token)
      target.put(u8: side.rawValue, at: 23)
      target.put(u32be: quantity, at: 24)
      target.put(u64le: symbol.word, at: 28)
      target.put(u32be: priceE4, at: 36)
      target.put(u32be: timeInForce.rawValue, at: 40)
      firm.put(into: target, at: 44, count: 4)
      target.put(u8: display, at: 48)
      target.put(u64be: orderReference, at: 49)
      target.put(u8: capacity, at: 57)
      target.put(u8: sweep, at: 58)
      target.put(u32be: minimumQuantity, at: 59)
      target.put(u8: cross, at: 63)
      target.put(u8: state, at: 64)
      previous?.put(into: target, at: 65)
      target.put(u8: bboWeight, at: length - 1)
      return length
    }
  }

  /// `J`: the order is not in; its token is used up.
  @frozen
  public struct Rejected: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch42.isWhole(bytes, as: OutboundType.rejected) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var token: Token? { Token(bytes, at: 9) }
    /// nil: a letter that is not in the table.
    @inlinable public var reason: RejectReason? { RejectReason(rawValue: bytes[23]) }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, token: Token, reason: RejectReason
    ) -> Int {
      let length = Ouch42.begin(.rejected, target, time_ns, token)
      target.put(u8: reason.rawValue, at: 23)
      return length
    }
  }

  /// `I` (cancel reject): the order stays as it is. `P` (cancel pending): the cancel comes later.
  @frozen
  public struct CancelAnswer: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard
        Ouch42.isWhole(bytes, as: OutboundType.cancelReject)
          || Ouch42.isWhole(bytes, as: OutboundType.cancelPending)
      else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var token: Token? { Token(bytes, at: 9) }
    /// `I`, rather than `P`.
    @inlinable public var isReject: Bool { bytes[0] == OutboundType.cancelReject.rawValue }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, token: Token, isReject: Bool
    ) -> Int {
      Ouch42.begin(isReject ? .cancelReject : .cancelPending, target, time_ns, token)
    }
  }

  /// `M`: the order has this side and this many shares left.
  @frozen
  public struct Modified: Sendable {
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch42.isWhole(bytes, as: OutboundType.modified) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var token: Token? { Token(bytes, at: 9) }
    @inlinable public var side: Ouch50.Side? { Ouch50.Side(rawValue: bytes[23]) }
    @inlinable public var quantity: UInt32 { bytes.u32be(24) }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, token: Token, side: Ouch50.Side,
      quantity: UInt32
    ) -> Int {
      let length = Ouch42.begin(.modified, target, time_ns, token)
      target.put(u8: side.rawValue, at: 23)
      target.put(u32be: quantity, at: 24)
      return length
    }
  }

  /// What most of the venue's messages begin with. Returns the length of the whole.
  @inlinable
  static func begin(
    _ type: OutboundType, _ target: MutableBytes, _ time_ns: UInt64, _ token: Token
  ) -> Int {
    target.put(u8: type.rawValue, at: 0)
    target.put(u64be: time_ns, at: 1)
    token.put(into: target, at: 9)
    return type.length
  }
}
