import Testing
import TickRing
import TickWire

@testable import TickEngine

/// An order book on what a predecessor left, and what the venue then tells from the beginning.
private final class SuccessorBench {
  /// The pool's, which outlives it.
  let region: SharedRegion
  private var book: OrderBook
  /// Shares that the gate counts as open.
  private(set) var counted: Int64 = 0

  /// - Parameters:
  ///   - left: orders that are out, by number: 0 shares, and it is half written.
  ///   - asked: those that were wanted cancelled; and of which a cancel had been sent.
  ///   - replacing: the replacements among them, and the orders that they are for.
  convenience init(
    capacity: Int = 4, left: [UInt32: UInt32] = [:], asked: Set<UInt32> = [],
    sent: Set<UInt32> = [], replacing: [UInt32: UInt32] = [:]
  ) throws {
    let region = SharedRegion(
      try Region.createUnnamed(.pool, capacity: OrderPool.slots(capacity)))
    var pool = try OrderPool(claiming: region.attach(), capacity: capacity)
    for (number, quantity) in left.sorted(by: { $0.key < $1.key }) {
      guard pool.take(number) else { continue }
      pool[number].orderId = 1 << 32 | UInt64(number)
      pool[number].strategy = 1
      pool[number].priceE4 = 10_000
      pool[number].quantity = quantity
      pool[number].state = OrderState.pending.rawValue
      pool[number].isCancelAsked = asked.contains(number) || sent.contains(number)
      pool[number].isCancelSent = sent.contains(number)
    }
    for (number, old) in replacing {
      pool[number].orderId = pool[old].orderId
      pool[number].isReplacement = true
      pool[number].partner = old
      pool[old].partner = number
    }
    try self.init(after: region, consume pool)
  }

  /// Changes a line of the pool, as a death at another instant leaves it.
  func edit(_ number: UInt32, _ change: (inout WorkingOrder) -> Void) throws {
    change(&book.pool[number])
  }

  /// After a death, with what is in the pool now.
  convenience init(after region: SharedRegion, capacity: Int = 4) throws {
    try self.init(after: region, OrderPool(claiming: region.attach(), capacity: capacity))
  }

  private init(after region: SharedRegion, _ pool: consuming OrderPool) throws {
    self.region = region
    book = OrderBook(pool, instruments: 4, fills: 64)
    var link = book.open.first
    while let news = book.left(from: &link) { counted += Int64(news.added) }
  }

  /// - Parameter named: what the strategy calls it, where not by its number: a replacement keeps
  ///   the name of its original.
  @discardableResult
  func say(
    _ kind: OrderAnswer.Kind, _ number: UInt32, _ quantity: UInt32 = 10, of old: UInt32 = 0,
    named: UInt32? = nil
  ) -> OrderNews? {
    var answer = OrderAnswer(kind, userRefNum: number)
    answer.quantity = quantity
    answer.priceE4 = 10_000
    answer.side = .sell
    answer.match = UInt64(number)
    answer.previousUserRefNum = old
    let origin = OrderOrigin(orderId: 1 << 32 | UInt64(named ?? number), strategy: 1)
    let news = book.apply(answer, origin: origin, at: 0)
    for news in [news, book.takeEvicted()].compactMap({ $0 }) {
      counted += Int64(news.added) - Int64(news.released) - Int64(news.filled)
    }
    return news
  }

  /// What is told of it.
  @discardableResult
  func settle(next: UInt32) -> [OrderEvent] {
    var (link, told) = (book.open.first, [OrderEvent]())
    while let news = book.settle(from: &link, next: next, at: 0) {
      counted -= Int64(news.released)
      told.append(news.event)
      book.leave(news.leaving)
    }
    return told
  }

  func replace(_ old: UInt32, by quantity: UInt32) -> UInt32? {
    guard book.canReplace(old) else { return nil }
    return book.addReplacement(of: old, quantity: quantity, priceE4: 10_000, referenceE4: 10_000)
  }

