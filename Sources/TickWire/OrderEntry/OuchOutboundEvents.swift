/// Messages from the venue to the client: the day, fills and cancels.
/// Views to read them, encoders to write them. A view is made only of bytes that are whole, so
/// that its properties cannot fail.
extension Ouch50 {
  /// `S`: start or end of day.
  @frozen
  public struct SystemEvent: Sendable {
    public static let length = 10
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.systemEvent) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var event: UInt8 { bytes[9] }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, event: UInt8
    ) -> Int {
      target.put(u8: OutboundType.systemEvent.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u8: event, at: 9)
      return length
    }
  }

  /// `E`: a fill.
  @frozen
  public struct Executed: Sendable {
    public static let length = 36
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.executed) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    /// Shares of this fill, not the total.
    @inlinable public var quantity: UInt32 { bytes.u32be(13) }
    @inlinable public var priceE4: UInt64 { bytes.u64be(17) }
    @inlinable public var liquidity: UInt8 { bytes[25] }
    /// Unique for a trade: the key, with `userRefNum`, under which a fill counts once.
    @inlinable public var match: UInt64 { bytes.u64be(26) }
    @inlinable public var appendage: Appendage {
      Appendage(bytes, lengthAt: 34)!  // checked in init
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, quantity: UInt32,
      priceE4: UInt64, liquidity: UInt8, match: UInt64
    ) -> Int {
      target.put(u8: OutboundType.executed.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      target.put(u32be: quantity, at: 13)
      target.put(u64be: priceE4, at: 17)
      target.put(u8: liquidity, at: 25)
      target.put(u64be: match, at: 26)
      target.put(u16be: 0, at: 34)
      return length
    }
  }

  /// `C`: shares that will not be executed any more.
  @frozen
  public struct Canceled: Sendable {
    public static let length = 18
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.canceled) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    /// The decrement, not what is left.
    @inlinable public var quantity: UInt32 { bytes.u32be(13) }
    @inlinable public var reason: CancelReason? { CancelReason(rawValue: bytes[17]) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: Canceled.length)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, quantity: UInt32,
      reason: CancelReason
    ) -> Int {
      target.put(u8: OutboundType.canceled.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      target.put(u32be: quantity, at: 13)
      target.put(u8: reason.rawValue, at: 17)
      return length
    }
  }

  /// `D` (AIQ canceled): taken out so as not to trade with itself.
  @frozen
  public struct CanceledSelfMatch: Sendable {
    /// Without the strategy, which an early edition does not have; with it, one more.
    public static let length = 31
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.canceledSelfMatch) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    /// The decrement, not what is left.
    @inlinable public var quantity: UInt32 { bytes.u32be(13) }
    @inlinable public var reason: CancelReason? { CancelReason(rawValue: bytes[17]) }
    @inlinable public var preventedQuantity: UInt32 { bytes.u32be(18) }
    @inlinable public var priceE4: UInt64 { bytes.u64be(22) }
    @inlinable public var liquidity: UInt8 { bytes[30] }
    /// What the venue did rather than let the orders trade; nil in an early edition's message.
    @inlinable public var strategy: UInt8? {
      let isLonger = bytes.count > CanceledSelfMatch.length
      guard isLonger, bytes[CanceledSelfMatch.length] > 0x20 else { return nil }
      return bytes[CanceledSelfMatch.length]
    }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: CanceledSelfMatch.length + (strategy == nil ? 0 : 1))
    }

    /// Writes the message, with a strategy's letter if there is one. Returns its length; traps
    /// unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, quantity: UInt32,
      reason: CancelReason, preventedQuantity: UInt32, priceE4: UInt64, liquidity: UInt8,
      strategy: UInt8? = nil
    ) -> Int {
      target.put(u8: OutboundType.canceledSelfMatch.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      target.put(u32be: quantity, at: 13)
      target.put(u8: reason.rawValue, at: 17)
      target.put(u32be: preventedQuantity, at: 18)
      target.put(u64be: priceE4, at: 22)
      target.put(u8: liquidity, at: 30)
      guard let strategy else { return length }
      target.put(u8: strategy, at: length)
      return length + 1
    }
  }

  /// `Q`: the answer to an account query.
  @frozen
  public struct AccountQueryResponse: Sendable {
    public static let length = 13
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.accountQueryResponse) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    /// The lowest number that the venue will take next.
    @inlinable public var nextUserRefNum: UInt32 { bytes.u32be(9) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: AccountQueryResponse.length)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, nextUserRefNum: UInt32
    ) -> Int {
      target.put(u8: OutboundType.accountQueryResponse.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: nextUserRefNum, at: 9)
      return length
    }
  }
}
