import Testing
import TickRing

@testable import TickEngine

/// Gate, positions and risk states together, as the sender joins them, beside a slow model of all.
private struct RunWalk: ~Copyable {
  private var random: SeededRandom
  private let bench: GateBench
  private var watch: RiskWatch
  private var model = RiskWalkModel()
  /// The furthest that a mark moves at once, in 1e-4: in some markets a breaker is near.
  private let jump: Int
  private(set) var allowed: UInt64 = 0
  private var isKilled = false

  init(seed: UInt64, steps: Int) throws {
    let bench = try RiskWalkTests.bench(dailyLossMax: 1_000_000, executionsMax: steps + 1)
    for instrument: UInt32 in 1...3 { bench.trade(instrument, 100) }
    var limits = RiskLimits.simulation
    limits.portfolioValue = 1_000_000
    limits.cooldownMinutes = 0.5
    limits.tripsMax = 40
    var options = PositionOptions(
      equityE4: limits.portfolioE4, strategyEquityE4: limits.portfolioE4)
    (options.instruments, options.holdingsMax) = (16, 64)
    let region = try Region.createUnnamed(.positions, capacity: options.capacity)
    let watch = try RiskWatch(
      limits, positions: PositionBook.open(claiming: region, options), records: [:],
      at: bench.now)
    // The breaker is to be reached before the daily loss shuts everything.
    model.dailyLossMax = 10_000_000_000
    var random = SeededRandom(seed: seed)
    jump = random.once(in: 4) ? 3_000 : 400
    self.random = random
    self.bench = bench
    self.watch = watch
  }

  /// What is wrong; nil: nothing.
  mutating func go() -> String? {
    bench.now += 5_000_000
    moveMarket()
    endSomething()
    observe()
    if let wrong = ask() { return wrong }
    return contradiction()
  }

  private mutating func moveMarket() {
    for instrument in 1...3 {
      if random.once(in: 10) {
        let step = Int128(random.within(-jump...jump))
        let moved = model.marks[instrument] * (10_000 + step) / 10_000
        model.marks[instrument] = min(1_500_000, max(600_000, moved))
      }
      let mark = Int64(model.marks[instrument])
      bench.trade(UInt32(instrument), Double(mark) / 10_000)
      bench.tell { $0.mark(UInt32(instrument), mark) }
      watch.mark(UInt32(instrument), mark)
    }
  }

  /// Of something that is open, a part is filled or ends.
  private mutating func endSomething() {
    let instrument = random.within(1...3)
    let isBuy = random.once(in: 2)
    let open = Int(isBuy ? model.buys[instrument] : model.sells[instrument])
    guard open > 0 else { return }
    let part = random.within(1...open)
    if random.once(in: 3) { return close(instrument, isBuy, part) }
    let priceE4 = Int64(model.marks[instrument])
    let now = bench.now
    bench.tell {
      $0.filled(
        UInt32(instrument), strategy: 1, isBuy ? .buy : .sell, UInt32(part), now: now)
    }
    var news = OrderNews()
    (news.instrument, news.strategy, news.isBuy) = (UInt32(instrument), 1, isBuy)
    (news.filled, news.fillPriceE4, news.referenceE4) = (UInt32(part), priceE4, priceE4)
    watch.book(news)
    model.open(instrument, isBuy, -Int128(part))
    let signed = isBuy ? Int128(part) : -Int128(part)
    model.positions[instrument] += signed
    model.cash -= signed * Int128(priceE4)
  }

  private mutating func close(_ instrument: Int, _ isBuy: Bool, _ part: Int) {
    bench.tell {
      $0.closed(UInt32(instrument), strategy: 1, isBuy ? .buy : .sell, UInt32(part))
    }
    model.open(instrument, isBuy, -Int128(part))
  }

