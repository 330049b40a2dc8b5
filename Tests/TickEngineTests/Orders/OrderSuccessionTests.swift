import Testing
import TickRing
import TickWire

@testable import TickEngine

/// An order book on what a predecessor left, and what the venue then tells from the beginning.
private final class SuccessorBench {
  private var book: OrderBook
  /// Shares that the gate counts as open.
  private(set) var counted: Int64 = 0

  /// - Parameter left: orders that are out, by number: 0 shares, and it is half written.
  init(capacity: Int = 4, left: [UInt32: UInt32] = [:]) throws {
    var pool = try OrderPool.unnamed(capacity)
    for (number, quantity) in left.sorted(by: { $0.key < $1.key }) {
      guard pool.take(number) else { continue }
      pool[number].orderId = 1 << 32 | UInt64(number)
      pool[number].strategy = 1
      pool[number].priceE4 = 10_000
      pool[number].quantity = quantity
      pool[number].state = OrderState.pending.rawValue
    }
    book = OrderBook(pool, instruments: 4, fills: 64)
    var link = book.open.first
    while let news = book.left(from: &link) { counted += Int64(news.added) }
  }

  @discardableResult
  func say(
    _ kind: OrderAnswer.Kind, _ number: UInt32, _ quantity: UInt32 = 10, of old: UInt32 = 0
  ) -> OrderNews? {
    var answer = OrderAnswer(kind, userRefNum: number)
    answer.quantity = quantity
    answer.priceE4 = 10_000
    answer.side = .sell
    answer.match = UInt64(number)
    answer.previousUserRefNum = old
    let origin = OrderOrigin(orderId: 1 << 32 | UInt64(number), strategy: 1)
    let news = book.apply(answer, origin: origin, at: 0)
    for news in [news, book.takeEvicted()].compactMap({ $0 }) {
      counted += Int64(news.added) - Int64(news.released) - Int64(news.filled)
    }
    return news
  }

  func settle(next: UInt32) {
    var link = book.open.first
    while let news = book.settle(from: &link, next: next, at: 0) { counted -= Int64(news.released) }
  }

  func replace(_ old: UInt32, by quantity: UInt32) -> UInt32? {
    guard book.canReplace(old) else { return nil }
    return book.addReplacement(of: old, quantity: quantity, priceE4: 10_000, referenceE4: 10_000)
  }

  func wantCancel(_ number: UInt32) { book.wantCancel(number) }
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

  @Test func om3AReplacementThatThePredecessorKnewIsToldAgain() throws {
    let bench = try SuccessorBench(left: [2: 20])
    bench.say(.accepted, 1)
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
    pool.origin = (name, sequence)
    #expect(pool.start.session == name && pool.start.sequence == sequence)
    // With nothing out another session will do.
    #expect(!pool.start.isBinding)
    _ = try pool.take()
    #expect(pool.start.isBinding)
  }
}
