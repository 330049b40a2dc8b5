import Testing
import TickRing
import TickWire

@testable import TickEngine

/// An order book that anything may happen to, and a slow count of all that it must know.
private final class BookWalk {
  private var book: OrderBook
  private let region: SharedRegion
  private var random: SeededRandom
  /// Shares that the gate counts as open, by what it is told.
  private var counted: Int64 = 0
  /// Of each order that the venue has accepted: what it was, filled and cancelled.
  private var ledger: [UInt32: (quantity: UInt32, filled: UInt32, canceled: UInt32)] = [:]
  private var nextId: UInt64 = 1
  private var match: UInt64 = 0
  /// The highest order number given.
  private var highest: UInt32 = 0
  /// Orders that somebody wants cancelled, by id; those that had to make room, by number.
  private var wished: Set<UInt64> = []
  private var away: [UInt32: WorkingOrder] = [:]
  private(set) var (successions, evictions, matches) = (0, 0, 0)

  /// In a small pool an order is soon another's, a turn later, in its place.
  private let capacity: Int

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    capacity = random.within(3...12)
    region = try ReplayRegions(directory: "/dev/shm").make(
      .pool, capacity: OrderPool.slots(capacity))
    book = try BookWalk.book(on: region, capacity)
  }

  private static func book(on region: SharedRegion, _ capacity: Int) throws -> OrderBook {
    let pool = try OrderPool(claiming: region.attach(), capacity: capacity)
    return OrderBook(pool, instruments: 4, fills: 64)
  }

  /// What is wrong; nil: nothing.
  func go() throws -> String? {
    let inDoubt = book.inDoubt
    switch random.below(15) {
    case 0, 1: add()
    case 2: replace()
    case 3: book.handedOver(anyNumber())
    case 4: want()
    case 5: sendCancels()
    case 6 where random.below(8) == 0: takeBack()
    case 6 where random.below(8) == 0: book.disconnected()
    case 7 where inDoubt > 0: settle()
    case 8 where random.below(16) == 0: try succeed()
    case 9 where successions > 0: tellOfBefore()
    default: answer()
    }
    return forgotten() ?? contradiction() ?? missedMatch()
  }

  /// The sender dies, and its successor knows what lies in the pool.
  private func succeed() throws {
    book = OrderBook(try OrderPool.unnamed(1), instruments: 4, fills: 64)
    book = try BookWalk.book(on: region, capacity)
    book.pool.skip(to: highest + 1)
    (counted, ledger) = (0, [:])
    var link = book.open.first
    while let news = book.left(from: &link) { counted += Int64(news.added) }
    // What had to make room is the venue's alone to name then.
    wished.subtract(away.values.map(\.orderId))
    away = [:]
    successions += 1
  }

  private func note(_ news: OrderNews?) {
    guard let news else { return }
    counted += Int64(news.added) - Int64(news.released) - Int64(news.filled)
  }

  private func anyNumber() -> UInt32 { UInt32(max(0, Int(nextId) + 6 - random.below(24))) }

  /// Few, so that many orders have the same.
  private func anyPrice() -> Int64 { Int64(10_000 + random.within(-5...5)) }

  private func add() {
    var request = OrderRequest()
    request.order_id = UInt64(random.within(1...3)) << 32 | nextId
    request.side = (random.once(in: 2) ? OrderSide.buy : .sell).rawValue
    request.strategy = UInt8(random.within(1...3))
    let kinds: [TimeInForce] = [.day, .day, .day, .ioc, .fok]
    request.time_in_force = kinds[random.below(kinds.count)].rawValue
    let quantity = UInt32(random.within(1...20))
    guard book.hasRoom else { return }
    nextId += 1
    highest = max(
      highest,
      book.add(
        request, quantity: quantity, priceE4: anyPrice(), referenceE4: 10_000, worker: 0) ?? 0)
    counted += Int64(quantity)
  }

  private func replace() {
    let old = anyNumber()
    guard book.pool.contains(old), book.hasRoom, book.canReplace(old) else { return }
    let before = book.pool[old].reserved
    let quantity = UInt32(random.within(1...20))
    nextId += 1
    let number = book.addReplacement(
      of: old, quantity: quantity, priceE4: anyPrice(), referenceE4: 10_000)
    highest = max(highest, number ?? 0)
    counted += Int64(book.pool[old].reserved - before)
  }

  private func want() {
    let strategy = UInt8(random.within(1...3))
    switch random.below(8) {
    case 0:
      if random.below(2) == 0 {
        book.stop { $0.strategy == strategy }
      } else {
        book.wantCancels { $0.strategy == strategy }
      }
      wish { $0.strategy == strategy }
    case 1:
      book.wantCancels(of: 1) { _ in true }
      wish { $0.instrument == 1 }
    case 2:
      guard let id = awayOrders.keys.sorted().first else { return }
      _ = book.wantCancel(of: id)
      wish { $0.orderId == id }
    default:
      let number = anyNumber()
      guard book.pool.contains(number) else { return }
      book.wantCancel(number)
      wish { $0.userRefNum == number }
    }
  }

  private func wish(_ isMeant: (WorkingOrder) -> Bool) {
    for order in Array(orders.values) + Array(awayOrders.values) where isMeant(order) {
      wished.insert(order.orderId)
    }
  }

  /// Those in the pool, by id, without what stands for a replacement.
  private var orders: [UInt64: WorkingOrder] {
    var orders: [UInt64: WorkingOrder] = [:]
    for order in lines where !order.isReplacement { orders[order.orderId] = order }
    return orders
  }

  private var lines: [WorkingOrder] {
    (1..<book.pool.places).filter { book.pool.userRefNum(atPlace: $0) != 0 }
      .map { book.pool[atPlace: $0] }
  }

  /// The same of those that had to make room.
  private var awayOrders: [UInt64: WorkingOrder] {
    let orders = away.values.filter { !$0.isReplacement }.map { ($0.orderId, $0) }
    return Dictionary(orders) { first, _ in first }
  }

  private func sendCancels() {
    var place = book.due.first
    while book.nextCancel(from: &place) != nil {}
  }

  /// What was in the buffer has not left: whatever was not handed over is withdrawn.
  private func takeBack() {
    for place in 1..<book.pool.places {
      let number = book.pool.userRefNum(atPlace: place)
      guard number != 0, book.pool[number].life == .new else { continue }
      note(book.withdrawal(of: number, at: 0))
      book.leave(number)
    }
    book.cancelAgain()
  }

  private func settle() {
    var link = book.open.first
    let next = anyNumber()
    while let news = book.settle(from: &link, next: next, at: 0) {
      note(news)
      book.leave(news.leaving)
    }
    away = away.filter { $0.key < next && !$0.value.isReplacement }
  }

  /// An order that is not known, often one that lay in the place of one that is in doubt.
  private func tellOfBefore() {
    let places = UInt32(book.pool.places)
    let late = lines.filter { $0.life == .inDoubt && $0.userRefNum > places }
      .map { $0.userRefNum - places }
    let numbers = late + away.keys
    let number = numbers.isEmpty ? anyNumber() : numbers.sorted()[random.below(numbers.count)]
    guard number > 0, !book.pool.contains(number) else { return }
    var answer = OrderAnswer(
      random.below(6) == 0 ? .rejected : .accepted, userRefNum: number)
    (answer.side, answer.priceE4) = (random.once(in: 2) ? .buy : .sell, anyPrice())
    answer.quantity = UInt32(random.within(1...20))
    if let order = away[number], order.isReplacement, random.once(in: 2) {
      (answer.kind, answer.previousUserRefNum) = (.replaced, order.partner)
    }
    nextId += 1
    apply(answer, OrderOrigin(orderId: 1 << 32 | (1_000_000 + nextId), strategy: 1))
  }

  private func answer() {
    let kinds = OrderAnswer.Kind.allCases
    var answer = OrderAnswer(kinds[random.below(kinds.count)], userRefNum: anyNumber())
    let number = answer.userRefNum
    if book.pool.contains(number) { likely(&answer, book.pool[number]) }
    apply(answer)
  }

  private func apply(_ answer: OrderAnswer, _ origin: OrderOrigin? = nil) {
    let number = answer.userRefNum
    let before = book.pool.contains(number) ? book.pool[number] : WorkingOrder()
    let original = book.pool.contains(answer.previousUserRefNum)
    let filled = original ? book.pool[answer.previousUserRefNum].filled : 0
    let place = book.pool.place(number)
    let there = book.pool.userRefNum(atPlace: place)
    let (inPlace, evicted) = (book.pool[atPlace: place], book.evicted.count)
    let news = book.apply(answer, origin: origin, at: 0)
    note(news)
    note(book.takeEvicted())
    if book.evicted.count > evicted {
      away[there] = inPlace
      evictions += 1
    }
    if book.evicted.count < evicted { away[number] = nil }
    guard let news else { return }
    if news.event.eventKind == .cancelReject, !before.isReplacement {
      wished.remove(before.orderId)
    }
    switch answer.kind {
    case .accepted: ledger[number] = (answer.quantity, 0, answer.isDead ? answer.quantity : 0)
    case .replaced:
      // What filled of its original counts on.
      ledger[number] = (
        filled + answer.quantity, filled, answer.isDead ? answer.quantity : 0
      )
      ledger[answer.previousUserRefNum] = nil
    case .executed: ledger[number]?.filled += answer.quantity
    case .canceled, .canceledSelfMatch: ledger[number]?.canceled += answer.quantity
    case .modified:
      let change = Int64(before.open) - Int64(answer.quantity)
      if change > 0 { ledger[number]?.canceled += UInt32(change) }
      if change < 0 { ledger[number]?.quantity += UInt32(-change) }
    default: break
    }
    if let entry = ledger[number], !book.pool.contains(number), answer.kind != .broken,
      answer.kind != .corrected
    {
      if entry.filled + entry.canceled != entry.quantity { ended.append(number) }
      ledger[number] = nil
    }
  }
  /// Orders that ended otherwise than by as many shares as they had.
  private var ended: [UInt32] = []

  /// Most of what is said could be true.
  private func likely(_ answer: inout OrderAnswer, _ order: WorkingOrder) {
    match += 1
    answer.match = random.below(10) == 0 ? UInt64(random.below(Int(match))) : match
    // Accepted, or standing, at another price than was sent.
    answer.priceE4 = random.below(10) == 0 ? anyPrice() : order.priceE4
    answer.side = order.isBuy != random.once(in: 20) ? .buy : .sell
    answer.isDead = random.below(8) == 0
    if !order.isAccepted, random.below(3) > 0 { answer.kind = .accepted }
    if order.isReplacement, random.below(3) > 0 { answer.kind = .replaced }
    answer.previousUserRefNum = order.partner
    let isEntry = answer.kind == .accepted || answer.kind == .replaced
    let left = UInt32(max(0, Int(order.quantity) - Int(order.filled)))
    answer.quantity =
      isEntry && random.below(4) > 0
      ? left : UInt32(random.within(0...Int(order.open) + 1))
  }

  // MARK: What must hold

  /// What is to go is asked for, or was, until it is gone or its cancel refused.
  private func forgotten() -> String? {
    let orders = orders
    away = away.filter { !book.pool.contains($0.key) }
    wished.formIntersection(Set(orders.keys).union(awayOrders.keys))
    for id in wished where orders[id]?.isCancelAsked == false { return "a wish for \(id)" }
    return away.count == book.evicted.count ? nil : "\(book.evicted.count) made room"
  }

  private func contradiction() -> String? {
    var (due, inDoubt, reserved, seen) = (Set<Int>(), 0, Int64(0), Set<UInt32>())
    for place in 1..<book.pool.places where book.pool.userRefNum(atPlace: place) != 0 {
      let order = book.pool[atPlace: place]
      seen.insert(order.userRefNum)
      if order.life.isFinal { return "\(order.userRefNum) is out and \(order.life)" }
      if order.isCancelAsked, !order.isCancelSent { due.insert(place) }
      if order.isCancelSent, !order.isCancelAsked { return "a cancel that nobody asked for" }
      if order.life == .inDoubt { inDoubt += 1 }
      if !order.isReplacement { reserved += Int64(order.reserved) }
      if !order.isReplacement, order.reserved < order.open { return "more open than reserved" }
      if !order.isReplacement, order.partner == 0, order.reserved != order.open {
        return "more reserved than open"
      }
      if !order.isReplacement, book.find(order.orderId) != order.userRefNum { return "the index" }
      if order.isAccepted, let entry = ledger[order.userRefNum],
        entry.filled + entry.canceled + order.open != entry.quantity
          || entry.filled != order.filled
      {
        return "\(order.userRefNum): \(entry) and open \(order.open)"
      }
      if order.partner != 0, !order.isReplacement, !book.pool.contains(order.partner) {
        return "a replacement that is not there"
      }
    }
    if due != listedDue() { return "\(book.cancelsDue) cancels due, not \(due.count)" }
    inDoubt += book.evicted.count
    if inDoubt != book.inDoubt { return "\(book.inDoubt) in doubt, not \(inDoubt)" }
    if reserved != counted { return "the gate counts \(counted), not \(reserved)" }
    let out = seen.count + book.evicted.count
    if out != book.count { return "\(book.count) out, not \(out)" }
    if !ended.isEmpty { return "ended too soon: \(ended)" }
    return listed(seen)
  }

  /// An order that would trade with one of ours is found, and no other is: against every order that
  /// is out. What is remembered of a side is never on the wrong side of what rests there.
  private func missedMatch() -> String? {
    let (instrument, isBuy) = (UInt32(random.within(1...3)), random.once(in: 2))
    let priceE4 = anyPrice()
    let old = random.once(in: 4) ? anyNumber() : 0
    let resting = (1..<book.pool.places).filter { book.pool.userRefNum(atPlace: $0) != 0 }
      .map { book.pool[atPlace: $0] }.filter {
        $0.instrument == instrument && $0.isBuy != isBuy && $0.open > 0 && !$0.isImmediate
      }
    let meets = resting.filter { $0.userRefNum != old }
      .filter { isBuy ? priceE4 >= $0.priceE4 : priceE4 <= $0.priceE4 }.map(\.userRefNum)
    let found = book.selfMatch(instrument, isBuy: isBuy, priceE4: priceE4, except: old)
    if found != nil { matches += 1 }
    guard found.map(meets.contains) ?? meets.isEmpty else {
      return "found \(found ?? 0) where \(meets) are in the way"
    }
    let edge = book.open.edge(of: instrument, isBuy: !isBuy)
    let beyond = resting.first { isBuy ? $0.priceE4 < edge : $0.priceE4 > edge }
    return beyond.map { "\($0.userRefNum) at \($0.priceE4), the edge at \(edge)" }
  }

  private func listedDue() -> Set<Int> {
    var (places, place) = (Set<Int>(), book.due.first)
    while place != 0, places.insert(place).inserted { place = book.due.after(place) }
    return places.count == book.cancelsDue ? places : []
  }

  private func listed(_ numbers: Set<UInt32>) -> String? {
    var (all, same) = (Set<UInt32>(), Set<UInt32>())
    for strategy: UInt8 in 0...4 {
      let count = numbers.count {
        book.pool[$0].isStopped && [0, book.pool[$0].strategy].contains(strategy)
      }
      if book.open.stoppedCount(of: strategy) != count { return "stopped of \(strategy)" }
    }
    var link = book.open.first
    while link != 0, all.count <= numbers.count {
      let order = book.pool[atPlace: Int(link) - 1]
      all.insert(order.userRefNum)
      link = order.links.after
    }
    for list: UInt32 in 0..<8 {
      let (instrument, isBuy) = (list / 2, list % 2 == 1)
      link = book.open.first(of: instrument, isBuy: isBuy)
      while link != 0, same.count <= numbers.count {
        let order = book.pool[atPlace: Int(link) - 1]
        if order.instrument != instrument || order.isBuy != isBuy { return "in another's list" }
        same.insert(order.userRefNum)
        link = order.links.sameAfter
      }
    }
    return all == numbers && same == numbers ? nil : "lists \(all) \(same) of \(numbers)"
  }
}

/// OM1, TK5: whatever is asked and answered, in whatever order, the book counts right.
@Suite(.timeLimit(.minutes(60))) struct OrderWalkTests {
  @Test func om1AWalkOfAnyStepsKeepsTheCounts() throws {
    var (successions, evictions, matches) = (0, 0, 0)
    let walks = Walks(20, steps: 2_000)
    for seed in walks.seeds {
      let walk = try BookWalk(seed: seed)
      for step in walks.steps {
        guard let wrong = try walk.go() else { continue }
        Issue.record("seed \(seed), step \(step): \(wrong)")
        return
      }
      successions += walk.successions
      evictions += walk.evictions
      matches += walk.matches
    }
    #expect(successions > 0 && evictions > 0 && matches > 0)
  }
}
