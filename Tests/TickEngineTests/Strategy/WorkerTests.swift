import Testing
import TickRing
import TickWire

@testable import TickEngine

/// What a probe was told, one line a call.
final class ProbeLog {
  var lines: [String] = []
  func take() -> [String] {
    defer { lines = [] }
    return lines
  }
}

/// Writes down every call, and asks for as many orders as a trade has shares.
struct ProbeStrategy: Strategy, ~Copyable {
  let log = ProbeLog()
  var timerAt: UInt64?

  init(parameters: inout StrategyParameters, context: StrategyContext) {}

  mutating func onSession(_ orders: inout OrderDesk) {
    log.lines.append("session at \(orders.time)")
  }

  mutating func onQuote(_ quote: Quote, _ orders: inout OrderDesk) {
    log.lines.append(
      "quote \(quote.instrument) \(quote.bidPrice) x\(quote.bidQuantity)"
        + " \(quote.askPrice) x\(quote.askQuantity)")
  }

  mutating func onTrade(_ trade: Trade, _ orders: inout OrderDesk) {
    log.lines.append("\(trade.kind) \(trade.instrument) \(trade.price) x\(trade.quantity)")
    if let timerAt { orders.setTimer(at: timerAt) }
    timerAt = nil
    for _ in 0..<trade.quantity {
      orders.buy(trade.instrument, quantity: 1, limit: trade.price, .day)
    }
  }

  mutating func onStatus(_ status: Status, _ orders: inout OrderDesk) {
    log.lines.append("status \(status.instrument) \(status.code.map { "\($0)" } ?? "unknown")")
  }

  mutating func onEvent(_ event: OrderEvent, _ orders: inout OrderDesk) {
    let kind = event.eventKind.map { "\($0)" } ?? "unknown"
    log.lines.append("\(kind) \(event.order.instrument)#\(event.order.number) x\(event.quantity)")
  }

  mutating func onTimer(_ time: UInt64, _ orders: inout OrderDesk) {
    log.lines.append("timer \(time) at \(orders.time)")
  }
}

/// Answers every event with an order, and every order is answered at once.
struct EchoStrategy: Strategy, ~Copyable {
  var answer: () -> Void = {}
  var asked = 0

  init(parameters: inout StrategyParameters, context: StrategyContext) {}

  mutating func onEvent(_ event: OrderEvent, _ orders: inout OrderDesk) {
    guard asked < 900_000, orders.buy(1, quantity: 1, limit: 1, .day) != .none else { return }
    asked += 1
    answer()
  }
}

