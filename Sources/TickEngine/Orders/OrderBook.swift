import TickRing
import TickWire

/// The sender's orders that are out: what each is, by us. What the venue says of them is in
/// `OrderBook+Answers.swift`, the table of what may follow what in `OrderLife`.
///
/// Hot path. Thread: the sender's. No allocation. What fits no order, or no state of it, is counted
/// as an anomaly and changes nothing; an order accepted otherwise than it was sent is one too, and
/// is what the venue says that it is.
struct OrderBook: ~Copyable {
  static let fillsRemembered = 65_536

  var pool: OrderPool
  var open: OpenOrders
  var fills: FillTable
  private var index: OrderIndex
  let owners: OrderOwners
  var counts = OrderCounts()
  var due: DueCancels
  /// Orders in the pool of which it is not known what became of them.
  private var inDoubtHere = 0
  /// Orders of which it is not known what became of them.
  var inDoubt: Int { inDoubtHere + evicted.count }
  /// A predecessor's orders that had to make room, and what the last of them held; for the gate.
  var evicted: EvictedOrders
  private var evictedNews: OrderNews?

  /// Takes over a pool; whatever is out in it is in doubt.
  init(
    _ pool: consuming OrderPool, instruments: Int, fills: Int = OrderBook.fillsRemembered,
    owners: OrderOwners = OrderOwners()
  ) {
    self.owners = owners
    index = OrderIndex(capacity: pool.places / 2)
    open = OpenOrders(instruments: instruments)
    due = DueCancels(places: pool.places)
    evicted = EvictedOrders(capacity: pool.count, places: pool.places)
    self.fills = FillTable(capacity: fills)
    self.pool = pool
    takeOver()
  }

  private mutating func takeOver() {
    for place in 1..<pool.places {
      let number = pool.userRefNum(atPlace: place)
      guard number != 0 else { continue }
      if pool[number].isHalfWritten {
        // The predecessor died over it: it was never sent.
        try? pool.giveBack(number)
        continue
      }
      // As it was sent: what the venue made of it comes with the replay.
      pool[number].state = OrderState.inDoubt.rawValue
      pool[number].isAccepted = false
      pool[number].isHeard = false
      askForCancelAgain(place)
      pool[number].filled = 0
      pool[number].open = pool[number].quantity
      let order = pool[number]
      pool[number].reserved = order.isReplacement ? 0 : order.quantity
      if !order.isReplacement, order.orderId != 0 { index.insert(order.orderId, number) }
      open.insert(number, in: pool)
      inDoubtHere += 1
    }
  }

  /// What the predecessor wanted cancelled is to go: what it sent may never have arrived.
  private mutating func askForCancelAgain(_ place: Int) {
    let order = pool[atPlace: place]
    let isToGo = (order.isCancelAsked || order.isCancelSent) && !order.isReplacement
    pool[atPlace: place].isCancelAsked = isToGo
    pool[atPlace: place].isCancelSent = false
    if isToGo { due.insert(place) }
  }

  var capacity: Int { pool.capacity }
  var count: Int { pool.count + evicted.count }
  /// Orders that somebody wants cancelled and for which no cancel was sent.
  var cancelsDue: Int { due.count }
  var hasRoom: Bool { pool.hasRoom }
  func isKnown(_ orderId: UInt64) -> Bool { index.find(orderId) != nil }
  func find(_ orderId: UInt64) -> UInt32? { index.find(orderId) }

  // MARK: Asked for by us

  /// Takes an order from the pool for a request; nil if the pool is exhausted.
  mutating func add(
    _ request: OrderRequest, quantity: UInt32, priceE4: Int64, referenceE4: Int64, worker: Int
  ) -> UInt32? {
    guard let number = try? pool.take() else { return nil }
    pool[number].orderId = request.order_id
    pool[number].priceE4 = priceE4
    pool[number].quantity = quantity
    pool[number].open = quantity
    pool[number].reserved = quantity
    pool[number].worker = UInt8(truncatingIfNeeded: worker)
    pool[number].isBuy = request.side == OrderSide.buy.rawValue
    pool[number].isImmediate = request.time_in_force != TimeInForce.day.rawValue
    pool[number].isKillIfPartial = request.time_in_force == TimeInForce.fok.rawValue
    pool[number].isHeard = true
    pool[number].strategy = request.strategy
    pool[number].remember(referenceE4: referenceE4)
    pool[number].state = OrderState.new.rawValue
    index.insert(request.order_id, number)
    open.insert(number, in: pool)
    counts.sent += 1
    return number
  }

