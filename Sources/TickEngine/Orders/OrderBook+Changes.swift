import TickRing
import TickWire

/// What the venue says that makes an order, or a fill of one, another than it was.
extension OrderBook {
  mutating func replace(
    _ answer: OrderAnswer, _ origin: OrderOrigin?, _ now: UInt64
  ) -> OrderNews? {
    let (old, number) = (answer.previousUserRefNum, answer.userRefNum)
    guard answer.quantity > 0, answer.priceE4 > 0, pool.contains(old) else { return anomaly() }
    let isStrange = !pool.contains(number)
    if isStrange {
      // Asked for before this process, or by a predecessor that died before it noted it.
      guard origin != nil, pool[old].isAccepted, pool[old].partner == 0,
        takeStranger(number, for: old, priceE4: answer.priceE4)
      else { return anomaly() }
    }
    // By its id it is another order's: the venue contradicts itself, and both stay as they are.
    guard pool[number].orderId == pool[old].orderId else { return anomaly() }
    var held = pool[old].reserved
    if !isStrange, !pool[number].isReplacement, pool[number].life == .inDoubt,
      !pool[number].isAccepted, pool[old].isAccepted, pool[old].partner == 0
    {
      // A predecessor knew already what the venue says now, and of the original nothing any more.
      held = UInt32(clamping: UInt64(held) + UInt64(pool[number].reserved))
      pool[number].isReplacement = true
      pool[number].partner = old
      pool[old].partner = number
    }
    guard pool[number].isReplacement, pool[number].partner == old else { return anomaly() }
    if pool[old].life == .live || pool[old].life == .partiallyFilled { _ = step(old, .askReplace) }
    guard step(old, .replace), step(number, .accept) else { return nil }
    let original = pool[old]
    pool[number].isReplacement = false
    pool[number].partner = 0
    pool[number].isHeard = original.isHeard
    if original.isStopped { open.stop(pool.place(number), in: pool) }
    pool[number].filled = original.filled
    end(old)
    rename(original.orderId, number)
    counts.replaced += 1
    var news = enter(number, answer, isStrange, held: held, now)
    news.event.kind = OrderEventKind.replaced.rawValue
    if original.isCancelAsked, pool.contains(number) {
      // It was to go while its replacement was under way: so is what it became.
      wantCancel(number)
    }
    return news
  }

  /// - Parameter priceE4: its limit, if what was asked for is not there any more.
  private mutating func takeStranger(
    _ number: UInt32, for old: UInt32, priceE4: Int64
  ) -> Bool {
    makeRoom(for: number)
    guard pool.take(number) else { return false }
    var order = pool[old]
    order.userRefNum = number
    order.links = OrderLinks()
    order.partner = old
    order.isReplacement = true
    order.isAccepted = false
    order.isCancelAsked = false
    order.isCancelSent = false
    order.state = OrderState.pending.rawValue
    let before = evicted.take(number, at: pool.place(number))
    if let before { order.isCancelAsked = before.isCancelAsked }
    let referenceE4 = order.referenceE4
    order.priceE4 = before?.priceE4 ?? priceE4
    order.remember(referenceE4: referenceE4)
    pool[number] = order
    if let before { pool.forget(atPlace: before.lodging) }
    pool[old].partner = number
    open.insert(number, in: pool)
    if order.isCancelAsked { due.insert(pool.place(number)) }
    counts.adopted += 1
    return true
  }

  /// The venue changed the order by itself, or shows it otherwise.
  mutating func restate(_ answer: OrderAnswer, _ now: UInt64) -> OrderNews? {
    let number = answer.userRefNum
    guard pool.contains(number) else { return anomaly() }
    if let side = answer.side, side.isBuy == pool[number].isBuy {
      pool[number].isShort = side.isShort
    }
    if answer.kind == .modified, answer.quantity < pool[number].open {
      return reduce(number, by: pool[number].open - answer.quantity, .restated, now)
    }
    guard step(number, .restate) else { return nil }
    var news = OrderNews(of: pool[number])
    if answer.kind == .modified, answer.quantity > pool[number].open {
      counts.anomalies += 1
      news.added = answer.quantity - pool[number].open
      pool[number].open = answer.quantity
      pool[number].reserved = UInt32(
        clamping: UInt64(pool[number].reserved) + UInt64(news.added))
    }
    let order = pool[number]
    var shownE4 = order.priceE4
    if answer.kind == .priorityChanged, answer.priceE4 > 0 {
      shownE4 = answer.priceE4
      if order.isThroughLimit(shownE4) {
        countThroughLimit()
        pool[number].priceE4 = shownE4
        open.note(pool[number])
      }
    }
    news.event = .of(order, .restated, quantity: order.open, priceE4: shownE4, at: now)
    return news
  }

  /// A fill undone, or corrected: of an order that may have ended since.
  mutating func breakTrade(_ answer: OrderAnswer, _ now: UInt64) -> OrderNews? {
    counts.tradesBroken += 1
    guard let place = fills.find(answer.userRefNum, answer.match) else {
      countStrange()
      return nil
    }
    let fill = fills[place]
    var news = OrderNews()
    news.worker = Int(fill.worker)
    news.isHeard = fill.isHeard
    news.instrument = UInt32(truncatingIfNeeded: fill.orderId >> 32)
    news.strategy = fill.strategy
    news.isBuy = fill.side == OrderSide.buy.rawValue
    news.referenceE4 = fill.referenceE4
    (news.undone, news.undonePriceE4) = (fill.quantity, fill.priceE4)
    news.event.receive_time = now
    news.event.order_id = fill.orderId
    news.event.match_id = fill.match
    news.event.price = Double(fill.priceE4) / 10_000
    news.event.quantity = fill.quantity
    news.event.kind = OrderEventKind.tradeBroken.rawValue
    news.event.side = fill.side
    news.event.strategy = fill.strategy
    if pool.contains(answer.userRefNum) { news.event.value = Double(pool[answer.userRefNum].open) }
    fills.remove(at: place)
    if answer.kind == .corrected { correct(fill, answer, &news) }
    return news
  }

  private mutating func correct(
    _ fill: FillTable.Fill, _ answer: OrderAnswer, _ news: inout OrderNews
  ) {
    guard answer.quantity > 0, answer.priceE4 > 0 else {
      counts.strangeFills += 1
      return
    }
    if WorkingOrder.isThrough(limit: fill.limitE4, answer.priceE4, isBuy: news.isBuy) {
      countThroughLimit()
    }
    var corrected = fill
    (corrected.quantity, corrected.priceE4) = (answer.quantity, answer.priceE4)
    fills.insert(corrected)
    // Shares that are filled without ever having been open.
    (news.added, news.filled, news.fillPriceE4) = (
      answer.quantity, answer.quantity, answer.priceE4
    )
  }
}