@Suite(.timeLimit(.minutes(1))) struct WorkerTests {
  /// A tick has but the low bits of its receive time, which come round every 68.7 s.
  @Test(arguments: [1, 33, 35, 67, 69, 71, 200] as [UInt64])
  func aTickIsAsOldAsItIsHoweverLongItWaited(seconds: UInt64) throws {
    // A tick cannot be older than the machine.
    guard MonotonicClock.now > (seconds + 1) * 1_000_000_000 else { return }
    let bench = try WorkerBench<ProbeStrategy>()
    let received_ns = MonotonicClock.now - seconds * 1_000_000_000
    // A second before, all had been polled.
    bench.worker.reference_ns = received_ns - 1_000_000_000
    for later: UInt64 in [0, 500_000] {
      bench.publish(1, .status, 0, 0, received_ns: received_ns + later)
    }
    #expect(bench.pollTicks() == 2)
    #expect(bench.worker.desk.received_ns == (received_ns + 500_000) & ~15)
  }

  @Test func ofWhatWasThereBeforeItAWorkerDoesNotKnowTheAge() throws {
    let bench = try WorkerBench<ProbeStrategy>()
    bench.worker.isDated = false
    bench.publish(1, .status, 0, 0)
    #expect(bench.pollTicks() == 1 && bench.worker.desk.received_ns == 0)
    #expect(bench.pollTicks() == 0)
    bench.publish(1, .status, 0, 0)
    #expect(bench.pollTicks() == 1 && bench.worker.desk.received_ns != 0)
    // Nor of what comes from ahead.
    bench.publish(1, .status, 0, 0, received_ns: MonotonicClock.now + 20_000_000_000)
    #expect(bench.pollTicks() == 1 && bench.worker.desk.received_ns == 0)
  }

  /// Each order is refused, and each refusal answered with an order: the feed's end ends it.
  @Test func aStrategyThatAnswersEveryEventEndsWithTheFeed() throws {
    let bench = try WorkerBench<EchoStrategy>(orderSlots: 1 << 20)
    bench.worker.strategy.answer = { precondition(bench.events.publish(.none)) }
    precondition(bench.events.publish(.none))
    bench.control.write(.ingestDone, 1)
    bench.control.write(.senderDone, 1)
    bench.worker.loop()
    #expect(bench.worker.strategy.asked <= Worker<EchoStrategy>.eventsMax)
    #expect(bench.control.read(.done, worker: 0) == 1)
    bench.worker.strategy.answer = {}
  }

  private func told(_ bench: WorkerBench<ProbeStrategy>) -> [String] {
    bench.worker.strategy.log.take()
  }

  @Test func aQuoteIsToldAfterBothTicksOfThePair() throws {
    let bench = try WorkerBench<ProbeStrategy>()
    bench.tick(1, .bid, 10, 100)
    #expect(told(bench) == [])
    bench.tick(1, .ask, 10.01, 200)
    #expect(told(bench) == ["quote 1 10.0 x100 10.01 x200"])
    bench.quote(2, 20, 0, askSize: 0)
    #expect(told(bench) == ["quote 2 20.0 x500 0.0 x0"])
  }

  @Test func eachKindOfTickHasItsCall() throws {
    let bench = try WorkerBench<ProbeStrategy>()
    for kind in [TickKind.trade, .tradeNoLast, .tradeBreak, .auction] { bench.tick(3, kind, 5, 0) }
    bench.status(0, .gap)
    bench.tick(3, .status, 0, 999)
    #expect(
      told(bench) == [
        "trade 3 5.0 x0", "tradeNoLast 3 5.0 x0", "tradeBreak 3 5.0 x0", "auction 3 5.0 x0",
        "status 0 gap", "status 3 unknown",
      ])
  }

  @Test func kindsOfALaterVersionAndImpossibleInstrumentsAreSkipped() throws {
    let bench = try WorkerBench<ProbeStrategy>()
    for id: UInt32 in [1 << 4 | 15, .max, Series.instrumentMax << 4] {
      let isPublished = bench.ticks.publish(
        Tick(timestamp: 1, symbolId: id, price: 1, quantity: 1), received: 0)
      #expect(isPublished && bench.pollTicks() == 1)
    }
    #expect(told(bench) == [])
  }

  @Test func requestsCarryTheTimeOfTheirTickAndNumbersThatRise() throws {
    let bench = try WorkerBench<ProbeStrategy>()
    bench.tick(1, .trade, 10, 2)
    bench.tick(2, .trade, 20, 1)
    bench.tick(1, .trade, 11, 1)
    #expect(
      bench.asked() == [
        "buy 1 @ 10.0 day 1#1", "buy 1 @ 10.0 day 1#2", "buy 1 @ 20.0 day 2#1",
        "buy 1 @ 11.0 day 1#3",
      ])
    #expect(bench.worker.desk.time == bench.now && bench.worker.desk.requests == 4)
  }

  @Test func eventsAreToldInTheirOrder() throws {
    let bench = try WorkerBench<ProbeStrategy>()
    bench.event(.ack, bench.order(1, 1), .buy)
    bench.event(.fill, bench.order(1, 1), .buy, quantity: 40)
    bench.event(.lost, .none, .buy, quantity: 7)
    #expect(told(bench) == ["ack 1#1 x100", "fill 1#1 x40", "lost 0#0 x7"])
  }

  // MARK: Timers

  @Test func aTimerRingsOnceBeforeTheTickThatReachesIt() throws {
    let bench = try WorkerBench<ProbeStrategy>()
    bench.worker.strategy.timerAt = bench.now + 10
    bench.tick(1, .trade, 1, 0)
    bench.now += 9
    bench.tick(1, .trade, 2, 0)
    bench.now += 1
    bench.tick(1, .trade, 3, 0)
    bench.now += 100
    bench.tick(1, .trade, 4, 0)
    #expect(
      told(bench) == [
        "trade 1 1.0 x0", "trade 1 2.0 x0", "timer 1000000000010 at 1000000000010",
        "trade 1 3.0 x0", "trade 1 4.0 x0",
      ])
  }

  // MARK: Sessions

  @Test func aNewSessionIsToldBeforeItsFirstTickAndForgetsQuotes() throws {
    let bench = try WorkerBench<ProbeStrategy>()
    bench.tick(0, .status, 0, StatusCode.gap.rawValue)
    bench.tick(0, .bid, 10, 100)
    _ = told(bench)
    bench.control.write(.session, 1)
    #expect(bench.pollTicks() == 0 && told(bench) == [])
    bench.tick(0, .ask, 11, 200)
    #expect(told(bench) == ["session at 0", "quote 0 0.0 x0 11.0 x200"])
    bench.tick(0, .bid, 10, 100)
    #expect(told(bench) == [])
  }

  // MARK: The end

  @Test func afterTheFeedsEndNothingIsAskedAny() throws {
    let bench = try WorkerBench<ProbeStrategy>()
    bench.tick(1, .trade, 1, 1)
    bench.control.write(.ingestDone, 1)
    bench.publish(1, .trade, 2, 1)
    #expect(!bench.isFinished() && bench.control.read(.done, worker: 0) == 0)
    _ = bench.pollTicks()
    #expect(!bench.isFinished() && bench.control.read(.done, worker: 0) == 1)
    #expect(bench.asked().count == 2)
    let order = bench.worker.desk.buy(1, quantity: 1, limit: 1, .day)
    #expect(order == .none && bench.asked().isEmpty)
    bench.control.write(.senderDone, 1)
    #expect(bench.isFinished())
  }

  /// The sender waits for room for its events and the worker for room for its orders: the worker
  /// takes the events off meanwhile, and tells them afterwards in their order.
  @Test func aFullOrderRingDrainsEventsSoThatNobodyWaitsForEver() throws {
    let bench = try WorkerBench<ProbeStrategy>(orderSlots: 4, eventSlots: 4)
    let venue = StubbornVenue(bench, orders: 400)
    try venue.start()
    bench.tick(1, .trade, 1, 400)
    while venue.answered < 400 { _ = bench.pollEvents() }
    venue.join()
    while bench.pollEvents() > 0 {}
    let lines = told(bench)
    #expect(lines.first == "trade 1 1.0 x400")
    #expect(Array(lines.dropFirst()) == (1...400).map { "ack 1#\($0) x1" })
    #expect(bench.worker.orderRing.published == 400 && bench.worker.orderRing.full > 0)
  }

  @Test func anOrderOnAnotherWorkersInstrumentIsRefusedAndCounted() throws {
    let bench = try WorkerBench<ProbeStrategy>(workers: 2)
    bench.tick(1, .trade, 10, 1)
    #expect(bench.asked().isEmpty && bench.worker.misdirected == 1)
    bench.tick(2, .trade, 10, 1)
    #expect(bench.asked().count == 1 && bench.worker.misdirected == 1)
  }

  @Test func workersOfOneInstrumentNumberTheirOrdersApart() throws {
    var orders: [OrderId] = []
    for number in 0..<3 {
      let bench = try WorkerBench<ProbeStrategy>(
        worker: number, workers: 3, subscriptions: [.all, .share, .symbols([Symbol("TICK")!])],
        symbols: ["TICK", "TOCK"])
      for _ in 0..<2 {
        orders.append(bench.worker.desk.buy(1, quantity: 1, limit: 1, .day))
      }
      let other = bench.worker.desk.buy(2, quantity: 1, limit: 1, .day)
      #expect((other == .none) == (number == 2))
      #expect(bench.worker.desk.strategy == UInt8(number + 1))
    }
    #expect(orders.map(\.instrument) == Array(repeating: 1, count: 6))
    let second: UInt32 = 67_108_864
    let third: UInt32 = 134_217_728
    let expected: [UInt32] = [1, 2, second + 1, second + 2, third + 1, third + 2]
    #expect(orders.map(\.number) == expected)
  }
}

/// Answers each order before it takes the next, however long there is no room for the answer.
private final class StubbornVenue: RunningThread, @unchecked Sendable {
  private let bench: WorkerBench<ProbeStrategy>
  private let orders: Int

  init(_ bench: WorkerBench<ProbeStrategy>, orders: Int) {
    self.bench = bench
    self.orders = orders
  }

  /// On the control page, so that both threads may look.
  var answered: UInt64 { bench.control.read(.requestsDecided) }

  override func body() {
    for number in 1...UInt64(orders) {
      while bench.asked(atMost: 1).isEmpty { MonotonicClock.wait(until: MonotonicClock.now) }
      var event = OrderEvent.none
      event.kind = OrderEventKind.ack.rawValue
      event.order_id = 1 << 32 | number
      event.quantity = 1
      while !bench.events.publish(event) {}
      bench.control.write(.requestsDecided, number)
    }
  }
}
