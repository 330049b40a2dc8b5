import Testing

@testable import TickEngine

/// RS5: strategies unwind one after the other.
@Suite(.timeLimit(.minutes(1))) struct UnwindTurnsTests {
  private func turns(holding: [UInt8]) -> UnwindTurns {
    var turns = UnwindTurns(strategiesMax: 16, turn_ns: 1_000)
    for strategy in holding { turns.note(strategy, isFlat: false) }
    return turns
  }

  @Test func oneStrategyAtATimeReduces() {
    var turns = turns(holding: [2, 5, 16])
    let first = turns.permits(5, at: 10)
    let others = (turns.permits(2, at: 11), turns.permits(16, at: 1_009))
    let again = turns.permits(5, at: 1_009)
    #expect(first && again && others == (false, false))
  }

  @Test func aTurnEndsAfterItsTimeToTheNanosecond() {
    var turns = turns(holding: [2, 5, 16])
    _ = turns.permits(5, at: 10)
    let late = turns.permits(16, at: 1_010)
    let next = turns.holder
    let last = (turns.permits(16, at: 2_009), turns.permits(2, at: 2_010))
    #expect(late && next == 16 && last == (true, true))
  }

  @Test func aTurnEndsWhenItsStrategyIsFlat() {
    var turns = turns(holding: [2, 5])
    _ = turns.permits(5, at: 10)
    turns.note(5, isFlat: true)
    let two = turns.permits(2, at: 11)
    let five = turns.permits(5, at: 12)
    #expect(two && !five)
  }

  @Test func aLoneStrategyKeepsItsTurn() {
    var turns = turns(holding: [9])
    var permitted = 0
    for step: UInt64 in 0..<50 where turns.permits(9, at: step * 700) { permitted += 1 }
    #expect(permitted == 50)
  }

  @Test func whoHoldsNothingOrIsUnknownHasNoTurn() {
    var turns = turns(holding: [0, 17, 255])
    var permitted = 0
    for strategy: UInt8 in 0...255 where turns.permits(strategy, at: 10) { permitted += 1 }
    #expect(permitted == 0 && turns.holder == 0)
  }

  /// What is left is to go, too, also where something else went first.
  @Test func aStrategyWithNothingLeftOfOneInstrumentReducesAnother() throws {
    let bench = try SenderBench(eventSlots: 16)
    bench.adjust { sender in
      sender.account(for: traded(1, 2_000_000, isBuy: true))
      sender.account(for: traded(2, 100, isBuy: true))
      sender.account(for: traded(2, 100, isBuy: false))
      // From 100 to 1: a fifth of the equity.
      sender.risk.mark(1, 10_000)
      sender.watchRisk()
    }
    let state = bench.adjust { $0.instanceState }
    var order = GateBench.order(100, side: .sell)
    #expect(state == .coolDown && bench.ask(order))
    order.order_id += 1
    order.strategy = 2
    #expect(bench.ask(order))
    try bench.finish()
    let breaker = RiskReason.breaker.rawValue
    #expect(bench.told().filter { $0 != "state" } == ["unsent", "riskReject \(breaker)"])
  }

  private func traded(_ instrument: UInt32, _ quantity: UInt32, isBuy: Bool) -> OrderNews {
    var news = OrderNews()
    (news.instrument, news.strategy, news.isBuy) = (instrument, 1, isBuy)
    (news.added, news.filled, news.fillPriceE4) = (quantity, quantity, 1_000_000)
    return news
  }

  /// Nobody waits longer than the others' turns, and never do two go in one turn.
  @Test func everyHolderHasItsTurn() {
    var random = SeededRandom(seed: 5)
    var turns = turns(holding: Array(1...16))
    var waits = [UInt64](repeating: 0, count: 17)
    var now: UInt64 = 0
    while now < 200_000 {
      now += UInt64(random.below(60))
      var permitted: [UInt8] = []
      for strategy: UInt8 in 1...16 where turns.permits(strategy, at: now) {
        permitted.append(strategy)
        waits[Int(strategy)] = now
      }
      #expect(permitted.count <= 2, "the old holder and the new one, in the moment of passing")
      for strategy in 1...16 { #expect(now - waits[strategy] <= 17 * 1_060) }
    }
  }
}
