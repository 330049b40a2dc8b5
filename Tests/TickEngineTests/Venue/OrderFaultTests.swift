import TestSupport
import Testing
import TickWire

@testable import TickEngine

/// A sink that keeps every event, and the truth beside it.
struct TruthList: VenueSink {
  var entries: [VenueEvent] = []
  var truth = VenueTruth()

  mutating func emit(_ event: VenueEvent, to account: UInt32) {
    truth.note(event, account)
    entries.append(event)
  }
}

/// An engine that is unfair to its only account.
struct UnfairBench: ~Copyable {
  var engine: MatchingEngine<TruthList>
  private var saidBefore = 0

  init(_ faults: VenueFaults) {
    var sink = TruthList()
    sink.truth.add(FixedText("alice")!)
    engine = MatchingEngine(limits: Bench.limits, sink: sink)
    engine.inject(faults, into: 0, name: FixedText("alice")!)
  }

  mutating func quote(_ bidE4: Int64, _ bidSize: UInt32, _ askE4: Int64, _ askSize: UInt32) {
    engine.quote(instrument: 1, bidE4: bidE4, bidSize: bidSize, askE4: askE4, askSize: askSize)
  }

  mutating func enter(
    _ number: UInt32, _ side: Ouch50.Side, _ quantity: UInt32, at priceE4: UInt64,
    _ timeInForce: Ouch50.TimeInForce = .day
  ) {
    let request = VenueOrderRequest(
      userRefNum: number, side: side, quantity: quantity, symbol: Symbol("TEST")!, instrument: 1,
      priceE4: priceE4, timeInForce: timeInForce, clientOrderId: FixedText("id\(number)")!)
    engine.enter(request, from: 0)
    engine.afterRequest(of: 0)
  }

  mutating func replace(_ original: UInt32, by number: UInt32, _ quantity: UInt32, at: UInt64) {
    let request = VenueReplaceRequest(
      originalUserRefNum: original, userRefNum: number, quantity: quantity, priceE4: at,
      timeInForce: .day)
    engine.replace(request, from: 0)
    engine.afterRequest(of: 0)
  }

  mutating func cancel(_ number: UInt32, remaining: UInt32 = 0) {
    engine.cancel(number, remaining: remaining, from: 0)
    engine.afterRequest(of: 0)
  }

  /// In short, since the last call.
  mutating func said() -> [String] {
    defer { saidBefore = engine.sink.entries.count }
    return engine.sink.entries[saidBefore...].map(\.short)
  }

  var statement: VenueStatement {
    engine.sink.truth.statements(duplicates: engine.duplicatesIgnored)[0]
  }
}

struct OrderFaultTests {
  static func faults(seed: UInt64 = 1, _ change: (inout VenueFaults) -> Void) -> VenueFaults {
    var faults = VenueFaults()
    faults.seed = seed
    change(&faults)
    return faults
  }

  @Test func anExecutionInPartsIsTheWholeAndEachPartHasItsMatch() {
    var bench = UnfairBench(Self.faults { $0.partialFills = 1 })
    bench.quote(9_900, 500, 10_000, 500)
    bench.enter(1, .buy, 300, at: 10_000)
    var shares: UInt32 = 0
    var matches: Set<UInt64> = []
    for case .executed(1, let quantity, 10_000, _, let match) in bench.engine.sink.entries {
      #expect(quantity > 0)
      shares += quantity
      matches.insert(match)
    }
    #expect(shares == 300 && matches.count > 1)
    #expect(bench.engine.counts.executions == UInt64(matches.count))
    #expect(bench.engine.faultCounts.partialFills == 1)
    #expect(bench.statement.shares(of: "TEST") == 300)
    #expect(bench.statement.cashE4 == -300 * 10_000)
  }

  @Test func aRefusedOrderIsNoOrderAndItsNumberIsUsedUp() {
    var bench = UnfairBench(Self.faults { $0.reject = 1 })
    bench.quote(9_900, 500, 10_000, 500)
    for number in UInt32(1)...50 { bench.enter(number, .buy, 10, at: 10_000) }
    bench.enter(50, .buy, 10, at: 10_000)
    #expect(bench.engine.counts.ordersRejected == 50 && bench.engine.faultCounts.rejects == 50)
    #expect(Set(bench.said().map { $0.split(separator: " ")[1] }).count > 3, "several reasons")
    #expect(bench.statement.orders.count == 50 && bench.statement.orders.allSatisfy(\.isRejected))
    #expect(bench.statement.duplicates == 1 && bench.statement.positions.isEmpty)
  }

