import TickWire

// The venue in OUCH 4.2. It knows orders by number, so it takes only tokens as `Ouch42.Token`
// writes them, and any other is malformed to it; one of a number that it knows, and not the token
// that it knows, is no order's.

extension VenueServer {
  mutating func take42<Market: VenueMarket & ~Copyable>(
    _ message: Bytes, from account: UInt32, _ market: inout Market
  ) {
    switch Ouch42.inbound(message) {
    case .malformed: counts.malformed += 1
    case .unknown: counts.unknown += 1
    case .message(.tradeNow): break  // No order here waits for a better price.
    case .message(let type):
      if !take42(type, message, from: account, &market) { counts.malformed += 1 }
    }
  }

  /// Whether the message names its orders by tokens that are ours.
  private mutating func take42<Market: VenueMarket & ~Copyable>(
    _ type: Ouch42.InboundType, _ message: Bytes, from account: UInt32, _ market: inout Market
  ) -> Bool {
    switch type {
    case .enterOrder:
      guard let order = Ouch42.EnterOrder(message), let token = order.token else { return false }
      note(token, of: account)
      let instrument = market.instrument(for: order.symbol)
      engine.enter(VenueOrderRequest(order, token, instrument: instrument), from: account)
    case .replaceOrder:
      guard let order = Ouch42.ReplaceOrder(message), let token = order.token,
        let original = order.originalToken
      else { return false }
      note(token, of: account)
      engine.replace(
        VenueReplaceRequest(order, token, replacing: known(original, of: account)), from: account)
    case .cancelOrder:
      guard let order = Ouch42.CancelOrder(message), let token = order.token else { return false }
      engine.cancel(known(token, of: account), remaining: order.quantity, from: account)
    case .modifyOrder:
      guard let order = Ouch42.ModifyOrder(message), let token = order.token else { return false }
      engine.modify(
        known(token, of: account), side: order.side, quantity: order.quantity, from: account)
    case .tradeNow: break
    }
    return true
  }

  /// Of a number that was taken already the token stays.
  private mutating func note(_ token: Ouch42.Token, of account: UInt32) {
    guard token.userRefNum >= engine.nextUserRefNum(of: account) else { return }
    engine.sink.tags.note(token, of: account)
  }

  /// The number of the order with this token; 0, which no order has: there is none.
  private func known(_ token: Ouch42.Token, of account: UInt32) -> UInt32 {
    engine.sink.tags.isNoted(token, of: account) ? token.userRefNum : 0
  }
}

extension VenueOrderRequest {
  init(_ message: Ouch42.EnterOrder, _ token: Ouch42.Token, instrument: UInt32?) {
    self.init(
      userRefNum: token.userRefNum, side: message.side, quantity: message.quantity,
      symbol: message.symbol, instrument: instrument, priceE4: UInt64(message.priceE4),
      timeInForce: Ouch50.TimeInForce(message.timeInForce),
      minimumQuantity: message.minimumQuantity, display: message.display,
      capacity: message.capacity, sweep: message.sweep, cross: message.cross, firm: message.firm)
  }

  /// An order that was let in has a side and a time in force.
  fileprivate func encode42(
    into target: MutableBytes, time_ns: UInt64, token: Ouch42.Token,
    replacing previous: Ouch42.Token?, reference: UInt64
  ) -> Int {
    Ouch42.Accepted.encode(
      into: target, time_ns: time_ns, token: token, replacing: previous, side: side!,
      quantity: quantity, symbol: symbol, priceE4: UInt32(clamping: priceE4),
      timeInForce: Ouch42.TimeInForce(timeInForce!), firm: firm, display: display,
      orderReference: reference, capacity: capacity, sweep: sweep,
      minimumQuantity: minimumQuantity, cross: cross, state: Ouch50.stateLive)
  }
}

extension VenueReplaceRequest {
  init(
    _ message: Ouch42.ReplaceOrder, _ token: Ouch42.Token, replacing original: UInt32
  ) {
    self.init(
      originalUserRefNum: original, userRefNum: token.userRefNum,
      quantity: message.quantity, priceE4: UInt64(message.priceE4),
      timeInForce: Ouch50.TimeInForce(message.timeInForce), display: message.display,
      sweep: message.sweep)
  }
}

extension VenueEvent {
  /// Writes the event as an OUCH 4.2 message; returns its length. `token` is that of a number.
  func encode42(
    into target: MutableBytes, time_ns: UInt64, token: (UInt32) -> Ouch42.Token
  ) -> Int {
    switch self {
    case .accepted(let order, let reference):
      order.encode42(
        into: target, time_ns: time_ns, token: token(order.userRefNum), replacing: nil,
        reference: reference)
    case .replaced(let order, let original, let reference):
      order.encode42(
        into: target, time_ns: time_ns, token: token(order.userRefNum),
        replacing: token(original), reference: reference)
    case .rejected(let userRefNum, let reason, _):
      Ouch42.Rejected.encode(
        into: target, time_ns: time_ns, token: token(userRefNum),
        reason: Ouch42.RejectReason(reason))
    case .executed(let userRefNum, let quantity, let priceE4, let liquidity, let match):
      Ouch42.Executed.encode(
        into: target, time_ns: time_ns, token: token(userRefNum), quantity: quantity,
        priceE4: UInt32(clamping: priceE4), liquidity: liquidity, match: match)
    case .canceled(let userRefNum, let quantity, let reason):
      Ouch42.Canceled.encode(
        into: target, time_ns: time_ns, token: token(userRefNum), quantity: quantity,
        reason: reason.rawValue)
    case .modified(let userRefNum, let side, let quantity):
      Ouch42.Modified.encode(
        into: target, time_ns: time_ns, token: token(userRefNum), side: side, quantity: quantity)
    case .cancelPending(let userRefNum):
      Ouch42.CancelAnswer.encode(
        into: target, time_ns: time_ns, token: token(userRefNum), isReject: false)
    case .cancelRefused(let userRefNum):
      Ouch42.CancelAnswer.encode(
        into: target, time_ns: time_ns, token: token(userRefNum), isReject: true)
    case .broken(let userRefNum, let match, let reason, _):
      Ouch42.BrokenTrade.encode(
        into: target, time_ns: time_ns, token: token(userRefNum), match: match,
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
