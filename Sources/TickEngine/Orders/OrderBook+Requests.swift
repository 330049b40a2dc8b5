import TickRing

/// What workers ask for, cancels apart.
extension OrderBook {
  /// Takes an order from the pool for a request; nil if the pool is exhausted.
  mutating func add(
    _ request: OrderRequest, quantity: UInt32, priceE4: Int64, referenceE4: Int64, worker: Int,
    isShort: Bool = false
  ) -> UInt32? {
    guard let number = try? pool.take() else { return nil }
    var order = WorkingOrder(userRefNum: number)
    order.orderId = request.order_id
    order.priceE4 = priceE4
    (order.quantity, order.open, order.reserved) = (quantity, quantity, quantity)
    order.worker = UInt8(truncatingIfNeeded: worker)
    order.strategy = request.strategy
    order.isBuy = request.side == OrderSide.buy.rawValue
    order.isShort = isShort
    order.isImmediate = request.time_in_force != TimeInForce.day.rawValue
    order.isKillIfPartial = request.time_in_force == TimeInForce.fok.rawValue
    order.isHeard = true
    order.remember(referenceE4: referenceE4)
    order.state = OrderState.new.rawValue
    pool[number] = order
    index.insert(request.order_id, number)
    open.insert(number, in: pool)
    counts.sent += 1
    return number
  }

  /// Takes an order for the replacement of `old`, which `canReplace` has allowed, with `quantity`
  /// shares open. Both stay out until the venue has chosen one.
  mutating func addReplacement(
    of old: UInt32, quantity: UInt32, priceE4: Int64, referenceE4: Int64
  ) -> UInt32? {
    guard step(old, .askReplace), let number = try? pool.take() else { return nil }
    var order = pool[old]
    order.userRefNum = number
    order.priceE4 = priceE4
    // The venue counts what fills until then into it, so that no share is bought or sold twice.
    order.quantity = WorkingOrder.whole(order.filled, quantity)
    order.open = quantity
    order.reserved = 0
    order.partner = old
    order.isReplacement = true
    order.isAccepted = false
    order.isCancelAsked = false
    order.isCancelSent = false
    order.links = OrderLinks()
    order.state = OrderState.new.rawValue
    order.remember(referenceE4: referenceE4)
    pool[number] = order
    pool[old].partner = number
    pool[old].reserved = max(pool[old].open, quantity)
    open.insert(number, in: pool)
    counts.replacesSent += 1
    return number
  }

  // Mutating though it changes nothing: otherwise it would be called with a copy of self.
  mutating func canReplace(_ number: UInt32) -> Bool {
    let order = pool[number]
    return OrderLife.next(
      order.life, .askReplace, isAccepted: order.isAccepted, isPartial: false) != nil
      && order.partner == 0 && !order.isCancelAsked
  }

  /// The kernel has taken the bytes of an order.
  mutating func handedOver(_ number: UInt32) {
    // It may have been answered, or asked to be cancelled, already.
    if pool.contains(number), pool[number].life == .new { _ = step(number, .handOver) }
  }

  /// An order of ours on the other side that this one would trade with, of another strategy or the
  /// same, unless it never rests: the venue must not see us trade with ourselves.
  mutating func selfMatch(
    _ instrument: UInt32, isBuy: Bool, priceE4: Int64, except old: UInt32
  ) -> UInt32? {
    let edge = open.edge(of: instrument, isBuy: !isBuy)
    guard isBuy ? priceE4 >= edge : priceE4 <= edge else { return nil }
    var exact = OpenOrders.noEdge(isBuy: !isBuy)
    var link = open.first(of: instrument, isBuy: !isBuy)
    while link != 0 {
      let order = pool[atPlace: Int(link) - 1]
      link = order.links.sameAfter
      guard order.instrument == instrument, order.userRefNum != old, order.open > 0,
        !order.isImmediate
      else {
        continue
      }
      if isBuy ? priceE4 >= order.priceE4 : priceE4 <= order.priceE4 { return order.userRefNum }
      exact = isBuy ? min(exact, order.priceE4) : max(exact, order.priceE4)
    }
    // `old` goes only if its replacement comes.
    if old == 0 { open.set(edge: exact, of: instrument, isBuy: !isBuy) }
    return nil
  }
}
