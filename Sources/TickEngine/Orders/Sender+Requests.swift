import CLinux
import TickRing
import TickWire

/// What the sender does with the workers' requests.
extension Sender {
  /// Takes a batch of each worker's requests; false if there was none.
  mutating func takeRequests() -> Bool {
    if options.slowVenue == .wait, link == .steady, isHeldUp { return false }
    var hasTaken = false
    for worker in 0..<ports.count { hasTaken = takeRequests(of: worker) || hasTaken }
    return hasTaken
  }

  private mutating func takeRequests(of worker: Int) -> Bool {
    let found = min(ports[worker].requests.peek(Sender.batchMax), handovers.count - handoverCount)
    guard found > 0 else { return false }
    for index in 0..<found { prefetch(ports[worker].requests.peeked(index)) }
    for _ in 0..<found {
      decide(ports[worker].requests.peeked(0), of: worker)
      countDecided()
      // Only now, with its order in the pool or its refusal told, may it be written over: whoever
      // comes after a death in between finds it here or there.
      ports[worker].requests.advance(1)
    }
    return true
  }

  /// Fetches all that deciding will read at once, rather than one after the other: also for an
  /// order on its own, for the gate takes as long as the lines need that are read after it.
  private mutating func prefetch(_ request: OrderRequest) {
    let intent = OrderIntent(request)
    let isNew = request.action == OrderAction.new.rawValue
    book.prefetch(isNew ? request.order_id : request.target_id, intent.instrument)
    directory.prefetch(intent.instrument)
    gate.prefetch(intent)
  }

  mutating func decide(_ request: OrderRequest, of worker: Int) {
    // A clock goes by no feed: a time that is ahead would end what has to last.
    if options.clock == nil { marketTime = max(marketTime, request.decision_time) }
    switch OrderAction(rawValue: request.action) {
    case .cancel: takeCancel(request)
    case .replace: takeReplacement(request, of: worker)
    case .cancelStrategy: book.wantCancels { $0.strategy == request.strategy }
    case .cancelSymbol:
      let instrument = UInt32(truncatingIfNeeded: request.order_id >> 32)
      book.wantCancels(of: instrument) {
        $0.strategy == request.strategy && $0.instrument == instrument
      }
    case .cancelAll: book.wantCancels { _ in true }
    case .new, nil: takeOrder(request, of: worker)
    }
  }

  // MARK: New orders

  private mutating func takeOrder(_ request: OrderRequest, of worker: Int) {
    let polled_ns = MonotonicClock.now
    book.counts.requested += 1
    gate.tally.asked &+= 1
    let decision = judge(request, replacing: 0, of: worker, taken_ns: polled_ns)
    let decided_ns = MonotonicClock.now
    latency.risk.recordDifference(from: polled_ns, to: decided_ns)
    if let reason = decision.reason {
      book.counts.riskRejected[Int(reason.rawValue)] += 1
      return answer(worker, .rejected(request, decision, at: decided_ns))
    }
    guard link != .none else {
      book.counts.unsent += 1
      return answer(worker, .unsent(request, at: decided_ns))
    }
    send(request, decision, of: worker, decided_ns: decided_ns)
  }

  /// What only the sender knows.
  mutating func judgeHere<E: RiskEvidence>(
    _ request: OrderRequest, _ decision: inout RiskDecision, _ evidence: inout E
  ) {
    evidence.at(.orderId)
    guard request.action == OrderAction.new.rawValue, OrderOrigin.isOrder(request.order_id),
      !book.isKnown(request.order_id)
    else {
      decision = .reject(.malformed)
      return
    }
    evidence.at(.unwindTurn)
    if !risk.mayUnwind(request.strategy, at: marketTime) {
      decision = .reject(.breaker)
      return
    }
    guard link != .none else { return }
    evidence.at(.openOrders)
    if !book.hasRoom {
      let most = Double(book.capacity)
      decision = .reject(.openOrders, limit: most, value: Double(book.count))
      return
    }
    judgeLink(decision.quantity, &decision, &evidence)
    guard decision.reason == nil else { return }
    let instrument = UInt32(truncatingIfNeeded: request.order_id >> 32)
    judgeSelfMatch(
      instrument, isBuy: request.side == OrderSide.buy.rawValue, except: 0, &decision, &evidence)
  }

