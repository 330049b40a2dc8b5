/// OUCH 5.0, Nasdaq's order entry: big-endian, one message per SoupBinTCP packet. This file: the
/// vocabulary and the lengths; the messages are in files beside it.
///
/// Prices are u64 in units of 0.0001; quantities are shares; times are nanoseconds since midnight
/// US Eastern; the key of an order is its `userRefNum`, strictly rising in a session.
public enum Ouch50 {
  /// The longest message that is encoded here (an order with its options), in bytes.
  public static let messageLengthMax = 128
  /// Field width of a client order id, in bytes.
  public static let clientOrderIdLength = 14

  /// What an order does, by its letter.
  @frozen
  public enum Side: UInt8, Sendable, CaseIterable {
    case buy = 0x42  // B
    case sell = 0x53  // S
    case sellShort = 0x54  // T
    case sellShortExempt = 0x45  // E

    @inlinable public var isBuy: Bool { self == .buy }
    @inlinable public var isShort: Bool { self == .sellShort || self == .sellShortExempt }
  }

  /// There is no good-till-cancel; fill-or-kill is `immediateOrCancel` with a minimum quantity.
  @frozen
  public enum TimeInForce: UInt8, Sendable, CaseIterable {
    case day = 0x30  // 0
    case immediateOrCancel = 0x33  // 3
    case extendedHours = 0x35  // 5, GTX
    case goodTillTime = 0x36  // 6, GTT
    case afterHours = 0x45  // E
  }

  /// Usual values of the one-byte fields.
  public static let displayVisible: UInt8 = 0x59  // Y
  public static let displayHidden: UInt8 = 0x4E  // N
  public static let capacityAgency: UInt8 = 0x41  // A
  public static let capacityPrincipal: UInt8 = 0x50  // P
  public static let sweepEligible: UInt8 = 0x59  // Y
  public static let sweepNotEligible: UInt8 = 0x4E  // N
  public static let crossContinuous: UInt8 = 0x4E  // N
  public static let stateLive: UInt8 = 0x4C  // L
  public static let stateDead: UInt8 = 0x44  // D
  public static let liquidityAdded: UInt8 = 0x41  // A
  public static let liquidityRemoved: UInt8 = 0x52  // R
  public static let eventStartOfDay: UInt8 = 0x53  // S
  public static let eventEndOfDay: UInt8 = 0x45  // E

  /// Why an order left the book without being executed.
  @frozen
  public enum CancelReason: UInt8, Sendable, CaseIterable {
    case userRequested = 0x55  // U
    case immediateOrCancel = 0x49  // I
    case timeout = 0x54  // T
    case supervisory = 0x53  // S
    case regulatoryRestriction = 0x44  // D
    case selfMatchPrevention = 0x51  // Q
    case system = 0x5A  // Z
    case closed = 0x45  // E
    case postOnly = 0x46  // F
    case postOnlyContra = 0x47  // G
    case halted = 0x48  // H
    case marketCollars = 0x4B  // K
    case openProtection = 0x58  // X
    case directListingExceeded = 0x65  // e
  }

  /// Why the venue refused an order, as its table numbers it.
  @frozen
  public enum RejectReason: UInt16, Sendable, CaseIterable {
    case quoteUnavailable = 0x0001
    case destinationClosed, invalidDisplay, invalidMaxFloor, invalidPegType, fatFinger, halted
    case sweepNotAllowed, invalidSide, processingError, cancelPending, firmNotAuthorised
    case invalidMinimumQuantity, noClosingReferencePrice, other, cancelNotAllowed
    case peggingNotAllowed, crossedMarket, invalidQuantity, invalidCrossOrder, replaceNotAllowed
    case routingNotAllowed, invalidSymbol, test, lateLimitOnCloseTooAggressive, retailNotAllowed
    case invalidMidpointPostOnlyPrice, invalidDestination, invalidPrice, sharesExceedThreshold
    case notionalExceedsMaximum = 0x001F
  }

  /// What the client sends.
  @frozen
  public enum InboundType: UInt8, Sendable, CaseIterable {
    case enterOrder = 0x4F  // O
    case replaceOrder = 0x55  // U
    case cancelOrder = 0x58  // X
    case modifyOrder = 0x4D  // M
    case massCancel = 0x43  // C
    case disableOrderEntry = 0x44  // D
    case enableOrderEntry = 0x45  // E
    case accountQuery = 0x51  // Q

    /// Shortest length in bytes, type included.
    @inlinable
    public var lengthMin: Int {
      switch self {
      case .enterOrder: 47
      case .replaceOrder: 40
      case .cancelOrder: 9
      case .modifyOrder: 10
      case .massCancel: 17
      case .disableOrderEntry, .enableOrderEntry: 9
      case .accountQuery: 1
      }
    }

