import TickWire

/// What a matching engine is built for. Beyond it, orders are refused and counted.
public struct MatchingLimits: Sendable {
  /// Instrument numbers below this have a book.
  public var instruments = 65_536
  /// Orders resting at once, of all accounts.
  public var restingOrders = 65_536
  /// Accounts (user names).
  public var accounts = 64
  /// The largest order, in shares. OUCH allows fewer than a million.
  public var quantityMax: UInt32 = 999_999
  /// The highest limit price, in units of 0.0001: ten million.
  public var priceE4Max: UInt64 = 100_000_000_000

  public init() {}
}

/// What a matching engine has done.
public struct MatchingCounts: Equatable, Sendable {
  /// Enter and replace requests with a number that was new.
  public var ordersReceived: UInt64 = 0
  public var ordersAccepted: UInt64 = 0
  public var ordersReplaced: UInt64 = 0
  /// Requests refused, by OUCH reason code (the index).
  public private(set) var rejectedByCode = [UInt64](repeating: 0, count: 32)
  /// Of these, refused because a limit of the engine was reached.
  public var rejectedNoCapacity: UInt64 = 0
  /// Requests whose number was not above the last: ignored, as OUCH says.
  public var duplicatesIgnored: UInt64 = 0
  /// Cancels, replaces and modifies of orders that are not live, or that would change nothing.
  public var requestsIgnored: UInt64 = 0
  public var executions: UInt64 = 0
  public var sharesExecuted: UInt64 = 0
  /// Sum of price × shares, in units of 0.0001; wraps beyond 1.8e15 of currency.
  public var notionalE4: UInt64 = 0
  /// Cancel messages sent, and the shares in them.
  public var cancels: UInt64 = 0
  public var sharesCanceled: UInt64 = 0
  public var modifies: UInt64 = 0
  /// Market updates taken, and those of instruments beyond the limit.
  public var marketUpdates: UInt64 = 0
  public var marketUpdatesBeyondLimit: UInt64 = 0

  public init() {}

  /// Requests refused for any reason.
  public var ordersRejected: UInt64 { rejectedByCode.reduce(0, +) }

  /// Requests refused for this reason.
  public func rejected(_ reason: Ouch50.RejectReason) -> UInt64 {
    rejectedByCode[Int(reason.rawValue)]
  }

  mutating func countRejection(_ reason: Ouch50.RejectReason) {
    rejectedByCode[Int(reason.rawValue)] += 1
  }
}
