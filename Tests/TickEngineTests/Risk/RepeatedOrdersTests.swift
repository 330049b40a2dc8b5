import Testing

@testable import TickEngine

/// RM9: the same order again, against every order kept and compared.
@Suite(.timeLimit(.minutes(1))) struct RepeatedOrdersTests {
  @Test(arguments: 1...12)
  func rm9WhatIsFoundIsWhatABruteForceSearchFinds(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let perSecond = random.within(1...40)
    let window_ns = UInt64(random.within(1...3_000)) * 1_000_000
    var repeated = RepeatedOrders(ordersPerSecond: perSecond, window_ns: window_ns)
    var rate = RateWindow(max: perSecond)
    var sent: [(order: OrderDetails, time: UInt64)] = []
    var (now, newest): (UInt64, UInt64) = (10_000_000_000, 0)
    var found = 0
    for _ in 0..<4_000 {
      now += UInt64(random.within(0...60)) * 1_000_000
      let time = random.once(in: 10) ? now - UInt64(random.within(0...900)) * 1_000_000 : now
      // Only what the rate lets pass is looked for, as in the gate.
      guard rate.admit(time) else { continue }
      newest = max(newest, time)
      let order = OrderDetails(
        instrument: UInt32(random.within(1...2)), strategy: UInt8(random.within(1...2)),
        side: UInt8(random.within(1...2)), priceE4: Int64(random.within(1...2)), quantity: 1)
      let last = sent.last { $0.order == order }
      let isExpected = last.map { newest - $0.time < window_ns } ?? false
      let age = repeated.find(order, at: time)
      #expect(age == (isExpected ? newest - last!.time : nil))
      if age == nil {
        repeated.add(order)
        sent.append((order, newest))
      } else {
        found += 1
      }
    }
    #expect(sent.count > 50)
    if perSecond > 5, window_ns > 300_000_000 { #expect(found > 0) }
  }

  /// As many orders as RM8 allows, all in one window, all remembered.
  @Test func rm9NoOrderOfAFullWindowIsForgotten() {
    var repeated = RepeatedOrders(ordersPerSecond: 1_000, window_ns: 2_000_000_000)
    func order(_ number: Int) -> OrderDetails {
      OrderDetails(
        instrument: 1, strategy: 1, side: 1, priceE4: Int64(number + 1), quantity: 1)
    }
    for number in 0..<2_000 {
      #expect(repeated.find(order(number), at: UInt64(number) * 1_000_000) == nil)
      repeated.add(order(number))
    }
    for number in 0..<2_000 {
      let age = repeated.find(order(number), at: 1_999_000_000)
      #expect(age == UInt64(1_999 - number) * 1_000_000)
    }
  }

  @Test func orderDetailsAreKeptApartInEveryBit() {
    let base = OrderDetails(
      instrument: .max, strategy: 255, side: 2, priceE4: Int64(FixedPoint.priceE4Max),
      quantity: .max)
    let others = [
      OrderDetails(
        instrument: .max - 1, strategy: 255, side: 2, priceE4: Int64(FixedPoint.priceE4Max),
        quantity: .max),
      OrderDetails(
        instrument: .max, strategy: 254, side: 2, priceE4: Int64(FixedPoint.priceE4Max),
        quantity: .max),
      OrderDetails(
        instrument: .max, strategy: 255, side: 1, priceE4: Int64(FixedPoint.priceE4Max),
        quantity: .max),
      OrderDetails(
        instrument: .max, strategy: 255, side: 2, priceE4: Int64(FixedPoint.priceE4Max) - 1,
        quantity: .max),
      OrderDetails(
        instrument: .max, strategy: 255, side: 2, priceE4: Int64(FixedPoint.priceE4Max),
        quantity: .max - 1),
    ]
    for other in others { #expect(other != base) }
  }
}
