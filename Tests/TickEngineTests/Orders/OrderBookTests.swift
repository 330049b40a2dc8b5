import Testing
import TickRing
import TickWire

@testable import TickEngine

/// An order book, and a venue that speaks OUCH to it byte by byte.
private final class OrderBench {
  private var book: OrderBook
  private let memory = Slab<UInt8>(count: 256, repeating: 0)
  private let text = FixedText("", lengthMax: 14)!

  init(capacity: Int = 8) throws {
    book = OrderBook(try OrderPool.unnamed(capacity), instruments: 16, fills: 64)
  }

  func add(
    _ orderId: UInt64 = 1 << 32 | 1, quantity: UInt32 = 100, worker: Int = 3
  ) throws -> UInt32 {
    var request = OrderRequest()
    request.order_id = orderId
    request.quantity = quantity
    request.price = 10
    request.side = OrderSide.sell.rawValue
    request.strategy = 9
    let number = book.add(
      request, quantity: quantity, priceE4: 100_000, referenceE4: 100_000, worker: worker)
    return try #require(number)
  }

  func isFull() -> Bool {
    book.add(OrderRequest(), quantity: 1, priceE4: 0, referenceE4: 0, worker: 0) == nil
  }

  /// An order that the venue has accepted.
  func live(_ orderId: UInt64 = 1 << 32 | 1, quantity: UInt32 = 100) throws -> UInt32 {
    let number = try add(orderId, quantity: quantity)
    _ = accept(number)
    return number
  }

  private func apply(_ length: Int) -> (worker: Int, event: OrderEvent)? {
    let message = memory.mutableBytes.bytes.slice(at: 0, count: length)
    return book.apply(OrderDialect.ouch50.decode(message), at: 77).map { ($0.worker, $0.event) }
  }

  func accept(
    _ number: UInt32, state: UInt8 = Ouch50.stateLive, side: Ouch50.Side = .sell,
    quantity: UInt32 = 100, priceE4: UInt64 = 100_000
  ) -> (worker: Int, event: OrderEvent)? {
    apply(
      Ouch50.Accepted.encode(
        into: memory.mutableBytes, time_ns: 1, userRefNum: number, side: side, quantity: quantity,
        symbol: Symbol("AAA")!, priceE4: priceE4, timeInForce: .day, display: 0x59,
        orderReference: 1, capacity: 0x50, sweep: 0x4E, cross: 0x4E, state: state,
        clientOrderId: text))
  }

  func fill(
    _ number: UInt32, _ quantity: UInt32, at priceE4: UInt64 = 100_100, match: UInt64 = 4_711
  ) -> (worker: Int, event: OrderEvent)? {
    apply(
      Ouch50.Executed.encode(
        into: memory.mutableBytes, time_ns: 1, userRefNum: number, quantity: quantity,
        priceE4: priceE4, liquidity: 0x41, match: match))
  }

  func cancel(_ number: UInt32, _ quantity: UInt32) -> (worker: Int, event: OrderEvent)? {
    apply(
      Ouch50.Canceled.encode(
        into: memory.mutableBytes, time_ns: 1, userRefNum: number, quantity: quantity,
        reason: .userRequested))
  }

  func reject(_ number: UInt32) -> (worker: Int, event: OrderEvent)? {
    apply(
      Ouch50.Rejected.encode(
        into: memory.mutableBytes, time_ns: 1, userRefNum: number,
        reason: Ouch50.RejectReason.allCases[0], clientOrderId: text))
  }

  func raw(_ bytes: [UInt8]) -> (worker: Int, event: OrderEvent)? {
    for (index, byte) in bytes.enumerated() { memory.mutableBytes.put(u8: byte, at: index) }
    return apply(bytes.count)
  }

  /// A message of which nothing but the order's number is set.
  func say(_ type: Character, _ number: UInt32, length: Int) -> (worker: Int, event: OrderEvent)? {
    for index in 0..<length { memory.mutableBytes.put(u8: 0, at: index) }
    memory.mutableBytes.put(u8: type.asciiValue!, at: 0)
    memory.mutableBytes.put(u32be: number, at: 9)
    return apply(length)
  }

  func beginCancel(_ orderId: UInt64) -> UInt32? { book.beginCancel(orderId) }
  func isKnown(_ orderId: UInt64) -> Bool { book.isKnown(orderId) }
  func finish() { book.finish() }
  var counts: OrderCounts { book.counts }
  var count: Int { book.count }
}