  func findInDoubt(_ orderId: UInt64) -> WorkingOrder? { book.findInDoubt(orderId) }
  func wantCancel(_ number: UInt32) { book.wantCancel(number) }
  func wantCancel(of orderId: UInt64) -> Bool { book.wantCancel(of: orderId) }
  func wantCancels(of instrument: UInt32) { book.wantCancels(of: instrument) { _ in true } }
  /// As many as there are, and one more if there is no end of them.
  func cancels() -> [UInt32] {
    var (place, numbers) = (book.due.first, [UInt32]())
    while numbers.count <= book.pool.places, let number = book.nextCancel(from: &place) {
      numbers.append(number)
    }
    return numbers
  }
  var count: Int { book.count }
  func nextCancel() -> UInt32? {
    var place = book.due.first
    return book.nextCancel(from: &place)
  }
  func cancelAgain() { book.cancelAgain() }

  var numbers: [UInt32] {
    (0..<book.pool.places).map { book.pool.userRefNum(atPlace: $0) }.filter { $0 != 0 }.sorted()
  }
  var inDoubt: Int { book.inDoubt }
  var counts: OrderCounts { book.counts }
}

/// OM3: what becomes of orders when their sender is followed by another.
@Suite(.timeLimit(.minutes(1))) struct OrderSuccessionTests {
  @Test func om3WhatTheVenueNeverHeardOfIsWithdrawnAndTheRestConfirmed() throws {
    let bench = try SuccessorBench(left: [1: 10, 2: 20])
    #expect(bench.inDoubt == 2 && bench.counted == 30)
    bench.say(.accepted, 1)
    bench.settle(next: 2)
    #expect(bench.numbers == [1] && bench.inDoubt == 0 && bench.counted == 10)
    #expect(bench.counts.anomalies == 0)
  }

  @Test func om3AnOrderThatWasHalfWrittenNeverLeft() throws {
    let bench = try SuccessorBench(left: [1: 0, 2: 20])
    #expect(bench.numbers == [2] && bench.inDoubt == 1 && bench.counted == 20)
  }

  /// The places of orders that are told of from the beginning may be those of the last.
  @Test func om3AnOrderOfBeforeFindsRoom() throws {
    let bench = try SuccessorBench(left: [9: 10, 10: 20])
    bench.say(.accepted, 1, 7)
    #expect(bench.numbers == [1, 10] && bench.counted == 27)
    bench.say(.executed, 1, 7)
    bench.say(.accepted, 9)
    bench.say(.accepted, 10, 20)
    #expect(bench.numbers == [9, 10] && bench.counted == 30)
    #expect(bench.counts.anomalies == 0 && bench.counts.strangeFills == 0)
  }

  /// OM1: a venue that contradicts itself moves neither.
  @Test func om1AReplacementByAnotherOrdersNameIsAnAnomaly() throws {
    let bench = try SuccessorBench(left: [2: 20])
    bench.say(.accepted, 1)
    #expect(bench.say(.replaced, 2, 20, of: 1) == nil)
    #expect(bench.numbers == [1, 2] && bench.counted == 30 && bench.counts.anomalies == 1)
  }

  @Test func om3AReplacementThatThePredecessorKnewIsToldAgain() throws {
    let bench = try SuccessorBench(left: [2: 20])
    bench.say(.accepted, 1, named: 2)
    bench.say(.replaced, 2, 20, of: 1)
    bench.say(.executed, 2, 5)
    bench.settle(next: 3)
    #expect(bench.numbers == [2] && bench.inDoubt == 0 && bench.counted == 15)
    #expect(bench.counts.anomalies == 0 && bench.counts.strangeFills == 0)
  }

  @Test func om3AnswersToAPredecessorsCancelsAreNoAnomalies() throws {
    let bench = try SuccessorBench(left: [1: 10])
    bench.say(.accepted, 1)
    bench.say(.cancelPending, 1)
    bench.say(.cancelRejected, 1)
    #expect(bench.counts.cancelsPending == 1 && bench.counts.cancelsRefused == 1)
    #expect(bench.counts.anomalies == 0)
  }

  // MARK: Cancels

  /// OM3: asked for and not sent, or sent and perhaps never there.
  @Test(arguments: [false, true])
  func om3WhatThePredecessorWantedCancelledIsToGoStill(isSent: Bool) throws {
    let bench = try SuccessorBench(
      left: [1: 10, 2: 20, 3: 30], asked: isSent ? [] : [2], sent: isSent ? [2] : [])
    for number: UInt32 in 1...3 { bench.say(.accepted, number, 10 * number) }
    // Refused to the predecessor: asked again.
    bench.say(.cancelRejected, 2)
    bench.settle(next: 4)
    #expect(bench.cancels() == [2] && bench.cancels() == [])
    #expect(bench.counts.anomalies == 0)
  }

  /// OM3: nothing is sent for an order before it is known what became of it.
  @Test func om3ACancelOfAnOrderInDoubtWaits() throws {
    let bench = try SuccessorBench(left: [1: 10, 2: 20], asked: [1, 2])
    bench.say(.accepted, 2, 20)
    #expect(bench.cancels() == [2] && bench.cancels() == [])
    bench.say(.accepted, 1)
    #expect(bench.cancels() == [1])
  }

  /// OM3: wanted by the predecessor, or while it was out of the pool: an earlier order lay there.
  @Test(arguments: 0...3)
  func om3ACancelOutlivesItsOrdersMakingRoom(way: Int) throws {
    let bench = try SuccessorBench(left: [9: 10, 10: 20], asked: way == 0 ? [9] : [])
    bench.say(.accepted, 1, 7)
    #expect(bench.numbers == [1, 10] && bench.count == 3 && bench.inDoubt == 2)
    switch way {
    case 1:
      #expect(bench.wantCancel(of: 1 << 32 | 9))
      #expect(!bench.wantCancel(of: 1 << 32 | 8))
    case 2: bench.wantCancels(of: 1)
    case 3: bench.wantCancels(of: 2)
    default: break
    }
    bench.say(.executed, 1, 7)
    bench.say(.accepted, 9)
    bench.say(.accepted, 10, 20)
    bench.settle(next: 11)
    let wanted: [UInt32] = way == 3 ? [] : way == 2 ? [9, 10] : [9]
    #expect(bench.cancels().sorted() == wanted && bench.count == 2 && bench.inDoubt == 0)
  }

  /// OM3: the sender dies while its predecessor's orders make room, and the one after it, too.
  @Test(arguments: [false, true], 1...3)
  func om3ACancelOutlivesItsOrdersMakingRoomAndDeathsInARow(isLate: Bool, deaths: Int) throws {
    var bench = try SuccessorBench(left: [9: 10, 10: 20], asked: isLate ? [] : [9])
    for _ in 1...deaths {
      bench.say(.accepted, 1, 7)
      // Where the one that made room may be a guest.
      for number: UInt32 in 3...5 { bench.say(.accepted, number) }
      #expect(bench.numbers == [1, 3, 4, 5, 10] && bench.count == 6)
      if isLate { #expect(bench.wantCancel(of: 1 << 32 | 9)) }
      let region = bench.region
      bench = try SuccessorBench()
      bench = try SuccessorBench(after: region)
      #expect(bench.numbers == [3, 4, 5, 9, 10] && bench.inDoubt == 5)
    }
    bench.say(.accepted, 1, 7)
    for number: UInt32 in 3...5 { bench.say(.accepted, number) }
    for number: UInt32 in [1, 3, 4, 5] { bench.say(.executed, number, number == 1 ? 7 : 10) }
    bench.say(.accepted, 9)
    bench.say(.accepted, 10, 20)
    bench.settle(next: 11)
    #expect(bench.cancels() == [9] && bench.numbers == [9, 10] && bench.inDoubt == 0)
    #expect(bench.counted == 30 && bench.counts.anomalies == 0)
  }

  /// OM3: the sender died when the order that made room had its own line again, and nothing in it.
  @Test func om3ACancelOutlivesADeathOverItsOrdersReturn() throws {
    var bench = try SuccessorBench(left: [9: 10], asked: [9])
    bench.say(.accepted, 1, 7)
    bench.say(.executed, 1, 7)
    let region = bench.region
    bench = try SuccessorBench()
    try SharedSlab<WorkingOrder>(claiming: region.attach(), .pool)[1].userRefNum = 9
    bench = try SuccessorBench(after: region)
    bench.say(.accepted, 1, 7)
    bench.say(.executed, 1, 7)
    bench.say(.accepted, 9)
    #expect(bench.settle(next: 10).isEmpty && bench.cancels() == [9] && bench.numbers == [9])
  }

  /// OM3: what made room when its sender died is settled by the next as if it never had.
  @Test func om3AnOrderThatMadeRoomIsToldToBeUnsentByWhoeverComesAfterADeath() throws {
    var bench = try SuccessorBench(left: [9: 10])
    bench.say(.accepted, 1, 7)
    let region = bench.region
    bench = try SuccessorBench()
    bench = try SuccessorBench(after: region)
    bench.say(.accepted, 1, 7)
    bench.say(.executed, 1, 7)
    let told = bench.settle(next: 9)
    #expect(told.map(\.eventKind) == [.unsent] && told.map(\.order_id) == [1 << 32 | 9])
    #expect(bench.numbers == [] && bench.count == 0 && bench.counted == 0)
  }

  /// OM3: with every line taken, what makes room is in its sender's memory alone.
  @Test func om3AFullPoolMakesRoomStill() throws {
    let bench = try SuccessorBench(left: [9: 10, 10: 10, 11: 10, 12: 10], asked: [11])
    for number: UInt32 in 1...5 { bench.say(.accepted, number) }
    #expect(bench.numbers == [1, 2, 3, 4, 5] && bench.count == 9)
    for number: UInt32 in 1...5 { bench.say(.executed, number) }
    for number: UInt32 in 9...12 { bench.say(.accepted, number) }
    #expect(bench.settle(next: 13).isEmpty && bench.cancels() == [11])
    #expect(bench.numbers == [9, 10, 11, 12] && bench.counts.anomalies == 0)
  }

  /// OM3: neither forgotten nor settled because another order lay in its place.
  @Test func om3AnOrderThatMadeRoomAndNeverArrivedIsToldToBeUnsent() throws {
    let bench = try SuccessorBench(left: [9: 10])
    bench.say(.accepted, 1, 7)
    let told = bench.settle(next: 9)
    #expect(told.map(\.eventKind) == [.unsent] && told.map(\.order_id) == [1 << 32 | 9])
    #expect(bench.numbers == [1] && bench.inDoubt == 0 && bench.counted == 7)
  }

  @Test func om3AnOrderThatMadeRoomAndShouldHaveArrivedStaysInDoubt() throws {
    let bench = try SuccessorBench(left: [9: 10])
    bench.say(.accepted, 1, 7)
    #expect(bench.settle(next: 10).isEmpty && bench.inDoubt == 1 && bench.count == 2)
  }

  /// OM3: what the venue then names is not that it accepted the order.
  @Test func om3AnOrderThatMadeRoomIsToldToBeRejected() throws {
    let bench = try SuccessorBench(left: [9: 10])
    bench.say(.accepted, 1, 7)
    let news = try #require(bench.say(.rejected, 9))
    #expect(news.event.eventKind == .venueReject && news.event.order_id == 1 << 32 | 9)
    #expect(bench.settle(next: 10).isEmpty && bench.inDoubt == 0 && bench.count == 1)
    #expect(bench.counted == 7 && bench.counts.anomalies == 0)
  }

  /// OM3: a predecessor freed its line, and died before it told.
  @Test func om3ARejectionOfAnOrderThatNoLineNamesIsTold() throws {
    let bench = try SuccessorBench(left: [2: 10])
    let news = try #require(bench.say(.rejected, 1))
    #expect(news.event.eventKind == .venueReject && news.event.order_id == 1 << 32 | 1)
    #expect(news.released == 0 && bench.counts.anomalies == 0 && bench.numbers == [2])
  }

  @Test func om3AReplacementThatMadeRoomIsBackAndToGo() throws {
    let bench = try SuccessorBench(left: [9: 10], asked: [9])
    bench.say(.accepted, 1, 7)
    bench.say(.executed, 1, 7)
    bench.say(.accepted, 2)
    bench.say(.replaced, 9, 20, of: 2)
    #expect(bench.settle(next: 10).isEmpty && bench.inDoubt == 0 && bench.count == 1)
    #expect(bench.cancels() == [9] && bench.counted == 20 && bench.counts.anomalies == 0)
  }

  /// OM1: wanted by the predecessor, and again as what it replaced.
  @Test func om1AReplacementThatWasWantedTwiceIsCancelledOnce() throws {
    let bench = try SuccessorBench(left: [2: 20, 3: 30], asked: [2, 3])
    bench.say(.accepted, 1, named: 2)
    bench.wantCancel(1)
    bench.say(.replaced, 2, 20, of: 1)
    bench.say(.accepted, 3, 30)
    bench.settle(next: 4)
    #expect(bench.cancels() == [2, 3] && bench.numbers == [2, 3])
  }

  /// OM1: its bytes were taken back, so that it has to be sent after all.
  @Test func om1ACancelThatWasTakenBackIsSentAgain() throws {
    let bench = try SuccessorBench(left: [1: 10])
    bench.say(.accepted, 1)
    bench.wantCancel(1)
    #expect(bench.nextCancel() == 1 && bench.nextCancel() == nil)
    bench.cancelAgain()
    #expect(bench.nextCancel() == 1 && bench.nextCancel() == nil)
  }

  /// OM1: asked for while a replacement was under way that comes to nothing.
  @Test func om1ACancelOutlivesAReplacementThatIsRefused() throws {
    let bench = try SuccessorBench(left: [1: 10])
    bench.say(.accepted, 1)
    let number = try #require(bench.replace(1, by: 5))
    bench.wantCancel(1)
    #expect(bench.nextCancel() == 1)
    bench.say(.rejected, number)
    bench.say(.cancelRejected, 1)
    #expect(bench.counts.anomalies == 0)
    bench.wantCancel(1)
    #expect(bench.nextCancel() == 1 && bench.replace(1, by: 5) == nil)
  }
}

/// OM3: what becomes of replacements that a sender had asked for when it died.
@Suite(.timeLimit(.minutes(1))) struct ReplacementSuccessionTests {
  /// The number that the venue takes next says nothing of a replacement: one that it ignored has
  /// used its number up.
  @Test(arguments: [9, 10] as [UInt32], 0...2)
  func om3OneThatMadeRoomAndNeverArrivedIsToldToBeRefused(next: UInt32, deaths: Int) throws {
    var bench = try SuccessorBench(left: [2: 20, 9: 30], replacing: [9: 2])
    for _ in 0..<deaths {
      bench.say(.accepted, 1, 7)
      #expect(bench.numbers == [1, 2] && bench.count == 3 && bench.inDoubt == 2)
      let region = bench.region
      bench = try SuccessorBench()
      bench = try SuccessorBench(after: region)
      #expect(bench.numbers == [2, 9] && bench.inDoubt == 2)
    }
    bench.say(.accepted, 1, 7)
    bench.say(.accepted, 2, 20)
    let told = bench.settle(next: next)
    #expect(told.map(\.eventKind) == [.cancelReject] && told.map(\.order_id) == [1 << 32 | 2])
    #expect(told.map(\.quantity) == [20] && told.map(\.openQuantity) == [20])
    #expect(bench.numbers == [1, 2] && bench.inDoubt == 0 && bench.counted == 27)
    #expect(bench.counts.anomalies == 0 && bench.replace(2, by: 5) != nil)
  }

  @Test func om3OneWhoseOriginalMadeRoomTooIsToldToBeRefused() throws {
    let bench = try SuccessorBench(left: [9: 20, 10: 30], replacing: [10: 9])
    for number: UInt32 in 1...2 { bench.say(.accepted, number) }
    #expect(bench.numbers == [1, 2] && bench.inDoubt == 2)
    bench.say(.executed, 1)
    bench.say(.accepted, 9, 20)
    let told = bench.settle(next: 10)
    #expect(told.map(\.eventKind) == [.cancelReject] && told.map(\.order_id) == [1 << 32 | 9])
    #expect(bench.numbers == [2, 9] && bench.inDoubt == 0 && bench.counted == 30)
  }

  /// Of an order that ended nothing is told but that.
  @Test func om3OneWhoseOriginalEndedIsToldByThatAlone() throws {
    let bench = try SuccessorBench(left: [2: 20, 9: 30], replacing: [9: 2])
    bench.say(.accepted, 1, 7)
    bench.say(.accepted, 2, 20)
    bench.say(.executed, 2, 20)
    let told = bench.settle(next: 10)
    #expect(told.map(\.eventKind) == [nil] && bench.numbers == [1] && bench.inDoubt == 0)
  }

  @Test func om3OneThatMadeRoomAndArrivedIsWhatItsOriginalBecame() throws {
    let bench = try SuccessorBench(left: [2: 20, 9: 30], asked: [2], replacing: [9: 2])
    bench.say(.accepted, 1, 7)
    bench.say(.accepted, 2, 20)
    bench.say(.executed, 1, 7)
    let news = try #require(bench.say(.replaced, 9, 30, of: 2, named: 2))
    #expect(news.event.eventKind == .replaced && news.event.order_id == 1 << 32 | 2)
    #expect(bench.settle(next: 10).isEmpty && bench.numbers == [9] && bench.inDoubt == 0)
    #expect(bench.cancels() == [9] && bench.counted == 30 && bench.counts.anomalies == 0)
  }

  @Test(arguments: [false, true])
  func om3OneThatTheVenueRefusesIsToldToBe(isAway: Bool) throws {
    let bench = try SuccessorBench(left: [2: 20, 9: 30], replacing: [9: 2])
    if isAway { bench.say(.accepted, 1, 7) }
    bench.say(.accepted, 2, 20)
    let news = try #require(bench.say(.rejected, 9, named: 2))
    #expect(news.event.eventKind == .cancelReject && news.event.order_id == 1 << 32 | 2)
    #expect(bench.settle(next: 10).isEmpty && bench.inDoubt == 0 && bench.counts.anomalies == 0)
    #expect(bench.counted == (isAway ? 27 : 20) && bench.counts.replacesRefused == 1)
  }

  /// OM1: a venue that contradicts itself.
  @Test func om1OneThatMadeRoomIsNeverAccepted() throws {
    let bench = try SuccessorBench(left: [2: 20, 9: 30], replacing: [9: 2])
    bench.say(.accepted, 1, 7)
    bench.say(.executed, 1, 7)
    #expect(bench.say(.accepted, 9, 30) == nil && bench.counts.anomalies == 1)
    #expect(bench.numbers == [2] && bench.inDoubt == 2 && bench.counted == 20)
  }

  /// The predecessor had replaced the order before: the venue tells of each in turn.
  @Test func om3OneOfAReplacementIsToldToBeRefused() throws {
    let bench = try SuccessorBench(left: [2: 20, 3: 30], replacing: [3: 2])
    bench.say(.accepted, 1, named: 2)
    bench.say(.replaced, 2, 20, of: 1, named: 2)
    let told = bench.settle(next: 4)
    #expect(told.map(\.eventKind) == [.cancelReject] && told.map(\.order_id) == [1 << 32 | 2])
    #expect(bench.numbers == [2] && bench.inDoubt == 0 && bench.counted == 20)
  }

  /// The predecessor died between the two lines of the pool that a replacement changes.
  @Test(arguments: [false, true]) func om3OneThatIsHalfNotedIsSettled(isThere: Bool) throws {
    var bench = try SuccessorBench(
      left: isThere ? [1: 10, 2: 20] : [1: 10], replacing: isThere ? [2: 1] : [:])
    try bench.edit(1) { $0.partner = isThere ? 0 : 2 }
    let region = bench.region
    bench = try SuccessorBench()
    bench = try SuccessorBench(after: region)
    #expect((bench.findInDoubt(1 << 32 | 1) == nil) == isThere)
    bench.say(.accepted, 1)
    #expect(bench.settle(next: 2).map(\.eventKind) == (isThere ? [.cancelReject] : []))
    #expect(bench.replace(1, by: 5) != nil)
  }
}

/// OM3: from where a successor asks.
@Suite(.timeLimit(.minutes(1))) struct PoolOriginTests {
  @Test func om3ANewPoolBeginsWithTheNewestMessage() throws {
    let pool = try OrderPool.unnamed(4)
    #expect(pool.start.sequence == 0)
  }

  @Test func om3APoolRemembersWhereItsSendersBegan() throws {
    var pool = try OrderPool.unnamed(4)
    let name = try #require(FixedText("SESSION"))
    let sequence: UInt64 = 7 << 32 | 5
    pool.begin(name, at: sequence, next: 1)
    #expect(pool.start.session == name && pool.start.sequence == sequence)
    // With nothing out another session will do.
    #expect(!pool.start.isBinding)
    _ = try pool.take()
    #expect(pool.start.isBinding)
  }
}
