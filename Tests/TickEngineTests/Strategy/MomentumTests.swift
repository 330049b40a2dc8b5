import Testing
import TickRing

@testable import TickEngine

@Suite(.timeLimit(.minutes(1))) struct MomentumTests {
  private typealias Bench = WorkerBench<MomentumStrategy>

  /// With an anchor at 100 and a threshold of 20 basis points.
  private func anchored(_ parameters: [String: String] = [:]) throws -> Bench {
    let bench = try Bench(parameters: parameters)
    bench.quote(1, 99.95, 100.05)
    bench.trade(1, 100)
    return bench
  }

  @Test func aMoveUpBuysAtTheAskAndAMoveDownSellsAtTheBid() throws {
    let up = try anchored()
    up.trade(1, 100.21)
    #expect(up.asked() == ["buy 100 @ 100.05 ioc 1#1"])
    let down = try anchored()
    down.trade(1, 99.79)
    #expect(down.asked() == ["sell 100 @ 99.95 ioc 1#1"])
  }

  @Test func lessThanTheThresholdIsNoSignal() throws {
    let bench = try anchored()
    for price in [100.19, 99.81, 100] { bench.trade(1, price) }
    #expect(bench.asked() == [])
  }

  @Test func aSignalMovesTheAnchor() throws {
    let bench = try anchored()
    bench.trade(1, 101)
    bench.trade(1, 101.1)
    #expect(bench.asked().count == 1)
    bench.trade(1, 101.3)
    #expect(bench.asked().count == 1)
  }

  /// RM4: odd lots and the like set no last price, here too.
  @Test(arguments: [TickKind.tradeNoLast, .tradeBreak, .auction])
  func onlyEligibleTradesMoveIt(kind: TickKind) throws {
    let bench = try anchored()
    bench.trade(1, 200, kind: kind)
    #expect(bench.asked() == [])
  }

  @Test func anEmptyOppositeSideIsNotTaken() throws {
    let bench = try anchored()
    bench.quote(1, 99.95, 0, askSize: 0)
    bench.trade(1, 101)
    #expect(bench.asked() == [])
  }

  @Test func itsPositionIsBounded() throws {
    let bench = try anchored(["position_max": "150"])
    bench.trade(1, 101)
    bench.event(.fill, bench.order(1, 1), .buy)
    _ = bench.asked()
    bench.trade(1, 102)
    #expect(bench.asked() == [])
    bench.trade(1, 101)
    #expect(bench.asked() == ["sell 100 @ 99.95 ioc 1#2"])
  }

  @Test func aHaltedInstrumentIsLeftAlone() throws {
    let bench = try anchored()
    bench.status(1, .halted)
    bench.status(1, .venueTrading)
    bench.trade(1, 101)
    #expect(bench.asked() == [])
    bench.status(1, .trading)
    bench.trade(1, 102)
    #expect(bench.asked().count == 1)
  }

  @Test(arguments: [StatusCode.gap, .restart])
  func afterAGapItBeginsAnew(code: StatusCode) throws {
    let bench = try anchored()
    bench.status(0, code)
    bench.trade(1, 150)
    bench.trade(1, 151)
    #expect(bench.asked() == [])
    bench.quote(1, 150.95, 151.05)
    bench.trade(1, 152)
    #expect(bench.asked().count == 1)
  }

  @Test func aNewSessionBeginsAnewAndKeepsThePosition() throws {
    let bench = try anchored(["position_max": "100"])
    bench.trade(1, 101)
    bench.event(.fill, bench.order(1, 1), .buy)
    _ = bench.asked()
    bench.control.write(.session, 1)
    bench.quote(1, 99.95, 100.05)
    bench.trade(1, 200)
    bench.trade(1, 201)
    #expect(bench.asked() == [])
    bench.trade(1, 200)
    #expect(bench.asked().count == 1)
  }
}
