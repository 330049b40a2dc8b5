import TickRing
import TickWire

/// What the venue says.
extension OrderBook {
  /// Takes one answer; nil if there is nothing to tell. `origin`, where the venue repeats it, is
  /// for orders of before this process: nil makes an order that is not known an anomaly.
  mutating func apply(
    _ answer: OrderAnswer, origin: OrderOrigin? = nil, at now: UInt64
  ) -> OrderNews? {
    switch answer.kind {
    case .accepted: return accept(answer, origin, now)
    case .replaced: return replace(answer, origin, now)
    case .executed: return execute(answer, now)
    case .canceled, .canceledSelfMatch: return cancel(answer, now)
    case .rejected: return reject(answer, origin, now)
    case .cancelPending, .cancelRejected: return answerCancel(answer, now)
    case .modified, .priorityChanged, .restated: return restate(answer, now)
    case .broken, .corrected: return breakTrade(answer, now)
    case .malformed:
      // It may have been a fill.
      countStrange()
      return nil
    case .unknown:
      counts.unknownMessages += 1
      return nil
    case .accountQueryResponse, .massCancelResponse, .entryDisabled, .entryEnabled, .systemEvent:
      return nil
    }
  }

  mutating func anomaly() -> OrderNews? {
    counts.anomalies += 1
    return nil
  }

  /// Counts what cannot be true together with what is booked: positions are in doubt.
  mutating func countStrange() {
    counts.strangeFills += 1
    counts.anomalies += 1
  }

  /// A price that an order's limit rules out. A successor knows of an order that has ended no more
  /// than the price that the venue showed it at, which may be better than its limit.
  mutating func countThroughLimit() {
    throughLimits += 1
    countStrange()
  }

  // MARK: It is in, or not

  private mutating func accept(
    _ answer: OrderAnswer, _ origin: OrderOrigin?, _ now: UInt64
  ) -> OrderNews? {
    let number = answer.userRefNum
    guard answer.quantity > 0, answer.priceE4 > 0, answer.side != nil else { return anomaly() }
    let isStrange = !pool.contains(number)
    if isStrange {
      guard let origin, adopt(answer, origin) else { return anomaly() }
    }
    guard !pool[number].isReplacement, step(number, answer.isDead ? .acceptDead : .accept) else {
      if pool[number].isReplacement { counts.anomalies += 1 }
      return nil
    }
    if pool[number].isHeard { counts.acked += 1 }
    return enter(number, answer, isStrange, held: isStrange ? 0 : pool[number].reserved, now)
  }

  /// An order of before this process, as the venue tells of it.
  private mutating func adopt(_ answer: OrderAnswer, _ origin: OrderOrigin) -> Bool {
    let number = answer.userRefNum
    // The venue never calls a replacement accepted.
    let isReplacement = evicted.find(number, at: pool.place(number))?.isReplacement == true
    guard origin.orderId != 0, !isReplacement else { return false }
    makeRoom(for: number)
    guard pool.take(number) else { return false }
    let place = pool.place(number)
    pool[number].orderId = origin.orderId
    pool[number].strategy = origin.strategy
    pool[number].worker = owners.worker(of: origin.orderId, strategy: origin.strategy)
    pool[number].priceE4 = answer.priceE4
    if let order = evicted.take(number, at: place) {
      pool[number].resume(order)
      pool.forget(atPlace: order.lodging)
    }
    pool[number].state = OrderState.pending.rawValue
    counts.adopted += 1
    rename(pool[number].orderId, number)
    open.insert(number, in: pool)
    if pool[number].isCancelAsked { due.insert(place) }
    return true
  }

