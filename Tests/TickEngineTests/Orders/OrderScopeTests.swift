import Foundation
import Testing
import TickRing
import TickWire

@testable import TickEngine

/// A sender with six orders out: two strategies, in each of three instruments.
private func bench() throws -> SenderBench {
  let bench = try SenderBench(eventSlots: 64)
  bench.adjust { sender in
    for instrument: UInt64 in 1...3 {
      for strategy: UInt8 in 1...2 {
        var request = GateBench.order(100)
        request.order_id = instrument << 32 | UInt64(strategy)
        request.strategy = strategy
        _ = sender.book.add(
          request, quantity: 100, priceE4: 1_000_000, referenceE4: 1_000_000, worker: 0)
      }
    }
  }
  return bench
}

/// Strategy and instrument of the orders that are to go.
private func asked(_ bench: SenderBench) -> Set<String> {
  bench.adjust { sender in
    var asked: Set<String> = []
    for number: UInt32 in 1...6 where sender.book.pool[number].isCancelAsked {
      let order = sender.book.pool[number]
      asked.insert("\(order.strategy) in \(order.instrument)")
    }
    return asked
  }
}

@Suite struct OrderScopeTests {
  /// - Returns: what is to go after strategy 2 has asked for it, of instrument 3.
  private func cancel(_ scope: OrderAction, target: UInt64 = 0) throws -> Set<String> {
    let bench = try bench()
    var request = GateBench.order(100)
    request.action = scope.rawValue
    request.strategy = 2
    request.order_id = 3 << 32 | 7
    request.target_id = target
    #expect(bench.ask(request))
    bench.adjust { _ = $0.takeRequests() }
    let due = bench.adjust { $0.book.cancelsDue }
    let asked = asked(bench)
    #expect(due == asked.count)
    return asked
  }

  @Test func om2AnOrderIsCancelledByItsId() throws {
    #expect(try cancel(.cancel, target: 2 << 32 | 1) == ["1 in 2"])
  }

  @Test func om2AStrategyCancelsItsOrdersEverywhereAndNobodyElses() throws {
    #expect(try cancel(.cancelStrategy) == ["2 in 1", "2 in 2", "2 in 3"])
  }

  @Test func om2AStrategyCancelsItsOrdersInOneSymbol() throws {
    #expect(try cancel(.cancelSymbol) == ["2 in 3"])
  }

  @Test func om2AllOrdersAreCancelledAtOnce() throws {
    #expect(try cancel(.cancelAll).count == 6)
  }

  @Test func rm11ApprovedAndRefusedOrdersAreCountedByReason() throws {
    let bench = try SenderBench(eventSlots: 64)
    try bench.decide(100, 200, 101, -1, .nan, 300)
    let rejected = bench.counts.riskRejected
    #expect(rejected[Int(RiskReason.collar.rawValue)] == 2)
    #expect(rejected[Int(RiskReason.price.rawValue)] == 2)
    #expect((0..<rejected.count).reduce(UInt64(0)) { $0 + rejected[$1] } == 4)
    // Without a venue what is approved is unsent.
    #expect(bench.counts.unsent == 2 && bench.counts.requested == 6)
  }
}
