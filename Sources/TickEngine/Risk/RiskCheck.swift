/// Every check that an order goes through, in the order in which they are made (RM10): the gate's,
/// with the sender's own before and after them.
///
/// The raw value is recorded: never reused, below 64; one that is added takes the next value and
/// the place in this list where it is made.
public enum RiskCheck: UInt8, CaseIterable, Sendable {
  /// The gate page of the instance, the operator's word and the gate's own trip.
  case killSwitch = 1
  /// Live: what caused the order came in a moment ago. Before all that counts orders.
  case orderAge = 44
  /// No kill in the states of strategy and instance.
  case riskState = 2
  /// No more out than allowed and asked for (RM14).
  case tally = 3
  /// Circuit breaker and cooldown: only what reduces.
  case breaker = 4
  /// Orders in a sliding second (RM8).
  case rate = 5
  /// Side and time in force are such.
  case fields = 6
  case strategy = 7
  /// The strategy has not executed too often (RM9).
  case throttle = 8
  /// The directory knows the symbol.
  case symbol = 9
  /// The reference data has a row for it.
  case referenceData = 10
  case restricted = 11
  case quantity = 12
  case price = 13
  /// Price times quantity.
  case value = 14
  /// An average daily volume is known (RM13).
  case volumeKnown = 15
  /// The share of it (RM3).
  case volume = 16
  /// The board can be read.
  case board = 17
  case halted = 18
  /// There is a price to judge by.
  case reference = 19
  case collar = 20
  case messages = 21
  case duplicate = 22
  /// Something is left of it when it is halved (RM12).
  case halving = 23
  /// Position and open quantities can be counted.
  case exposure = 24
  /// From here to `accountCredit` not asked of what only reduces. Amounts can be counted.
  case amounts = 25
  /// Everything that is held has a price.
  case marks = 26
  case positionQuantity = 27
  case equity = 28
  case positionValue = 29
  /// The sums of the sector and of all can be counted.
  case sums = 30
  case sector = 31
  case leverage = 32
  case dailyLoss = 33
  /// The ledger of the account that senders share covers the gross exposure.
  case accountCredit = 42
  /// From here on the sender's. A new order's id is not known yet.
  case orderId = 34
  /// The strategy's turn, where strategies unwind one after the other.
  case unwindTurn = 35
  /// There is room in the order pool.
  case openOrders = 36
  /// A replacement cannot mark more of a sale as short than the order was marked.
  case shortMarking = 43
  /// There is a session, and nothing in doubt.
  case session = 37
  case venueSlow = 38
  /// What the venue's protocol can say.
  case venueQuantity = 39
  case venuePrice = 40
  case selfMatch = 41

  public var name: String {
    switch self {
    case .killSwitch: "kill_switch"
    case .riskState: "risk_state"
    case .referenceData: "reference_data"
    case .volumeKnown: "volume_known"
    case .positionQuantity: "position_quantity"
    case .positionValue: "position_value"
    case .dailyLoss: "daily_loss"
    case .accountCredit: "account_credit"
    case .orderAge: "order_age"
    case .orderId: "order_id"
    case .unwindTurn: "unwind_turn"
    case .openOrders: "open_orders"
    case .shortMarking: "short_marking"
    case .venueSlow: "venue_slow"
    case .venueQuantity: "venue_quantity"
    case .venuePrice: "venue_price"
    case .selfMatch: "self_match"
    default: "\(self)"
    }
  }

  /// The reason that a refusal by this check names.
  public var reason: RiskReason {
    switch self {
    case .killSwitch, .riskState: .killed
    case .tally: .tally
    case .breaker, .unwindTurn: .breaker
    case .rate: .rate
    case .fields, .orderId: .malformed
    case .strategy: .unknownStrategy
    case .throttle: .throttled
    case .symbol: .unknownSymbol
    case .referenceData: .unknownReference
    case .restricted: .restricted
    case .quantity, .venueQuantity: .quantity
    case .price: .price
    case .value: .value
    case .volumeKnown: .noVolume
    case .volume: .volume
    case .board, .reference: .noReference
    case .halted: .halted
    case .collar: .collar
    case .messages: .messages
    case .duplicate: .duplicate
    case .halving: .halvedToZero
    case .exposure, .amounts, .sums: .overflow
    case .marks: .noMark
    case .positionQuantity: .positionQuantity
    case .equity: .noEquity
    case .positionValue: .positionValue
    case .sector: .sector
    case .leverage: .leverage
    case .dailyLoss: .dailyLoss
    case .accountCredit: .accountCredit
    case .orderAge: .orderAge
    case .openOrders: .openOrders
    case .session: .noSession
    case .venueSlow: .venueSlow
    case .shortMarking, .venuePrice: .unsayable
    case .selfMatch: .selfMatch
    }
  }
}
