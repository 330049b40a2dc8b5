import Testing

@testable import TickEngine

/// PT1, PT2: one holding, its average price and its profit.
@Suite(.timeLimit(.minutes(1))) struct HoldingTests {
  /// Price in 1e-4.
  private func e4(_ price: Double) -> Int64 { Int64((price * 10_000).rounded()) }

  private func holding(
    _ fills: [(OrderSide, UInt32, Double)], reference: Double = 0, mark: Double = 0
  ) -> Holding {
    var holding = Holding()
    holding.markE4 = e4(mark)
    for (side, quantity, price) in fills {
      let fits = holding.fill(side, quantity, e4(price), referenceE4: e4(reference))
      precondition(fits)
    }
    return holding
  }

  @Test func pt2ThreeFillsAverage50_0462And9_24BasisPoints() {
    let holding = holding(
      [(.buy, 3_200, 50.02), (.buy, 4_800, 50.05), (.buy, 1_500, 50.09)], reference: 50)
    #expect(holding.position == 9_500 && holding.averageE4 == 500_462)
    #expect(holding.slippage_bpsE2 == 924)
    #expect(holding.costE4 == 4_754_390_000)
  }

  @Test func pt2ASaleBelowItsReferenceSlips() {
    #expect(holding([(.sell, 100, 49.5)], reference: 50).slippage_bpsE2 == 10_000)
    #expect(holding([(.sell, 100, 50.5)], reference: 50).slippage_bpsE2 == -10_000)
    #expect(holding([(.sell, 100, 50.5)]).slippage_bpsE2 == nil, "no reference, no slippage")
  }

  @Test func pt1SellingPartRealisesItsPartAndKeepsTheAverage() {
    let holding = holding([(.buy, 100, 10), (.buy, 100, 12), (.sell, 50, 14)], mark: 15)
    #expect(holding.position == 150 && holding.averageE4 == 110_000)
    #expect(holding.realisedE4 == 1_500_000)
    #expect(holding.unrealisedE4 == 6_000_000)
  }

  @Test func pt1AShortGainsAsThePriceFalls() {
    let holding = holding([(.sell, 100, 20), (.buy, 40, 15)], mark: 18)
    #expect(holding.position == -60 && holding.averageE4 == 200_000)
    #expect(holding.realisedE4 == 2_000_000)
    #expect(holding.unrealisedE4 == 1_200_000)
  }

  @Test func pt1CrossingZeroClosesAllAndOpensTheRestAtThePrice() {
    let holding = holding([(.buy, 100, 10), (.sell, 250, 13)], mark: 13)
    #expect(holding.position == -150 && holding.averageE4 == 130_000)
    #expect(holding.realisedE4 == 3_000_000 && holding.unrealisedE4 == 0)
  }

  @Test func pt1FlatHasNoCostAndRealisedIsTheCash() {
    let holding = holding([(.buy, 3, 10.0001), (.buy, 4, 10), (.sell, 2, 11), (.sell, 5, 9)])
    #expect(holding.position == 0 && holding.costE4 == 0 && holding.averageE4 == 0)
    #expect(holding.realisedE4 == holding.cashE4)
  }

  /// A million partial closes, each of which rounds, leave the average where it was: 1e-4 of the
  /// smallest price step would show.
  @Test func theAverageDoesNotDrift() {
    var holding = holding([(.buy, 2_000_000, 10), (.buy, 1_000_000, 10.0001)])
    let average = Double(holding.cost) / Double(holding.position)
    for _ in 0..<1_000_000 { _ = holding.fill(.sell, 1, 90_000, referenceE4: 0) }
    #expect(holding.position == 2_000_000 && holding.averageE4 == 100_000)
    let drift = abs(Double(holding.cost) / Double(holding.position) - average)
    #expect(drift < 1, "units of 1e-13")
  }

  @Test func aBrokenFillIsAsIfItHadNeverBeen() {
    var broken = holding([(.buy, 100, 10), (.buy, 70, 12)], reference: 9.99, mark: 11)
    let fits = broken.undo(.buy, 70, e4(12), referenceE4: e4(9.99))
    #expect(fits && broken == holding([(.buy, 100, 10)], reference: 9.99, mark: 11))
    let all = broken.undo(.buy, 100, e4(10), referenceE4: e4(9.99))
    #expect(all && broken == holding([], mark: 11))
  }

  @Test func aBrokenFillThatWasClosedSinceLeavesTheOtherSide() {
    var holding = holding([(.buy, 100, 10), (.sell, 100, 12)], mark: 12)
    let fits = holding.undo(.buy, 100, e4(10), referenceE4: 0)
    #expect(fits && holding.position == -100 && holding.cashE4 == 12_000_000)
    #expect((holding.realisedE4 ?? 0) + (holding.unrealisedE4 ?? 0) == 0, "short at 12, marked 12")
  }

  @Test(arguments: [OrderSide.buy, .sell]) func rm13WhatDoesNotFitIsSaid(_ side: OrderSide) {
    var holding = Holding()
    let tooMuch = holding.fill(side, .max, .max, referenceE4: 0)
    var often = Holding()
    var count = 0
    while often.fill(side, .max, Int64.max / Int64(UInt32.max) / 3, referenceE4: 0) { count += 1 }
    #expect(!tooMuch && count == 3)
    var reference = Holding()
    let far = reference.fill(side, 2, 1, referenceE4: .max)
    #expect(!far)
  }

  @Test func halvesAreRoundedAwayFromZero() {
    let cases: [(Int128, Int128, Int128)] = [
      (5, 2, 3), (-5, 2, -3), (4, 3, 1), (5, 3, 2), (-4, 3, -1), (-5, 3, -2), (0, 7, 0), (7, 1, 7),
    ]
    for (numerator, denominator, result) in cases {
      #expect(Rounding.nearest(numerator, denominator) == result)
    }
    #expect(
      Rounding.share(Int128(Int64.max) * 1_000_000_000, .max, of: .max) / 1_000_000_000
        == Int128(Int64.max))
    #expect(Rounding.share(-10, 1, of: 4) == -3)
  }
}