  /// What the venue holds of an order that it has just taken in. `held`: what the gate counts.
  mutating func enter(
    _ number: UInt32, _ answer: OrderAnswer, _ isStrange: Bool, held: UInt32, _ now: UInt64
  ) -> OrderNews {
    // Its side may be another than was sent, and with it its list.
    let isMoved = answer.side.map { $0.isBuy != pool[number].isBuy } ?? false
    if isMoved { open.remove(number, from: pool) }
    let isWorse = isMoved || pool[number].isThroughLimit(answer.priceE4)
    let isOther = pool[number].adopt(answer.side, answer.quantity, answer.priceE4)
    if isMoved { open.insert(number, in: pool) } else { open.note(pool[number]) }
    if isOther, !isStrange { counts.anomalies += 1 }
    if isWorse, !isStrange {
      counts.strangeFills += 1
      throughLimits += 1
    }
    pool[number].isAccepted = true
    // Dead on arrival: nothing of it is open, and no cancel follows to say so.
    if answer.isDead { pool[number].open = 0 }
    pool[number].reserved = pool[number].open
    let order = pool[number]
    var news = OrderNews(of: order)
    news.released = held - min(held, order.open)
    news.added = order.open - min(held, order.open)
    news.event = .of(order, .ack, quantity: answer.quantity, priceE4: answer.priceE4, at: now)
    if answer.isDead {
      counts.canceled += 1
      end(number)
    }
    return news
  }

  private mutating func reject(
    _ answer: OrderAnswer, _ origin: OrderOrigin?, _ now: UInt64
  ) -> OrderNews? {
    let number = answer.userRefNum
    guard pool.contains(number), step(number, .reject) else {
      return pool.contains(number) ? nil : rejectUnknown(answer, origin, now)
    }
    let order = pool[number]
    var news = OrderNews(of: order)
    if order.isReplacement {
      counts.replacesRefused += 1
      news = refusal(of: order, at: now)
      dropReplacement(number)
    } else {
      if order.isHeard { counts.venueRejected += 1 }
      news.released = order.reserved
      news.event = .of(
        order, .venueReject, quantity: order.quantity, priceE4: order.priceE4, at: now)
      end(number)
    }
    news.event.reason = UInt8(truncatingIfNeeded: answer.reason)
    return news
  }

  /// One that had to make room, or that a predecessor freed and may not have told: what it held is
  /// not counted any more.
  private mutating func rejectUnknown(
    _ answer: OrderAnswer, _ origin: OrderOrigin?, _ now: UInt64
  ) -> OrderNews? {
    let number = answer.userRefNum
    var (order, kind) = (WorkingOrder(), OrderEventKind.venueReject)
    if let there = evicted.take(number, at: pool.place(number)) {
      pool.forget(atPlace: there.lodging)
      if there.isReplacement {
        counts.replacesRefused += 1
        var news = refusal(of: there, at: now)
        news.event.reason = UInt8(truncatingIfNeeded: answer.reason)
        return news
      }
      order = there
    } else if let origin, let old = index.find(origin.orderId), !pool[old].isHeard {
      // A replacement's: the original is as it was.
      (order, kind) = (pool[old], .cancelReject)
    } else if let origin, index.find(origin.orderId) == nil {
      (order.orderId, order.strategy) = (origin.orderId, origin.strategy)
      order.worker = owners.worker(of: origin.orderId, strategy: origin.strategy)
    } else {
      return anomaly()
    }
    var news = OrderNews(of: order)
    news.event = .of(order, kind, quantity: order.open, priceE4: order.priceE4, at: now)
    news.event.reason = UInt8(truncatingIfNeeded: answer.reason)
    return news
  }

  // MARK: What is left of it

  private mutating func execute(_ answer: OrderAnswer, _ now: UInt64) -> OrderNews? {
    let number = answer.userRefNum
    guard pool.contains(number), answer.quantity > 0, answer.quantity <= pool[number].open,
      answer.priceE4 > 0, fills.find(number, answer.match) == nil
    else {
      if !isToldAgain(answer) { counts.strangeFills += 1 }
      return anomaly()
    }
    let isWhole = answer.quantity == pool[number].open
    guard step(number, isWhole ? .fillWhole : .fillPart) else {
      counts.strangeFills += 1
      return nil
    }
    pool[number].filled += answer.quantity
    pool[number].open -= answer.quantity
    let order = pool[number]
    remember(order, answer)
    // It happened, if the venue says so; that it cannot have says that positions may be wrong.
    if order.isThroughLimit(answer.priceE4) { countThroughLimit() }
    var news = OrderNews(of: order)
    news.filled = answer.quantity
    news.fillPriceE4 = answer.priceE4
    pool[number].reserved -= min(order.reserved, answer.quantity)
    news.event = .of(order, .fill, quantity: answer.quantity, priceE4: answer.priceE4, at: now)
    news.event.match_id = answer.match
    if isWhole {
      if order.filled == order.quantity { counts.filled += 1 } else { counts.partiallyFilled += 1 }
      endWhole(number, &news)
    }
    return news
  }

