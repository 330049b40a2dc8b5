import Testing
import TickWire

@testable import TickEngine

struct VenueRequestTests {
  @Test func whatIsWrongWithAnOrderIsSaid() {
    var bench = Bench()
    bench.engine.status(instrument: 2, halted: true)
    bench.enter(1, .buy, 10, at: 100, instrument: nil)
    bench.enter(2, .buy, 10, at: 100, instrument: 8)
    bench.enter(3, .buy, 10, at: 100, instrument: 2)
    bench.enter(4, nil, 10, at: 100)
    bench.enter(5, .buy, 0, at: 100)
    bench.enter(6, .buy, 1_000_000, at: 100)
    bench.enter(7, .buy, 10, at: 0)
    bench.enter(8, .buy, 10, at: 100_000_000_001)
    bench.enter(9, .buy, 10, at: .max)
    bench.enter(10, .buy, 10, at: 100, nil)
    bench.enter(11, .buy, 10, at: 100, cross: 0x4F)
    #expect(
      bench.said() == [
        "J1 invalidSymbol", "J2 invalidSymbol", "J3 halted", "J4 invalidSide",
        "J5 invalidQuantity", "J6 invalidQuantity", "J7 invalidPrice", "J8 invalidPrice",
        "J9 invalidPrice", "J10 other", "J11 invalidCrossOrder",
      ])
    #expect(bench.engine.counts.rejected(.invalidQuantity) == 2)
    #expect(bench.engine.counts.ordersRejected == 11 && bench.engine.counts.ordersReceived == 11)
    bench.enter(11, .buy, 10, at: 100)
    #expect(bench.said() == [], "a refused number is used up")
  }

  @Test func nothingFillsOrEntersWhileHaltedAndCancelsAreTaken() {
    var bench = Bench()
    bench.enter(1, .buy, 10, at: 100)
    bench.enter(2, .buy, 10, at: 100)
    bench.engine.status(instrument: 1, halted: true)
    bench.quote(90, 10, 95, 10)
    bench.engine.trade(instrument: 1, priceE4: 90, size: 100)
    bench.engine.cancel(1, remaining: 0, from: 0)
    bench.replace(2, by: 3, 10, at: 101)
    #expect(bench.said() == ["A1", "A2", "C1 10 U", "J3 halted"])
    bench.engine.status(instrument: 1, halted: false)
    bench.quote(90, 10, 95, 10)
    #expect(bench.said() == ["E2 10@100A"])
  }

  @Test func aCancelSaysWhatIsToRemain() {
    var bench = Bench()
    bench.enter(1, .buy, 100, at: 100)
    bench.engine.cancel(1, remaining: 100, from: 0)
    bench.engine.cancel(1, remaining: 200, from: 0)
    #expect(bench.said() == ["A1"])
    bench.engine.cancel(1, remaining: 30, from: 0)
    bench.engine.cancel(1, remaining: 0, from: 0)
    bench.engine.cancel(1, remaining: 0, from: 0)
    bench.engine.cancel(77, remaining: 0, from: 0)
    #expect(bench.said() == ["C1 70 U", "C1 30 U"])
    #expect(bench.engine.counts.requestsIgnored == 4)
  }

  @Test func anAccountCannotCancelAnothersOrder() {
    var bench = Bench()
    bench.enter(1, .buy, 100, at: 100)
    bench.engine.cancel(1, remaining: 0, from: 1)
    #expect(bench.said() == ["A1"])
  }

  @Test func aReplaceTakesTheNewPriceAtTheEndOfTheQueue() {
    var bench = Bench()
    bench.enter(1, .sellShort, 100, at: 200)
    bench.enter(2, .sell, 100, at: 210)
    bench.replace(1, by: 3, 50, at: 210)
    #expect(bench.said() == ["A1", "A2", "U1>3"])
    bench.engine.trade(instrument: 1, priceE4: 211, size: 120)
    #expect(bench.said() == ["E2 100@210A", "E3 20@210A"])
    #expect(bench.engine.counts.ordersReplaced == 1)
  }

  @Test func aReplaceThatReachesTheTouchTakesIt() {
    var bench = Bench()
    bench.quote(190, 10, 200, 40)
    bench.enter(1, .buy, 100, at: 190)
    bench.replace(1, by: 2, 100, at: 200, .immediateOrCancel)
    #expect(bench.said() == ["A1", "U1>2", "E2 40@200R", "C2 60 I"])
  }

  @Test func aReplaceOfADeadOrderIsIgnoredAndItsNumberStaysFree() {
    var bench = Bench()
    bench.enter(1, .buy, 100, at: 190)
    bench.engine.cancel(1, remaining: 0, from: 0)
    bench.replace(1, by: 2, 100, at: 200)
    bench.enter(2, .buy, 100, at: 190)
    #expect(bench.said() == ["A1", "C1 100 U", "A2"])
    bench.replace(2, by: 2, 100, at: 200)
    #expect(bench.said() == [] && bench.engine.counts.duplicatesIgnored == 1)
  }

  /// OUCH: so that what fills while a replacement is on its way is not bought twice.
  @Test func aReplacesSharesAreThoseOfAllThatItStandsFor() {
    var bench = Bench()
    bench.enter(1, .buy, 500, at: 190)
    bench.engine.trade(instrument: 1, priceE4: 189, size: 100)
    bench.replace(1, by: 2, 500, at: 195)
    bench.replace(2, by: 3, 600, at: 195)
    bench.engine.trade(instrument: 1, priceE4: 194, size: 300)
    bench.engine.cancel(3, remaining: 0, from: 0)
    #expect(bench.said() == ["A1", "E1 100@190A", "U1>2", "U2>3", "E3 300@195A", "C3 200 U"])
  }

  @Test func aReplaceThatLeavesNothingCancelsAndItsNumberStaysFree() {
    var bench = Bench()
    bench.quote(180, 10, 190, 100)
    bench.enter(1, .buy, 500, at: 190)
    bench.replace(1, by: 1, 100, at: 190)
    bench.replace(1, by: 2, 100, at: 190)
    bench.enter(2, .buy, 10, at: 180)
    #expect(bench.said() == ["A1", "E1 100@190R", "C1 400 U", "A2"])
    #expect(bench.engine.counts.duplicatesIgnored == 1 && bench.engine.counts.ordersReplaced == 0)
  }

  @Test func aBadReplaceIsRefusedAndTheOriginalStays() {
    var bench = Bench()
    bench.enter(1, .buy, 100, at: 190)
    bench.replace(1, by: 2, 0, at: 190)
    bench.replace(1, by: 3, 10, at: 0)
    #expect(bench.said() == ["A1", "J2 invalidQuantity", "J3 invalidPrice"])
    bench.engine.cancel(1, remaining: 0, from: 0)
    #expect(bench.said() == ["C1 100 U"])
  }

  @Test func aReplaceFitsInAFullPool() {
    var bench = Bench()
    for number in UInt32(1)...16 { bench.enter(number, .buy, 10, at: 100) }
    _ = bench.said()
    bench.replace(4, by: 17, 10, at: 101)
    #expect(bench.said() == ["U4>17"] && bench.engine.restingOrders == 16)
  }

  @Test func aModifyKeepsThePlaceAndNeverAddsShares() {
    var bench = Bench()
    bench.enter(1, .sell, 100, at: 200)
    bench.enter(2, .sell, 100, at: 200)
    bench.engine.modify(1, side: .sellShort, quantity: 60, from: 0)
    bench.engine.modify(1, side: .sell, quantity: 61, from: 0)
    bench.engine.modify(1, side: .buy, quantity: 10, from: 0)
    bench.engine.modify(1, side: nil, quantity: 10, from: 0)
    bench.engine.modify(9, side: .sell, quantity: 10, from: 0)
    bench.engine.trade(instrument: 1, priceE4: 201, size: 70)
    #expect(bench.said() == ["A1", "A2", "M1 T60", "E1 60@200A", "E2 10@200A"])
    #expect(bench.engine.counts.requestsIgnored == 4)
  }

  @Test func cancelAllTakesOnlyTheAccounts() {
    var bench = Bench()
    bench.enter(1, .sell, 100, at: 200)
    bench.enter(2, .buy, 50, at: 100)
    bench.enter(1, .buy, 10, at: 100, account: 1)
    _ = bench.said()
    bench.engine.cancelAll(of: 0, reason: .system)
    #expect(bench.said() == ["C1 100 Z", "C2 50 Z"] && bench.engine.restingOrders == 1)
  }
}
