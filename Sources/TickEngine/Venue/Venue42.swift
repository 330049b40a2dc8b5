import TickWire

// The venue in OUCH 4.2. It knows orders by number, so it takes only tokens that are one, as
// `Ouch42` writes them; any other is malformed to it.

extension VenueServer {
  mutating func take42<Market: VenueMarket & ~Copyable>(
    _ message: Bytes, from account: UInt32, _ market: inout Market
  ) {
    switch Ouch42.inbound(message) {
    case .malformed: counts.malformed += 1
    case .unknown: counts.unknown += 1
    case .message(.enterOrder):
      guard let order = Ouch42.EnterOrder(message), isOurs(order.userRefNum) else { return }
      let instrument = market.instrument(for: order.symbol)
      engine.enter(VenueOrderRequest(order, instrument: instrument), from: account)
    case .message(.replaceOrder):
      guard let order = Ouch42.ReplaceOrder(message), isOurs(order.userRefNum) else { return }
      engine.replace(VenueReplaceRequest(order), from: account)
    case .message(.cancelOrder):
      guard let order = Ouch42.CancelOrder(message), isOurs(order.userRefNum) else { return }
      engine.cancel(order.userRefNum, remaining: order.quantity, from: account)
    case .message(.modifyOrder):
      guard let order = Ouch42.ModifyOrder(message), isOurs(order.userRefNum) else { return }
      engine.modify(
        order.userRefNum, side: order.side, quantity: order.quantity, from: account)
    case .message(.tradeNow): break  // No order here waits for a better price.
    }
  }

  private mutating func isOurs(_ userRefNum: UInt32) -> Bool {
    if userRefNum == 0 { counts.malformed += 1 }
    return userRefNum > 0
  }
}

extension VenueOrderRequest {
  init(_ message: Ouch42.EnterOrder, instrument: UInt32?) {
    self.init(
      userRefNum: message.userRefNum, side: message.side, quantity: message.quantity,
      symbol: message.symbol, instrument: instrument, priceE4: UInt64(message.priceE4),
      timeInForce: Ouch50.TimeInForce(message.timeInForce),
      minimumQuantity: message.minimumQuantity, display: message.display,
      capacity: message.capacity, sweep: message.sweep, cross: message.cross, firm: message.firm)
  }

  /// An order that was let in has a side and a time in force.
  fileprivate func encode42(
    into target: MutableBytes, time_ns: UInt64, replacing previous: UInt32, reference: UInt64
  ) -> Int {
    Ouch42.Accepted.encode(
      into: target, time_ns: time_ns, userRefNum: userRefNum, replacing: previous, side: side!,
      quantity: quantity, symbol: symbol, priceE4: UInt32(clamping: priceE4),
      timeInForce: Ouch42.TimeInForce(timeInForce!), firm: firm, display: display,
      orderReference: reference, capacity: capacity, sweep: sweep,
      minimumQuantity: minimumQuantity, cross: cross, state: Ouch50.stateLive)
  }
}

extension VenueReplaceRequest {
  init(_ message: Ouch42.ReplaceOrder) {
    self.init(
      originalUserRefNum: message.originalUserRefNum, userRefNum: message.userRefNum,
      quantity: message.quantity, priceE4: UInt64(message.priceE4),
      timeInForce: Ouch50.TimeInForce(message.timeInForce), display: message.display,
      sweep: message.sweep)
  }
}

extension VenueEvent {
  /// Writes the event as an OUCH 4.2 message; returns its length.
  func encode42(into target: MutableBytes, time_ns: UInt64) -> Int {
    switch self {
    case .accepted(let order, let reference):
      order.encode42(into: target, time_ns: time_ns, replacing: 0, reference: reference)
    case .replaced(let order, let original, let reference):
      order.encode42(into: target, time_ns: time_ns, replacing: original, reference: reference)
    case .rejected(let userRefNum, let reason, _):
      Ouch42.Rejected.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum,
        reason: Ouch42.RejectReason(reason))
    case .executed(let userRefNum, let quantity, let priceE4, let liquidity, let match):
      Ouch42.Executed.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, quantity: quantity,
        priceE4: UInt32(clamping: priceE4), liquidity: liquidity, match: match)
    case .canceled(let userRefNum, let quantity, let reason):
      Ouch42.Canceled.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, quantity: quantity,
        reason: reason.rawValue)
    case .modified(let userRefNum, let side, let quantity):
      Ouch42.Modified.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, side: side, quantity: quantity)
    case .cancelPending(let userRefNum):
      Ouch42.CancelAnswer.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, isReject: false)
    case .cancelRefused(let userRefNum):
      Ouch42.CancelAnswer.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, isReject: true)
    case .broken(let userRefNum, let match, let reason, _):
      Ouch42.BrokenTrade.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, match: match,
        reason: reason.rawValue)
    case .massCanceled, .entrySwitched:
      preconditionFailure("OUCH 4.2 has no request that this answers")
    }
  }
}

extension Ouch50.TimeInForce {
  /// nil: a number of seconds, which this venue does not take.
  fileprivate init?(_ timeInForce: Ouch42.TimeInForce?) {
    switch timeInForce {
    case .immediateOrCancel: self = .immediateOrCancel
    case .marketHours: self = .day
    case .systemHours: self = .extendedHours
    case nil: return nil
    }
  }
}

extension Ouch42.TimeInForce {
  fileprivate init(_ timeInForce: Ouch50.TimeInForce) {
    switch timeInForce {
    case .immediateOrCancel: self = .immediateOrCancel
    case .day, .goodTillTime: self = .marketHours
    case .extendedHours, .afterHours: self = .systemHours
    }
  }
}

extension Ouch42.RejectReason {
  fileprivate init(_ reason: Ouch50.RejectReason) {
    switch reason {
    case .halted: self = .halted
    case .destinationClosed: self = .closed
    case .invalidDisplay: self = .invalidDisplay
    case .firmNotAuthorised: self = .firmNotAuthorised
    case .invalidMinimumQuantity: self = .invalidMinimumQuantity
    case .invalidCrossOrder: self = .invalidCrossOrder
    case .invalidSymbol: self = .invalidSymbol
    case .invalidPrice: self = .invalidPrice
    case .sharesExceedThreshold: self = .sharesExceedThreshold
    case .test: self = .test
    default: self = .other
    }
  }
}
