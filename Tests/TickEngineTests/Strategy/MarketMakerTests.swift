import Testing
import TickRing

@testable import TickEngine

@Suite(.timeLimit(.minutes(1))) struct MarketMakerTests {
  private typealias Bench = WorkerBench<MarketMakerStrategy>

  private func bench(_ parameters: [String: String] = [:]) throws -> Bench {
    try Bench(parameters: ["interval_ms": "0"].merging(parameters) { $1 })
  }

  @Test func itQuotesBothSidesAtTheTouch() throws {
    let bench = try bench()
    bench.quote(1, 10, 10.05)
    #expect(bench.asked() == ["buy 100 @ 10.0 day 1#1", "sell 100 @ 10.05 day 1#2"])
    bench.quote(1, 10, 10.05)
    #expect(bench.asked() == [])
  }

  @Test func itMovesTheSideThatHasMoved() throws {
    let bench = try bench()
    bench.quote(1, 10, 10.05)
    _ = bench.asked()
    bench.quote(1, 10.01, 10.05)
    #expect(bench.asked() == ["cancel 1#1", "buy 100 @ 10.01 day 1#3"])
    bench.quote(1, 10.01, 10.04)
    #expect(bench.asked() == ["cancel 1#2", "sell 100 @ 10.04 day 1#4"])
  }

  @Test func itStaysUntilTheTouchHasMovedByRequote() throws {
    let bench = try bench(["requote": "0.02"])
    bench.quote(1, 10, 10.05)
    _ = bench.asked()
    bench.quote(1, 10.01, 10.06)
    #expect(bench.asked() == [])
    bench.quote(1, 10.02, 10.05)
    #expect(bench.asked() == ["cancel 1#1", "buy 100 @ 10.02 day 1#3"])
  }

  @Test func itMovesNoMoreOftenThanItsInterval() throws {
    let bench = try bench(["interval_ms": "100"])
    bench.quote(1, 10, 10.05)
    _ = bench.asked()
    bench.now += 99_999_999
    bench.quote(1, 11, 11.05)
    #expect(bench.asked() == [])
    bench.now += 1
    bench.quote(1, 11, 11.05)
    #expect(bench.asked().count == 4)
  }

  @Test func withEventsLostItWithdrawsForGood() throws {
    let bench = try bench()
    bench.quote(1, 10, 10.05)
    _ = bench.asked()
    bench.event(.lost, .none, .buy, quantity: 3)
    #expect(bench.asked() == ["cancel 1#1", "cancel 1#2"])
    bench.quote(1, 11, 11.05)
    #expect(bench.asked() == [])
  }

  @Test(arguments: [(0.0, 10.05), (10.0, 0.0), (0.0, 0.0)])
  func anEmptySideWithdrawsItsOrders(bid: Double, ask: Double) throws {
    let bench = try bench()
    bench.quote(1, 10, 10.05)
    bench.quote(2, 10, 10.05)
    _ = bench.asked()
    bench.quote(1, bid, ask, bidSize: bid > 0 ? 1 : 0, askSize: ask > 0 ? 1 : 0)
    #expect(bench.asked() == ["cancel 1#1", "cancel 1#2"])
    bench.quote(1, bid, ask, bidSize: bid > 0 ? 1 : 0, askSize: ask > 0 ? 1 : 0)
    #expect(bench.asked() == [])
  }

  @Test(arguments: [StatusCode.halted, .paused, .orderAcceptance, .venueHalted])
  func aHaltWithdrawsAndKeepsItAway(code: StatusCode) throws {
    let bench = try bench()
    bench.quote(1, 10, 10.05)
    _ = bench.asked()
    bench.status(1, code)
    #expect(bench.asked() == ["cancel 1#1", "cancel 1#2"])
    bench.quote(1, 10, 10.05)
    #expect(bench.asked() == [])
    bench.status(1, code == .venueHalted ? .venueTrading : .trading)
    bench.quote(1, 10, 10.05)
    #expect(bench.asked().count == 2)
  }

  @Test func theVenuesHaltAndTheInstrumentsEndApart() throws {
    let bench = try bench()
    bench.status(1, .halted)
    bench.status(1, .venueTrading)
    bench.quote(1, 10, 10.05)
    #expect(bench.asked() == [])
    bench.status(1, .trading)
    bench.quote(1, 10, 10.05)
    #expect(bench.asked().count == 2)
  }

  /// MD4: only its quote is gone.
  @Test func aRefusedQuoteHaltsNothing() throws {
    let bench = try bench()
    bench.status(1, .invalidQuote)
    bench.quote(1, 10, 10.05)
    #expect(bench.asked().count == 2)
  }

  /// MD3: after a gap or a restart, prices of before vouch for nothing.
  @Test(arguments: [StatusCode.gap, .restart])
  func whatConcernsTheWholeFeedWithdrawsEverything(code: StatusCode) throws {
    let bench = try bench()
    for instrument: UInt32 in 1...3 { bench.quote(instrument, 10, 10.05) }
    _ = bench.asked()
    bench.status(0, code)
    #expect(
      bench.asked() == (1...3).flatMap { ["cancel \($0)#1", "cancel \($0)#2"] })
    bench.quote(2, 10, 10.05)
    #expect(bench.asked() == ["buy 100 @ 10.0 day 2#3", "sell 100 @ 10.05 day 2#4"])
  }

  @Test func aNewSessionWithdrawsAndKeepsThePosition() throws {
    let bench = try bench(["position_max": "100"])
    bench.quote(1, 10, 10.05)
    bench.event(.fill, bench.order(1, 1), .buy)
    _ = bench.asked()
    bench.control.write(.session, 1)
    bench.quote(1, 10, 10.05)
    #expect(bench.asked() == ["cancel 1#2", "sell 100 @ 10.05 day 1#3"])
  }

  // MARK: Fills

  @Test func aFilledSideIsQuotedAgain() throws {
    let bench = try bench()
    bench.quote(1, 10, 10.05)
    _ = bench.asked()
    bench.event(.fill, bench.order(1, 1), .buy, quantity: 60, open: 40)
    bench.quote(1, 10, 10.05)
    #expect(bench.asked() == [])
    bench.event(.fill, bench.order(1, 1), .buy, quantity: 40)
    bench.quote(1, 10, 10.05)
    #expect(bench.asked() == ["buy 100 @ 10.0 day 1#3"])
  }

  @Test(arguments: [OrderSide.buy, .sell])
  func atItsLargestPositionItQuotesOnlyTheSideThatReduces(side: OrderSide) throws {
    let bench = try bench(["position_max": "150"])
    bench.quote(1, 10, 10.05)
    bench.event(.fill, bench.order(1, side == .buy ? 1 : 2), side)
    _ = bench.asked()
    bench.quote(1, 11, 11.05)
    #expect(
      bench.asked()
        == (side == .buy
          ? ["cancel 1#2", "sell 100 @ 11.05 day 1#3"] : ["cancel 1#1", "buy 100 @ 11.0 day 1#3"]))
  }

  /// The same ticks with other answers of the venue: the same requests.
  @Test(arguments: 1...5)
  func acksRejectsAndCancelsChangeNothingThatItAsksFor(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let (quiet, answered) = (try bench(), try bench())
    let kinds: [OrderEventKind] = [.ack, .canceled, .riskReject, .venueReject, .unsent]
    var count = 0
    for _ in 0..<300 {
      let instrument = UInt32(random.within(1...3))
      let bid = 10 + Double(random.below(20)) / 100
      let isEmpty = random.once(in: 10)
      for bench in [quiet, answered] {
        bench.quote(instrument, bid, bid + 0.05, askSize: isEmpty ? 0 : 1)
        bench.now += 1_000_000
      }
      let order = answered.order(instrument, UInt32(random.within(1...50)))
      let side: OrderSide = random.once(in: 2) ? .buy : .sell
      answered.event(kinds[random.below(kinds.count)], order, side)
      let requests = quiet.asked()
      #expect(answered.asked() == requests)
      count += requests.count
    }
    #expect(count > 300)
  }

  @Test(arguments: [
    ["quantity": "0"], ["quantity": "x"], ["requote": "0"], ["requote": "nan"],
    ["interval_ms": "-1"], ["position_max": "0"], ["speed": "9"],
  ])
  func aParameterThatCannotBeIsAnError(parameters: [String: String]) {
    #expect(throws: StrategyError.self) { try Bench(parameters: parameters) }
  }
}
