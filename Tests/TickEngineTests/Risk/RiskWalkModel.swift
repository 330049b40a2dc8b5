@testable import TickEngine

/// Everything in 128 bits, added up anew for each order.
struct RiskWalkModel {
  var positions = [Int128](repeating: 0, count: 4)
  var buys = [Int128](repeating: 0, count: 4)
  var sells = [Int128](repeating: 0, count: 4)
  var marks = [Int128](repeating: 1_000_000, count: 4)
  /// AAA and CCC are in one sector.
  let sectors = [0, 1, 2, 1]
  var equity: Int128 = 10_000_000_000
  /// What a day may lose, 1e-4.
  var dailyLossMax: Int128 = 500_000_000
  /// What sales brought in less what purchases cost.
  var cash: Int128 = 0

  /// What it began with, the cash that flowed, and positions at their marks.
  var bookedEquity: Int128 {
    10_000_000_000 + cash + (1...3).reduce(0) { $0 + positions[$1] * marks[$1] }
  }

  func worst(_ instrument: Int) -> Int128 {
    max(
      abs(positions[instrument] + buys[instrument]),
      abs(positions[instrument] - sells[instrument]))
  }

  /// Worst case of one side after it has become this many shares more.
  func side(_ instrument: Int, _ isBuy: Bool, _ more: Int128) -> Int128 {
    isBuy
      ? positions[instrument] + buys[instrument] + more
      : positions[instrument] - sells[instrument] - more
  }

  func isReducing(_ instrument: Int, _ isBuy: Bool, _ quantity: Int128) -> Bool {
    let after = side(instrument, isBuy, quantity)
    return isBuy
      ? positions[instrument] < 0 && after <= 0 : positions[instrument] > 0 && after >= 0
  }

  /// What is sent of the order, in the state.
  func sent(
    _ instrument: Int, _ isBuy: Bool, _ quantity: Int128, _ state: RiskState
  ) -> Int128 {
    guard state == .warning, !isReducing(instrument, isBuy, quantity) else { return quantity }
    let now = side(instrument, isBuy, 0)
    let room =
      isBuy
      ? (positions[instrument] < 0 ? max(0, -now) : 0)
      : (positions[instrument] > 0 ? max(0, now) : 0)
    return room + (quantity - room) / 2
  }

  func refusal(
    _ instrument: Int, _ isBuy: Bool, _ quantity: Int128, _ priceE4: Int128, _ state: RiskState
  ) -> RiskReason? {
    if state == .killSwitch || state == .recovery { return .killed }
    let isBreaker = state == .circuitBreaker || state == .coolDown
    if isBreaker, !isReducing(instrument, isBuy, quantity) { return .breaker }
    let away = abs(priceE4 - marks[instrument])
    if away * 10_000 > marks[instrument] * (state == .warning ? 250 : 500) { return .collar }
    let sent = self.sent(instrument, isBuy, quantity, state)
    if sent == 0 { return .halvedToZero }
    if isReducing(instrument, isBuy, sent) { return nil }
    let size = abs(side(instrument, isBuy, sent))
    let other = abs(side(instrument, !isBuy, 0))
    let price = max(priceE4, marks[instrument])
    if size > 2_500 { return .positionQuantity }
    if equity <= 0 { return .noEquity }
    if size * price * 100 > equity * 20 { return .positionValue }
    var (sector, gross): (Int128, Int128) = (0, 0)
    for held in 1...3 {
      let value = held == instrument ? max(size, other) * price : worst(held) * marks[held]
      gross += value
      if sectors[held] == sectors[instrument] { sector += value }
    }
    if sector * 100 > equity * 30 { return .sector }
    if gross * 100 > equity * 45 { return .leverage }
    return 10_000_000_000 - equity > dailyLossMax ? .dailyLoss : nil
  }
}

/// An order that a walk asks for, as the model counts.
struct RiskWalkOrder {
  let instrument: Int
  let isBuy: Bool
  let quantity: Int128
  let priceE4: Int128

  /// Small ones and large ones, near the mark and beyond the collar.
  init(drawnFrom random: inout SeededRandom, marks: [Int128]) {
    instrument = random.within(1...3)
    isBuy = random.once(in: 2)
    quantity = Int128(random.once(in: 4) ? random.within(1...4) : random.within(1...1_500))
    let away = random.once(in: 10) ? random.within(-510...510) : random.within(-100...100)
    priceE4 = marks[instrument] * Int128(10_000 + away) / 10_000
  }

  var side: OrderSide { isBuy ? .buy : .sell }

  /// As the gate is asked.
  var intent: OrderIntent {
    var order = OrderIntent(
      GateBench.order(
        Double(priceE4) / 10_000, quantity: UInt32(quantity), instrument: UInt32(instrument),
        side: side))
    order.strategy = 1
    return order
  }
}

extension RiskWalkModel {
  func refusal(_ order: RiskWalkOrder, _ state: RiskState) -> RiskReason? {
    refusal(order.instrument, order.isBuy, order.quantity, order.priceE4, state)
  }

  func sent(_ order: RiskWalkOrder, _ state: RiskState) -> Int128 {
    sent(order.instrument, order.isBuy, order.quantity, state)
  }

  /// So many more shares of a side are open; below zero: fewer.
  mutating func open(_ instrument: Int, _ isBuy: Bool, _ shares: Int128) {
    if isBuy { buys[instrument] += shares } else { sells[instrument] += shares }
  }
}
