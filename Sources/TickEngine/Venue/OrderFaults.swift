import TickWire

/// What the engine does wrong to the orders of one account, and what of it is still to come.
struct OrderFaults {
  private struct LateCancel {
    let userRefNum: UInt32
    let remaining: UInt32
    var requestsLeft: Int
  }

  struct LateBreak {
    let userRefNum: UInt32
    let match: UInt64
    let clientOrderId: FixedText
    fileprivate var requestsLeft: Int
  }

  /// What becomes of a cancel.
  enum CancelFate {
    case done
    case pending
    case refused
    /// One is pending already.
    case ignored
  }

  private static let refusals: [Ouch50.RejectReason] = [
    .quoteUnavailable, .destinationClosed, .fatFinger, .processingError, .firmNotAuthorised,
    .other, .routingNotAllowed, .sharesExceedThreshold, .notionalExceedsMaximum,
  ]
  private static let breakReasons: [Ouch50.BrokenReason] = [
    .erroneous, .consent, .supervisory, .external,
  ]

  var draws: FaultDraws
  private var cancels: [LateCancel] = []
  private var breaks: [LateBreak] = []

  init(_ faults: VenueFaults, account name: FixedText) {
    draws = FaultDraws(faults, account: name, purpose: 1)
  }

  mutating func refusal() -> Ouch50.RejectReason? {
    guard draws.happens(draws.faults.reject) else { return nil }
    return OrderFaults.refusals[draws.random.below(OrderFaults.refusals.count)]
  }

  /// The next part of an execution of `quantity` shares, all of it if it is not split.
  mutating func part(of quantity: UInt32) -> UInt32 {
    guard quantity > 1, draws.happens(draws.faults.partialFills) else { return quantity }
    return UInt32(draws.random.within(1...Int(quantity) - 1))
  }

  /// One of the last numbers of the account, to be cancelled if it is live, and whether only some
  /// of its shares are.
  mutating func unaskedCancel(
    lastUserRefNum: UInt32
  ) -> (userRefNum: UInt32, isPart: Bool, reason: Ouch50.CancelReason)? {
    guard lastUserRefNum > 0, draws.happens(draws.faults.cancel) else { return nil }
    let back = draws.random.below(min(Int(lastUserRefNum), VenueFaults.lastNumbers))
    let reason: Ouch50.CancelReason = draws.random.once(in: 2) ? .supervisory : .timeout
    return (lastUserRefNum - UInt32(back), draws.random.once(in: 4), reason)
  }

  mutating func fate(ofCancel userRefNum: UInt32, remaining: UInt32) -> CancelFate {
    if cancels.contains(where: { $0.userRefNum == userRefNum }) { return .ignored }
    if draws.happens(draws.faults.refuseCancel) { return .refused }
    guard draws.happens(draws.faults.pendingCancel) else { return .done }
    let late = draws.random.within(0...VenueFaults.requestsLateMax)
    cancels.append(
      LateCancel(userRefNum: userRefNum, remaining: remaining, requestsLeft: late))
    return .pending
  }

  /// Draws whether this fill is to be broken.
  mutating func executed(_ userRefNum: UInt32, _ id: FixedText, match: UInt64) {
    guard draws.happens(draws.faults.tradeBreak) else { return }
    let late = draws.random.within(0...VenueFaults.requestsLateMax)
    breaks.append(
      LateBreak(userRefNum: userRefNum, match: match, clientOrderId: id, requestsLeft: late))
  }

  var hasLate: Bool { !cancels.isEmpty || !breaks.isEmpty }

  /// The next late cancel that is due; all are where nothing else is to come.
  mutating func takeCancel(all: Bool) -> (userRefNum: UInt32, remaining: UInt32)? {
    guard let index = cancels.firstIndex(where: { all || $0.requestsLeft < 0 }) else { return nil }
    let cancel = cancels.remove(at: index)
    return (cancel.userRefNum, cancel.remaining)
  }

