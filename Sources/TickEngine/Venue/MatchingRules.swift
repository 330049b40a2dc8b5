import TickWire

/// What the engine knows of one instrument: the touch that the market shows, and the queues of its
/// own resting orders.
struct VenueBook {
  var bidE4: Int64 = 0
  var askE4: Int64 = 0
  var bidSize: UInt32 = 0
  var askSize: UInt32 = 0
  var halted = false
  var buys = OrderQueue()
  var sells = OrderQueue()

  /// Shares that an order of this side and limit could take now.
  func available(toBuy: Bool, limitE4: Int64) -> UInt32 {
    if toBuy { return askSize > 0 && askE4 <= limitE4 ? askSize : 0 }
    return bidSize > 0 && bidE4 >= limitE4 ? bidSize : 0
  }

  mutating func take(_ quantity: UInt32, toBuy: Bool) {
    if toBuy { askSize -= quantity } else { bidSize -= quantity }
  }
}

extension MatchingEngine where Sink: ~Copyable {
  // MARK: The market

  /// A new touch; size or price 0 (or less): that side is empty. Fills what it reaches.
  public mutating func quote(
    instrument: UInt32, bidE4: Int64, bidSize: UInt32, askE4: Int64, askSize: UInt32
  ) {
    guard let index = bookIndex(instrument) else { return }
    books[index].bidE4 = bidE4
    books[index].bidSize = bidE4 > 0 ? bidSize : 0
    books[index].askE4 = askE4
    books[index].askSize = askE4 > 0 ? askSize : 0
    guard !books[index].halted else { return }
    fillResting(index, buys: true)
    fillResting(index, buys: false)
  }

  /// A trade of the market: fills resting orders that it went strictly beyond.
  public mutating func trade(instrument: UInt32, priceE4: Int64, size: UInt32) {
    guard let index = bookIndex(instrument), priceE4 > 0, !books[index].halted else { return }
    var left = size
    while left > 0, books[index].buys.head >= 0, orders[books[index].buys.head].priceE4 > priceE4 {
      left -= fill(books[index].buys.head, atMost: left)
    }
    while left > 0, books[index].sells.head >= 0, orders[books[index].sells.head].priceE4 < priceE4
    {
      left -= fill(books[index].sells.head, atMost: left)
    }
  }

  /// Halted or trading.
  public mutating func status(instrument: UInt32, halted: Bool) {
    guard let index = bookIndex(instrument) else { return }
    books[index].halted = halted
  }

  /// Every touch is gone until it is quoted anew; resting orders stay.
  public mutating func forgetMarket(withHalts: Bool) {
    counts.marketUpdates += 1
    for index in books.indices {
      (books[index].bidSize, books[index].askSize) = (0, 0)
      if withHalts { books[index].halted = false }
    }
  }

  private mutating func bookIndex(_ instrument: UInt32) -> Int? {
    counts.marketUpdates += 1
    guard instrument < books.count else {
      counts.marketUpdatesBeyondLimit += 1
      return nil
    }
    return Int(instrument)
  }

  /// Fills the resting orders of one side that the opposite touch has come to.
  private mutating func fillResting(_ index: Int, buys: Bool) {
    while true {
      let head = buys ? books[index].buys.head : books[index].sells.head
      guard head >= 0 else { return }
      let shown = books[index].available(toBuy: buys, limitE4: orders[head].priceE4)
      guard shown > 0 else { return }
      books[index].take(fill(head, atMost: shown), toBuy: buys)
    }
  }

  /// Fills a resting order at its limit; returns the shares, at least one.
  private mutating func fill(_ slot: Int32, atMost size: UInt32) -> UInt32 {
    let order = orders[slot]
    let quantity = min(order.open, size)
    orders[slot].open -= quantity
    orders[slot].executed += quantity
    if quantity == order.open { remove(slot) }
    execute(
      order.userRefNum, order.clientOrderId, quantity, order.priceE4, Ouch50.liquidityAdded,
      to: order.account)
    return quantity
  }

  // MARK: Requests

  /// Whether the number is new; if so it is used up.
  mutating func takeNumber(_ userRefNum: UInt32, of account: UInt32) -> Bool {
    guard userRefNum > lastUserRefNum[Int(account)] else {
      counts.duplicatesIgnored += 1
      duplicatesIgnored[Int(account)] += 1
      return false
    }
    lastUserRefNum[Int(account)] = userRefNum
    return true
  }