  @Test func aRefusedReplacementLeavesTheOriginal() {
    var bench = UnfairBench(VenueFaults())
    bench.enter(1, .buy, 10, at: 100)
    bench.engine.faults[0] = OrderFaults(Self.faults { $0.reject = 1 }, account: .blank)
    bench.replace(1, by: 2, 20, at: 100)
    #expect(bench.said().last?.hasPrefix("J2") == true)
    #expect(bench.statement.orders.map(\.open) == [10, 0])
    #expect(bench.engine.restingOrders == 1)
  }

  @Test func anUnaskedCancelTakesAnOrderOfTheAccount() {
    var bench = UnfairBench(Self.faults { $0.cancel = 1 })
    for number in UInt32(1)...40 { bench.enter(number, .buy, 10, at: 100) }
    let reasons = bench.engine.sink.entries.compactMap { event -> Ouch50.CancelReason? in
      if case .canceled(_, _, let reason) = event { reason } else { nil }
    }
    #expect(Set(reasons) == [.supervisory, .timeout])
    #expect(UInt64(reasons.count) == bench.engine.faultCounts.cancels)
    #expect(bench.engine.restingOrders == bench.statement.ordersOpen)
    #expect(bench.engine.restingOrders < 16)
  }

  @Test func aPendingCancelComesLaterAndTheOrderMayFillUntilThen() {
    var bench = UnfairBench(Self.faults { $0.pendingCancel = 1 })
    bench.enter(1, .buy, 100, at: 10_000)
    bench.enter(2, .buy, 100, at: 9_000)
    bench.engine.cancel(1, remaining: 0, from: 0)
    bench.engine.cancel(1, remaining: 0, from: 0)
    bench.engine.cancel(2, remaining: 0, from: 0)
    #expect(bench.said() == ["A1", "A2", "P1", "P2"])
    #expect(bench.engine.counts.requestsIgnored == 1, "one cancel is pending already")
    bench.quote(9_000, 10, 10_000, 40)
    #expect(bench.said() == ["E1 40@10000A"])
    bench.engine.settle()
    #expect(bench.said() == ["C1 60 U", "C2 100 U"])
    #expect(bench.engine.restingOrders == 0)
  }

  @Test func aPendingCancelThatTheFillOvertakesIsNothing() {
    var bench = UnfairBench(Self.faults { $0.pendingCancel = 1 })
    bench.enter(1, .buy, 100, at: 10_000)
    bench.engine.cancel(1, remaining: 0, from: 0)
    bench.quote(9_000, 10, 10_000, 400)
    bench.engine.settle()
    #expect(bench.said() == ["A1", "P1", "E1 100@10000A"])
  }

  @Test func aPendingCancelComesAfterAFewRequestsAtTheLatest() {
    var bench = UnfairBench(Self.faults { $0.pendingCancel = 1 })
    bench.enter(1, .buy, 100, at: 10_000)
    bench.cancel(1)
    let first = UInt32(2)
    for number in first...first + UInt32(VenueFaults.requestsLateMax) {
      bench.enter(number, .buy, 1, at: 100)
    }
    #expect(bench.said().contains("C1 100 U"))
  }

  @Test func aRefusedCancelLeavesTheOrder() {
    var bench = UnfairBench(Self.faults { $0.refuseCancel = 1 })
    bench.enter(1, .buy, 100, at: 10_000)
    bench.cancel(1)
    bench.cancel(1, remaining: 50)
    #expect(bench.said() == ["A1", "I1", "I1"])
    #expect(bench.statement.orders[0].open == 100 && bench.engine.faultCounts.cancelsRefused == 2)
  }

  @Test func aBrokenTradeIsTakenOutOfPositionAndCash() throws {
    var bench = UnfairBench(Self.faults { $0.tradeBreak = 1 })
    bench.quote(9_900, 500, 10_000, 500)
    bench.enter(1, .buy, 300, at: 10_000, .immediateOrCancel)
    bench.engine.settle()
    let said = bench.said()
    #expect(said.count == 3 && said[0] == "A1" && said[1] == "E1 300@10000R")
    #expect(said[2].hasPrefix("B1 1 "))
    guard case .broken(_, _, _, let id) = bench.engine.sink.entries[2] else { return }
    #expect(id == FixedText("id1"))
    let statement = bench.statement
    #expect(statement.shares(of: "TEST") == 0 && statement.cashE4 == 0)
    let order = try #require(statement.orders.first)
    #expect(order.executed == 0 && order.broken == 300 && order.open == 0)
    #expect(statement.fills.map(\.isBroken) == [true])
  }

  @Test func theSameSeedAndRequestsMeetTheSameFaultsAndAnotherSeedOthers() {
    func said(_ seed: UInt64) -> [VenueEvent] {
      var bench = UnfairBench(Self.all(seed: seed))
      OrderWalk(seed: 7).run(&bench, steps: 400)
      return bench.engine.sink.entries
    }
    #expect(said(1) == said(1))
    #expect(said(1) != said(2))
  }

