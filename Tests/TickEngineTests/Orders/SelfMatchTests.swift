import Testing
import TickRing
import TickWire

@testable import TickEngine

/// Two strategies of one sender never trade with each other: the order that would is refused.
@Suite(.serialized, .timeLimit(.minutes(1))) struct SelfMatchTests {
  private let bench: SenderBench
  private let venue: RunningVenue

  init() throws {
    var options = RunningVenue.options
    options.logins = []
    venue = try RunningVenue(options)
    venue.script.move(.quote(990_000, 500, 1_010_000, 500))
    bench = try SenderBench(eventSlots: 64, venuePort: venue.port, symbol: "TEST")
  }

  /// Asks, and turns the sender until it has heard what becomes of it.
  private func ask(
    _ number: UInt64, _ strategy: UInt8, _ side: OrderSide, _ price: Double,
    _ change: (inout OrderRequest) -> Void = { _ in }
  ) throws -> OrderEvent {
    var request = GateBench.order(price, side: side)
    request.order_id = 1 << 32 | number
    request.strategy = strategy
    change(&request)
    #expect(bench.ask(request))
    let heard = bench.all.count
    while bench.all.count == heard {
      try bench.adjust { _ = try $0.turn(isRested: false) }
      _ = bench.told()
    }
    return try #require(bench.all.last)
  }

  private func isRefused(_ event: OrderEvent) -> Bool {
    event.eventKind == .riskReject && event.reason == RiskReason.selfMatch.rawValue
  }

  @Test func anOrderThatWouldMeetAnotherStrategysIsRefused() throws {
    #expect(try ask(1, 1, .buy, 99.5).eventKind == .ack)
    let refused = try ask(2, 2, .sell, 99.5)
    #expect(isRefused(refused) && (refused.limit, refused.value) == (99.5, 99.5))
    #expect(isRefused(try ask(3, 3, .sell, 99.4)))
    #expect(isRefused(try ask(4, 1, .sell, 99.4)), "nor its own strategy's")
    #expect(try ask(5, 2, .sell, 99.5001).eventKind == .ack)
    #expect(isRefused(try ask(6, 1, .buy, 99.5001)))
    _ = venue.finish()
  }

  /// One that never rests may meet what rests; what never rests is met by nobody.
  @Test func anImmediateOrderIsRefusedAndHoldsNobodyUp() throws {
    #expect(try ask(1, 1, .buy, 99.5).eventKind == .ack)
    for timeInForce in [TimeInForce.ioc, .fok] {
      let refused = try ask(2, 2, .sell, 99.5) { $0.time_in_force = timeInForce.rawValue }
      #expect(isRefused(refused))
    }
    bench.adjust { sender in
      var request = GateBench.order(99.6)
      request.order_id = 1 << 32 | 3
      request.time_in_force = TimeInForce.ioc.rawValue
      _ = sender.book.add(
        request, quantity: 100, priceE4: 996_000, referenceE4: 1_000_000, worker: 0)
    }
    #expect(try ask(4, 2, .sell, 99.55).eventKind == .ack)
    _ = venue.finish()
  }

  @Test func whatIsGoneHoldsNobodyUp() throws {
    #expect(try ask(1, 1, .buy, 99.5).eventKind == .ack)
    let isMoved = try ask(1, 1, .buy, 99.3) {
      $0.action = OrderAction.replace.rawValue
      $0.target_id = 1 << 32 | 1
    }
    #expect(isMoved.eventKind == .replaced)
    #expect(try ask(2, 2, .sell, 99.4).eventKind == .ack)
    let isCancelled = try ask(1, 1, .buy, 0) {
      $0.action = OrderAction.cancel.rawValue
      $0.target_id = 1 << 32 | 1
    }
    #expect(isCancelled.eventKind == .canceled)
    #expect(try ask(3, 3, .sell, 99.1).eventKind == .ack)
    _ = venue.finish()
  }

  /// A replacement may stand in the way of what it replaces, and of nobody else.
  @Test func aReplacementIsJudgedAgainstAllButWhatItReplaces() throws {
    #expect(try ask(1, 1, .buy, 99.5).eventKind == .ack)
    #expect(try ask(2, 2, .sell, 99.8).eventKind == .ack)
    func replace(_ number: UInt64, _ price: Double) throws -> OrderEvent {
      try ask(number, 1, .buy, price) {
        $0.action = OrderAction.replace.rawValue
        $0.target_id = 1 << 32 | number
      }
    }
    let refused = try replace(1, 99.8)
    #expect(refused.eventKind == .cancelReject)
    #expect(refused.reason == RiskReason.selfMatch.rawValue)
    #expect(try replace(1, 99.7).eventKind == .replaced)
    #expect(try replace(2, 99.6).reason == RiskReason.selfMatch.rawValue)
    _ = venue.finish()
  }
}
