import Testing
import TickRing

@testable import TickEngine

/// RM4, RM9, RM10, RM13: what the gate lets pass and why it refuses, at each boundary.
@Suite(.timeLimit(.minutes(1))) struct RiskGateTests {
  @Test func anOrderWithinEveryLimitPassesWithItsFixedPointPrice() throws {
    let bench = try GateBench()
    let decision = bench.judge(GateBench.order(100.5))
    #expect(decision.reason == nil && decision.priceE4 == 1_005_000)
    #expect(bench.judge(GateBench.order(0.1 + 99.9)).priceE4 == 1_000_000)
  }

  // MARK: Collar (RM4)

  /// Exactly 5 % passes, one unit of 1e-4 more does not; above and below, for both sides.
  @Test(arguments: [OrderSide.buy, .sell])
  func theCollarIsExact(side: OrderSide) throws {
    let bench = try GateBench()
    for price in [105.0, 95.0, 100.0] { #expect(bench.judge(price, side: side) == nil) }
    for price in [105.0001, 94.9999, 105.01, 94.99] {
      #expect(bench.judge(price, side: side) == .collar)
    }
    let decision = bench.judge(GateBench.order(105.01, side: side))
    #expect(decision.limit == 5 && abs(decision.value - 5.01) < 1e-9)
  }

  /// A limit that binary fractions cannot hold is kept to the unit all the same.
  @Test(arguments: [2.3, 0.29, 0.57, 1.13, 4.35, 5, 100])
  func theCollarIsThePercentGiven(percent: Double) throws {
    let bench = try GateBench(reference: 100) { $0.collarPercent = percent }
    #expect(bench.judge(100 + percent, quantity: 1) == nil)
    #expect(bench.judge(100 + percent + 0.0001, quantity: 1) == .collar)
    if percent < 100 { #expect(bench.judge(100 - percent, quantity: 1) == nil) }
    #expect(bench.judge(100 - percent - 0.0001, quantity: 1) != nil)
  }

  // MARK: Reference (RM4, RM13)

  @Test func withoutAnyPriceNothingPasses() throws {
    let bench = try GateBench(reference: nil)
    #expect(bench.judge(100) == .noReference)
  }

  @Test func aLastTradeIsAReferenceUpToItsAge() throws {
    let bench = try GateBench { $0.referenceAgeMaxSeconds = 60 }
    bench.now += 60_000_000_000
    #expect(bench.judge(100) == nil)
    bench.now += 1
    #expect(bench.judge(100) == .noReference)
  }

  @Test func aStaleLastTradeFallsBackToTheMid() throws {
    let bench = try GateBench()
    bench.board.setQuote(1, bid: 199.99, ask: 200.01, time: bench.now)
    #expect(bench.judge(200) == .collar && bench.judge(100) == nil)
    bench.now += 60_000_000_001
    bench.board.setQuote(1, bid: 199.99, ask: 200.01, time: bench.now)
    #expect(bench.judge(100) == .collar)
    for price in [210.0, 190.0] { #expect(bench.judge(price) == nil) }
    for price in [210.0001, 189.9999] { #expect(bench.judge(price) == .collar) }
  }

  /// A quote ages as a last trade does.
  @Test func aStaleMidIsNoReference() throws {
    let bench = try GateBench(reference: nil) { $0.referenceAgeMaxSeconds = 60 }
    bench.board.setQuote(1, bid: 99.99, ask: 100.01, time: bench.now)
    bench.now += 60_000_000_000
    #expect(bench.judge(100) == nil)
    bench.now += 1
    #expect(bench.judge(100) == .noReference)
    bench.board.setQuote(1, bid: 99.99, ask: 100.01, time: 0)
    bench.now = 1
    #expect(bench.judge(100) == .noReference)
  }

  @Test(arguments: [(200.01, 199.99), (200, 200), (0, 200.01), (199.99, 0), (0, 0), (-1, 1)])
  func aMidThatIsNotValidIsNoReference(bid: Double, ask: Double) throws {
    let bench = try GateBench(reference: nil)
    bench.board.setQuote(1, bid: bid, ask: ask, time: bench.now)
    #expect(bench.judge(200) == .noReference)
  }

  @Test(arguments: [Double.nan, .infinity, 0, -5])
  func aLastPriceThatIsNoneFallsBackToo(price: Double) throws {
    let bench = try GateBench(reference: nil)
    bench.board.setLast(1, price: price, time: bench.now)
    #expect(bench.judge(100) == .noReference)
    bench.board.setQuote(1, bid: 99.99, ask: 100.01, time: bench.now)
    #expect(bench.judge(100) == nil)
  }

  /// RS2, RM7: what has quotes and no trades is worth what it is quoted at.
  @Test func rs2WhatIsHeldIsWorthWhatAnOrderWouldBeJudgedBy() throws {
    let bench = try GateBench { $0.referenceAgeMaxSeconds = 60 }
    let hour: UInt64 = 3_600_000_000_000
    func value(after time: UInt64) -> Int64? {
      let now = bench.now + time
      return bench.tell { $0.priceE4(of: 1, at: now) }
    }
    #expect(value(after: 0) == 1_000_000 && value(after: hour) == 1_000_000)
    bench.board.setQuote(1, bid: 49.99, ask: 50.01, time: bench.now + hour)
    #expect(value(after: hour) == 500_000 && value(after: 2 * hour) == 500_000)
    // While the trade is fresh it is the reference, and so the value.
    #expect(value(after: 0) == 1_000_000)
    bench.board.setQuote(1, bid: 49.99, ask: 50.01, time: bench.now - 1)
    #expect(value(after: hour) == 1_000_000)
    bench.board.clearLast(1)
    #expect(value(after: hour) == 500_000 && bench.tell { $0.priceE4(of: 2, at: 0) } == nil)
  }

  /// A broken trade is no reference: the mid is, or nothing.
  @Test func aBrokenTradeIsNoReference() throws {
    let bench = try GateBench(reference: 500)
    #expect(bench.judge(100) == .collar && bench.judge(500) == nil)
    bench.board.clearLast(1)
    #expect(bench.judge(100) == .noReference && bench.judge(500) == .noReference)
    bench.board.setQuote(1, bid: 99.99, ask: 100.01, time: bench.now)
    #expect(bench.judge(100) == nil && bench.judge(500) == .collar)
  }

  @Test func theReferenceIsTheInstrumentsOwn() throws {
    let bench = try GateBench()
    bench.board.setLast(2, price: 10, time: bench.now)
    #expect(bench.judge(100, instrument: 2) == .collar && bench.judge(10, instrument: 2) == nil)
    #expect(bench.judge(100, instrument: 3) == .noReference)
  }

  // MARK: Numbers (RM9, RM13)

  @Test(arguments: [
    Double.nan, .signalingNaN, .infinity, -.infinity, 0, -0.0, -100, 0.00004, 1e9 + 0.001, 1e300,
    .greatestFiniteMagnitude, .leastNonzeroMagnitude,
  ])
  func aPriceThatIsNoneIsRefused(price: Double) throws {
    let bench = try GateBench()
    #expect(bench.judge(price, quantity: 1) == .price)
  }

  @Test func quantitiesAreJudgedAtTheLimit() throws {
    let bench = try GateBench { $0.orderQuantityMax = 5_000 }
    #expect(bench.judge(100, quantity: 5_000) == nil && bench.judge(100, quantity: 1) == nil)
    #expect(bench.judge(100, quantity: 5_001) == .quantity)
    #expect(bench.judge(100, quantity: 0) == .quantity)
    #expect(bench.judge(100, quantity: .max) == .quantity)
    let decision = bench.judge(GateBench.order(100, quantity: 5_001))
    #expect(decision.limit == 5_000 && decision.value == 5_001)
  }

  @Test func valuesAreJudgedAtTheLimit() throws {
    let bench = try GateBench { $0.orderValueMax = 10_000 }
    #expect(bench.judge(100, quantity: 100) == nil && bench.judge(100, quantity: 101) == .value)
    #expect(bench.judge(100.0001, quantity: 100) == .value)
    #expect(bench.judge(99.9999, quantity: 100) == nil)
    let decision = bench.judge(GateBench.order(100, quantity: 101))
    #expect(decision.limit == 10_000 && decision.value == 10_100)
  }

  @Test func aValueBeyondCountingIsRefused() throws {
    let bench = try GateBench(reference: 1e9) {
      $0.orderQuantityMax = Int(UInt32.max)
      $0.orderValueMax = 100_000_000_000
      $0.portfolioValue = 100_000_000_000
      $0.positionPercent = 100
      $0.sectorPercent = 100
    }
    #expect(bench.judge(1e9, quantity: .max) == .value && bench.judge(1e9, quantity: 100) == nil)
    #expect(bench.judge(1e9, quantity: 101) == .value)
  }

  // MARK: Fields and instruments

  @Test func anInstrumentThatIsNotKnownIsRefused() throws {
    let bench = try GateBench()
    for instrument: UInt32 in [0, 4, 15, 16, 1 << 20, .max] {
      #expect(bench.judge(100, instrument: instrument) == .unknownSymbol)
    }
  }

  @Test func aHaltedOrDoubtfulInstrumentIsRefused() throws {
    let bench = try GateBench()
    bench.board.setSuspect(1, true)
    #expect(bench.judge(100) == .halted)
    bench.board.setSuspect(1, false)
    #expect(bench.judge(100) == nil)
  }

  @Test func fieldsThatNoOrderHasAreRefused() throws {
    let bench = try GateBench()
    for value: UInt8 in [0, 9, 255] {
      var request = GateBench.order(100)
      request.side = value
      #expect(bench.judge(request).reason == .malformed)
      request = GateBench.order(100)
      request.time_in_force = value
      #expect(bench.judge(request).reason == .malformed)
    }
    #expect(bench.judge(OrderRequest()).reason == .malformed)
  }

  // MARK: Kill switch and order of checks (RM10)

  @Test(arguments: [ControlPage.Word.kill, .tripped])
  func nothingPassesAKillWord(word: ControlPage.Word) throws {
    let bench = try GateBench()
    #expect(bench.judge(100) == nil)
    bench.write(word)
    #expect(bench.judge(100) == .killed && bench.judge(.nan) == .killed)
  }

  @Test func checksComeInTheirOrder() throws {
    let bench = try GateBench(reference: nil) { $0.ordersPerSecondMax = 6 }
    // Everything is wrong; what is told is what is checked first, and then one thing is mended.
    var request = GateBench.order(.nan, quantity: 0, instrument: 9)
    request.side = 0
    #expect(bench.judge(request).reason == .malformed)
    request.side = OrderSide.buy.rawValue
    #expect(bench.judge(request).reason == .unknownSymbol)
    request.order_id = 1 << 32 | 1
    #expect(bench.judge(request).reason == .quantity)
    request.quantity = 10_000
    #expect(bench.judge(request).reason == .price)
    request.price = 1_000
    #expect(bench.judge(request).reason == .value)
    request.price = 100
    #expect(bench.judge(request).reason == .noReference)
    request.side = 0
    #expect(bench.judge(request).reason == .rate)
    #expect(bench.judge(request).reason == .killed)
  }
}
