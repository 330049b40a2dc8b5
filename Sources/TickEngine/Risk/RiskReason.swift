/// Why the gate refused an order. The raw value travels in the reject event: never reused, new ones
/// at the end.
public enum RiskReason: UInt8, CaseIterable, Sendable {
  /// The kill switch is tripped, by the operator or by the gate itself.
  case killed = 1
  /// One order too many in a sliding second: this one trips the kill switch.
  case rate
  /// A field that no order may have: action, side or time in force unknown.
  case malformed
  case unknownSymbol
  /// Halted, or its book is in doubt.
  case halted
  /// Quantity zero, or above the limit.
  case quantity
  /// Price not a number, not positive, or beyond what can be counted.
  case price
  /// Price times quantity above the limit.
  case value
  /// No fresh last trade, no fresh and valid mid, no previous close: nothing to judge the price by.
  case noReference
  /// Too far from the reference.
  case collar
  /// As many orders open as are allowed.
  case openOrders
  /// Circuit breaker or cooldown: only what reduces exposure may leave.
  case breaker
  /// Equity is zero or less: no percentage of it can be kept.
  case noEquity
  /// A quantity or an amount beyond what can be counted.
  case overflow
  /// The symbol's worst case above its share of the portfolio (RM1).
  case positionValue
  /// The sector's worst case above its share of the portfolio (RM2).
  case sector
  /// No average daily volume is known (RM13).
  case noVolume
  /// Above the share of the average daily volume (RM3).
  case volume
  /// Gross worst case above the leverage allowed (RM5).
  case leverage
  /// The position after the order above the limit in shares (RM6).
  case positionQuantity
  /// The day has lost more than it may (RM7).
  case dailyLoss
  /// The day's messages are used up (RM9).
  case messages
  /// The same order as one a moment ago (RM9).
  case duplicate
  /// A symbol that may not be traded (RM9).
  case restricted
  /// The strategy executed too often and stays off until a person enables it (RM9).
  case throttled
  /// No row for the symbol in the reference data.
  case unknownReference
  /// A strategy number that there is none of.
  case unknownStrategy
  /// An instrument that is held or has orders open has no price to value it at.
  case noMark
  /// Half of the quantity is nothing (RM12).
  case halvedToZero
  /// More orders went out than were allowed: this trips the kill switch (RM14).
  case tally
  /// No session with the venue, or orders of before a disconnect are still in doubt.
  case noSession
  /// The venue takes bytes too slowly: the order would leave late (KS2).
  case venueSlow
  /// It would trade with an order of our own.
  case selfMatch
  /// What the venue's protocol cannot say: such a price, or another marking of what is replaced.
  case unsayable
  /// The account's ledger has no credit left for it: other senders of the account have it, or it
  /// cannot be read.
  case accountCredit
  /// What caused it came in too long ago, or nobody knows when.
  case orderAge

  public var name: String {
    switch self {
    case .killed: "killed"
    case .rate: "rate"
    case .malformed: "malformed"
    case .unknownSymbol: "unknown_symbol"
    case .halted: "halted"
    case .quantity: "quantity"
    case .price: "price"
    case .value: "value"
    case .noReference: "no_reference"
    case .collar: "collar"
    case .openOrders: "open_orders"
    case .breaker: "breaker"
    case .noEquity: "no_equity"
    case .overflow: "overflow"
    case .positionValue: "position_value"
    case .sector: "sector"
    case .noVolume: "no_volume"
    case .volume: "volume"
    case .leverage: "leverage"
    case .positionQuantity: "position_quantity"
    case .dailyLoss: "daily_loss"
    case .messages: "messages"
    case .duplicate: "duplicate"
    case .restricted: "restricted"
    case .throttled: "throttled"
    case .unknownReference: "unknown_reference"
    case .unknownStrategy: "unknown_strategy"
    case .noMark: "no_mark"
    case .halvedToZero: "halved_to_zero"
    case .tally: "tally"
    case .noSession: "no_session"
    case .venueSlow: "venue_slow"
    case .selfMatch: "self_match"
    case .unsayable: "unsayable"
    case .accountCredit: "account_credit"
    case .orderAge: "order_age"
    }
  }
}
