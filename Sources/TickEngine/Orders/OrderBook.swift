import TickRing

/// The sender's orders that are out: what each is. The table of what may follow what is in
/// `OrderLife`. In other files: what is asked for (`+Requests`), cancels (`+Cancels`), what the
/// venue says (`+Answers`, `+Changes`), what is in doubt (`+Doubt`), and what is out at the end
/// (`+End`).
///
/// Hot path. Thread: the sender's. No allocation. What fits no order, or no state of it, is counted
/// as an anomaly and changes nothing; an order accepted otherwise than it was sent is one too, and
/// is what the venue says that it is.
struct OrderBook: ~Copyable {
  static let fillsRemembered = 65_536

  var pool: OrderPool
  var open: OpenOrders
  var fills: FillTable
  var index: OrderIndex
  let owners: OrderOwners
  var counts = OrderCounts()
  var due: DueCancels
  /// Orders in the pool of which it is not known what became of them.
  var inDoubtHere = 0
  /// Orders of which it is not known what became of them.
  var inDoubt: Int { inDoubtHere + evicted.count }
  /// Of what was strange, prices that an order's limit rules out.
  var throughLimits: UInt64 = 0
  /// Whether the venue has refused to cancel what is stopped.
  var hasSpared = false
  /// A predecessor's orders that had to make room, and what the last of them held; for the gate.
  var evicted: EvictedOrders
  var evictedNews: OrderNews?

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

  var capacity: Int { pool.capacity }
  var count: Int { pool.count + evicted.count }
  /// Orders that somebody wants cancelled and for which no cancel was sent.
  var cancelsDue: Int { due.count }
  var hasRoom: Bool { pool.hasRoom }
  func isKnown(_ orderId: UInt64) -> Bool { index.find(orderId) != nil }
  func find(_ orderId: UInt64) -> UInt32? { index.find(orderId) }
  /// Fetches what a look for the order, and one for orders that it would trade with, will read.
  @inline(__always)
  func prefetch(_ orderId: UInt64, _ instrument: UInt32) {
    index.prefetch(orderId)
    open.prefetch(instrument)
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

  /// The order did not leave after all, or never arrived: what it held, for the gate, and what its
  /// worker is to know. It is there until `leave`: a death before that is told must not hide it.
  mutating func withdrawal(of number: UInt32, at now: UInt64) -> OrderNews? {
    guard pool.contains(number) else { return nil }
    let order = pool[number]
    guard
      OrderLife.next(order.life, .withdraw, isAccepted: order.isAccepted, isPartial: false) != nil
    else {
      counts.anomalies += 1
      return nil
    }
    guard order.isReplacement else { return OrderNews(leaving: order, at: now) }
    var news = refusal(of: order, at: now)
    news.leaving = number
    return news
  }

  /// An order whose withdrawal has been told.
  mutating func leave(_ number: UInt32) {
    if let order = evicted.take(number, at: pool.place(number)) {
      return pool.forget(atPlace: order.lodging)
    }
    guard pool.contains(number), step(number, .withdraw) else { return }
    let order = pool[number]
    // One of a predecessor's was never counted here.
    if order.isHeard, order.isReplacement { counts.replacesSent -= 1 }
    if order.isHeard, !order.isReplacement {
      counts.sent -= 1
      counts.unsent += 1
    }
    if order.isReplacement { dropReplacement(number) } else { end(number) }
  }

  // MARK: Replacements that come to nothing

  /// The order that a replacement was asked for, if that is out.
  mutating func original(of replacement: WorkingOrder) -> WorkingOrder? {
    let old = replacement.partner
    guard pool.contains(old), pool[old].orderId == replacement.orderId else { return nil }
    return pool[old]
  }

  /// A replacement did not leave, never arrived or is refused: its original, if that is out, is as
  /// it was.
  mutating func refusal(of replacement: WorkingOrder, at now: UInt64) -> OrderNews {
    guard let original = original(of: replacement) else { return OrderNews(of: replacement) }
    var news = OrderNews(of: original)
    // One that had to make room holds nothing any more.
    if original.partner == replacement.userRefNum {
      news.released = original.reserved - min(original.reserved, original.open)
    }
    news.event = .of(
      original, .cancelReject, quantity: original.open, priceE4: original.priceE4, at: now)
    return news
  }

  /// Ends a replacement that will not come, and gives its original its life back.
  mutating func dropReplacement(_ number: UInt32) {
    let original = original(of: pool[number])
    end(number)
    guard let original, original.partner == number else { return }
    let old = original.userRefNum
    pool[old].partner = 0
    if pool[old].life == .pendingReplace {
      _ = step(old, .refuseReplace)
      // A cancel that was sent meanwhile is under way still.
      if pool[old].isCancelSent { _ = step(old, .askCancel) }
    }
    pool[old].reserved = pool[old].open
  }
}