/// OM1: an order's life by what the venue says, and what it says that cannot be.
@Suite(.timeLimit(.minutes(1))) struct OrderBookTests {
  private let orderId: UInt64 = 1 << 32 | 1

  @Test func anAckGoesToTheWorkerOfTheOrder() throws {
    let bench = try OrderBench()
    let answer = try #require(bench.accept(try bench.add(orderId)))
    #expect(answer.worker == 3 && answer.event.eventKind == .ack && answer.event.strategy == 9)
    #expect(answer.event.order_id == orderId && answer.event.orderSide == .sell)
    #expect(answer.event.quantity == 100 && answer.event.openQuantity == 100)
    #expect(answer.event.price == 10 && answer.event.receive_time == 77)
    #expect(bench.counts.sent == 1 && bench.counts.acked == 1 && bench.count == 1)
  }

  @Test func fillsTakeFromWhatIsOpenAndTheLastEndsTheOrder() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    let first = try #require(bench.fill(number, 40)).event
    #expect(first.eventKind == .fill && first.quantity == 40 && first.openQuantity == 60)
    #expect(first.price == 10.01 && first.match_id == 4_711)
    #expect(bench.counts.filled == 0 && bench.isKnown(orderId))
    let last = try #require(bench.fill(number, 60, match: 4_712)).event
    #expect(last.openQuantity == 0 && bench.counts.filled == 1 && bench.count == 0)
    #expect(!bench.isKnown(orderId) && bench.counts.partiallyFilled == 0)
  }

  /// PT1: the venue may say a fill twice; it happened once.
  @Test func aFillToldTwiceCountsOnce() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    _ = try #require(bench.fill(number, 10, match: 0))
    #expect(bench.fill(number, 10, match: 0) == nil)
    _ = try #require(bench.fill(number, 10, match: 1))
    #expect(bench.fill(number, 10, match: 0) == nil && bench.fill(number, 10, match: 1) == nil)
    #expect(bench.counts.anomalies == 3)
    #expect(try #require(bench.fill(number, 80, match: 2)).event.openQuantity == 0)
  }

  @Test func aCancelEndsTheOrder() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    #expect(bench.beginCancel(orderId) == number)
    let event = try #require(bench.cancel(number, 100)).event
    #expect(event.eventKind == .canceled && event.quantity == 100 && event.openQuantity == 0)
    #expect(bench.counts.canceled == 1 && bench.counts.partiallyFilled == 0 && bench.count == 0)
  }

  @Test func aPartThatFillsBeforeTheCancelCountsAsPartiallyFilled() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    _ = bench.fill(number, 30)
    #expect(try #require(bench.cancel(number, 70)).event.openQuantity == 0)
    #expect(bench.counts.canceled == 1 && bench.counts.partiallyFilled == 1)
    #expect(bench.counts.filled == 0 && bench.count == 0)
  }

  @Test func aPartThatIsCancelledLeavesTheRestOpen() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    #expect(try #require(bench.cancel(number, 30)).event.openQuantity == 70)
    #expect(bench.counts.canceled == 0 && bench.count == 1)
    #expect(try #require(bench.fill(number, 70)).event.openQuantity == 0)
    #expect(bench.counts.partiallyFilled == 1 && bench.counts.filled == 0 && bench.count == 0)
  }

  @Test func aRejectEndsTheOrderWithItsReason() throws {
    let bench = try OrderBench()
    let event = try #require(bench.reject(try bench.add(orderId))).event
    let reason = UInt8(truncatingIfNeeded: Ouch50.RejectReason.allCases[0].rawValue)
    #expect(event.eventKind == .venueReject && event.reason == reason)
    #expect(bench.counts.venueRejected == 1 && bench.count == 0 && !bench.isKnown(orderId))
  }

  /// Accepted and dead at once: nothing is open, and no cancel follows to say so.
  @Test func anOrderAcceptedDeadHasNothingOpen() throws {
    let bench = try OrderBench()
    let number = try bench.add(orderId)
    let event = try #require(bench.accept(number, state: Ouch50.stateDead)).event
    #expect(event.eventKind == .ack && event.openQuantity == 0 && event.quantity == 100)
    #expect(bench.counts.acked == 1 && bench.counts.canceled == 1 && bench.count == 0)
    #expect(bench.fill(number, 1) == nil && bench.counts.anomalies == 1)
  }

  // MARK: Anomalies: counted, and without effect

  @Test func answersToNoOrderAreCounted() throws {
    let bench = try OrderBench()
    for number: UInt32 in [0, 1, 99, .max] {
      #expect(bench.accept(number) == nil && bench.fill(number, 1) == nil)
      #expect(bench.cancel(number, 1) == nil && bench.reject(number) == nil)
    }
    #expect(bench.counts.anomalies == 16 && bench.counts.acked == 0 && bench.count == 0)
  }

  @Test func anOverfillChangesNothing() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    #expect(bench.fill(number, 101) == nil && bench.fill(number, 0) == nil)
    #expect(bench.fill(number, 1, at: .max) == nil && bench.counts.anomalies == 3)
    #expect(try #require(bench.fill(number, 100)).event.openQuantity == 0)
  }

  @Test func aCancelOfMoreThanIsOpenChangesNothing() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    _ = bench.fill(number, 60)
    #expect(bench.cancel(number, 41) == nil && bench.cancel(number, 0) == nil)
    #expect(bench.counts.anomalies == 2 && bench.counts.canceled == 0)
    #expect(try #require(bench.cancel(number, 40)).event.openQuantity == 0)
  }

  @Test func aSecondAckChangesNothing() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    #expect(bench.accept(number) == nil && bench.reject(number) == nil)
    #expect(bench.counts.anomalies == 2 && bench.counts.acked == 1 && bench.count == 1)
  }

  @Test func whatComesBeforeTheAckChangesNothing() throws {
    let bench = try OrderBench()
    let number = try bench.add(orderId)
    #expect(bench.fill(number, 10) == nil && bench.cancel(number, 10) == nil)
    #expect(bench.counts.anomalies == 2 && bench.count == 1)
    #expect(try #require(bench.accept(number)).event.openQuantity == 100)
  }

  @Test func anEndedOrderHearsNothingMore() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    _ = bench.fill(number, 100)
    #expect(bench.fill(number, 1) == nil && bench.cancel(number, 1) == nil)
    #expect(bench.accept(number) == nil && bench.reject(number) == nil)
    #expect(bench.counts.anomalies == 4 && bench.counts.filled == 1)
  }

  @Test func messagesThatAreCutOrUnknownAreCounted() throws {
    let bench = try OrderBench()
    _ = try bench.add(orderId)
    for type in "AECJ" { #expect(bench.raw([type.asciiValue!, 0, 0]) == nil) }
    #expect(bench.raw([]) == nil && bench.counts.anomalies == 5)
    #expect(bench.raw([0x7A, 1]) == nil && bench.counts.unknownMessages == 1)
    #expect(bench.raw([UInt8](repeating: 0x53, count: 10)) == nil && bench.count == 1)
    #expect(bench.counts.anomalies == 5 && bench.counts.unknownMessages == 1)
  }

  // MARK: What differs from what was sent

  /// The venue's values count: what it holds is what can fill.
  @Test func anOrderAcceptedOtherwiseIsAnAnomalyAndTheVenuesValuesCount() throws {
    let bench = try OrderBench()
    let number = try bench.add(orderId)
    let ack = try #require(bench.accept(number, side: .buy, quantity: 60, priceE4: 90_000)).event
    #expect(ack.quantity == 60 && ack.openQuantity == 60 && ack.price == 9)
    #expect(ack.orderSide == .buy && bench.counts.anomalies == 1 && bench.counts.acked == 1)
    #expect(bench.fill(number, 61) == nil && bench.counts.anomalies == 2)
    #expect(try #require(bench.fill(number, 60)).event.openQuantity == 0)
    #expect(bench.counts.filled == 1 && bench.count == 0)
  }

  @Test(arguments: [1, 2, 3])
  func eachDifferenceIsAnAnomaly(which: Int) throws {
    let bench = try OrderBench()
    _ = bench.accept(
      try bench.add(orderId), side: which == 1 ? .sellShort : .sell,
      quantity: which == 2 ? 101 : 100, priceE4: which == 3 ? 100_001 : 100_000)
    #expect(bench.counts.anomalies == 1 && bench.counts.acked == 1)
  }

  /// Nothing that could be worked: the order stays in doubt.
  @Test func anOrderAcceptedWithoutSharesOrPriceIsInDoubt() throws {
    let bench = try OrderBench()
    let number = try bench.add(orderId)
    #expect(bench.accept(number, quantity: 0) == nil && bench.accept(number, priceE4: .max) == nil)
    #expect(bench.counts.anomalies == 2 && bench.counts.acked == 0)
    bench.finish()
    #expect(bench.counts.inFlight == 1)
  }

  // MARK: Cancels and the end

  /// OUCH `I`: the order is still open, so that it can be cancelled again.
  @Test func aCancelThatTheVenueRefusesMayBeAskedForAgain() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    #expect(bench.beginCancel(orderId) == number && bench.beginCancel(orderId) == nil)
    let told = try #require(bench.say("I", number, length: 13))
    #expect(told.worker == 3 && told.event.eventKind == .cancelReject)
    #expect(told.event.openQuantity == 100)
    #expect(bench.beginCancel(orderId) == number && bench.counts.cancelsRefused == 1)
    #expect(bench.counts.unknownMessages == 0 && bench.counts.anomalies == 0)
  }

  /// OUCH `P`: the cancel will come.
  @Test func aPendingCancelIsNotAskedForAgain() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    _ = bench.beginCancel(orderId)
    #expect(bench.say("P", number, length: 13) == nil && bench.beginCancel(orderId) == nil)
    #expect(try #require(bench.cancel(number, 100)).event.openQuantity == 0)
    #expect(bench.counts.unknownMessages == 0 && bench.counts.anomalies == 0)
  }

  /// It is booked, since the venue says that it happened; and that it cannot have is said.
  @Test func aFillThroughItsLimitIsTakenAndPutsPositionsInDoubt() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    _ = bench.fill(number, 40, at: 100_000)
    #expect(bench.counts.strangeFills == 0 && bench.counts.anomalies == 0)
    let told = try #require(bench.fill(number, 60, at: 99_999, match: 4_712)).event
    #expect(told.price == 9.9999 && told.openQuantity == 0 && bench.counts.filled == 1)
    #expect(bench.counts.strangeFills == 1 && bench.counts.anomalies == 1)
  }

  /// A better price that the venue shows is no limit; a worse one nobody asked for.
  @Test(arguments: [100_500, 99_900] as [UInt64])
  func theLimitIsTheOneThatWasAskedFor(acceptedE4: UInt64) throws {
    let bench = try OrderBench()
    let number = try bench.add(orderId)
    let ack = try #require(bench.accept(number, priceE4: acceptedE4)).event
    #expect(ack.price == Double(acceptedE4) / 10_000)
    #expect(bench.counts.strangeFills == (acceptedE4 < 100_000 ? 1 : 0))
    _ = bench.fill(number, 40, at: 100_000)
    #expect(bench.counts.strangeFills == (acceptedE4 < 100_000 ? 1 : 0))
  }

  /// OUCH `B`: told with what is undone, also when the order has ended meanwhile.
  @Test func aBrokenTradeIsTold() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    _ = bench.fill(number, 40, match: 0)
    let told = try #require(bench.say("B", number, length: 36))
    #expect(told.worker == 3 && told.event.eventKind == .tradeBroken)
    #expect(told.event.openQuantity == 60 && bench.counts.tradesBroken == 1)
    #expect(told.event.quantity == 40 && told.event.price == 10.01)
    #expect(bench.counts.unknownMessages == 0 && bench.counts.anomalies == 0)
    // A trade that is broken already, or that is not known, says that positions may be wrong.
    #expect(bench.say("B", number, length: 36) == nil && bench.counts.anomalies == 1)
    #expect(bench.counts.strangeFills == 1)
    _ = bench.fill(number, 60, match: 0)
    #expect(try #require(bench.say("B", number, length: 36)).event.openQuantity == 0)
  }

  @Test(arguments: ["I", "P", "B"] as [Character])
  func answersAboutNoOrderAreCounted(type: Character) throws {
    let bench = try OrderBench()
    #expect(bench.say(type, 9, length: 36) == nil && bench.raw([type.asciiValue!]) == nil)
    #expect(bench.counts.anomalies == 2 && bench.counts.unknownMessages == 0)
  }

  @Test func anOrderIsCancelledOnce() throws {
    let bench = try OrderBench()
    let number = try bench.live()
    #expect(bench.beginCancel(orderId) == number && bench.beginCancel(orderId) == nil)
    #expect(bench.beginCancel(999) == nil)
    _ = bench.fill(number, 100)
    #expect(bench.beginCancel(orderId) == nil)
  }

  /// TK5: beyond its capacity the book takes nothing.
  @Test func aFullBookTakesNoOrder() throws {
    let bench = try OrderBench(capacity: 2)
    let number = try bench.live(1 << 32 | 1)
    _ = try bench.live(1 << 32 | 2)
    #expect(bench.isFull() && bench.counts.sent == 2)
    _ = bench.fill(number, 100)
    _ = try bench.live(1 << 32 | 3)
    #expect(bench.isFull())
  }

  @Test func whatIsStillOutIsCountedAtTheEnd() throws {
    let bench = try OrderBench()
    _ = try bench.add(1 << 32 | 1)
    _ = try bench.live(1 << 32 | 2)
    _ = bench.fill(try bench.live(1 << 32 | 3), 1)
    bench.finish()
    #expect(bench.counts.inFlight == 1 && bench.counts.open == 2)
    #expect(bench.counts.partiallyFilled == 1)
    let counts = bench.counts
    #expect(counts.sent == counts.acked + counts.venueRejected + counts.inFlight)
  }
}
