import TickRing
import Testing

@testable import TickEngine

/// RS5: while strategies unwind one after the other, a replacement has to wait for its turn, too.
@Suite(.timeLimit(.minutes(1))) struct UnwindReplacementTests {
  @Test(arguments: [1, 2] as [UInt8])
  func rs5AReplacementWaitsForItsStrategysTurn(holder: UInt8) throws {
    let venue = try FakeVenue(.deaf)
    let patience = SenderOptions.Patience(silent_ns: 1_000_000, whole_ns: 10_000_000)
    let bench = try SenderBench(
      eventSlots: 64, venuePort: venue.port, patience: patience, decisionSlots: 64)
    bench.adjust { $0.gate.hold(1, strategy: 1, 100) }
    var order = GateBench.order(100, side: .sell)
    #expect(bench.ask(order))
    bench.takeAndSend()
    try bench.adjust { sender in
      sender.book.pool[1].state = OrderState.live.rawValue
      sender.book.pool[1].isAccepted = true
      let record = RiskRecord(
        state: RiskState.coolDown.rawValue, trips: 1, peakE4: 10_000_000_000_000,
        coolDownSince: 0, newest: 0, day: 0)
      sender.risk = try RiskWatch.unnamed(.simulation, records: [0: record])
      sender.risk.note(1, isFlat: false)
      sender.risk.note(2, isFlat: false)
      let now = sender.marketTime
      let hasTurn = sender.risk.mayUnwind(holder, at: now)
      #expect(hasTurn)
    }
    order.action = OrderAction.replace.rawValue
    order.target_id = order.order_id
    order.price = 99.9
    #expect(bench.ask(order))
    bench.takeAndSend()
    let decision = try #require(bench.decisions().last)
    #expect(decision.decisionOutcome == (holder == 1 ? .allowed : .refused))
    #expect(holder == 1 || decision.refusedBy == .unwindTurn)
    // The venue answers nothing, so that the end is an error.
    try? bench.finish()
  }
}
