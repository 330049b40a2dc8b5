import TickRing

/// Orders of which it is not known what became of them: a predecessor left them, or the connection
/// was lost.
extension OrderBook {
  /// Whatever a predecessor left in the pool is in doubt.
  mutating func takeOver() {
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
    takeOverPartners()
  }

  /// The predecessor may have died between noting a replacement and noting that its original has
  /// one, or between freeing it and noting that it has none.
  private mutating func takeOverPartners() {
    var link = open.first
    while link != 0 {
      let order = pool[atPlace: Int(link) - 1]
      link = order.links.after
      if order.isReplacement, let original = original(of: order) {
        pool[original.userRefNum].partner = order.userRefNum
      } else if !order.isReplacement, order.partner != 0, !isReplacement(order.partner) {
        pool[order.userRefNum].partner = 0
      }
    }
  }

  mutating func isReplacement(_ number: UInt32) -> Bool {
    pool.contains(number) && pool[number].isReplacement
  }

  /// A strategy's order, if it is in doubt and no replacement of it is under way.
  mutating func findInDoubt(_ orderId: UInt64) -> WorkingOrder? {
    guard let number = index.find(orderId) else { return evicted.find(orderId) }
    return pool[number].life == .inDoubt && pool[number].partner == 0 ? pool[number] : nil
  }

  /// What the predecessor wanted cancelled is to go: what it sent may never have arrived.
  private mutating func askForCancelAgain(_ place: Int) {
    let order = pool[atPlace: place]
    let isWanted = order.isCancelAsked || order.isCancelSent || order.isStopped
    let isToGo = isWanted && !order.isReplacement
    pool[atPlace: place].isCancelAsked = isToGo
    pool[atPlace: place].isCancelSent = false
    if isToGo { due.insert(place) }
  }

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
  /// Begin with a `link` of `open.first`, and let each `leave` before the next.
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
        return withdrawal(of: order.userRefNum, at: now)
      }
    }
    guard let order = evicted.first(from: next) else {
      pool.isCrowded = evicted.count > 0
      return nil
    }
    var news =
      order.isReplacement ? refusal(of: order, at: now) : OrderNews(leaving: order, at: now)
    news.leaving = order.userRefNum
    // That was given back when it made room.
    news.released = 0
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
    let place = pool.place(number)
    if pool.isGuest(atPlace: place) { evicted.move(from: place, in: pool) }
    let there = pool.userRefNum(atPlace: place)
    guard there > number else { return }
    let order = pool[there]
    guard order.life == .inDoubt, !order.isAccepted, !order.isHeard else { return }
    var news = OrderNews(of: order)
    news.released = order.reserved
    if order.isReplacement {
      news = refusal(of: order, at: 0)
      // It is not known to be one yet.
      news.event = .none
    }
    pool.isCrowded = true
    // In a line of its own before it leaves this one.
    evicted.keep(order, in: pool)
    if order.isReplacement { dropReplacement(there) } else { end(there) }
    evictedNews = news
  }

  mutating func takeEvicted() -> OrderNews? { evictedNews.take() }
}
