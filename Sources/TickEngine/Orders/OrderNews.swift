import TickRing

/// What an answer of the venue, or the end of a session, makes of an order: the event for its
/// worker, and what risk and positions must know.
struct OrderNews {
  var worker = 0
  /// Whether a worker of this run asked for the order, and hears of it.
  var isHeard = false
  var event = OrderEvent.none
  var instrument: UInt32 = 0
  var strategy: UInt8 = 0
  var isBuy = false
  /// Shares that are no longer open though nobody filled them.
  var released: UInt32 = 0
  /// Shares that are open though nobody asked for them: the venue accepted more than was sent, or
  /// holds an order that was not known.
  var added: UInt32 = 0
  var filled: UInt32 = 0
  var fillPriceE4: Int64 = 0
  /// A fill that is undone.
  var undone: UInt32 = 0
  var undonePriceE4: Int64 = 0
  /// The reference price that the order was decided by; 0: unknown.
  var referenceE4: Int64 = 0
  /// The order that leaves the book once this is told; 0: none.
  var leaving: UInt32 = 0

  init() {}

  /// Of an order that did not leave, or never arrived.
  init(leaving order: WorkingOrder, at now: UInt64) {
    self.init(of: order)
    leaving = order.userRefNum
    released = order.reserved
    event = .of(order, .unsent, quantity: order.quantity, priceE4: order.priceE4, at: now)
  }

  /// What a trade is that the venue corrected: for the worker, after `event`, which undoes what it
  /// was.
  var correction: OrderEvent? {
    guard undone > 0, filled > 0 else { return nil }
    var fill = event
    fill.kind = OrderEventKind.fill.rawValue
    fill.quantity = filled
    fill.price = Double(fillPriceE4) / 10_000
    return fill
  }

  init(of order: WorkingOrder) {
    worker = Int(order.worker)
    isHeard = order.isHeard
    instrument = order.instrument
    strategy = order.strategy
    isBuy = order.isBuy
    referenceE4 = order.referenceE4
  }
}

extension OrderEvent {
  static func of(
    _ order: WorkingOrder, _ kind: OrderEventKind, quantity: UInt32, priceE4: Int64, at now: UInt64
  ) -> OrderEvent {
    var event = OrderEvent.none
    event.receive_time = now
    event.order_id = order.orderId
    event.price = Double(priceE4) / 10_000
    event.value = Double(order.open)
    event.quantity = quantity
    event.kind = kind.rawValue
    event.side = order.side
    event.strategy = order.strategy
    return event
  }

  static func answer(_ request: OrderRequest, _ kind: OrderEventKind, at now: UInt64) -> OrderEvent
  {
    var event = OrderEvent.none
    event.receive_time = now
    event.order_id = request.order_id
    event.price = request.price
    event.quantity = request.quantity
    event.kind = kind.rawValue
    event.side = request.side
    event.strategy = request.strategy
    return event
  }

  static func rejected(_ request: OrderRequest, _ decision: RiskDecision, at now: UInt64)
    -> OrderEvent
  {
    var event = answer(request, .riskReject, at: now)
    event.reason = decision.reason?.rawValue ?? 0
    event.limit = decision.limit
    event.value = decision.value
    return event
  }

  static func unsent(_ request: OrderRequest, at now: UInt64) -> OrderEvent {
    answer(request, .unsent, at: now)
  }

  static func lost(_ count: UInt32, at now: UInt64) -> OrderEvent {
    var event = OrderEvent.none
    event.receive_time = now
    event.kind = OrderEventKind.lost.rawValue
    event.quantity = count
    return event
  }
}
