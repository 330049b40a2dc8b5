/// What a venue says of an order, in the words of no dialect: the one type that order management
/// reads, whichever protocol the session speaks.
///
/// A plain value of 56 bytes: no allocation, no reference into the message. Fields that a kind does
/// not speak of are 0 (nil, false).
@frozen
public struct OrderAnswer: BitwiseCopyable, Equatable, Sendable {
  @frozen
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// Empty, of a known type with a length that cannot be, or with a side or a price that is none.
    /// `reason` is the type byte (0: empty).
    case malformed
    /// Of a type that the dialect does not have: skip and count. `reason` is the type byte.
    case unknown
    /// `side`, `quantity`, `priceE4`, `venueOrder`, `isDead`.
    case accepted
    /// As accepted; `previousUserRefNum` is no more.
    case replaced
    /// `quantity` shares less to be executed, and why.
    case canceled
    /// The same, so as not to trade with an order of the same owner at `priceE4`.
    case canceledSelfMatch
    /// A fill of `quantity` at `priceE4`; `match` is its key, with `userRefNum`.
    case executed
    /// The fill `match` is undone.
    case broken
    /// The fill `match` is now one of `quantity` at `priceE4`.
    case corrected
    /// The order is not in; its number is used up.
    case rejected
    case cancelPending
    case cancelRejected
    /// The order has this `side`, and `quantity` shares left.
    case modified
    /// The venue shows the order otherwise; neither its size nor its limit has changed.
    case restated
    /// It stands at `priceE4` under `venueOrder`, with another place in the queue.
    case priorityChanged
    /// `nextUserRefNum`.
    case accountQueryResponse
    /// The venue has the request `userRefNum`; a cancel follows for every order it takes out.
    case massCancelResponse
    /// No order is taken until entry is enabled.
    case entryDisabled
    case entryEnabled
    /// `reason` is the event's letter.
    case systemEvent
  }

  /// The venue's number of the trade.
  public var match: UInt64 = 0
  /// In units of 0.0001.
  public var priceE4: Int64 = 0
  /// Exchange time, ns since midnight US Eastern.
  public var venueTime: UInt64 = 0
  /// The venue's own number of the order.
  public var venueOrder: UInt64 = 0
  /// The order's number; 0, which no order has, if the venue names one that is not of our making.
  public var userRefNum: UInt32 = 0
  public var previousUserRefNum: UInt32 = 0
  /// Shares.
  public var quantity: UInt32 = 0
  /// The lowest number that the venue will take next.
  public var nextUserRefNum: UInt32 = 0
  /// The dialect's code as it came: a number in OUCH 5.0's rejections, else a letter.
  public var reason: UInt16 = 0
  public var kind: Kind
  public var side: OrderDialect.Side?
  /// Accepted or replaced, but never at rest: nothing of it is open.
  public var isDead = false

  @inlinable
  public init(_ kind: Kind, userRefNum: UInt32 = 0, venueTime: UInt64 = 0) {
    self.kind = kind
    self.userRefNum = userRefNum
    self.venueTime = venueTime
  }

  /// An answer that says nothing but why it cannot be read.
  @inlinable
  static func unread(_ kind: Kind, _ type: UInt8) -> OrderAnswer {
    var answer = OrderAnswer(kind)
    answer.reason = UInt16(type)
    return answer
  }
}
