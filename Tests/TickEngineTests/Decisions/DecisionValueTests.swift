import Testing
import TickRing
import TickWire

@testable import TickEngine

/// What is recorded and printed of an order equals what somebody else computes of it.
@Suite(.timeLimit(.minutes(1))) struct DecisionValueTests {
  /// One instrument as the model has it.
  private struct Held {
    var position = 0
    var buys = 0
    var sells = 0
    let price: Int
    let sector: Int
    let volume: Int

    func worst(buying: Int = 0, selling: Int = 0) -> Int {
      max(abs(position + buys + buying), abs(position - sells - selling))
    }
  }

  /// Three instruments, two sectors; prices in 1e-4.
  private final class Model {
    var held = [
      Held(price: 1_000_000, sector: 0, volume: 60_000),
      Held(price: 257_500, sector: 1, volume: 1_000_000),
      Held(price: 3_100_100, sector: 0, volume: 90_000),
    ]
    var messages = 0

    var rows: [String] {
      zip(["AAA", "BBB", "CCC"], held).map { symbol, held in
        "\(symbol),s\(held.sector),\(held.volume),\(text(held.price)),1000000,no"
      }
    }

    func sum(_ isIn: (Held) -> Bool) -> Int {
      held.filter(isIn).reduce(0) { $0 + $1.worst() * $1.price }
    }

    /// Units of 1e-4 with four decimals.
    func text(_ e4: Int) -> String {
      let digits = String(abs(e4))
      let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
      return (e4 < 0 ? "-" : "") + padded.dropLast(4) + "." + padded.suffix(4)
    }
  }

  private struct Asked {
    let index: Int
    let isBuy: Bool
    let quantity: Int
    let price: Int
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func valuesEqualThoseOfAnIndependentModel(seed: UInt64) throws {
    let model = Model()
    let bench = try GateBench(reference: nil, rows: model.rows) {
      $0.positionPercent = 0.3
      $0.sectorPercent = 0.5
      $0.grossLeverage = 0.007
    }
    var random = SeededRandom(seed: seed)
    for (index, held) in model.held.enumerated() {
      bench.trade(UInt32(index + 1), Double(held.price) / 10_000)
      bench.tell { $0.mark(UInt32(index + 1), Int64(held.price)) }
    }
    var reasons: Set<RiskReason?> = []
    for _ in 0..<3_000 {
      let index = Int(random.within(0...2))
      let away = Int(random.within(-560...560))
      let asked = Asked(
        index: index, isBuy: random.within(0...1) == 0,
        quantity: Int(random.within(1...7_000)),
        price: model.held[index].price * (10_000 + away) / 10_000)
      let event = bench.decide(
        Double(asked.price) / 10_000, quantity: UInt32(asked.quantity),
        instrument: UInt32(index + 1), side: asked.isBuy ? .buy : .sell)
      reasons.insert(event.riskReason)
      try compare(event, asked, model)
      if event.riskReason == nil { follow(bench, model, asked, &random) }
    }
    #expect(reasons.isSuperset(of: [nil, .collar, .volume, .positionValue, .sector, .leverage]))
  }

  /// The order is open, is filled or ends.
  private func follow(
    _ bench: GateBench, _ model: Model, _ asked: Asked, _ random: inout SeededRandom
  ) {
    let (instrument, side) = (UInt32(asked.index + 1), asked.isBuy ? OrderSide.buy : .sell)
    let quantity = UInt32(asked.quantity)
    model.messages += 1
    bench.tell { $0.opened(instrument, strategy: 1, side, quantity) }
    switch random.within(0...2) {
    case 0:
      model.held[asked.index].position += asked.isBuy ? asked.quantity : -asked.quantity
      bench.tell { $0.filled(instrument, strategy: 1, side, quantity, now: bench.now) }
    case 1: bench.tell { $0.closed(instrument, strategy: 1, side, quantity) }
    default:
      if asked.isBuy {
        model.held[asked.index].buys += asked.quantity
      } else {
        model.held[asked.index].sells += asked.quantity
      }
    }
  }

  private func compare(_ event: DecisionEvent, _ asked: Asked, _ model: Model) throws {
    let held = model.held[asked.index]
    let context = DecisionContext(ReplayOptions(captures: []))
    let lines = Explanation(RecordedDecision(event, symbol: nil), context).lines
    func value(_ check: RiskCheck) -> String? { lines.first { $0.check == check }?.value }
    func expect(_ check: RiskCheck, _ text: String) throws {
      guard event.hasReached(check) else { return }
      try #require(value(check) == text, "\(check.name)")
    }
    try expect(.quantity, "\(asked.quantity)")
    try expect(.value, model.text(asked.price * asked.quantity))
    try expect(.volume, "\(asked.quantity)")
    if event.hasReached(.volume) { try #require(event.volumeMax == held.volume / 10) }
    let share = abs(asked.price - held.price) * 1_000_000
    let percent = (share + held.price - 1) / held.price
    try expect(.collar, "\(model.text(percent))% from \(model.text(held.price))")
    try expect(.messages, "\(model.messages + 1)")
    let open = "position \(held.position), open \(held.buys) bought, \(held.sells) sold"
    if event.hasReached(.exposure) {
      try #require(value(.exposure)?.hasPrefix(open) == true)
      try #require(event.markE4 == held.price)
    }
    try compareWorst(asked, model, expect)
  }

  private func compareWorst(
    _ asked: Asked, _ model: Model, _ expect: (RiskCheck, String) throws -> Void
  ) throws {
    let held = model.held[asked.index]
    let size =
      asked.isBuy
      ? abs(held.position + held.buys + asked.quantity)
      : abs(held.position - held.sells - asked.quantity)
    let price = max(asked.price, held.price)
    try expect(.positionQuantity, "\(size)")
    let equity = 10_000_000_000_000
    func part(_ value: Int, _ scale: Int, _ unit: String) -> String {
      let whole = value * scale * 10_000
      return "\(model.text((whole + equity - 1) / equity))\(unit) = \(model.text(value))"
    }
    try expect(.positionValue, part(size * price, 100, "%"))
    let worst =
      asked.isBuy ? held.worst(buying: asked.quantity) : held.worst(selling: asked.quantity)
    let change = worst * price - held.worst() * held.price
    let sector = model.sum { $0.sector == held.sector } + change
    try expect(.sector, "\(part(sector, 100, "%")), sector \(held.sector + 1)")
    try expect(.leverage, part(model.sum { _ in true } + change, 1, "x"))
    try expect(.dailyLoss, "0.0000")
  }
}
