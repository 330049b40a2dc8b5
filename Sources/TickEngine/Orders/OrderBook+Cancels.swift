/// Orders that somebody wants cancelled.
extension OrderBook {
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
    evicted.wantCancels(in: pool, isMeant)
  }

  /// The same for good: what the venue refuses to cancel is `wantCancelsAgain`.
  mutating func stop(_ isMeant: (WorkingOrder) -> Bool) {
    var link = open.first
    while link != 0 {
      let place = Int(link) - 1
      link = pool[atPlace: place].links.after
      if isMeant(pool[atPlace: place]) { open.stop(place, in: pool) }
    }
    evicted.stop(in: pool, isMeant)
    wantCancels(isMeant)
  }

  /// Asks again for cancels that were refused, of what is stopped.
  mutating func wantCancelsAgain() {
    hasSpared = false
    wantCancels { $0.isStopped }
  }

  /// Whether something is left of what was stopped, of a strategy or, 0, of all; of what made room
  /// nobody knows.
  func hasStopped(of strategy: UInt8) -> Bool {
    open.stoppedCount(of: strategy) > 0 || evicted.count > 0
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
    evicted.wantCancels(in: pool) { $0.instrument == instrument && isMeant($0) }
  }

  /// Wants one order cancelled.
  mutating func wantCancel(_ number: UInt32) { wantCancel(pool.place(number)) { _ in true } }

  /// The same for a strategy's order; false if it is done, or was wanted cancelled before.
  mutating func wantCancel(of orderId: UInt64) -> Bool {
    guard let number = index.find(orderId) else {
      return evicted.wantCancels(in: pool) { $0.orderId == orderId }
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
}
