import Testing
import TickRing

@testable import TickEngine

/// RM3, RM4 and RM8 to RM14, as far as one order and those before it decide.
@Suite(.timeLimit(.minutes(1))) struct OrderLimitTests {
  // MARK: RM3

  @Test func rm3TenPercentOfTheVolumePassesAndAShareMoreFails() throws {
    let bench = try GateBench(rows: ["AAA,x,10000,,1000000,no", "BBB,x,9,,1000000,no"])
    bench.trade(2, 100)
    #expect(bench.judge(100, quantity: 1_000) == nil)
    let decision = bench.judge(GateBench.order(100, quantity: 1_001))
    #expect(decision.reason == .volume && (decision.limit, decision.value) == (1_000, 1_001))
    // A tenth of nine shares is none.
    #expect(bench.judge(100, quantity: 1, instrument: 2) == .volume)
  }

  @Test(arguments: ["", "0"])
  func rm3WithoutAVolumeNothingPasses(adv: String) throws {
    let bench = try GateBench(rows: ["AAA,x,\(adv),,1000000,no"])
    #expect(bench.judge(100, quantity: 1) == .noVolume)
  }

  // MARK: RM4

  @Test func rm4TheCollarIsNarrowerInTheWarningState() throws {
    let bench = try GateBench()
    for price in [102.5, 97.5] {
      bench.state = .warning
      #expect(bench.judge(price) == nil)
      let beyond = price > 100 ? price + 0.0001 : price - 0.0001
      let decision = bench.judge(GateBench.order(beyond))
      #expect(decision.reason == .collar && decision.limit == 2.5)
      bench.state = .normal
      #expect(bench.judge(beyond) == nil)
    }
  }

  @Test func rm4ThePreviousCloseIsTheLastResort() throws {
    let bench = try GateBench(rows: ["AAA,x,1000000,50.25,1000000,no"])
    #expect(bench.judge(100) == nil && bench.judge(50.25) == .collar)
    bench.now += 60_000_000_001
    #expect(bench.judge(100) == .collar && bench.judge(50.25) == nil)
    bench.board.setQuote(1, bid: 99.99, ask: 100.01, time: bench.now)
    #expect(bench.judge(100) == nil && bench.judge(50.25) == .collar)
    bench.board.setSuspect(1, true)
    #expect(bench.judge(100) == .halted)
  }

  /// A price from the future is none, beyond what a replay's ingester is ahead.
  @Test func rm4APriceFromTheFutureIsNoReference() throws {
    let bench = try GateBench(reference: nil) { $0.referenceAheadMaxSeconds = 1 }
    bench.board.setLast(1, price: 100, time: bench.now + 1_000_000_000)
    #expect(bench.judge(100) == nil)
    bench.board.setLast(1, price: 100, time: bench.now + 1_000_000_001)
    #expect(bench.judge(100) == .noReference)
    bench.board.setLast(1, price: 100, time: .max)
    #expect(bench.judge(100) == .noReference)
    bench.board.setQuote(1, bid: 99.99, ask: 100.01, time: .max)
    #expect(bench.judge(100) == .noReference)
    bench.now = .max
    #expect(bench.judge(100) == nil)
  }

  // MARK: RM8

  @Test func rm8TheHundredthOrderPassesAndTheNextTrips() throws {
    let bench = try GateBench { $0.ordersPerSecondMax = 100 }
    for _ in 0..<100 {
      bench.now += 10_000_000
      #expect(bench.judge(100) == nil)
    }
    bench.now += 9_999_999
    #expect(bench.judge(100) == .rate && bench.isTripped)
    #expect(bench.judge(100) == .killed)
  }

  // MARK: RM9

  @Test func rm9ADaysMessagesAreCounted() throws {
    let bench = try GateBench { $0.messagesPerDayMax = 5 }
    for _ in 0..<2 { #expect(bench.judge(100) == nil) }
    // What is refused is no message; a cancel is one.
    #expect(bench.judge(.nan) == .price)
    for _ in 0..<2 { bench.tell { $0.countCancel() } }
    #expect(bench.judge(100) == nil)
    let decision = bench.judge(GateBench.order(100))
    #expect(decision.reason == .messages && (decision.limit, decision.value) == (5, 6))
    bench.tell { $0.beginDay(equityE4: $0.dayStartE4) }
    #expect(bench.judge(100) == nil)
  }

  @Test func rm9TheSameOrderWithinTheWindowIsRefused() throws {
    let bench = try GateBench { $0.duplicateWindowSeconds = 0.5 }
    #expect(bench.judge(100) == nil)
    bench.now += 499_999_999
    let decision = bench.judge(GateBench.order(100, at: bench.now))
    #expect(decision.reason == .duplicate && decision.limit == 0.5)
    #expect(decision.value == 0.499_999_999)
    // Another price, quantity, side, instrument or strategy is another order.
    bench.trade(2, 100)
    #expect(bench.judge(100.01) == nil && bench.judge(100, quantity: 101) == nil)
    #expect(bench.judge(100, side: .sell) == nil && bench.judge(100, instrument: 2) == nil)
    var request = GateBench.order(100, at: bench.now)
    request.strategy = 2
    #expect(bench.judge(request).reason == nil && bench.judge(request).reason == .duplicate)
    bench.now += 1
    #expect(bench.judge(100) == nil && bench.judge(100) == .duplicate)
  }

  @Test func rm9WhatWasRefusedIsNoDuplicate() throws {
    let bench = try GateBench {
      $0.duplicateWindowSeconds = 1
      $0.portfolioValue = 1_000_000
    }
    for _ in 0..<3 { #expect(bench.judge(100, quantity: 2_001) == .positionValue) }
    bench.hold(-1)
    #expect(bench.judge(100, quantity: 2_001) == nil)
    bench.beginSession(1)
    #expect(bench.judge(100, quantity: 2_001) == nil)
  }

  @Test func rm9ARestrictedSymbolIsRefusedAlsoToReduce() throws {
    let bench = try GateBench(rows: ["AAA,x,1000000,,1000000,yes"])
    bench.hold(100)
    for side in [OrderSide.buy, .sell] { #expect(bench.judge(100, side: side) == .restricted) }
  }

  @Test func rm9AStrategyThatExecutesTooOftenStaysOff() throws {
    let bench = try GateBench {
      $0.repeatedExecutionsMax = 3
      $0.repeatedExecutionsSeconds = 10
    }
    func fill(_ strategy: UInt8, at time: UInt64) {
      bench.open(.buy, 1, strategy: strategy)
      bench.tell { $0.filled(1, strategy: strategy, .buy, 1, now: time) }
    }
    let second: UInt64 = 1_000_000_000
    for offset: UInt64 in [0, 4, 9, 10, 14] { fill(1, at: GateBench.start + offset * second) }
    #expect(bench.judge(100) == nil && !bench.gate.isOff(strategy: 1))
    fill(1, at: GateBench.start + 19 * second - 1)
    #expect(bench.judge(100) == .throttled && bench.gate.isOff(strategy: 1))
    #expect(bench.judge(100, side: .sell) == .throttled)
    // Others go on; no time and no session switches it on, only a person does.
    var request = GateBench.order(100)
    request.strategy = 2
    #expect(bench.judge(request).reason == nil)
    bench.now += 3_600 * second
    bench.trade(1, 100)
    bench.beginSession(1)
    #expect(bench.judge(100) == .throttled)
    bench.tell { $0.set(strategy: 1, off: false) }
    #expect(bench.judge(100) == nil)
  }

  @Test(arguments: [UInt8(0), 17, 255])
  func rm13AStrategyThatThereIsNoneOfIsRefused(strategy: UInt8) throws {
    let bench = try GateBench()
    var request = GateBench.order(100)
    request.strategy = strategy
    #expect(bench.judge(request).reason == .unknownStrategy)
    bench.state = .circuitBreaker
    #expect(bench.judge(request).reason == .breaker)
  }

  @Test func rm13ASymbolWithoutReferenceDataIsRefused() throws {
    let bench = try GateBench(rows: ["AAA,x,1000000,,1000000,no"])
    bench.trade(2, 100)
    #expect(bench.judge(100) == nil && bench.judge(100, instrument: 2) == .unknownReference)
    bench.trade(4, 100)
    #expect(bench.judge(100, instrument: 4) == .unknownSymbol)
    bench.list("DDD")
    #expect(bench.judge(100, instrument: 4) == .unknownReference)
  }

  // MARK: RM10

  @Test(arguments: [RiskState.killSwitch, .recovery])
  func rm10NothingPassesAKillState(state: RiskState) throws {
    let bench = try GateBench()
    bench.hold(100)
    bench.state = state
    for side in [OrderSide.buy, .sell] { #expect(bench.judge(100, side: side) == .killed) }
  }

  @Test(arguments: [RiskState.circuitBreaker, .coolDown])
  func rm10InTheBreakerOnlyWhatReducesPasses(state: RiskState) throws {
    let bench = try GateBench { $0.ordersPerSecondMax = 3 }
    bench.state = state
    bench.hold(100)
    #expect(bench.judge(100, quantity: 100, side: .sell) == nil)
    let decision = bench.judge(GateBench.order(100, quantity: 101, side: .sell))
    #expect(decision.reason == .breaker && (decision.limit, decision.value) == (100, 101))
    for _ in 0..<10 { #expect(bench.judge(100, quantity: 1) == .breaker) }
    // The breaker stands before the rate: what it refuses does not count there.
    bench.open(.sell, 99)
    #expect(bench.judge(100, quantity: 2, side: .sell) == .breaker)
    #expect(bench.judge(100, quantity: 1, side: .sell) == nil)
    #expect(bench.judge(.nan, quantity: 1, side: .sell) == .price)
    #expect(bench.judge(100, quantity: 1, side: .sell) == .rate)
  }

  /// Of another strategy's position nothing may be sold out of its owner's hands.
  @Test func rm10InTheBreakerAStrategyReducesItsOwnShareOnly() throws {
    let bench = try GateBench()
    bench.state = .circuitBreaker
    bench.hold(100, strategy: 2)
    bench.hold(30, strategy: 1)
    #expect(bench.judge(100, quantity: 31, side: .sell) == .breaker)
    #expect(bench.judge(100, quantity: 30, side: .sell) == nil)
  }

  // MARK: RM12

  @Test func rm12InTheWarningStateHalfOfWhatIsNewIsSent() throws {
    let bench = try GateBench()
    bench.state = .warning
    func sent(_ quantity: UInt32, _ side: OrderSide = .buy, replacing: UInt32 = 0) -> UInt32? {
      var order = OrderIntent(GateBench.order(100, quantity: quantity, side: side))
      order.replacedOpen = replacing
      let decision = bench.judge(order)
      return decision.reason == nil ? decision.quantity : nil
    }
    #expect(sent(100) == 50 && sent(101) == 50 && sent(2) == 1)
    #expect(bench.judge(100, quantity: 1) == .halvedToZero)
    bench.hold(100)
    // What reduces is not halved; what goes beyond zero is.
    #expect(sent(100, .sell) == 100 && sent(200, .sell) == 150 && sent(101, .sell) == 100)
    #expect(sent(102, .sell) == 101)
    bench.open(.sell, 60)
    #expect(sent(40, .sell) == 40 && sent(60, .sell) == 50)
    // Of a replacement, what it adds.
    #expect(sent(100, .sell, replacing: 60) == 100 && sent(120, .sell, replacing: 60) == 110)
    bench.open(.buy, 80)
    #expect(sent(80, replacing: 80) == 80 && sent(50, replacing: 80) == 50)
    #expect(sent(100, replacing: 80) == 90 && sent(81, replacing: 80) == 80)
  }

  /// Limits of one order hold for what was asked for, those of exposure for what is sent.
  @Test func rm12HalvingLetsNoOrderBeTooLarge() throws {
    let bench = try GateBench {
      $0.portfolioValue = 1_000_000
      $0.orderQuantityMax = 4_000
    }
    bench.state = .warning
    #expect(bench.judge(100, quantity: 4_001) == .quantity)
    #expect(bench.judge(GateBench.order(100, quantity: 4_000)).quantity == 2_000)
    bench.hold(1)
    #expect(bench.judge(100, quantity: 4_000) == .positionValue)
    #expect(bench.judge(100, quantity: 3_999) == nil)
  }

  // MARK: RM14

  @Test func rm14MoreOutThanAllowedTripsTheKillSwitch() throws {
    let bench = try GateBench()
    func count(asked: Int, out: Int) {
      for _ in 0..<asked { bench.tell { $0.tally.asked += 1 } }
      for _ in 0..<out { bench.tell { $0.tally.out += 1 } }
    }
    count(asked: 3, out: 0)
    for _ in 0..<2 { #expect(bench.judge(100) == nil) }
    count(asked: 0, out: 2)
    #expect(bench.judge(.nan) == .price)
    #expect(bench.reconcile())
    count(asked: 0, out: 1)
    let decision = bench.judge(GateBench.order(100))
    #expect(decision.reason == .tally && (decision.limit, decision.value) == (2, 3))
    #expect(bench.isTripped && bench.judge(100) == .killed)
  }

  @Test func rm14MoreOutThanAskedForIsFoundWithoutAnOrder() throws {
    let bench = try GateBench()
    for _ in 0..<3 { #expect(bench.judge(100) == nil) }
    bench.tell { $0.tally.out = 1 }
    #expect(!bench.reconcile())
    #expect(bench.isTripped)
  }

  /// What the gate allowed and somebody else refused leaves no room for another to go out.
  @Test func rm14AnOrderThatIsNotSentAfterAllMayNotBeReplacedByAnother() throws {
    let bench = try GateBench {
      $0.duplicateWindowSeconds = 1
      $0.messagesPerDayMax = 2
    }
    let order = OrderIntent(GateBench.order(100))
    for _ in 0..<3 {
      bench.tell { $0.tally.asked += 1 }
      let decision = bench.judge(order)
      #expect(decision.reason == nil)
      bench.tell { $0.retract(order, decision) }
    }
    #expect(bench.judge(order).reason == nil && bench.judge(order).reason == .duplicate)
    bench.tell { $0.tally.out += 1 }
    #expect(bench.reconcile() && bench.judge(101) == nil)
    bench.tell { $0.tally.out += 2 }
    #expect(!bench.reconcile())
  }
}
