/// OUCH 4.2, Nasdaq's older order entry: big-endian, one message of a fixed length per SoupBinTCP
/// packet. This file: the vocabulary and the lengths; the order tokens and the messages are in
/// files beside it.
///
/// Prices are u32 in units of 0.0001; quantities are shares; times are nanoseconds since midnight
/// US Eastern. Side, display, capacity, sweep, cross and state have OUCH 5.0's letters. There is no
/// mass cancel, no switch for order entry and no account query.
public enum Ouch42 {
  /// The longest message, in bytes.
  public static let messageLengthMax = 80

  /// Seconds, of which three values have a meaning of their own.
  @frozen
  public enum TimeInForce: UInt32, Sendable, CaseIterable {
    case immediateOrCancel = 0
    case marketHours = 99_998
    case systemHours = 99_999
  }

  /// Usual values of the one-byte fields that OUCH 5.0 does not have.
  public static let customerPortDefault: UInt8 = 0x20
  public static let customerRetail: UInt8 = 0x52  // R
  public static let customerNotRetail: UInt8 = 0x4E  // N

  /// Why an order is not in; the letters that speak of an order itself.
  @frozen
  public enum RejectReason: UInt8, Sendable, CaseIterable {
    case test = 0x54  // T
    case halted = 0x48  // H
    case sharesExceedThreshold = 0x5A  // Z
    case invalidSymbol = 0x53  // S
    case invalidDisplay = 0x44  // D
    case closed = 0x43  // C
    case firmNotAuthorised = 0x4C  // L
    case outsidePermittedTimes = 0x4D  // M
    case invalidCrossOrder = 0x52  // R
    case invalidPrice = 0x58  // X
    case invalidMinimumQuantity = 0x4E  // N
    case other = 0x4F  // O
  }

  /// What the client sends.
  @frozen
  public enum InboundType: UInt8, Sendable, CaseIterable {
    case enterOrder = 0x4F  // O
    case replaceOrder = 0x55  // U
    case cancelOrder = 0x58  // X
    case modifyOrder = 0x4D  // M
    case tradeNow = 0x4E  // N

    /// In bytes, type included.
    @inlinable
    public var length: Int {
      switch self {
      case .enterOrder: 49
      case .replaceOrder: 47
      case .cancelOrder: 19
      case .modifyOrder: 20
      case .tradeNow: 15
      }
    }
  }

  /// What the venue sends.
  @frozen
  public enum OutboundType: UInt8, Sendable, CaseIterable {
    case systemEvent = 0x53  // S
    case accepted = 0x41  // A
    case replaced = 0x55  // U
    case canceled = 0x43  // C
    case canceledSelfMatch = 0x44  // D, "AIQ canceled"
    case executed = 0x45  // E
    case executedWithReference = 0x47  // G
    case tradeCorrection = 0x46  // F
    case brokenTrade = 0x42  // B
    case rejected = 0x4A  // J
    case cancelPending = 0x50  // P
    case cancelReject = 0x49  // I
    case priorityUpdate = 0x54  // T
    case modified = 0x4D  // M

    /// In bytes, type included.
    @inlinable
    public var length: Int {
      switch self {
      case .systemEvent: 10
      case .accepted: 66
      case .replaced: 80
      case .canceled, .modified: 28
      case .canceledSelfMatch: 37
      case .executed: 40
      case .executedWithReference: 45
      case .tradeCorrection: 41
      case .brokenTrade: 32
      case .rejected: 24
      case .cancelPending, .cancelReject: 23
      case .priorityUpdate: 36
      }
    }
  }

  @inlinable
  public static func inbound(_ bytes: Bytes) -> Ouch50.Reading<InboundType> {
    guard bytes.count > 0 else { return .malformed }
    guard let type = InboundType(rawValue: bytes[0]) else { return .unknown(bytes[0]) }
    return bytes.count == type.length ? .message(type) : .malformed
  }

  @inlinable
  public static func outbound(_ bytes: Bytes) -> Ouch50.Reading<OutboundType> {
    guard bytes.count > 0 else { return .malformed }
    guard let type = OutboundType(rawValue: bytes[0]) else { return .unknown(bytes[0]) }
    return bytes.count == type.length ? .message(type) : .malformed
  }

  @inlinable
  static func isWhole(_ bytes: Bytes, as type: InboundType) -> Bool {
    bytes.count == type.length && bytes[0] == type.rawValue
  }

  @inlinable
  static func isWhole(_ bytes: Bytes, as type: OutboundType) -> Bool {
    bytes.count == type.length && bytes[0] == type.rawValue
  }
}
