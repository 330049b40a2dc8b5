import Testing
import TickRing

@testable import TickEngine

/// RM1, RM2, RM5 to RM7 at each boundary, on the worst case; equity is 1,000,000.
@Suite(.timeLimit(.minutes(1))) struct ExposureLimitTests {
  private func bench(
    rows: [String]? = nil, _ change: (inout RiskLimits) -> Void = { _ in }
  ) throws -> GateBench {
    let bench = try GateBench(rows: rows) { limits in
      limits.portfolioValue = 1_000_000
      limits.dailyLossMax = 50_000
      change(&limits)
    }
    for instrument: UInt32 in 2...3 { bench.trade(instrument, 100) }
    return bench
  }

  // MARK: RM1

  @Test(arguments: [OrderSide.buy, .sell])
  func rm1APositionOfTwentyPercentPassesAndAHundredthMoreFails(side: OrderSide) throws {
    let bench = try bench()
    #expect(bench.judge(100, quantity: 2_000, side: side) == nil)
    #expect(bench.judge(100, quantity: 2_001, side: side) == .positionValue)
    let decision = bench.judge(GateBench.order(100, quantity: 2_001, side: side))
    #expect(decision.limit == 20 && abs(decision.value - 20.01) < 1e-9)
  }

  /// One unit of 1e-4 of equity less, and the same order fails.
  @Test func rm1IsExactToTheLastUnit() throws {
    let bench = try bench()
    #expect(bench.judge(100, quantity: 2_000) == nil)
    bench.equityE4 -= 1
    #expect(bench.judge(100, quantity: 2_000) == .positionValue)
  }

  @Test func rm1CountsWhatIsHeldAndWhatIsOpenOnTheSide() throws {
    let bench = try bench()
    bench.hold(500)
    bench.open(.buy, 400)
    #expect(bench.judge(100, quantity: 1_100) == nil)
    #expect(bench.judge(100, quantity: 1_101) == .positionValue)
    // What is open on the other side may never fill.
    bench.open(.sell, 400)
    #expect(bench.judge(100, quantity: 1_101) == .positionValue)
    #expect(bench.judge(100, quantity: 2_100, side: .sell) == nil)
    #expect(bench.judge(100, quantity: 2_101, side: .sell) == .positionValue)
  }

  /// What is cancelled and what is filled the other way makes room again; what is only being
  /// cancelled does not, as nothing has told of it.
  @Test func rm1FollowsWhatBecomesOfOrders() throws {
    let bench = try bench()
    #expect(bench.send(100, quantity: 2_000) == nil && bench.send(100, quantity: 1) != nil)
    bench.tell { $0.closed(1, strategy: 1, .buy, 300) }
    #expect(bench.judge(100, quantity: 300) == nil && bench.judge(100, quantity: 301) != nil)
    bench.tell { $0.filled(1, strategy: 1, .buy, 1_700, now: GateBench.start) }
    #expect(bench.judge(100, quantity: 300) == nil && bench.judge(100, quantity: 301) != nil)
    bench.tell { $0.broken(1, strategy: 1, .buy, 700) }
    #expect(bench.judge(100, quantity: 1_000) == nil && bench.judge(100, quantity: 1_001) != nil)
  }

  @Test func rm1ValuesAtTheHighestOfOrderReferenceAndReplaced() throws {
    let bench = try bench()
    #expect(bench.judge(101, quantity: 1_980) == nil)
    #expect(bench.judge(101, quantity: 1_981) == .positionValue)
    #expect(bench.judge(99, quantity: 2_001) == .positionValue)
    var order = OrderIntent(GateBench.order(100, quantity: 1_980))
    order.replacedPriceE4 = 1_010_000
    #expect(bench.judge(order).reason == nil)
    order.replacedPriceE4 = 1_020_000
    #expect(bench.judge(order).reason == .positionValue)
  }

  /// The larger of old and new counts.
  @Test func rm1OfAReplacementOnlyWhatIsAddedIsNew() throws {
    let bench = try bench()
    bench.open(.buy, 1_500)
    var order = OrderIntent(GateBench.order(100, quantity: 2_000))
    #expect(bench.judge(order).reason == .positionValue)
    order.replacedOpen = 1_500
    #expect(bench.judge(order).reason == nil)
    order.quantity = 2_001
    #expect(bench.judge(order).reason == .positionValue)
    bench.open(.buy, 500)
    order.quantity = 100
    #expect(bench.judge(order).reason == nil)
    bench.open(.buy, 1)
    #expect(bench.judge(order).reason == .positionValue)
  }

  // MARK: RM2

  private static let rows = ["AAA,x,1000000,,1000000,no", "BBB,x,1000000,,1000000,no"]

  @Test func rm2ASectorOfFortyPercentPassesAndAHundredthMoreFails() throws {
    let rows = ExposureLimitTests.rows
    let same = try bench(rows: rows + ["CCC,x,1000000,,1000000,no"])
    let other = try bench(rows: rows + ["CCC,y,1000000,,1000000,no"])
    for bench in [same, other] {
      #expect(bench.send(100, quantity: 2_000) == nil)
      #expect(bench.send(100, quantity: 2_000, instrument: 2, side: .sell) == nil)
    }
    let decision = same.judge(GateBench.order(100, quantity: 1, instrument: 3))
    #expect(decision.reason == .sector && decision.limit == 40)
    #expect(abs(decision.value - 40.01) < 1e-9)
    #expect(other.judge(100, quantity: 2_000, instrument: 3) == nil)
    // The larger of both sides, not their difference: selling what is held in the worst case adds
    // nothing up to there.
    #expect(same.judge(100, quantity: 2_000, side: .sell) == nil)
    #expect(same.judge(100, quantity: 2_001, side: .sell) != nil)
  }

  @Test func rm2FollowsTheMarks() throws {
    let bench = try bench(rows: ExposureLimitTests.rows)
    #expect(bench.send(100, quantity: 2_000) == nil)
    bench.tell { $0.mark(1, 1_500_000) }
    #expect(bench.judge(100, quantity: 1_000, instrument: 2) == nil)
    #expect(bench.judge(100, quantity: 1_001, instrument: 2) == .sector)
    bench.tell { $0.mark(1, 900_000) }
    #expect(bench.judge(100, quantity: 2_000, instrument: 2) == nil)
  }

  /// Also of a symbol that no order was judged for yet: it was held at the start.
  @Test func rm2CountsWhatWasHeldAtTheStart() throws {
    let bench = try bench(rows: ["AAA,x,1000000,,1000000,no", "BBB,x,1000000,99.99,1000000,no"])
    bench.hold(-3_000, 2)
    #expect(bench.judge(100, quantity: 1_000) == nil)
    #expect(bench.judge(100, quantity: 1_001) == .sector)
  }

  // MARK: RM5

  @Test func rm5OneAndAHalfTimesEquityPassesAndATenThousandthMoreFails() throws {
    let bench = try bench {
      $0.positionPercent = 100
      $0.sectorPercent = 1_000
    }
    #expect(bench.send(100, quantity: 10_000) == nil)
    #expect(bench.send(100, quantity: 4_999, instrument: 2, side: .sell) == nil)
    #expect(bench.judge(100, quantity: 1, instrument: 3) == nil)
    let decision = bench.judge(GateBench.order(100, quantity: 2, instrument: 3))
    #expect(decision.reason == .leverage && decision.limit == 1.5)
    #expect(abs(decision.value - 1.5001) < 1e-9)
  }

  // MARK: RM6

  @Test func rm6ThePositionAfterTheOrderIsBounded() throws {
    let bench = try bench { $0.positionQuantityMax = 500 }
    bench.hold(-100)
    #expect(bench.judge(100, quantity: 600) == nil)
    #expect(bench.judge(100, quantity: 601) == .positionQuantity)
    #expect(bench.judge(100, quantity: 400, side: .sell) == nil)
    let decision = bench.judge(GateBench.order(100, quantity: 401, side: .sell))
    #expect(decision.reason == .positionQuantity && (decision.limit, decision.value) == (500, 501))
  }

  @Test func rm6TheSymbolsOwnLimitHoldsWhereItIsSmaller() throws {
    let rows = ["AAA,x,1000000,,200,no", "BBB,x,1000000,,1000,no", "CCC,x,1000000,,0,no"]
    let bench = try bench(rows: rows) { $0.positionQuantityMax = 500 }
    #expect(bench.judge(100, quantity: 200) == nil)
    #expect(bench.judge(100, quantity: 201) == .positionQuantity)
    #expect(bench.judge(100, quantity: 500, instrument: 2) == nil)
    #expect(bench.judge(100, quantity: 501, instrument: 2) == .positionQuantity)
    #expect(bench.judge(100, quantity: 1, instrument: 3) == .positionQuantity)
  }

  // MARK: RM7

  @Test func rm7ADayMayLoseItsLimitAndNoMore() throws {
    let bench = try bench()
    bench.equityE4 -= 500_000_000
    #expect(bench.judge(100) == nil)
    bench.equityE4 -= 1
    let decision = bench.judge(GateBench.order(100))
    #expect(decision.reason == .dailyLoss && decision.limit == 50_000)
    bench.hold(1_000)
    #expect(bench.judge(100, side: .sell) == nil)
    bench.tell { $0.beginDay(equityE4: 9_499_999_999) }
    #expect(bench.judge(100) == nil)
  }

  // MARK: What only reduces

  /// Nothing that bounds exposure holds it back; crossing zero by one share, everything does.
  @Test(arguments: [OrderSide.buy, .sell])
  func anOrderThatOnlyReducesPassesWhateverIsHeld(side: OrderSide) throws {
    let bench = try bench { $0.positionQuantityMax = 5 }
    bench.hold(side == .sell ? 10_000 : -10_000)
    bench.equityE4 = -1
    let decision = bench.judge(GateBench.order(100, quantity: 10_000, side: side))
    #expect(decision.reason == nil && decision.isReducing && !decision.isShort)
    bench.open(side, 9_000)
    #expect(bench.judge(100, quantity: 1_000, side: side) == nil)
    #expect(bench.judge(100, quantity: 1_001, side: side) == .noEquity)
    #expect(bench.judge(100, quantity: 1, side: side == .buy ? .sell : .buy) == .positionQuantity)
  }

  @Test func aSaleIsMarkedShortFromTheWorstCase() throws {
    let bench = try bench()
    func isShort(_ quantity: UInt32, replacing: UInt32 = 0) -> Bool {
      var order = OrderIntent(GateBench.order(100, quantity: quantity, side: .sell))
      order.replacedOpen = replacing
      let decision = bench.judge(order)
      #expect(decision.reason == nil)
      return decision.isShort
    }
    #expect(isShort(1))
    bench.hold(100)
    #expect(!isShort(100) && isShort(101))
    bench.open(.sell, 60)
    #expect(!isShort(40) && isShort(41) && !isShort(100, replacing: 60))
    // What may be bought may also not be.
    bench.open(.buy, 500)
    #expect(isShort(41) && isShort(101, replacing: 60))
    #expect(!bench.judge(GateBench.order(100)).isShort)
  }

  // MARK: RM13

  @Test(arguments: [Int64(0), -1, .min])
  func rm13WithoutEquityNothingNewPasses(equity: Int64) throws {
    let bench = try bench()
    bench.equityE4 = equity
    #expect(bench.judge(100, quantity: 1) == .noEquity)
  }

  @Test func rm13WithoutAMarkOfEverythingHeldNothingNewPasses() throws {
    let bench = try bench()
    bench.hold(1, 3)
    #expect(bench.judge(100) == .noMark)
    bench.tell { $0.mark(3, 0) }
    bench.tell { $0.mark(3, -1) }
    #expect(bench.judge(100) == .noMark)
    bench.tell { $0.mark(3, 1) }
    #expect(bench.judge(100) == nil)
    // An order of its own brings the mark along.
    let other = try self.bench()
    other.hold(1, 3)
    #expect(other.judge(100, quantity: 1, instrument: 3) == nil && other.judge(100) == nil)
  }

  @Test func rm13WhatCannotBeCountedRefusesAllThatIsNew() throws {
    let bench = try bench {
      $0.portfolioValue = 100_000_000_000
      $0.positionQuantityMax = 1_000_000_000_000
    }
    bench.hold(.max, 2)
    bench.tell { $0.mark(2, 2) }
    #expect(bench.judge(100) == .overflow)
    bench.hold(1, 2)
    #expect(bench.gate.exposure.isBroken && bench.judge(100) == .overflow)
    // Not even what would only reduce: nobody knows what is held.
    #expect(bench.judge(100, quantity: 1, instrument: 2, side: .sell) == .overflow)
  }

  @Test func rm13AnEndOfMoreThanIsOpenRefusesEverything() throws {
    for end in 0..<2 {
      let bench = try bench()
      bench.open(.buy, 10)
      bench.tell { gate in
        if end == 0 { gate.closed(1, strategy: 1, .buy, 11) }
        if end == 1 { gate.filled(1, strategy: 1, .buy, 11, now: GateBench.start) }
      }
      #expect(bench.judge(100) == .overflow)
    }
  }

  @Test(arguments: [Int64.max, .max - 99, .min, .min + 99])
  func rm13ThePositionsEndsAreRefused(position: Int64) throws {
    let bench = try bench()
    bench.hold(position)
    for side in [OrderSide.buy, .sell] {
      let reason = bench.judge(100, quantity: 100, side: side)
      let isReducing = side == .sell ? position == .max || position == .max - 99 : position > .min
      let isTowards = (position > 0) == (side == .sell)
      #expect(reason == (isTowards && isReducing ? nil : .overflow), "\(side)")
    }
  }
}