  /// The states follow; a breaker cancels all, and a person looks at it after a while.
  private mutating func observe() {
    watch.observe(at: bench.now) { _ in }
    if watch.hasBreaker {
      for instrument in 1...3 {
        close(instrument, true, Int(model.buys[instrument]))
        close(instrument, false, Int(model.sells[instrument]))
      }
      for subject: UInt8 in 0...1 { _ = watch.ordersEnded(subject, at: bench.now) }
    }
    if watch.strictest(1) == .coolDown, random.once(in: 30) {
      bench.now += 31_000_000_000
      for subject: UInt8 in 0...1 {
        _ = try? watch.rebase(subject, RiskStateBench.approval, at: bench.now)
        _ = try? watch.reset(subject, RiskStateBench.approval, at: bench.now)
      }
    }
    if !isKilled, random.once(in: 4_000) {
      isKilled = true
      if random.once(in: 2) { bench.write(.kill) } else { _ = watch.kill(.manual, at: bench.now) }
    }
    model.equity = model.bookedEquity
    bench.equityE4 = watch.equityE4
    bench.state = watch.strictest(1)
  }

  private mutating func ask() -> String? {
    let order = RiskWalkOrder(drawnFrom: &random, marks: model.marks)
    let expected = isKilled ? .killed : model.refusal(order, bench.state)
    bench.tell { $0.tally.asked &+= 1 }
    let decision = bench.judge(order.intent)
    guard decision.reason == expected else {
      return "\(String(describing: decision.reason)), not \(String(describing: expected))"
    }
    seen[decision.reason, default: 0] += 1
    guard decision.reason == nil else { return nil }
    let sent = model.sent(order, bench.state)
    guard Int128(decision.quantity) == sent else { return "\(decision.quantity), not \(sent)" }
    allowed += 1
    bench.tell { $0.tally.out &+= 1 }
    bench.open(order.side, decision.quantity, UInt32(order.instrument))
    model.open(order.instrument, order.isBuy, sent)
    return nil
  }
  private(set) var seen: [RiskReason?: Int] = [:]

  private mutating func contradiction() -> String? {
    guard let equity = watch.positions.equityE4, Int128(equity) == model.bookedEquity else {
      return "equity \(String(describing: watch.positions.equityE4)), not \(model.bookedEquity)"
    }
    let gross = (1...3).reduce(Int128(0)) { $0 + model.worst($1) * model.marks[$1] }
    var found: (positions: [Int64], gross: Int128, tally: OrderTally) = ([], 0, OrderTally())
    bench.tell { gate in
      found.positions = (1...3).map { gate.exposure.position(UInt32($0)) }
      found.gross = gate.exposure.grossE4
      found.tally = gate.tally
    }
    for instrument in 1...3 {
      let model = model.positions[instrument]
      let booked = watch.positions.position(strategy: 0, instrument: UInt32(instrument))
      guard Int128(booked) == model, Int128(found.positions[instrument - 1]) == model else {
        return "positions \(booked) and \(found.positions[instrument - 1]), not \(model)"
      }
    }
    if found.gross != gross { return "gross \(found.gross), not \(gross)" }
    let isTold = found.tally.out == allowed && found.tally.allowed == allowed
    return isTold ? nil : "\(found.tally) of \(allowed)"
  }
}

/// RM10, RM14, RS5, PT1: never over a limit counting open orders, never an order after a kill,
/// equity and positions the slow model's, and as many orders out as were allowed.
@Suite(.timeLimit(.minutes(60))) struct RiskRunWalkTests {
  @Test func rm14EquityPositionsAndOrdersOutAreTheSlowModels() throws {
    var seen: [RiskReason?: Int] = [:]
    let walks = Walks(20, steps: 5_000)
    for seed in walks.seeds {
      var walk = try RunWalk(seed: seed, steps: walks.steps.count)
      for step in walks.steps {
        guard let wrong = walk.go() else { continue }
        Issue.record("seed \(seed), step \(step): \(wrong)")
        return
      }
      seen.merge(walk.seen) { $0 + $1 }
    }
    let met: [RiskReason?] = [nil, .killed, .breaker, .collar, .leverage, .positionValue]
    for reason in met { #expect(seen[reason, default: 0] > 20, "\(seen)") }
  }
}
