import TestSupport
import Testing
import TickWire

@testable import TickEngine

struct VenueMatchingTests {
  // MARK: At the touch

  @Test func anImmediateOrderFillsAtTheTouchAndTheRestIsCancelled() {
    var bench = Bench()
    bench.quote(9_900, 200, 10_000, 300)
    bench.enter(1, .buy, 500, at: 10_500, .immediateOrCancel)
    #expect(bench.said() == ["A1", "E1 300@10000R", "C1 200 I"])
    bench.enter(2, .sellShort, 100, at: 9_900, .immediateOrCancel)
    #expect(bench.said() == ["A2", "E2 100@9900R"])
    #expect(bench.engine.restingOrders == 0)
  }

  @Test func anImmediateOrderThatDoesNotReachTheTouchIsCancelledWhole() {
    var bench = Bench()
    bench.enter(1, .buy, 10, at: 10_000, .immediateOrCancel)
    bench.quote(9_900, 200, 10_000, 300)
    bench.enter(2, .buy, 10, at: 9_999, .immediateOrCancel)
    bench.enter(3, .sell, 10, at: 9_901, .immediateOrCancel)
    #expect(bench.said() == ["A1", "C1 10 I", "A2", "C2 10 I", "A3", "C3 10 I"])
  }

  @Test func sizeThatIsTakenIsGoneUntilTheNextQuote() {
    var bench = Bench()
    bench.quote(9_900, 200, 10_000, 300)
    bench.enter(1, .buy, 250, at: 10_000, .immediateOrCancel)
    bench.enter(2, .buy, 250, at: 10_000, .immediateOrCancel)
    bench.enter(3, .buy, 250, at: 10_000, .immediateOrCancel)
    #expect(
      bench.said() == [
        "A1", "E1 250@10000R", "A2", "E2 50@10000R", "C2 200 I", "A3", "C3 250 I",
      ])
    bench.quote(9_900, 200, 10_000, 300)
    bench.enter(4, .buy, 300, at: 10_000, .immediateOrCancel)
    #expect(bench.said() == ["A4", "E4 300@10000R"])
  }

  @Test func aMinimumQuantityIsFilledAtOnceOrNotAtAll() {
    var bench = Bench()
    bench.quote(9_900, 200, 10_000, 300)
    bench.enter(1, .buy, 400, at: 10_000, .immediateOrCancel, minimum: 400)
    #expect(bench.said() == ["A1", "C1 400 I"])
    bench.enter(2, .buy, 300, at: 10_000, .immediateOrCancel, minimum: 300)
    #expect(bench.said() == ["A2", "E2 300@10000R"])
    bench.enter(3, .buy, 10, at: 10_000, .day, minimum: 5)
    bench.enter(4, .buy, 10, at: 10_000, .immediateOrCancel, minimum: 11)
    #expect(bench.said() == ["J3 invalidMinimumQuantity", "J4 invalidMinimumQuantity"])
  }

  @Test func aDayOrderTakesWhatItReachesAndTheRestRests() {
    var bench = Bench()
    bench.quote(9_900, 200, 10_000, 300)
    bench.enter(1, .buy, 500, at: 10_000)
    #expect(bench.said() == ["A1", "E1 300@10000R"])
    #expect(bench.engine.restingOrders == 1)
    bench.quote(9_900, 200, 10_000, 150)
    bench.quote(9_900, 200, 10_100, 150)
    bench.quote(9_900, 200, 9_990, 150)
    #expect(bench.said() == ["E1 150@10000A", "E1 50@10000A"], "at its limit, not the touch")
    #expect(bench.engine.restingOrders == 0)
  }

  @Test func anEmptySideHasNothingToTake() {
    var bench = Bench()
    for (bid, size) in [(Int64(0), UInt32(100)), (-5, 100), (9_900, 0)] {
      bench.quote(bid, size, bid, size)
      bench.enter(bench.engine.nextUserRefNum(of: 0), .sell, 1, at: 1, .immediateOrCancel)
      bench.enter(bench.engine.nextUserRefNum(of: 0), .buy, 1, at: 20_000, .immediateOrCancel)
    }
    #expect(bench.engine.counts.executions == 0 && bench.engine.counts.cancels == 6)
  }

  // MARK: Resting

  @Test func aTradeThroughTheLimitFillsAndOneAtTheLimitDoesNot() {
    var bench = Bench()
    bench.quote(9_900, 200, 10_000, 300)
    bench.enter(1, .buy, 100, at: 9_900)
    bench.enter(2, .sell, 100, at: 10_000)
    bench.engine.trade(instrument: 1, priceE4: 9_900, size: 500)
    bench.engine.trade(instrument: 1, priceE4: 10_000, size: 500)
    #expect(bench.said() == ["A1", "A2"])
    bench.engine.trade(instrument: 1, priceE4: 9_899, size: 60)
    #expect(bench.said() == ["E1 60@9900A"])
    bench.engine.trade(instrument: 1, priceE4: 10_001, size: 500)
    bench.engine.trade(instrument: 1, priceE4: 9_899, size: 500)
    #expect(bench.said() == ["E2 100@10000A", "E1 40@9900A"])
  }

  @Test func aTradeFillsBestPriceFirstThenOldestUpToItsSize() {
    var bench = Bench()
    bench.enter(1, .buy, 100, at: 9_900)
    bench.enter(2, .buy, 100, at: 9_950)
    bench.enter(3, .buy, 100, at: 9_900)
    bench.enter(4, .buy, 100, at: 9_950)
    bench.enter(5, .buy, 100, at: 9_800)
    _ = bench.said()
    bench.engine.trade(instrument: 1, priceE4: 9_850, size: 350)
    #expect(
      bench.said() == ["E2 100@9950A", "E4 100@9950A", "E1 100@9900A", "E3 50@9900A"])
    bench.engine.trade(instrument: 1, priceE4: 9_700, size: 1_000)
    #expect(bench.said() == ["E3 50@9900A", "E5 100@9800A"])
  }

  @Test func theOppositeTouchFillsUpToTheSizeShown() {
    var bench = Bench()
    bench.enter(1, .sell, 100, at: 10_000)
    bench.enter(2, .sell, 100, at: 9_990)
    _ = bench.said()
    bench.quote(9_989, 500, 10_050, 500)
    #expect(bench.said() == [])
    bench.quote(10_000, 150, 10_050, 500)
    #expect(bench.said() == ["E2 100@9990A", "E1 50@10000A"])
    bench.enter(3, .sell, 10, at: 10_000, .immediateOrCancel)
    #expect(bench.said() == ["A3", "C3 10 I"], "the bid shown is used up")
  }

  @Test func instrumentsDoNotTouchEachOther() {
    var bench = Bench()
    bench.enter(1, .buy, 100, at: 9_900, instrument: 1)
    bench.quote(1, 1, 2, 100, instrument: 2)
    bench.engine.trade(instrument: 2, priceE4: 5, size: 100)
    #expect(bench.said() == ["A1"])
    bench.quote(1, 1, 2, 100, instrument: 99)
    #expect(bench.engine.counts.marketUpdatesBeyondLimit == 1)
  }

  @Test func ownOrdersDoNotTradeWithEachOther() {
    var bench = Bench()
    bench.enter(1, .buy, 100, at: 10_000)
    bench.enter(2, .sell, 100, at: 9_000, account: 1)
    #expect(bench.said() == ["A1", "A2"])
  }

  // MARK: Numbers and capacity

  @Test func matchAndOrderNumbersRiseByOneOverAllAccounts() {
    var bench = Bench()
    bench.quote(9_900, 200, 10_000, 300)
    for account in UInt32(0)..<3 {
      bench.enter(1, .buy, 10, at: 10_000, .immediateOrCancel, account: account)
    }
    var matches: [UInt64] = []
    var references: [UInt64] = []
    for entry in bench.engine.sink.entries {
      switch entry.event {
      case .executed(_, _, _, _, let match): matches.append(match)
      case .accepted(_, let reference): references.append(reference)
      default: Issue.record("\(entry)")
      }
    }
    #expect(matches == [1, 2, 3] && references == [1, 2, 3])
    #expect(bench.engine.sink.entries.map(\.account) == [0, 0, 1, 1, 2, 2])
  }

  @Test func aNumberThatDoesNotRiseIsIgnored() {
    var bench = Bench()
    bench.enter(5, .buy, 10, at: 10_000)
    bench.enter(5, .buy, 10, at: 10_000)
    bench.enter(4, .buy, 10, at: 10_000)
    bench.enter(0, .buy, 10, at: 10_000)
    bench.enter(4, .buy, 10, at: 10_000, account: 1)
    #expect(bench.said() == ["A5", "A4"])
    #expect(bench.engine.counts.duplicatesIgnored == 3)
    #expect(bench.engine.nextUserRefNum(of: 0) == 6)
  }

  @Test func theOrderBeyondCapacityIsRefusedAndCountedAndTheNextFits() {
    var bench = Bench()
    for number in UInt32(1)...17 { bench.enter(number, .buy, 10, at: 100) }
    #expect(bench.said().last == "J17 processingError")
    #expect(bench.engine.counts.rejectedNoCapacity == 1 && bench.engine.restingOrders == 16)
    bench.quote(1, 1, 200, 100)
    bench.enter(18, .buy, 10, at: 200, .immediateOrCancel)
    #expect(bench.said() == ["A18", "E18 10@200R"], "one that cannot rest needs no room")
    bench.engine.cancel(3, remaining: 0, from: 0)
    bench.enter(19, .buy, 10, at: 100)
    #expect(bench.said() == ["C3 10 U", "A19"])
  }

  @Test func sharesAreConservedUnderRandomRequests() {
    var random = SplitMix(seed: 7)
    var bench = Bench()
    var entered: UInt64 = 0
    var open: UInt64 = 0
    for number in UInt32(1)...20_000 {
      let price = UInt64.random(in: 95...105, using: &random)
      let quantity = UInt32.random(in: 1...50, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0:
        bench.quote(
          Int64(price), quantity, Int64(price) + 1, UInt32.random(in: 0...50, using: &random))
      case 1: bench.engine.trade(instrument: 1, priceE4: Int64(price), size: quantity)
      case 2: bench.engine.cancel(number &- quantity, remaining: quantity / 4, from: 0)
      default:
        let rejected = bench.engine.counts.ordersRejected
        let kind: Ouch50.TimeInForce = quantity % 2 == 0 ? .day : .immediateOrCancel
        bench.enter(number, price % 2 == 0 ? .buy : .sell, quantity, at: price, kind)
        if bench.engine.counts.ordersRejected == rejected { entered += UInt64(quantity) }
      }
      bench.engine.sink.entries = []
    }
    bench.engine.cancelAll(of: 0, reason: .system)
    for entry in bench.engine.sink.entries {
      if case .canceled(_, let quantity, _) = entry.event { open += UInt64(quantity) }
    }
    let counts = bench.engine.counts
    #expect(open > 0 && bench.engine.restingOrders == 0 && counts.executions > 1_000)
    #expect(counts.sharesExecuted + counts.sharesCanceled == entered)
  }
}
