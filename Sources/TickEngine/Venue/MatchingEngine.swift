import TickWire

/// The simulated exchange's rules, without sockets or a clock: the same calls in the same order
/// give the same events.
///
/// The market is what is told by `quote`, `trade` and `status`; orders trade against it and never
/// against each other:
/// 1. An order that reaches the touch takes from it at once, at the touch's price, up to the size
///    shown; what it takes is gone until the next quote of the instrument.
/// 2. What is left of an immediate-or-cancel order is cancelled; with a minimum quantity that the
///    touch cannot fill, all of it. What is left of any other order rests.
/// 3. A resting order fills at its limit when the opposite touch comes to its limit or beyond (up
///    to the size shown), or when a trade prints strictly beyond its limit (up to the size traded,
///    best price first, then oldest first). A trade at the limit may have been others in the queue.
/// 4. While an instrument is halted nothing fills and nothing enters; cancels are taken.
///
/// Numbers (`userRefNum`) rise strictly per account; another is ignored, as OUCH says.
///
/// - Ownership: all memory is taken in `init`; the sink is part of the engine.
/// - Thread safety: one owner.
public struct MatchingEngine<Sink: VenueSink & ~Copyable>: ~Copyable {
  public let limits: MatchingLimits
  public internal(set) var counts = MatchingCounts()
  public var sink: Sink
  var books: [VenueBook]
  var orders: RestingOrders
  /// The last number of each account; 0 before the first.
  var lastUserRefNum: [UInt32]
  var lastOrderReference: UInt64 = 0
  var lastMatch: UInt64 = 0
  /// Requests ignored for their number, of each account.
  var duplicatesIgnored: [UInt64]
  /// Whose orders are refused because order entry is off.
  var firmsOff = Firms()
  /// What is done wrong to each account on purpose; empty: nothing to any.
  var faults: [OrderFaults] = []
  public internal(set) var faultCounts = VenueFaultCounts()

  public init(limits: MatchingLimits, sink: consuming Sink) {
    self.limits = limits
    self.sink = sink
    books = Array(repeating: VenueBook(), count: limits.instruments)
    orders = RestingOrders(capacity: limits.restingOrders)
    lastUserRefNum = Array(repeating: 0, count: limits.accounts)
    duplicatesIgnored = Array(repeating: 0, count: limits.accounts)
  }

  /// Orders in the book.
  public var restingOrders: Int { orders.count }

  /// The lowest number that `account` may use next.
  public func nextUserRefNum(of account: UInt32) -> UInt32 {
    let last = lastUserRefNum[Int(account)]
    return last == .max ? .max : last + 1
  }

  /// A new order. Traps unless `account` is below the limit; so do the other requests.
  public mutating func enter(_ request: VenueOrderRequest, from account: UInt32) {
    guard takeNumber(request.userRefNum, of: account) else { return }
    counts.ordersReceived += 1
    if let reason = refusal(of: request, from: account, freesSlot: false)
      ?? unfairRefusal(of: account)
    {
      reject(request.userRefNum, reason, request.clientOrderId, to: account)
      return
    }
    lastOrderReference += 1
    counts.ordersAccepted += 1
    sink.emit(.accepted(request, orderReference: lastOrderReference), to: account)
    place(request, from: account)
  }

  /// A new order in the place of a live one. One that is not live (any more) is ignored and its
  /// number stays usable; details that would be refused in a new order are refused here, and the
  /// original stays as it was. One that may have no more than was executed already cancels the
  /// original, and its number stays usable.
  public mutating func replace(_ replacement: VenueReplaceRequest, from account: UInt32) {
    let found = orders.find(account: account, userRefNum: replacement.originalUserRefNum)
    guard let slot = found else {
      counts.requestsIgnored += 1
      return
    }
    let original = orders[slot]
    if replacement.userRefNum > lastUserRefNum[Int(account)],
      replacement.quantity > 0, replacement.quantity <= original.executed
    {
      return reduce(slot, to: 0, .userRequested)
    }
    guard takeNumber(replacement.userRefNum, of: account) else { return }
    counts.ordersReceived += 1
    var request = VenueOrderRequest(replacement, of: original)
    if let reason = refusal(of: request, from: account, freesSlot: true)
      ?? unfairRefusal(of: account)
    {
      reject(request.userRefNum, reason, request.clientOrderId, to: account)
      return
    }
    remove(slot)
    request.quantity -= original.executed
    lastOrderReference += 1
    counts.ordersReplaced += 1
    sink.emit(
      .replaced(
        request, original: original.userRefNum, orderReference: lastOrderReference), to: account)
    place(request, from: account, executed: original.executed)
  }

  /// Leaves `remaining` shares open; 0 cancels all. A cancel of an order that is not live, or that
  /// has no more than that open, is ignored.
  public mutating func cancel(_ userRefNum: UInt32, remaining: UInt32, from account: UInt32) {
    guard let slot = orders.find(account: account, userRefNum: userRefNum),
      orders[slot].open > remaining
    else {
      counts.requestsIgnored += 1
      return
    }
    if isUnfair(toCancel: userRefNum, remaining: remaining, of: account) { return }
    reduce(slot, to: remaining, .userRequested)
  }

  /// Another marking of a sale, or fewer shares (never more), at the same place in the queue.
  public mutating func modify(
    _ userRefNum: UInt32, side: Ouch50.Side?, quantity: UInt32, from account: UInt32
  ) {
    guard let slot = orders.find(account: account, userRefNum: userRefNum), let side,
      side.isBuy == orders[slot].side.isBuy, quantity > 0, quantity <= orders[slot].open
    else {
      counts.requestsIgnored += 1
      return
    }
    orders[slot].side = side
    orders[slot].open = quantity
    counts.modifies += 1
    sink.emit(.modified(userRefNum: userRefNum, side: side, quantity: quantity), to: account)
  }

  /// Cancels everything that `account` has resting: its connection is gone. O(pool).
  public mutating func cancelAll(of account: UInt32, reason: Ouch50.CancelReason) {
    cancelAll(of: account, reason: reason) { _ in true }
  }

  mutating func cancelAll(
    of account: UInt32, reason: Ouch50.CancelReason, where isMeant: (RestingOrder) -> Bool
  ) {
    guard orders.count > 0 else { return }
    for slot in 0..<Int32(orders.capacity) {
      let order = orders[slot]
      guard order.open > 0, order.account == account, isMeant(order) else { continue }
      reduce(slot, to: 0, reason)
    }
  }
}

extension VenueOrderRequest {
  init(_ replacement: VenueReplaceRequest, of original: RestingOrder) {
    self.init(
      userRefNum: replacement.userRefNum, side: original.side, quantity: replacement.quantity,
      symbol: original.symbol, instrument: UInt32(original.instrument),
      priceE4: replacement.priceE4, timeInForce: replacement.timeInForce,
      clientOrderId: replacement.clientOrderId, display: replacement.display,
      capacity: original.capacity, sweep: replacement.sweep, cross: original.cross,
      firm: original.firm)
  }
}
