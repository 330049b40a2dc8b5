import TickRing
import TickWire

/// The sender's orders that are out: what each is, and what the venue's answers make of it.
///
/// Hot path. Thread: the sender's. No allocation. An answer that fits no order is counted as an
/// anomaly and changes nothing; an order accepted otherwise than it was sent is one too, and is
/// what the venue says that it is.
struct OrderBook: ~Copyable {
  private var pool: OrderPool
  private var index: OrderIndex
  var counts = OrderCounts()

  init(capacity: Int, firstUserRefNum: UInt32 = 1) {
    pool = OrderPool(capacity: capacity, firstUserRefNum: firstUserRefNum)
    index = OrderIndex(capacity: capacity)
  }

  var capacity: Int { pool.capacity }
  var count: Int { pool.count }
  var hasRoom: Bool { pool.hasRoom }
  var places: Int { pool.places }
  func isKnown(_ orderId: UInt64) -> Bool { index.find(orderId) != nil }

  /// Takes an order from the pool for a request; nil if the pool is exhausted.
  mutating func add(_ request: OrderRequest, priceE4: Int64, worker: Int) -> UInt32? {
    guard let number = try? pool.take() else { return nil }
    pool[number].orderId = request.order_id
    pool[number].priceE4 = priceE4
    pool[number].quantity = request.quantity
    pool[number].open = request.quantity
    pool[number].worker = UInt32(worker)
    pool[number].side = request.side
    pool[number].strategy = request.strategy
    pool[number].state = OrderState.inFlight.rawValue
    index.insert(request.order_id, number)
    counts.sent += 1
    return number
  }

  /// Marks an order as being cancelled; nil if it is done or being cancelled already.
  mutating func beginCancel(_ orderId: UInt64) -> UInt32? {
    guard let number = index.find(orderId) else { return nil }
    return beginCancel(number: number)
  }

  mutating func beginCancel(atPlace place: Int) -> UInt32? {
    let number = pool.userRefNum(atPlace: place)
    return number == 0 ? nil : beginCancel(number: number)
  }

  private mutating func beginCancel(number: UInt32) -> UInt32? {
    guard !pool[number].isCancelSent else { return nil }
    pool[number].isCancelSent = true
    return number
  }

  // MARK: Answers

  /// Takes one OUCH message of the venue; returns the event for the worker whose order it is.
  mutating func apply(_ message: Bytes, at now: UInt64) -> (worker: Int, event: OrderEvent)? {
    guard message.count > 0 else {
      counts.anomalies += 1
      return nil
    }
    switch message[0] {
    case UInt8(ascii: "A"): return accept(message, now)
    case UInt8(ascii: "E"): return execute(message, now)
    case UInt8(ascii: "C"):
      guard let canceled = Ouch50.Canceled(message) else { return anomaly() }
      return cancel(canceled.userRefNum, canceled.quantity, now)
    case UInt8(ascii: "D"):
      // By the venue, so that two orders of ours would not trade with each other.
      guard let canceled = Ouch50.CanceledSelfMatch(message) else { return anomaly() }
      return cancel(canceled.userRefNum, canceled.quantity, now)
    case UInt8(ascii: "J"): return reject(message, now)
    case UInt8(ascii: "I"), UInt8(ascii: "P"): return answerCancel(message, now)
    case UInt8(ascii: "B"): return breakTrade(message, now)
    case UInt8(ascii: "S"): return nil  // System event: the day's start and end.
    default:
      counts.unknownMessages += 1
      return nil
    }
  }

  private mutating func anomaly() -> (worker: Int, event: OrderEvent)? {
    counts.anomalies += 1
    return nil
  }

  private mutating func accept(_ message: Bytes, _ now: UInt64) -> (worker: Int, event: OrderEvent)?
  {
    guard let accepted = Ouch50.Accepted(message), pool.contains(accepted.userRefNum),
      pool[accepted.userRefNum].state == OrderState.inFlight.rawValue,
      let side = accepted.side, accepted.quantity > 0, accepted.priceE4 <= UInt64(Int64.max)
    else { return anomaly() }
    let number = accepted.userRefNum
    counts.acked += 1
    let isOther = pool[number].adopt(side, accepted.quantity, Int64(accepted.priceE4))
    if isOther { counts.anomalies += 1 }
    pool[number].state = OrderState.live.rawValue
    // Dead on arrival: nothing of it is open, and no cancel follows to say so.
    if accepted.state == Ouch50.stateDead { pool[number].open = 0 }
    let order = pool[number]
    let event = OrderEvent.of(
      order, .ack, quantity: order.quantity, priceE4: order.priceE4, at: now)
    if accepted.state == Ouch50.stateDead {
      counts.canceled += 1
      end(number)
    }
    return (Int(order.worker), event)
  }

