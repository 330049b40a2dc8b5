import TickRing

/// Why the gate refused an order. The raw value travels in the reject event.
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
  /// No fresh last trade, no fresh and valid mid: nothing to judge the price by.
  case noReference
  /// Too far from the reference.
  case collar
  /// As many orders open as are allowed.
  case openOrders
  /// No session with the venue, or orders of before a disconnect are still in doubt.
  case noSession = 40
  /// The venue takes bytes too slowly: the order would leave late.
  case venueSlow
  /// It would trade with an order of our own.
  case selfMatch
  /// A price that the venue's protocol cannot say.
  case unsayable

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
    case .noSession: "no_session"
    case .venueSlow: "venue_slow"
    case .selfMatch: "self_match"
    case .unsayable: "unsayable"
    }
  }
}

/// What the gate says of one order.
struct RiskDecision {
  /// nil: allowed.
  var reason: RiskReason?
  /// The limit that was broken, and the value that broke it.
  var limit = 0.0
  var value = 0.0
  /// The price in units of 1e-4, if allowed.
  var priceE4: Int64 = 0

  static func reject(_ reason: RiskReason, limit: Double = 0, value: Double = 0) -> RiskDecision {
    RiskDecision(reason: reason, limit: limit, value: value)
  }
}

/// The last check before the wire. Fails closed: what is unknown, missing or cannot be computed is
/// refused, with its reason, the limit and the value.
///
/// Hot path. Thread: the sender's. Lines read: the control page's, the board's line of the
/// instrument. Order of checks (RM10): kill switch, rate, then the rest. Money is fixed-point:
/// i64 in units of 1e-4. No allocation.
struct RiskGate: ~Copyable {
  /// Prices above this are not prices: 1e-4 of the quote currency.
  private static let priceE4Max = 10_000_000_000_000.0

  private let limits: RiskLimits
  private let valueMaxE4: Int64
  private let collarE4: Int64
  private let referenceAge_ns: UInt64
  private var rate: RateWindow
  private let control: ControlPage
  private let board: BoardReader
  private let directory: DirectoryReader
  private var session: UInt64 = 0

  init(
    limits: RiskLimits, control: consuming ControlPage, board: consuming BoardReader,
    directory: consuming DirectoryReader
  ) {
    self.limits = limits
    valueMaxE4 = RiskGate.units(limits.orderValueMax, each: 10_000)
    collarE4 = RiskGate.units(limits.collarPercent, each: 100)
    referenceAge_ns = UInt64(limits.referenceAgeMaxSeconds * 1_000_000_000)
    rate = RateWindow(max: limits.ordersPerSecondMax)
    self.control = control
    self.board = board
    self.directory = directory
  }

  /// Judges a new order.
  mutating func judge(_ request: OrderRequest) -> RiskDecision {
    guard control.read(.kill) == 0, control.read(.tripped) == 0 else { return .reject(.killed) }
    followSession()
    guard rate.admit(request.decision_time) else {
      control.write(.tripped, 1)
      let limit = Double(limits.ordersPerSecondMax)
      return .reject(.rate, limit: limit, value: limit + 1)
    }
    guard OrderSide(rawValue: request.side) != nil,
      TimeInForce(rawValue: request.time_in_force) != nil
    else { return .reject(.malformed) }
    let instrument = UInt32(truncatingIfNeeded: request.order_id >> 32)
    guard directory.symbol(instrument) != nil else {
      return .reject(.unknownSymbol, value: Double(instrument))
    }
    guard request.quantity > 0, Int(request.quantity) <= limits.orderQuantityMax else {
      return .reject(
        .quantity, limit: Double(limits.orderQuantityMax), value: Double(request.quantity))
    }
    return judgePrice(request, instrument)
  }

  // Mutating though it changes nothing: otherwise it would be called with a copy of self.
  private mutating func judgePrice(_ request: OrderRequest, _ instrument: UInt32) -> RiskDecision {
    // Not a number compares false, so it is refused here too.
    guard let priceE4 = RiskGate.fixedPoint(request.price) else {
      return .reject(.price, limit: RiskGate.priceE4Max / 10_000, value: request.price)
    }
    let (value, overflow) = priceE4.multipliedReportingOverflow(by: Int64(request.quantity))
    guard !overflow, value <= valueMaxE4 else {
      return .reject(
        .value, limit: limits.orderValueMax, value: request.price * Double(request.quantity))
    }
    guard let entry = board.read(instrument) else { return .reject(.noReference) }
    if entry.isSuspect { return .reject(.halted) }
    guard let reference = reference(entry, at: request.decision_time) else {
      return .reject(.noReference)
    }
    // Both are at most 1e13, so the products fit.
    guard abs(priceE4 - reference) * 10_000 <= reference * collarE4 else {
      let percent = abs(Double(priceE4 - reference)) / Double(reference) * 100
      return .reject(.collar, limit: limits.collarPercent, value: percent)
    }
    return RiskDecision(reason: nil, priceE4: priceE4)
  }

  /// Whole units in a limit, rounded down; 2.3 % is 230 units though 2.3 * 100 falls short of it.
  private static func units(_ limit: Double, each: Double) -> Int64 {
    let scaled = limit * each
    let nearest = scaled.rounded()
    return Int64(abs(scaled - nearest) <= 2 * scaled.ulp ? nearest : scaled.rounded(.down))
  }

  /// A price in units of 1e-4, or nil if it is not a positive number that can be counted.
  static func fixedPoint(_ price: Double) -> Int64? {
    let scaled = (price * 10_000).rounded()
    guard scaled >= 1, scaled <= RiskGate.priceE4Max else { return nil }
    return Int64(scaled)
  }

  /// A price's time: 0 says that there is none.
  private func isFresh(_ priceTime: UInt64, at time: UInt64) -> Bool {
    priceTime != 0 && time <= priceTime &+ referenceAge_ns
  }

  /// RM4: a fresh last eligible trade, else a valid mid that is as fresh, else nothing.
  private func reference(_ entry: BoardEntry, at time: UInt64) -> Int64? {
    if isFresh(entry.lastTime, at: time), let last = RiskGate.fixedPoint(entry.lastPrice) {
      return last
    }
    guard isFresh(entry.quoteTime, at: time), let bid = RiskGate.fixedPoint(entry.bidPrice),
      let ask = RiskGate.fixedPoint(entry.askPrice), bid < ask
    else { return nil }
    return (bid + ask) / 2
  }

  /// A replay's fresh session begins its clock anew.
  private mutating func followSession() {
    let current = control.read(.session)
    guard current != session else { return }
    session = current
    rate.reset()
  }
}
