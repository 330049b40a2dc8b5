import Testing
import TickWire

@testable import TickEngine

/// The venue in OUCH 4.2, asked and read through the dialect that a sender would use.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct Venue42Tests {
  private let dialect = OrderDialect.ouch42

  private func venue() throws -> RunningVenue {
    var options = RunningVenue.options
    options.dialect = .ouch42
    return try RunningVenue(options)
  }

  private func ask(_ client: VenueClient, _ encode: (MutableBytes) -> Int?) {
    client.send(client.message { encode($0) ?? 0 })
  }

  private func answers(_ client: VenueClient, _ count: Int) -> [OrderAnswer] {
    client.next(count).map { $0.view { dialect.decode($0) } }
  }

  private func enter(
    _ client: VenueClient, _ number: UInt32, _ side: OrderDialect.Side, _ quantity: UInt32,
    at priceE4: Int64, _ timeInForce: OrderDialect.TimeInForce = .day, symbol: String = "TEST"
  ) {
    ask(client) {
      dialect.enter(
        into: $0, userRefNum: number, side: side, quantity: quantity, symbol: Symbol(symbol)!,
        priceE4: priceE4, timeInForce: timeInForce)
    }
  }

  @Test func anOrderIsFilledAndItsRestCancelled() throws {
    let venue = try venue()
    venue.script.move(.quote(9_900, 200, 10_000, 300))
    let client = venue.client()
    enter(client, 1, .buy, 500, at: 10_500, .immediateOrCancel)
    let said = answers(client, 3)
    try #require(said.map(\.kind) == [.accepted, .executed, .canceled])
    #expect(said.allSatisfy { $0.userRefNum == 1 && $0.venueTime > 0 })
    #expect(said[0].side == .buy && said[0].quantity == 500 && said[0].priceE4 == 10_500)
    #expect(said[0].venueOrder > 0 && !said[0].isDead)
    #expect(said[1].quantity == 300 && said[1].priceE4 == 10_000 && said[1].match == 1)
    #expect(said[2].quantity == 200 && said[2].reason == UInt16(UInt8(ascii: "I")))
    #expect(venue.finish().matching.executions == 1)
  }

  @Test func aRestingOrderIsReplacedModifiedAndCancelled() throws {
    let venue = try venue()
    let client = venue.client()
    enter(client, 1, .sell, 100, at: 10_000)
    ask(client) {
      dialect.replace(into: $0, userRefNum: 1, by: 2, quantity: 60, priceE4: 9_990)
    }
    ask(client) { dialect.modify(into: $0, userRefNum: 2, side: .sellShort, quantity: 50) }
    ask(client) { dialect.cancel(into: $0, userRefNum: 2, quantityLeft: 20) }
    ask(client) { dialect.cancel(into: $0, userRefNum: 2) }
    let said = answers(client, 5)
    try #require(said.map(\.kind) == [.accepted, .replaced, .modified, .canceled, .canceled])
    #expect(said[1].userRefNum == 2 && said[1].previousUserRefNum == 1)
    #expect(said[1].side == .sell && said[1].quantity == 60 && said[1].priceE4 == 9_990)
    #expect(said[2].side == .sellShort && said[2].quantity == 50)
    #expect(said[3].quantity == 30 && said[4].quantity == 20)
    _ = venue.finish()
  }

  @Test func refusalsHaveTheirLetters() throws {
    let venue = try venue()
    venue.script.move(.halt(true))
    let client = venue.client()
    enter(client, 1, .buy, 100, at: 10_000, symbol: "NONE")
    enter(client, 2, .buy, 100, at: 10_000)
    let said = answers(client, 2)
    #expect(said.map(\.kind) == [.rejected, .rejected] && said.map(\.userRefNum) == [1, 2])
    #expect(said.map(\.reason) == "SH".utf8.map { UInt16($0) })
    _ = venue.finish()
  }

  /// The venue knows orders by number; what it cannot read it counts, and the session goes on.
  @Test func aTokenThatIsNoNumberAndOuch50AreCounted() throws {
    let venue = try venue()
    let client = venue.client()
    client.send(
      client.message {
        let length = Ouch42.CancelOrder.encode(into: $0, token: Ouch42.Token(1))
        $0.put(u8: UInt8(ascii: " "), at: 1)
        return length
      })
    client.send(client.order(1, .buy, 100, at: 10_000))
    client.send(client.message { OrderDialect.ouch50.accountQuery(into: $0) ?? 0 })
    enter(client, 1, .buy, 100, at: 10_000)
    #expect(answers(client, 1).map(\.kind) == [.accepted])
    let counts = venue.finish()
    #expect(counts.malformed == 2 && counts.unknown == 1 && counts.matching.ordersReceived == 1)
  }

  /// Whatever is said of an order names it by its whole token.
  @Test func theOriginOfAnOrderComesBackAndIsWanted() throws {
    let venue = try venue()
    let client = venue.client()
    let (ours, others) = (
      OrderOrigin(orderId: 1 << 32 | 5, strategy: 3), OrderOrigin(orderId: 1 << 32 | 6, strategy: 3)
    )
    ask(client) {
      dialect.enter(
        into: $0, userRefNum: 1, side: .buy, quantity: 100, symbol: Symbol("TEST")!,
        priceE4: 10_000, timeInForce: .day, origin: ours)
    }
    for origin in [others, ours] {
      ask(client) { dialect.cancel(into: $0, userRefNum: 1, origin: origin) }
    }
    let said = client.next(2)
    #expect(said.map { $0.view { dialect.decode($0).kind } } == [.accepted, .canceled])
    #expect(said[0].view { dialect.origin(of: $0) } == ours)
    #expect(said[1].view { Ouch42.Canceled($0)?.token } == Ouch42.Token(1, tag: ours.tag))
    #expect(venue.finish().matching.requestsIgnored == 1)
  }

  @Test func theDayEndsInBothDialectsAlike() throws {
    let venue = try venue()
    let client = venue.client()
    venue.requestStop()
    let last = client.next(2)
    #expect(last.map(\.letter) == ["S", "Z"])
    #expect(last[0].view { dialect.decode($0) }.kind == .systemEvent)
    _ = venue.finish()
  }
}