  mutating func takeBreak(all: Bool) -> (fill: LateBreak, reason: Ouch50.BrokenReason)? {
    guard let index = breaks.firstIndex(where: { all || $0.requestsLeft < 0 }) else { return nil }
    let reason = OrderFaults.breakReasons[draws.random.below(OrderFaults.breakReasons.count)]
    return (breaks.remove(at: index), reason)
  }

  /// One more request has been taken.
  mutating func age() {
    for index in cancels.indices { cancels[index].requestsLeft -= 1 }
    for index in breaks.indices { breaks[index].requestsLeft -= 1 }
  }
}

extension MatchingEngine where Sink: ~Copyable {
  /// Makes the engine unfair to the orders of `account` from now on; accounts are taken in the
  /// order of their numbers. Traps if one is left out.
  public mutating func inject(
    _ newFaults: VenueFaults, into account: UInt32, name: FixedText
  ) {
    precondition(account == faults.count, "accounts are to be taken in order")
    faults.append(OrderFaults(newFaults, account: name))
  }

  /// To be called after each request of an account with faults: what is due comes, and what is
  /// drawn.
  public mutating func afterRequest(of account: UInt32) {
    guard !faults.isEmpty else { return }
    let index = Int(account)
    faults[index].age()
    comeLate(account, all: false)
    let last = lastUserRefNum[index]
    guard let cancel = faults[index].unaskedCancel(lastUserRefNum: last),
      let slot = orders.find(account: account, userRefNum: cancel.userRefNum)
    else { return }
    faultCounts.cancels += 1
    let open = Int(orders[slot].open)
    let remaining = cancel.isPart ? faults[index].draws.random.below(open) : 0
    reduce(slot, to: UInt32(remaining), cancel.reason)
  }

  /// To be called when there is nothing else to do: whatever is still to come, comes.
  public mutating func settle() {
    for account in faults.indices { settle(UInt32(account)) }
  }

  /// The same for one account: its connection ends, and what comes next must not depend on how
  /// soon there is another.
  mutating func settle(_ account: UInt32) {
    guard !faults.isEmpty, faults[Int(account)].hasLate else { return }
    comeLate(account, all: true)
  }

  private mutating func comeLate(_ account: UInt32, all: Bool) {
    let index = Int(account)
    while let cancel = faults[index].takeCancel(all: all) {
      // Filled, replaced or cancelled meanwhile: what was told of it says all.
      guard let slot = orders.find(account: account, userRefNum: cancel.userRefNum),
        orders[slot].open > cancel.remaining
      else { continue }
      reduce(slot, to: cancel.remaining, .userRequested)
    }
    while let broken = faults[index].takeBreak(all: all) {
      faultCounts.breaks += 1
      sink.emit(
        .broken(
          userRefNum: broken.fill.userRefNum, match: broken.fill.match, reason: broken.reason,
          clientOrderId: broken.fill.clientOrderId), to: account)
    }
  }

  /// Why an order that is in order is refused all the same.
  mutating func unfairRefusal(of account: UInt32) -> Ouch50.RejectReason? {
    guard !faults.isEmpty, let reason = faults[Int(account)].refusal() else { return nil }
    faultCounts.rejects += 1
    return reason
  }

  /// Whether a cancel that would be done now is put off or refused, and says so.
  mutating func isUnfair(
    toCancel userRefNum: UInt32, remaining: UInt32, of account: UInt32
  ) -> Bool {
    guard !faults.isEmpty else { return false }
    switch faults[Int(account)].fate(ofCancel: userRefNum, remaining: remaining) {
    case .done: return false
    case .ignored: counts.requestsIgnored += 1
    case .pending:
      faultCounts.cancelsPending += 1
      sink.emit(.cancelPending(userRefNum: userRefNum), to: account)
    case .refused:
      faultCounts.cancelsRefused += 1
      sink.emit(.cancelRefused(userRefNum: userRefNum), to: account)
    }
    return true
  }

  /// The shares of the next execution that is told.
  mutating func part(of quantity: UInt32, _ account: UInt32) -> UInt32 {
    faults.isEmpty ? quantity : faults[Int(account)].part(of: quantity)
  }
}