  /// Whether anything can leave now, and be said, `quantity` being what the venue is told.
  mutating func judgeLink<E: RiskEvidence>(
    _ quantity: UInt32, _ decision: inout RiskDecision, _ evidence: inout E
  ) {
    evidence.at(.session)
    guard link == .steady, let outlook = session?.outlook else {
      decision = .reject(.noSession, value: Double(book.inDoubt))
      return
    }
    evidence.at(.venueSlow)
    evidence.note { $0.unsentBytes = UInt64(outlook.unsent) }
    // What the orders of this duty cycle have put there has not been offered to the kernel yet.
    if isBehind && options.slowVenue == .refuse || isClogged || !outlook.hasRoom {
      decision = .reject(
        .venueSlow, limit: Double(options.unsentBytesMax), value: Double(outlook.unsent))
      return
    }
    evidence.at(.venueQuantity)
    if quantity > OrderDialect.quantityMax {
      evidence.note { $0.allowedQuantity = quantity }
      decision = .reject(
        .quantity, limit: Double(OrderDialect.quantityMax), value: Double(quantity))
      return
    }
    evidence.at(.venuePrice)
    if !outlook.dialect.canSay(priceE4: decision.priceE4) {
      decision = .reject(.unsayable, value: Double(decision.priceE4) / 10_000)
    }
  }

  mutating func judgeSelfMatch<E: RiskEvidence>(
    _ instrument: UInt32, isBuy: Bool, except old: UInt32, _ decision: inout RiskDecision,
    _ evidence: inout E
  ) {
    evidence.at(.selfMatch)
    let own = book.selfMatch(
      instrument, isBuy: isBuy, priceE4: decision.priceE4, except: old)
    evidence.note {
      $0.ownPriceE4 =
        own.map { book.pool[$0].priceE4 } ?? book.open.edge(of: instrument, isBuy: !isBuy)
    }
    guard let own else { return }
    decision = .reject(
      .selfMatch, limit: Double(book.pool[own].priceE4) / 10_000,
      value: Double(decision.priceE4) / 10_000)
  }

  /// An allowed order, into the pool and then into the buffer.
  private mutating func send(
    _ request: OrderRequest, _ decision: RiskDecision, of worker: Int, decided_ns: UInt64
  ) {
    let instrument = UInt32(truncatingIfNeeded: request.order_id >> 32)
    let quantity = decision.quantity
    guard let word = directory.symbol(instrument),
      let number = book.add(
        request, quantity: quantity, priceE4: decision.priceE4,
        referenceE4: decision.referenceE4, worker: worker, isShort: decision.isShort)
    else { preconditionFailure("the gate let an order pass that cannot be sent") }
    let start = session?.add { dialect, body in
      dialect.enter(
        into: body, userRefNum: number, side: Sender.side(of: request, decision),
        quantity: quantity, symbol: Symbol(word: word), priceE4: decision.priceE4,
        timeInForce: request.timeInForceSaid, minimumQuantity: request.minimum(of: quantity),
        origin: OrderOrigin(orderId: request.order_id, strategy: request.strategy))
    }
    guard let start else { preconditionFailure("an order that cannot be said was not refused") }
    gate.opened(
      instrument, strategy: request.strategy,
      request.side == OrderSide.buy.rawValue ? .buy : .sell, quantity)
    noteHandover(number, at: start, decided_ns, request.received_ns)
  }

  private static func side(of request: OrderRequest, _ decision: RiskDecision) -> Ouch50.Side {
    if request.side == OrderSide.buy.rawValue { return .buy }
    return decision.isShort ? .sellShort : .sell
  }

