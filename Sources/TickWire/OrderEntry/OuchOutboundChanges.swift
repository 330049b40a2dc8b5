/// Messages from the venue to the client: the fate of a cancel, and orders and fills that stand
/// otherwise than before. Views to read them, encoders to write them. A view is made only of bytes
/// that are whole, so that its properties cannot fail.
extension Ouch50 {
  /// `I` (cancel reject): the order stays as it is. `P` (cancel pending): the cancel comes later.
  @frozen
  public struct CancelAnswer: Sendable {
    public static let length = 13
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard
        Ouch50.isWhole(bytes, as: OutboundType.cancelReject)
          || Ouch50.isWhole(bytes, as: OutboundType.cancelPending)
      else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    /// `I`, rather than `P`.
    @inlinable public var isReject: Bool { bytes[0] == OutboundType.cancelReject.rawValue }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: CancelAnswer.length)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, isReject: Bool
    ) -> Int {
      let type: OutboundType = isReject ? .cancelReject : .cancelPending
      target.put(u8: type.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      return length
    }
  }

  /// `B`: a fill that was told before is undone.
  @frozen
  public struct BrokenTrade: Sendable {
    public static let length = 36
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.brokenTrade) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    /// That of the fill.
    @inlinable public var match: UInt64 { bytes.u64be(13) }
    /// nil: a code that is not in the table.
    @inlinable public var reason: BrokenReason? { BrokenReason(rawValue: bytes[21]) }
    @inlinable public var clientOrderId: FixedText {
      FixedText(bytes, at: 22, count: Ouch50.clientOrderIdLength)
    }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: BrokenTrade.length)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, match: UInt64,
      reason: BrokenReason, clientOrderId: FixedText = .blank
    ) -> Int {
      target.put(u8: OutboundType.brokenTrade.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      target.put(u64be: match, at: 13)
      target.put(u8: reason.rawValue, at: 21)
      clientOrderId.put(into: target, at: 22, count: Ouch50.clientOrderIdLength)
      return length
    }
  }

  /// `T`: the venue has moved the order to another price, or to another place at its price.
  @frozen
  public struct PriorityUpdate: Sendable {
    public static let length = 30
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.priorityUpdate) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    /// In units of 0.0001.
    @inlinable public var priceE4: UInt64 { bytes.u64be(13) }
    @inlinable public var display: UInt8 { bytes[21] }
    /// The order's new number at the venue.
    @inlinable public var orderReference: UInt64 { bytes.u64be(22) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: PriorityUpdate.length)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, priceE4: UInt64,
      display: UInt8, orderReference: UInt64
    ) -> Int {
      target.put(u8: OutboundType.priorityUpdate.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      target.put(u64be: priceE4, at: 13)
      target.put(u8: display, at: 21)
      target.put(u64be: orderReference, at: 22)
      return length
    }
  }

  /// `R`: the order is shown otherwise; what it shows now is in the options.
  @frozen
  public struct Restated: Sendable {
    public static let length = 16
    @usableFromInline static let appendageAt = 14
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.restated) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    /// nil: a code that is not in the table.
    @inlinable public var reason: RestatedReason? { RestatedReason(rawValue: bytes[13]) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: Restated.appendageAt)
    }

    /// Writes the message with an empty appendage at `Restated.length - 2`. Returns its length;
    /// traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, reason: RestatedReason
    ) -> Int {
      target.put(u8: OutboundType.restated.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      target.put(u8: reason.rawValue, at: 13)
      target.put(u16be: 0, at: appendageAt)
      return length
    }
  }

  /// Why an order is shown otherwise.
  @frozen
  public enum RestatedReason: UInt8, Sendable, CaseIterable {
    /// The shown part was refilled from the reserve.
    case displayRefreshed = 0x52  // R
    /// The shown price was changed.
    case displayPriceUpdated = 0x50  // P
  }

  /// Why a fill was undone.
  @frozen
  public enum BrokenReason: UInt8, Sendable, CaseIterable {
    case erroneous = 0x45  // E
    case consent = 0x43  // C
    case supervisory = 0x53  // S
    case external = 0x58  // X
  }
}