  /// Takes an order for the replacement of `old`, which `canReplace` has allowed. Both stay out
  /// until the venue has chosen one.
  mutating func addReplacement(
    of old: UInt32, quantity: UInt32, priceE4: Int64, referenceE4: Int64
  ) -> UInt32? {
    guard step(old, .askReplace), let number = try? pool.take() else { return nil }
    var order = pool[old]
    order.userRefNum = number
    order.priceE4 = priceE4
    order.quantity = quantity
    order.open = quantity
    order.filled = 0
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

  /// Marks an order as being cancelled; nil if it is done or being cancelled already.
  mutating func beginCancel(_ orderId: UInt64) -> UInt32? {
    guard let number = index.find(orderId) else { return nil }
    return beginCancel(number: number)
  }

  mutating func beginCancel(number: UInt32) -> UInt32? {
    guard !pool[number].isCancelSent, step(number, .askCancel) else { return nil }
    due.remove(pool.place(number))
    pool[number].isCancelAsked = true
    pool[number].isCancelSent = true
    return number
  }

  /// Wants every order cancelled that `isMeant`; the cancels follow by `nextCancel`.
  mutating func wantCancels(_ isMeant: (WorkingOrder) -> Bool) {
    var link = open.first
    while link != 0 {
      let place = Int(link) - 1
      link = pool[atPlace: place].links.after
      wantCancel(place, isMeant)
    }
    evicted.wantCancels(isMeant)
  }

  /// The same for the orders of one instrument.
  mutating func wantCancels(of instrument: UInt32, _ isMeant: (WorkingOrder) -> Bool) {
    for side in 0..<2 {
      var link = open.first(of: instrument, isBuy: side == 1)
      while link != 0 {
        let place = Int(link) - 1
        link = pool[atPlace: place].links.sameAfter
        wantCancel(place, isMeant)
      }
    }
    evicted.wantCancels { $0.instrument == instrument && isMeant($0) }
  }

  /// Wants one order cancelled.
  mutating func wantCancel(_ number: UInt32) { wantCancel(pool.place(number)) { _ in true } }

  /// The same for a strategy's order; false if it is done, or was wanted cancelled before.
  mutating func wantCancel(of orderId: UInt64) -> Bool {
    guard let number = index.find(orderId) else {
      return evicted.wantCancels { $0.orderId == orderId }
    }
    guard !pool[number].isCancelAsked else { return false }
    wantCancel(number)
    return true
  }

  /// Cancels that were never sent after all are due again.
  mutating func cancelAgain() {
    var link = open.first
    while link != 0 {
      let place = Int(link) - 1
      link = pool[atPlace: place].links.after
      guard pool[atPlace: place].isCancelSent else { continue }
      pool[atPlace: place].isCancelSent = false
      due.insert(place)
    }
  }

  private mutating func wantCancel(_ place: Int, _ isMeant: (WorkingOrder) -> Bool) {
    let order = pool[atPlace: place]
    guard !order.isCancelAsked, !order.isReplacement, isMeant(order) else { return }
    pool[atPlace: place].isCancelAsked = true
    due.insert(place)
  }

  /// The next order, from a place on, that somebody wants cancelled and that a cancel can be sent
  /// for; it is marked as being cancelled. Begin with `due.first`.
  mutating func nextCancel(from place: inout Int) -> UInt32? {
    while place != 0 {
      let order = pool[atPlace: place]
      place = due.after(place)
      guard order.life != .inDoubt else { continue }
      if let number = beginCancel(number: order.userRefNum) { return number }
    }
    return nil
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

  /// Whether anything of a strategy is out.
  func hasOrder(of strategy: UInt8) -> Bool {
    open.count(of: strategy) > 0 || evicted.count > 0
  }

  // MARK: Steps

  /// Takes a step if the table knows it; else counts an anomaly, and false.
  mutating func step(_ number: UInt32, _ step: OrderStep) -> Bool {
    let order = pool[number]
    let next = OrderLife.next(
      order.life, step, isAccepted: order.isAccepted,
      isPartial: order.filled > 0 || step == .fillPart)
    guard let next else {
      if step != .askCancel, step != .askReplace { counts.anomalies += 1 }
      return false
    }
    if order.life == .inDoubt, next != .inDoubt { inDoubtHere -= 1 }
    if order.life != .inDoubt, next == .inDoubt { inDoubtHere += 1 }
    pool[number].state = next.rawValue
    return true
  }

  /// Gives an order back that has ended.
  mutating func end(_ number: UInt32) {
    let order = pool[number]
    if order.life == .inDoubt { inDoubtHere -= 1 }
    if order.isCancelAsked { due.remove(pool.place(number)) }
    if index.find(order.orderId) == number { index.remove(order.orderId) }
    open.remove(number, from: pool)
    do { try pool.giveBack(number) } catch { preconditionFailure("an order ended twice") }
  }

  /// `number` now is the order that its id names.
  mutating func rename(_ orderId: UInt64, _ number: UInt32) { index.insert(orderId, number) }

  /// The order did not leave after all: what it held, for the gate.
  mutating func withdraw(_ number: UInt32, at now: UInt64) -> OrderNews? {
    guard pool.contains(number), step(number, .withdraw) else { return nil }
    let order = pool[number]
    var news = OrderNews(of: order)
    if order.isReplacement {
      // One of a predecessor's was never counted here.
      if order.isHeard { counts.replacesSent -= 1 }
      let old = dropReplacement(number, &news)
      guard old != 0 else { return news }
      news.event = .of(
        pool[old], .cancelReject, quantity: pool[old].open, priceE4: pool[old].priceE4, at: now)
      return news
    }
    if order.isHeard {
      counts.sent -= 1
      counts.unsent += 1
    }
    news.released = order.reserved
    news.event = .of(order, .unsent, quantity: order.quantity, priceE4: order.priceE4, at: now)
    end(number)
    return news
  }

  /// Ends a replacement that will not come, and gives its original its life back; the original's
  /// number, 0 if it is gone.
  mutating func dropReplacement(_ number: UInt32, _ news: inout OrderNews) -> UInt32 {
    let old = pool[number].partner
    end(number)
    guard pool.contains(old), pool[old].partner == number else { return 0 }
    news = OrderNews(of: pool[old])
    pool[old].partner = 0
    if pool[old].life == .pendingReplace {
      _ = step(old, .refuseReplace)
      // A cancel that was sent meanwhile is under way still.
      if pool[old].isCancelSent { _ = step(old, .askCancel) }
    }
    news.released = pool[old].reserved - min(pool[old].reserved, pool[old].open)
    pool[old].reserved = pool[old].open
    return old
  }

  // MARK: Doubt

  /// The connection is gone: whatever is out is in doubt.
  mutating func disconnected() {
    var link = open.first
    while link != 0 {
      let order = pool[atPlace: Int(link) - 1]
      link = order.links.after
      _ = step(order.userRefNum, .disconnect)
      // What was asked for may not have arrived: it is asked for again.
      if order.isCancelSent {
        pool[order.userRefNum].isCancelSent = false
        due.insert(pool.place(order.userRefNum))
      }
    }
  }

  /// The venue has said all: what it would have named by now and has not never came to it. Returns
  /// one such order after the other, and at last nil; `next` is the number that it takes next.
  /// Begin with a `link` of `open.first`.
  ///
  /// What it has accepted and not ended is confirmed. What it must have heard of and says nothing
  /// about stays in doubt.
  mutating func settle(from link: inout UInt32, next: UInt32, at now: UInt64) -> OrderNews? {
    while link != 0 {
      let order = pool[atPlace: Int(link) - 1]
      link = order.links.after
      guard order.life == .inDoubt else { continue }
      if order.isAccepted {
        _ = step(order.userRefNum, .confirm)
      } else if order.userRefNum >= next || order.isReplacement {
        // A replacement that the venue ignores leaves its number unused or not; either way it is
        // not there, or the venue would have said so.
        return withdraw(order.userRefNum, at: now)
      }
    }
    guard let order = evicted.take(from: next) else { return nil }
    var news = OrderNews(of: order)
    news.event = .of(order, .unsent, quantity: order.quantity, priceE4: order.priceE4, at: now)
    return news
  }

  /// What a predecessor left, one order after the other, for the gate: `added` is what it must
  /// count as open. Begin with a `link` of `open.first`.
  mutating func left(from link: inout UInt32) -> OrderNews? {
    guard link != 0 else { return nil }
    let order = pool[atPlace: Int(link) - 1]
    link = order.links.after
    var news = OrderNews(of: order)
    news.added = order.reserved
    return news
  }

  /// Makes the place of `number` free, which the venue names while it tells what there was, if a
  /// later order lies there that it has not named: when it does, that one is taken in again. What
  /// it held is for `takeEvicted`.
  mutating func makeRoom(for number: UInt32) {
    let there = pool.userRefNum(atPlace: pool.place(number))
    guard there > number else { return }
    let order = pool[there]
    guard order.life == .inDoubt, !order.isAccepted, !order.isHeard else { return }
    var news = OrderNews(of: order)
    news.released = order.reserved
    if order.isReplacement {
      _ = dropReplacement(there, &news)
    } else {
      end(there)
      evicted.keep(order, at: pool.place(there))
    }
    evictedNews = news
  }

  mutating func takeEvicted() -> OrderNews? { evictedNews.take() }

  // MARK: The end

  /// Orders sent and not answered. Looks at every order: for the end of a run.
  var inFlight: Int {
    var count = 0
    var link = open.first
    while link != 0 {
      let order = pool[atPlace: Int(link) - 1]
      if !order.isAccepted, !order.isReplacement, order.isHeard { count += 1 }
      link = order.links.after
    }
    return count
  }

  /// Counts what is still out when the sender stops.
  mutating func finish() {
    var link = open.first
    while link != 0 {
      let order = pool[atPlace: Int(link) - 1]
      link = order.links.after
      guard !order.isReplacement else { continue }
      if !order.isAccepted {
        if order.isHeard { counts.inFlight += 1 }
      } else {
        counts.open += 1
        if order.filled > 0 { counts.partiallyFilled += 1 }
      }
    }
  }
}