  /// Why an order may not enter; nil if it may.
  mutating func refusal(
    of request: VenueOrderRequest, from account: UInt32, freesSlot: Bool
  ) -> Ouch50.RejectReason? {
    guard let instrument = request.instrument else { return .invalidSymbol }
    guard instrument < books.count else {
      counts.rejectedNoCapacity += 1
      return .invalidSymbol
    }
    guard !firmsOff.isOff(request.firm, of: account) else { return .firmNotAuthorised }
    guard !books[Int(instrument)].halted else { return .halted }
    guard request.side != nil else { return .invalidSide }
    guard request.quantity > 0, request.quantity <= limits.quantityMax else {
      return .invalidQuantity
    }
    guard request.priceE4 > 0, request.priceE4 <= limits.priceE4Max else { return .invalidPrice }
    guard let timeInForce = request.timeInForce else { return .other }
    guard request.cross == Ouch50.crossContinuous else { return .invalidCrossOrder }
    let rests = timeInForce != .immediateOrCancel
    guard request.minimumQuantity <= (rests ? 0 : request.quantity) else {
      return .invalidMinimumQuantity
    }
    guard !rests || freesSlot || !orders.isFull else {
      counts.rejectedNoCapacity += 1
      return .processingError
    }
    return nil
  }

  /// Takes from the touch what it reaches; the rest rests or is cancelled.
  ///
  /// - Parameter executed: of the orders that it stands for.
  mutating func place(
    _ request: VenueOrderRequest, from account: UInt32, executed: UInt32 = 0
  ) {
    let index = Int(request.instrument!)  // `refusal` has let it pass
    let side = request.side!
    let limitE4 = Int64(request.priceE4)
    let shown = books[index].available(toBuy: side.isBuy, limitE4: limitE4)
    let taken = shown < request.minimumQuantity ? 0 : min(shown, request.quantity)
    if taken > 0 {
      let touchE4 = side.isBuy ? books[index].askE4 : books[index].bidE4
      books[index].take(taken, toBuy: side.isBuy)
      execute(
        request.userRefNum, request.clientOrderId, taken, touchE4, Ouch50.liquidityRemoved,
        to: account)
    }
    let left = request.quantity - taken
    guard left > 0 else { return }
    if request.timeInForce == .immediateOrCancel {
      cancel(request.userRefNum, left, .immediateOrCancel, to: account)
    } else {
      rest(request, left, executed + taken, from: account)
    }
  }

  private mutating func rest(
    _ request: VenueOrderRequest, _ open: UInt32, _ executed: UInt32, from account: UInt32
  ) {
    let index = Int(request.instrument!)
    let order = RestingOrder(
      account: account, userRefNum: request.userRefNum, instrument: index, side: request.side!,
      priceE4: Int64(request.priceE4), open: open, executed: executed, symbol: request.symbol,
      capacity: request.capacity, cross: request.cross, clientOrderId: request.clientOrderId,
      firm: request.firm)
    if order.side.isBuy {
      orders.insert(order, into: &books[index].buys)
    } else {
      orders.insert(order, into: &books[index].sells)
    }
  }

  mutating func remove(_ slot: Int32) {
    let index = orders[slot].instrument
    if orders[slot].side.isBuy {
      orders.remove(slot, from: &books[index].buys)
    } else {
      orders.remove(slot, from: &books[index].sells)
    }
  }

  // MARK: Events

  /// Tells an execution, in parts where the account is to be treated so.
  private mutating func execute(
    _ userRefNum: UInt32, _ id: FixedText, _ quantity: UInt32, _ priceE4: Int64,
    _ liquidity: UInt8, to account: UInt32
  ) {
    var left = quantity
    while left > 0 {
      let part = part(of: left, account)
      if left == quantity, part < left { faultCounts.partialFills += 1 }
      executePart(userRefNum, part, priceE4, liquidity, to: account)
      if !faults.isEmpty { faults[Int(account)].executed(userRefNum, id, match: lastMatch) }
      left -= part
    }
  }

  private mutating func executePart(
    _ userRefNum: UInt32, _ quantity: UInt32, _ priceE4: Int64, _ liquidity: UInt8,
    to account: UInt32
  ) {
    lastMatch += 1
    counts.executions += 1
    counts.sharesExecuted += UInt64(quantity)
    let price = UInt64(priceE4)
    counts.notionalE4 &+= price &* UInt64(quantity)
    sink.emit(
      .executed(
        userRefNum: userRefNum, quantity: quantity, priceE4: price, liquidity: liquidity,
        match: lastMatch), to: account)
  }

  /// Leaves `remaining` shares of a resting order open, fewer than there are.
  mutating func reduce(_ slot: Int32, to remaining: UInt32, _ reason: Ouch50.CancelReason) {
    let order = orders[slot]
    orders[slot].open = remaining
    if remaining == 0 { remove(slot) }
    cancel(order.userRefNum, order.open - remaining, reason, to: order.account)
  }

  mutating func cancel(
    _ userRefNum: UInt32, _ quantity: UInt32, _ reason: Ouch50.CancelReason, to account: UInt32
  ) {
    counts.cancels += 1
    counts.sharesCanceled += UInt64(quantity)
    sink.emit(
      .canceled(userRefNum: userRefNum, quantity: quantity, reason: reason), to: account)
  }

  mutating func reject(
    _ userRefNum: UInt32, _ reason: Ouch50.RejectReason, _ id: FixedText, to account: UInt32
  ) {
    counts.countRejection(reason)
    sink.emit(
      .rejected(userRefNum: userRefNum, reason: reason, clientOrderId: id), to: account)
  }
}