  @Test func withoutFaultsTheEventsAreThoseOfAFairEngine() {
    var bench = UnfairBench(VenueFaults())
    OrderWalk(seed: 7).run(&bench, steps: 400)
    #expect(bench.engine.faultCounts == VenueFaultCounts())
    #expect(bench.engine.counts.executions > 0 && bench.engine.counts.cancels > 0)
  }

  static func all(seed: UInt64) -> VenueFaults {
    faults(seed: seed) {
      $0.partialFills = 0.4
      $0.reject = 0.1
      $0.cancel = 0.1
      $0.pendingCancel = 0.4
      $0.refuseCancel = 0.4
      $0.tradeBreak = 0.2
    }
  }

  @Test func noShareIsLostOrMadeUnderAllFaults() {
    var met = VenueFaultCounts()
    for seed in UInt64(1)...200 {
      let done = Self.walk(seed)
      met.rejects += done.rejects
      met.partialFills += done.partialFills
      met.cancels += done.cancels
      met.cancelsPending += done.cancelsPending
      met.cancelsRefused += done.cancelsRefused
      met.breaks += done.breaks
    }
    #expect(met.rejects > 200 && met.partialFills > 200 && met.cancels > 200)
    #expect(met.cancelsPending > 200 && met.cancelsRefused > 200 && met.breaks > 200)
  }

  private static func walk(_ seed: UInt64) -> VenueFaultCounts {
    var bench = UnfairBench(all(seed: seed))
    OrderWalk(seed: seed).run(&bench, steps: 500)
    bench.engine.settle()
    let statement = bench.statement
    for order in statement.orders where !order.isRejected {
      #expect(order.open + order.executed + order.broken + order.withdrawn == order.quantity)
    }
    #expect(statement.ordersOpen == bench.engine.restingOrders)
    #expect(UInt64(statement.orders.count) == bench.engine.counts.ordersReceived)
    #expect(statement.duplicates == bench.engine.counts.duplicatesIgnored)
    // The same once more, by hand, from nothing but what was told.
    var sides: [UInt32: Int64] = [:]
    var fills: [UInt64: (shares: Int64, priceE4: Int64)] = [:]
    for event in bench.engine.sink.entries {
      switch event {
      case .accepted(let order, _): sides[order.userRefNum] = order.side == .buy ? 1 : -1
      case .replaced(let order, _, _): sides[order.userRefNum] = order.side == .buy ? 1 : -1
      case .executed(let number, let quantity, let priceE4, _, let match):
        fills[match] = (Int64(quantity) * sides[number]!, Int64(priceE4))
      case .broken(_, let match, _, _): #expect(fills.removeValue(forKey: match) != nil)
      default: continue
      }
    }
    #expect(statement.shares(of: "TEST") == fills.values.reduce(0) { $0 + $1.shares })
    #expect(statement.cashE4 == fills.values.reduce(0) { $0 - $1.shares * $1.priceE4 })
    return bench.engine.faultCounts
  }
}

/// Seeded requests and market updates.
struct OrderWalk {
  var random: SplitMix
  private var number: UInt32 = 0

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  consuming func run(_ bench: inout UnfairBench, steps: Int) {
    for _ in 0..<steps { step(&bench) }
  }

  private mutating func step(_ bench: inout UnfairBench) {
    let old = UInt32.random(in: number / 2...number, using: &random)
    let priceE4 = UInt64.random(in: 9_950...10_050, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<4:
      number += 1
      let side: Ouch50.Side = Bool.random(using: &random) ? .buy : .sell
      let isNow = Int.random(in: 0..<4, using: &random) == 0
      let quantity = UInt32.random(in: 1...300, using: &random)
      bench.enter(number, side, quantity, at: priceE4, isNow ? .immediateOrCancel : .day)
    case 4:
      bench.replace(old, by: number + 1, UInt32.random(in: 1...300, using: &random), at: priceE4)
      number = bench.engine.nextUserRefNum(of: 0) - 1
    case 5: bench.cancel(old, remaining: UInt32.random(in: 0...20, using: &random))
    case 6: bench.cancel(old)
    case 7: bench.enter(old, .buy, 1, at: priceE4)
    case 8:
      bench.engine.trade(
        instrument: 1, priceE4: Int64(priceE4), size: UInt32.random(in: 1...500, using: &random))
    default:
      let bid = Int64.random(in: 9_960...10_040, using: &random)
      bench.quote(
        bid, UInt32.random(in: 0...400, using: &random), bid + 10,
        UInt32.random(in: 0...400, using: &random))
    }
  }
}
