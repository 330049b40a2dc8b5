import Testing
import TickRing

@testable import TickEngine

/// Random walks of orders, fills, cancels, prices and equity: what the gate lets pass is what a
/// slow model lets pass, and no limit is ever exceeded by an order, with all that is open.
@Suite(.timeLimit(.minutes(5))) struct RiskWalkTests {
  /// - Parameter executionsMax: beyond what a walk reaches; the gate holds as many times.
  static func bench(
    dailyLossMax: Double = 50_000, executionsMax: Int = 100_000
  ) throws -> GateBench {
    let rows = ["AAA,x,1000000,,2500,no", "BBB,y,1000000,,2500,no", "CCC,x,1000000,,2500,no"]
    let bench = try GateBench(rows: rows) {
      $0.portfolioValue = 1_000_000
      $0.sectorPercent = 30
      $0.grossLeverage = 0.45
      $0.dailyLossMax = dailyLossMax
      $0.ordersPerSecondMax = 1_000
      $0.repeatedExecutionsMax = executionsMax
    }
    for instrument: UInt32 in 1...3 { bench.tell { $0.mark(instrument, 1_000_000) } }
    return bench
  }

  private func moveMarket(
    _ random: inout SeededRandom, _ bench: GateBench, _ model: inout RiskWalkModel
  ) {
    for instrument in 1...3 where random.once(in: 20) {
      model.marks[instrument] = Int128(random.within(950_000...1_050_000))
    }
    for instrument in 1...3 {
      let mark = Int64(model.marks[instrument])
      bench.trade(UInt32(instrument), Double(mark) / 10_000)
      bench.tell { $0.mark(UInt32(instrument), mark) }
    }
    if random.once(in: 50) {
      let lost = random.once(in: 6) ? 600_000_000 : 400_000_000
      model.equity = Int128(10_000_000_000 - random.within(0...lost))
      if random.once(in: 40) { model.equity = Int128(-random.within(0...5)) }
      bench.equityE4 = Int64(model.equity)
    }
    if random.once(in: 30) {
      bench.state =
        [.normal, .normal, .normal, .warning, .circuitBreaker, .coolDown][random.below(6)]
    }
  }

  /// Of something that is open, a part is filled or ends.
  private func end(_ random: inout SeededRandom, _ bench: GateBench, _ model: inout RiskWalkModel) {
    let instrument = random.within(1...3)
    let isBuy = random.once(in: 2)
    let open = Int(isBuy ? model.buys[instrument] : model.sells[instrument])
    guard open > 0 else { return }
    let part = UInt32(random.within(1...open))
    let side: OrderSide = isBuy ? .buy : .sell
    model.open(instrument, isBuy, -Int128(part))
    if random.once(in: 2) {
      bench.tell { $0.closed(UInt32(instrument), strategy: 1, side, part) }
    } else {
      let now = bench.now
      bench.tell { $0.filled(UInt32(instrument), strategy: 1, side, part, now: now) }
      model.positions[instrument] += isBuy ? Int128(part) : -Int128(part)
    }
  }

  @Test(arguments: 1...10)
  func noWalkPassesALimit(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let bench = try Self.bench()
    var model = RiskWalkModel()
    var seen: [RiskReason?: Int] = [:]
    for _ in 0..<20_000 {
      bench.now += 5_000_000
      moveMarket(&random, bench, &model)
      end(&random, bench, &model)
      let order = RiskWalkOrder(drawnFrom: &random, marks: model.marks)
      let expected = model.refusal(order, bench.state)
      let decision = bench.judge(order.intent)
      #expect(decision.reason == expected)
      seen[decision.reason, default: 0] += 1
      guard decision.reason == nil else { continue }
      let (instrument, isBuy) = (order.instrument, order.isBuy)
      let sent = model.sent(order, bench.state)
      #expect(Int128(decision.quantity) == sent)
      #expect(decision.isReducing == model.isReducing(instrument, isBuy, sent))
      #expect(decision.isShort == (!isBuy && model.side(instrument, false, sent) < 0))
      bench.open(order.side, decision.quantity, UInt32(instrument))
      model.open(instrument, isBuy, sent)
    }
    let met: [RiskReason?] = [
      nil, .collar, .halvedToZero, .breaker, .positionValue, .sector, .leverage, .dailyLoss,
    ]
    for reason in met { #expect(seen[reason, default: 0] > 20, "\(String(describing: reason))") }
  }
}