    /// Whether the shortest length already ends in an appendage's length.
    @inlinable
    public var hasAppendage: Bool { self == .enterOrder || self == .replaceOrder }
  }

  /// What the venue sends.
  @frozen
  public enum OutboundType: UInt8, Sendable, CaseIterable {
    case systemEvent = 0x53  // S
    case accepted = 0x41  // A
    case replaced = 0x55  // U
    case executed = 0x45  // E
    case canceled = 0x43  // C
    case canceledSelfMatch = 0x44  // D, "AIQ canceled"
    case rejected = 0x4A  // J
    case modified = 0x4D  // M
    case brokenTrade = 0x42  // B
    case cancelPending = 0x50  // P
    case cancelReject = 0x49  // I
    case priorityUpdate = 0x54  // T
    case restated = 0x52  // R
    case massCancelResponse = 0x58  // X
    case disableOrderEntryResponse = 0x47  // G
    case enableOrderEntryResponse = 0x4B  // K
    case accountQueryResponse = 0x51  // Q

    /// Shortest length in bytes, type included.
    @inlinable
    public var lengthMin: Int {
      switch self {
      case .systemEvent: 10
      case .accepted: 64
      case .replaced: 68
      case .executed: 36
      case .canceled, .modified: 18
      case .canceledSelfMatch: 31
      case .rejected: 29
      case .brokenTrade: 36
      case .cancelPending, .cancelReject, .accountQueryResponse: 13
      case .priorityUpdate: 30
      case .restated: 16
      case .massCancelResponse: 25
      case .disableOrderEntryResponse, .enableOrderEntryResponse: 17
      }
    }

    /// Whether the shortest length already ends in an appendage's length.
    @inlinable
    public var hasAppendage: Bool {
      switch self {
      case .accepted, .replaced, .executed, .restated: true
      default: false
      }
    }
  }

  /// What a message is, before anything in it is read.
  @frozen
  public enum Reading<Kind: Sendable & Equatable>: Equatable, Sendable {
    /// Of this type, and whole.
    case message(Kind)
    /// Of a type that OUCH 5.0 does not have: skip and count.
    case unknown(UInt8)
    /// Empty, or of a known type with a length that cannot be.
    case malformed
  }

  @inlinable
  public static func inbound(_ bytes: Bytes) -> Reading<InboundType> {
    guard bytes.count > 0 else { return .malformed }
    guard let type = InboundType(rawValue: bytes[0]) else { return .unknown(bytes[0]) }
    let whole = isWhole(bytes, lengthMin: type.lengthMin, hasAppendage: type.hasAppendage)
    return whole ? .message(type) : .malformed
  }

  @inlinable
  public static func outbound(_ bytes: Bytes) -> Reading<OutboundType> {
    guard bytes.count > 0 else { return .malformed }
    guard let type = OutboundType(rawValue: bytes[0]) else { return .unknown(bytes[0]) }
    return isWhole(bytes, ofKnown: type) ? .message(type) : .malformed
  }

  /// Whether `bytes` are a whole message of this type: what a view asks, without naming the type
  /// of every other message first.
  @inlinable
  static func isWhole(_ bytes: Bytes, as type: InboundType) -> Bool {
    bytes.count > 0 && bytes[0] == type.rawValue
      && isWhole(bytes, lengthMin: type.lengthMin, hasAppendage: type.hasAppendage)
  }

  @inlinable
  static func isWhole(_ bytes: Bytes, as type: OutboundType) -> Bool {
    bytes.count > 0 && bytes[0] == type.rawValue && isWhole(bytes, ofKnown: type)
  }

  /// Messages without an appendage of their own may carry one all the same: later editions add it.
  @inlinable
  static func isWhole(_ bytes: Bytes, lengthMin: Int, hasAppendage: Bool) -> Bool {
    guard bytes.count >= lengthMin else { return false }
    if !hasAppendage && bytes.count == lengthMin { return true }
    let lengthOffset = hasAppendage ? lengthMin - 2 : lengthMin
    return Ouch50.Appendage(bytes, lengthAt: lengthOffset) != nil
  }

  @inlinable
  static func isWhole(_ bytes: Bytes, ofKnown type: OutboundType) -> Bool {
    if isWhole(bytes, lengthMin: type.lengthMin, hasAppendage: type.hasAppendage) { return true }
    // The one message to which an edition added a field of its own: a letter at its end. No letter
    // can be the high byte of so short an appendage's length: the two are not confused.
    guard type == .canceledSelfMatch, bytes.count > type.lengthMin,
      bytes[type.lengthMin] > 0x20, bytes[type.lengthMin] < 0x7F
    else { return false }
    return isWhole(bytes, lengthMin: type.lengthMin + 1, hasAppendage: false)
  }
}