  private mutating func execute(_ message: Bytes, _ now: UInt64) -> (
    worker: Int, event: OrderEvent
  )? {
    guard let executed = Ouch50.Executed(message), pool.contains(executed.userRefNum),
      pool[executed.userRefNum].state == OrderState.live.rawValue,
      executed.quantity > 0, executed.quantity <= pool[executed.userRefNum].open,
      executed.priceE4 <= UInt64(Int64.max),
      pool[executed.userRefNum].isNew(match: executed.match)
    else { return anomaly() }
    let number = executed.userRefNum
    pool[number].remember(match: executed.match)
    pool[number].filled += executed.quantity
    pool[number].open -= executed.quantity
    let order = pool[number]
    var event = OrderEvent.of(
      order, .fill, quantity: executed.quantity, priceE4: Int64(executed.priceE4), at: now)
    event.match_id = executed.match
    if order.open == 0 {
      if order.filled == order.quantity { counts.filled += 1 } else { counts.partiallyFilled += 1 }
      end(number)
    }
    return (Int(order.worker), event)
  }

  private mutating func cancel(
    _ number: UInt32, _ quantity: UInt32, _ now: UInt64
  ) -> (worker: Int, event: OrderEvent)? {
    guard pool.contains(number), pool[number].state == OrderState.live.rawValue, quantity > 0,
      quantity <= pool[number].open
    else { return anomaly() }
    pool[number].open -= quantity
    let order = pool[number]
    let event = OrderEvent.of(
      order, .canceled, quantity: quantity, priceE4: order.priceE4, at: now)
    if order.open == 0 {
      counts.canceled += 1
      if order.filled > 0 { counts.partiallyFilled += 1 }
      end(number)
    }
    return (Int(order.worker), event)
  }

  private mutating func reject(_ message: Bytes, _ now: UInt64) -> (worker: Int, event: OrderEvent)?
  {
    guard let rejected = Ouch50.Rejected(message), pool.contains(rejected.userRefNum),
      pool[rejected.userRefNum].state == OrderState.inFlight.rawValue
    else { return anomaly() }
    let number = rejected.userRefNum
    counts.venueRejected += 1
    let order = pool[number]
    var event = OrderEvent.of(
      order, .venueReject, quantity: order.quantity, priceE4: order.priceE4, at: now)
    event.reason = UInt8(truncatingIfNeeded: rejected.reason?.rawValue ?? 0xFF)
    end(number)
    return (Int(order.worker), event)
  }

  /// A cancel that the venue refuses or puts off. What it refuses may be asked for again.
  private mutating func answerCancel(
    _ message: Bytes, _ now: UInt64
  ) -> (worker: Int, event: OrderEvent)? {
    guard let answer = Ouch50.CancelAnswer(message), pool.contains(answer.userRefNum),
      pool[answer.userRefNum].isCancelSent
    else { return anomaly() }
    guard answer.isReject else {
      counts.cancelsPending += 1
      return nil
    }
    counts.cancelsRefused += 1
    pool[answer.userRefNum].isCancelSent = false
    let order = pool[answer.userRefNum]
    let event = OrderEvent.of(
      order, .cancelReject, quantity: order.open, priceE4: order.priceE4, at: now)
    return (Int(order.worker), event)
  }

  /// A fill undone. Of an order that has ended nobody is left to tell: that is an anomaly too.
  private mutating func breakTrade(
    _ message: Bytes, _ now: UInt64
  ) -> (worker: Int, event: OrderEvent)? {
    guard let broken = Ouch50.BrokenTrade(message) else { return anomaly() }
    counts.tradesBroken += 1
    guard pool.contains(broken.userRefNum) else { return anomaly() }
    let order = pool[broken.userRefNum]
    var event = OrderEvent.of(order, .tradeBroken, quantity: 0, priceE4: order.priceE4, at: now)
    event.match_id = broken.match
    return (Int(order.worker), event)
  }

  private mutating func end(_ number: UInt32) {
    index.remove(pool[number].orderId)
    do { try pool.giveBack(number) } catch { preconditionFailure("an order ended twice") }
  }

  /// The order did not leave after all.
  mutating func withdraw(_ number: UInt32) {
    guard pool.contains(number), pool[number].state == OrderState.inFlight.rawValue else { return }
    counts.sent -= 1
    counts.unsent += 1
    end(number)
  }

  /// Orders sent and not answered. Looks at every place: for the end of a run.
  var inFlight: Int {
    var count = 0
    for place in 0..<pool.places {
      let number = pool.userRefNum(atPlace: place)
      if number != 0, pool[number].state == OrderState.inFlight.rawValue { count += 1 }
    }
    return count
  }

  /// Counts what is still out when the sender stops.
  mutating func finish() {
    for place in 0..<pool.places {
      let number = pool.userRefNum(atPlace: place)
      guard number != 0 else { continue }
      if pool[number].state == OrderState.inFlight.rawValue {
        counts.inFlight += 1
      } else {
        counts.open += 1
        if pool[number].filled > 0 { counts.partiallyFilled += 1 }
      }
    }
  }
}

extension OrderEvent {
  fileprivate static func of(
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

  private static func answer(_ request: OrderRequest, _ kind: OrderEventKind, at now: UInt64)
    -> OrderEvent
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

  static func lost(_ count: UInt32) -> OrderEvent {
    var event = OrderEvent.none
    event.kind = OrderEventKind.lost.rawValue
    event.quantity = count
    return event
  }
}
