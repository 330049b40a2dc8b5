import TickRing

/// An order that somebody wants to send, as the risk gate judges it.
public struct OrderIntent: Sendable {
  /// The directory's number.
  public var instrument: UInt32
  /// From 1; 0 is none.
  public var strategy: UInt8
  /// An `OrderSide`'s raw value; whatever else it is, is refused.
  public var side: UInt8
  /// A `TimeInForce`'s raw value; whatever else it is, is refused.
  public var timeInForce: UInt8
  /// Shares; of a replacement, what is to be open.
  public var quantity: UInt32
  /// Limit, quote currency.
  public var price: Double
  /// What is still open of the order that this one replaces, and its price in units of 1e-4; 0 if
  /// it replaces none. The larger of old and new counts.
  public var replacedOpen: UInt32
  public var replacedPriceE4: Int64

  public init(
    instrument: UInt32, strategy: UInt8, side: UInt8, timeInForce: UInt8, quantity: UInt32,
    price: Double, replacedOpen: UInt32 = 0, replacedPriceE4: Int64 = 0
  ) {
    self.instrument = instrument
    self.strategy = strategy
    self.side = side
    self.timeInForce = timeInForce
    self.quantity = quantity
    self.price = price
    self.replacedOpen = replacedOpen
    self.replacedPriceE4 = replacedPriceE4
  }

  public init(
    _ request: OrderRequest, replacedOpen: UInt32 = 0, replacedPriceE4: Int64 = 0
  ) {
    self.init(
      instrument: UInt32(truncatingIfNeeded: request.order_id >> 32), strategy: request.strategy,
      side: request.side, timeInForce: request.time_in_force, quantity: request.quantity,
      price: request.price, replacedOpen: replacedOpen, replacedPriceE4: replacedPriceE4)
  }
}

/// What the gate says of one order.
public struct RiskDecision: Sendable {
  /// The limit that was broken, and the value that broke it.
  public var limit = 0.0
  public var value = 0.0
  /// Limit and reference in units of 1e-4, if allowed.
  public var priceE4: Int64 = 0
  public var referenceE4: Int64 = 0
  /// Shares that may be sent, if allowed: fewer than asked for in the warning state (RM12).
  public var quantity: UInt32 = 0
  /// nil: allowed.
  public var reason: RiskReason?
  /// A sale of which the worst case is a short position: marked so at the venue.
  public var isShort = false
  /// It can only bring the position nearer to zero.
  public var isReducing = false

  public init() {}

  public static func reject(
    _ reason: RiskReason, limit: Double = 0, value: Double = 0
  ) -> RiskDecision {
    var decision = RiskDecision()
    _ = decision.refuse(reason, limit: limit, value: value)
    return decision
  }

  /// Refuses; false, so that a check can end with it.
  @inline(__always)
  mutating func refuse(_ reason: RiskReason, limit: Double = 0, value: Double = 0) -> Bool {
    self.reason = reason
    self.limit = limit
    self.value = value
    return false
  }
}
