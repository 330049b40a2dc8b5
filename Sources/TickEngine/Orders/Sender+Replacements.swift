import TickRing
import TickWire

/// What the sender does with requests to replace an order.
extension Sender {
  mutating func takeReplacement(_ request: OrderRequest, of worker: Int) {
    let polled_ns = MonotonicClock.now
    guard let old = book.find(request.target_id), book.canReplace(old) else {
      return passOver(request, of: worker, taken_ns: polled_ns)
    }
    // What is judged has to be what the venue would be told of.
    guard request.order_id == request.target_id else {
      return refuse(
        request, replacing: book.pool[old], .orderId, .reject(.malformed), of: worker,
        at: polled_ns)
    }
    let asked = Sender.asked(request, replacing: book.pool[old])
    gate.tally.asked &+= 1
    let decision = judge(asked, replacing: old, of: worker, taken_ns: polled_ns)
    let decided_ns = MonotonicClock.now
    latency.risk.recordDifference(from: polled_ns, to: decided_ns)
    guard decision.reason == nil else { return refuse(asked, decision, of: worker, at: decided_ns) }
    replace(old, asked, decision, decided_ns)
  }

  /// What a replacement asks for, as an order.
  private static func asked(
    _ request: OrderRequest, replacing order: WorkingOrder
  ) -> OrderRequest {
    var asked = request
    asked.side = order.side
    asked.strategy = order.strategy
    asked.time_in_force = order.timeInForce.rawValue
    asked.action = OrderAction.new.rawValue
    return asked
  }

  /// A replacement of an order that cannot be replaced now: of one in doubt it is refused.
  /// Otherwise what becomes of the order is told anyway: it has ended, or a cancel or a replacement
  /// of it is under way. That may be this very one: of a predecessor that died with it in the pool,
  /// and had not advanced past the request.
  private mutating func passOver(_ request: OrderRequest, of worker: Int, taken_ns: UInt64) {
    guard let order = book.findInDoubt(request.target_id) else {
      book.counts.cancelsIdle += 1
      return record(request, .idle, of: worker, taken_ns: taken_ns)
    }
    let decision = RiskDecision.reject(.noSession, value: Double(book.inDoubt))
    refuse(request, replacing: order, .session, decision, of: worker, at: taken_ns)
  }

  /// Refuses, by a check of the sender's, what the gate was not asked.
  private mutating func refuse(
    _ request: OrderRequest, replacing order: WorkingOrder, _ check: RiskCheck,
    _ decision: RiskDecision, of worker: Int, at now: UInt64
  ) {
    var asked = Sender.asked(request, replacing: order)
    asked.order_id = order.orderId
    record(asked, replacing: order, check, decision, of: worker, taken_ns: now)
    refuse(asked, decision, of: worker, at: now)
  }

  /// Tells that a replacement is refused, and why.
  private mutating func refuse(
    _ asked: OrderRequest, _ decision: RiskDecision, of worker: Int, at now: UInt64
  ) {
    book.counts.replacesRefused += 1
    var event = OrderEvent.rejected(asked, decision, at: now)
    event.kind = OrderEventKind.cancelReject.rawValue
    answer(worker, event)
  }

  mutating func judgeReplacement<E: RiskEvidence>(
    _ old: UInt32, _ decision: inout RiskDecision, _ evidence: inout E
  ) {
    let order = book.pool[old]
    evidence.at(.unwindTurn)
    guard risk.mayUnwind(order.strategy, at: marketTime) else {
      decision = .reject(.breaker)
      return
    }
    evidence.at(.openOrders)
    let most = Double(book.capacity)
    guard book.hasRoom else {
      decision = .reject(.openOrders, limit: most, value: Double(book.count))
      return
    }
    evidence.at(.shortMarking)
    guard order.isShort || !decision.isShort || decision.quantity <= order.open else {
      decision = .reject(
        .unsayable, limit: Double(order.open), value: Double(decision.quantity))
      return
    }
    judgeLink(WorkingOrder.whole(order.filled, decision.quantity), &decision, &evidence)
    guard decision.reason == nil else { return }
    judgeSelfMatch(order.instrument, isBuy: order.isBuy, except: old, &decision, &evidence)
  }

  private mutating func replace(
    _ old: UInt32, _ asked: OrderRequest, _ decision: RiskDecision, _ decided_ns: UInt64
  ) {
    let before = book.pool[old].reserved
    let number = book.addReplacement(
      of: old, quantity: decision.quantity, priceE4: decision.priceE4,
      referenceE4: decision.referenceE4)
    guard let number else {
      preconditionFailure("the gate let a replacement pass that cannot be sent")
    }
    let (quantity, origin) = (book.pool[number].quantity, book.pool[number].origin)
    let start = session?.add { dialect, body in
      dialect.replace(
        into: body, userRefNum: old, by: number, quantity: quantity,
        priceE4: decision.priceE4, timeInForce: asked.timeInForceSaid,
        minimumQuantity: asked.minimum(of: decision.quantity),
        origin: origin)
    }
    guard let start else { preconditionFailure("a replacement that cannot be said") }
    var news = OrderNews(of: book.pool[old])
    news.added = book.pool[old].reserved - before
    account(for: news)
    noteHandover(number, at: start, decided_ns, asked.received_ns)
  }
}