  /// A fill that was counted already: nothing new, and no sign that positions are wrong.
  private func isToldAgain(_ answer: OrderAnswer) -> Bool {
    fills.find(answer.userRefNum, answer.match) != nil
  }

  private mutating func remember(_ order: WorkingOrder, _ answer: OrderAnswer) {
    fills.insert(
      FillTable.Fill(
        match: answer.match, orderId: order.orderId, priceE4: answer.priceE4,
        limitE4: order.priceE4, referenceE4: order.referenceE4, userRefNum: order.userRefNum,
        quantity: answer.quantity,
        worker: order.worker, strategy: order.strategy, side: order.side,
        isHeard: order.isHeard))
  }

  private mutating func cancel(_ answer: OrderAnswer, _ now: UInt64) -> OrderNews? {
    let number = answer.userRefNum
    guard pool.contains(number), answer.quantity > 0, answer.quantity <= pool[number].open else {
      return anomaly()
    }
    return reduce(number, by: answer.quantity, .canceled, now)
  }

  /// `quantity` shares of an order will not fill.
  mutating func reduce(
    _ number: UInt32, by quantity: UInt32, _ kind: OrderEventKind, _ now: UInt64
  ) -> OrderNews? {
    let isWhole = quantity == pool[number].open
    guard step(number, isWhole ? .cancelWhole : .cancelPart) else { return nil }
    pool[number].open -= quantity
    let order = pool[number]
    var news = OrderNews(of: order)
    // With a replacement under way the gate goes on counting the larger.
    news.released = order.partner == 0 ? min(quantity, order.reserved) : 0
    pool[number].reserved -= news.released
    news.event = .of(order, kind, quantity: quantity, priceE4: order.priceE4, at: now)
    if isWhole {
      counts.canceled += 1
      if order.filled > 0 { counts.partiallyFilled += 1 }
      endWhole(number, &news)
    }
    return news
  }

  /// Ends an order of which nothing is open, and the replacement that was asked for: the venue
  /// ignores one of an order that is gone.
  private mutating func endWhole(_ number: UInt32, _ news: inout OrderNews) {
    let order = pool[number]
    news.released += order.reserved
    if isReplacement(order.partner) {
      counts.replacesRefused += 1
      end(order.partner)
    }
    end(number)
  }

  private mutating func answerCancel(_ answer: OrderAnswer, _ now: UInt64) -> OrderNews? {
    let number = answer.userRefNum
    let isRefused = answer.kind == .cancelRejected
    if pool.contains(number), !pool[number].isCancelSent,
      pool[number].life == .inDoubt || !pool[number].isHeard
    {
      // To a cancel of before: of an earlier connection, or a predecessor's.
      if isRefused { counts.cancelsRefused += 1 } else { counts.cancelsPending += 1 }
      return nil
    }
    guard pool.contains(number), pool[number].isCancelSent,
      step(number, isRefused ? .refuseCancel : .putOffCancel)
    else { return pool.contains(number) && pool[number].isCancelSent ? nil : anomaly() }
    guard isRefused else {
      counts.cancelsPending += 1
      return nil
    }
    counts.cancelsRefused += 1
    pool[number].isCancelSent = false
    pool[number].isCancelAsked = false
    let order = pool[number]
    hasSpared = hasSpared || order.isStopped
    var news = OrderNews(of: order)
    news.event = .of(order, .cancelReject, quantity: order.open, priceE4: order.priceE4, at: now)
    return news
  }
}