  mutating func noteHandover(
    _ number: UInt32, at start: Int, _ decided_ns: UInt64, _ received_ns: UInt64
  ) {
    // What is not known is counted as a time that cannot be measured.
    handovers[handoverCount] = Handover(
      number: number, start: start, decided_ns: decided_ns,
      received_ns: received_ns == 0 ? .max : received_ns)
    handoverCount += 1
    gate.tally.out &+= 1
  }

  // MARK: Cancels

  /// Cancels pass every check: they only ever reduce.
  private mutating func takeCancel(_ request: OrderRequest) {
    if !book.wantCancel(of: request.target_id) { book.counts.cancelsIdle += 1 }
  }

  /// Cancels what somebody wants cancelled, as far as there is room for it now.
  mutating func sendCancels() {
    guard book.cancelsDue > 0, session != nil, link == .steady || link == .unsettled else { return }
    var next = book.due.first
    while session?.hasRoom == true, let number = book.nextCancel(from: &next) {
      sendCancel(number)
    }
  }

  private mutating func sendCancel(_ number: UInt32) {
    let origin = book.pool[number].origin
    let start = session?.add { dialect, body in
      dialect.cancel(into: body, userRefNum: number, origin: origin)
    }
    precondition(start != nil, "a cancel was begun without room for it")
    book.counts.cancelsSent += 1
    gate.countCancel()
  }

  /// The kill switch is tripped (KS1): everything that is out is to go; the venue's own mass cancel
  /// goes first where it has one. What it refuses to cancel is asked for again after a while.
  mutating func shut() {
    holdBack()
    if !isShutSeen {
      isShutSeen = true
      shutAt_ns = MonotonicClock.now
      outAt_ns = shutAt_ns
      tripFromWithin()
      // What was never armed was not killed: nobody has to look into it before it is armed.
      let isKilled = kill.reason != .neverArmed
      if isKilled, risk.kill(RiskCause(kill.reason), at: marketTime) != nil { act() }
      massCancel()
      nextSweep_ns = 0
    }
    wantAllCancelled()
    kill.acknowledge(monotonic_ns: MonotonicClock.now)
    leaveVenue()
  }

  /// Tripped, and flat for a while: the venue is left (KS1). Orders that it does not end in time
  /// are left to its cancel on disconnect, and stay in doubt; so are those of a venue that never
  /// comes to the end of what it tells.
  private mutating func leaveVenue() {
    guard session != nil, link == .steady || link == .unsettled || link == .replaying else {
      return
    }
    let now = MonotonicClock.now
    let isFlat = book.count == 0 && session?.unsent == 0 && link != .replaying
    if !isFlat { outAt_ns = now }
    guard
      isFlat
        ? now &- outAt_ns >= options.patience.linger_ns
        : now &- shutAt_ns >= options.patience.whole_ns
    else { return }
    if isFlat {
      kill.withdrawSocket()
      session?.logOut()
    } else {
      session?.abort()
      kill.loseSocket()
      book.disconnected()
    }
    session = nil
    link = .closed
  }

  /// Now, and again after a while.
  mutating func wantAllCancelled() {
    let now = MonotonicClock.now
    guard now >= nextSweep_ns else { return }
    nextSweep_ns = now + options.patience.sweep_ns
    book.wantCancels { _ in true }
  }

  /// What tripped in here trips the instance.
  private mutating func tripFromWithin() {
    guard control.read(.tripped) != 0 else { return }
    kill.trip(gate.tally.isBroken ? .orderTally : .rate, at: clinux_realtime_ns())
  }

  private mutating func massCancel() {
    guard book.count > 0, link == .steady, session?.dialect == .ouch50,
      session?.hasRoom == true, let number = book.pool.takeNumber()
    else { return }
    _ = session?.add { dialect, body in dialect.massCancel(into: body, userRefNum: number) }
  }
}

/// OM1: how its time in force is said to a venue.
extension OrderRequest {
  var timeInForceSaid: OrderDialect.TimeInForce {
    time_in_force == TimeInForce.day.rawValue ? .day : .immediateOrCancel
  }

  /// Of all or nothing, all.
  func minimum(of quantity: UInt32) -> UInt32 {
    time_in_force == TimeInForce.fok.rawValue ? quantity : 0
  }
}
