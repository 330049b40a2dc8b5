import Testing
import TickRing

@testable import TickEngine

/// RM13: the ends of every integer and of every double that the gate is given, in all fields at
/// once. Nothing traps, and what passes keeps every limit, counted again in 128 bits.
@Suite(.timeLimit(.minutes(1))) struct RiskEndsTests {
  private static let wide: [Int64] = [
    .min, .min + 1, -10_000_000_000, -1, 0, 1, 10_000, 1_000_000, 10_000_000_000, .max - 1, .max,
  ]
  private static let unsigned: [UInt32] = [0, 1, 2, 100, 4_000, .max / 2, .max - 1, .max]
  private static let times: [UInt64] = [
    0, 1, GateBench.start - 1, GateBench.start, GateBench.start + 1, .max - 1, .max,
  ]
  private static let prices: [Double] = [
    .nan, -.infinity, -1, -0.0, 0, .leastNonzeroMagnitude, 0.00004, 0.0001, 1, 100, 1e9, 1e9 + 1,
    .greatestFiniteMagnitude, .infinity,
  ]

  /// What the walk has set, and what the gate decides by it.
  private struct Walk {
    let bench: GateBench
    var random: SeededRandom
    var position: Int128 = 0
    var dayStart: Int64

    init(seed: UInt64) throws {
      bench = try GateBench(reference: nil) { $0.portfolioValue = 1_000_000 }
      random = SeededRandom(seed: seed)
      dayStart = bench.equityE4
    }

    mutating func any<T>(_ values: [T]) -> T { values[random.below(values.count)] }

    /// Mostly the one that lets an order go further.
    mutating func any<T>(_ values: [T], or usual: T) -> T {
      random.once(in: 4) ? any(values) : usual
    }

    /// Once: what is held and open, at which marks.
    mutating func hold() {
      let held = any(wide, or: 0)
      position = Int128(held)
      bench.hold(held)
      if random.once(in: 8) { bench.hold(any(wide), 2) }
      for side in [OrderSide.buy, .sell] where random.once(in: 4) {
        bench.open(side, any(unsigned))
      }
      for instrument: UInt32 in 1...2 {
        let markE4 = any(wide, or: 1_000_000)
        bench.tell { $0.mark(instrument, markE4) }
      }
    }

    mutating func move() {
      bench.now = any(times, or: GateBench.start)
      bench.equityE4 = any(wide, or: 10_000_000_000)
      bench.state = random.once(in: 4) ? .warning : .normal
      dayStart = any(wide, or: 10_000_000_000)
      let start = dayStart
      bench.tell { $0.beginDay(equityE4: start) }
      bench.board.setLast(1, price: any(prices, or: 100), time: any(times, or: bench.now))
      let (bid, ask) = (any(prices, or: 99.99), any(prices, or: 100.01))
      bench.board.setQuote(1, bid: bid, ask: ask, time: any(times, or: bench.now))
    }

    mutating func order() -> OrderIntent {
      OrderIntent(
        instrument: any(unsigned, or: 1), strategy: any([0, 1, 16, 17, .max], or: 1),
        side: any([0, 1, 2, 3, .max], or: random.once(in: 2) ? 1 : 2),
        timeInForce: any([0, 1, 2, 3, 4, .max], or: 1), quantity: any(unsigned, or: 100),
        price: any(prices, or: 100), replacedOpen: any(unsigned, or: 0),
        replacedPriceE4: any(wide, or: 0))
    }
  }

  /// Why an order that passed should not have.
  private static func fault(
    _ order: OrderIntent, _ decision: RiskDecision, _ walk: Walk
  ) -> String? {
    let limits = RiskLimits.simulation
    let (bench, equity) = (walk.bench, Int128(walk.bench.equityE4))
    guard order.side == 1 || order.side == 2, (1...3).contains(order.timeInForce),
      (1...16).contains(order.strategy), (1...3).contains(order.instrument)
    else { return "fields" }
    guard order.quantity > 0, order.quantity <= UInt32(limits.orderQuantityMax),
      decision.quantity > 0, decision.quantity <= order.quantity
    else { return "quantity" }
    let price = Int128(decision.priceE4)
    let replacedPrice = Int128(order.replacedPriceE4)
    guard price > 0, order.price > 0, order.price <= 1e9, replacedPrice >= 0,
      max(price, replacedPrice) * Int128(max(order.quantity, order.replacedOpen))
        <= Int128(limits.orderValueMax) * 10_000
    else { return "price or value" }
    let reference = Int128(decision.referenceE4)
    let collar: Int128 = bench.state == .warning ? 250 : 500
    guard reference > 0, abs(price - reference) * 10_000 <= reference * collar else {
      return "collar"
    }
    guard order.instrument == 1 else { return "an instrument without a price" }
    let added = Int128(max(0, Int64(decision.quantity) - Int64(order.replacedOpen)))
    let isBuy = order.side == 1
    let after =
      isBuy
      ? walk.position + Int128(bench.gate.exposure.open(1, .buy)) + added
      : walk.position - Int128(bench.gate.exposure.open(1, .sell)) - added
    if isBuy ? walk.position < 0 && after <= 0 : walk.position > 0 && after >= 0 { return nil }
    guard equity > 0, Int128(walk.dayStart) - equity <= Int128(limits.dailyLossMax) * 10_000 else {
      return "equity"
    }
    return abs(after) * max(price, reference) * 100 <= equity * 20 ? nil : "position \(after)"
  }

  @Test(arguments: 1...4) func rm13NoEndOfANumberPassesALimit(seed: UInt64) throws {
    var passed = 0
    var reasons: Set<RiskReason?> = []
    for part in 0..<150 {
      var walk = try Walk(seed: seed << 16 | UInt64(part))
      walk.hold()
      for _ in 0..<100 {
        walk.move()
        let order = walk.order()
        let decision = walk.bench.judge(order)
        reasons.insert(decision.reason)
        guard decision.reason == nil else { continue }
        passed += 1
        let fault = Self.fault(order, decision, walk)
        #expect(fault == nil, "part \(part): \(order) \(decision)")
      }
    }
    #expect(passed > 500)
    let met: [RiskReason?] = [
      .malformed, .unknownSymbol, .quantity, .price, .value, .noReference, .collar, .noEquity,
      .overflow, .positionValue, .dailyLoss, .unknownStrategy,
    ]
    for reason in met { #expect(reasons.contains(reason), "\(String(describing: reason))") }
  }
}
