import Testing
import TickRing
import TickWire

@testable import TickEngine

/// OM1: what leaves for what a strategy asks, byte for byte by the venue's tables, and what is
/// refused because no venue here could be told.
@Suite(.serialized, .timeLimit(.minutes(1))) struct OrderWireTests {
  private static func u32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// What the sender tells of a request, and the message that leaves for it.
  private func ask(
    _ dialect: OrderDialect, price: Double = 100, reference: Double = 100,
    _ change: (inout OrderRequest) -> Void = { _ in }
  ) throws -> (told: [String], message: [UInt8]?) {
    let venue = try FakeVenue(.deaf)
    let bench = try SenderBench(
      eventSlots: 16, venuePort: venue.port, dialect: dialect, price: reference)
    var request = GateBench.order(price)
    change(&request)
    #expect(bench.ask(request))
    bench.takeAndSend()
    let told = bench.told()
    // Behind it, or in its place, comes a heartbeat.
    try bench.adjust { sender in
      sender.session?.lastSent_ns = 0
      try sender.session?.keepAlive()
    }
    let packets = venue.packets(bench.counts.sent > 0 ? 2 : 1)
    #expect(packets.last == [UInt8(ascii: "R")])
    return (told, packets.count > 1 ? Array(packets[0].dropFirst()) : nil)
  }

  @Test(arguments: [TimeInForce.day, .ioc, .fok])
  func om1EachTimeInForceIsSaidInOuch50(timeInForce: TimeInForce) throws {
    let (told, message) = try ask(.ouch50) { $0.time_in_force = timeInForce.rawValue }
    let order = try #require(message)
    #expect(told.isEmpty && order[0] == UInt8(ascii: "O") && Self.u32(order[6..<10]) == 100)
    #expect(order[26] == UInt8(ascii: timeInForce == .day ? "0" : "3"))
    // All or nothing is a minimum of the whole quantity, the appendage's option 3.
    let minimum: [UInt8] = timeInForce == .fok ? [5, 3, 0, 0, 0, 100] : []
    #expect(Array(order[47...]) == minimum && order[46] == UInt8(minimum.count))
  }

  @Test(arguments: [TimeInForce.day, .ioc, .fok])
  func om1EachTimeInForceIsSaidInOuch42(timeInForce: TimeInForce) throws {
    let (told, message) = try ask(.ouch42) { $0.time_in_force = timeInForce.rawValue }
    let order = try #require(message)
    #expect(told.isEmpty && order[0] == UInt8(ascii: "O") && order.count == 49)
    #expect(Self.u32(order[16..<20]) == 100)
    #expect(Self.u32(order[32..<36]) == (timeInForce == .day ? 99_998 : 0))
    #expect(Self.u32(order[43..<47]) == (timeInForce == .fok ? 100 : 0))
  }

  /// What is to be gone at once does not become an order that rests: a replacement that is asked
  /// for before the venue has ended its original.
  @Test(arguments: OrderDialect.allCases, [TimeInForce.day, .ioc, .fok])
  func om1AReplacementKeepsTheTimeInForce(dialect: OrderDialect, timeInForce: TimeInForce) throws {
    let venue = try FakeVenue(.deaf)
    let bench = try SenderBench(eventSlots: 16, venuePort: venue.port, dialect: dialect)
    var request = GateBench.order(100)
    request.time_in_force = timeInForce.rawValue
    #expect(bench.ask(request))
    bench.takeAndSend()
    bench.adjust { sender in
      sender.book.pool[1].isAccepted = true
      sender.book.pool[1].state = OrderState.live.rawValue
    }
    request.action = OrderAction.replace.rawValue
    (request.target_id, request.quantity, request.price) = (request.order_id, 50, 101)
    // A worker leaves it open.
    request.time_in_force = 0
    #expect(bench.ask(request))
    bench.takeAndSend()
    let packets = venue.packets(2)
    try #require(packets.count == 2 && packets[1][1] == UInt8(ascii: "U"), "\(bench.told())")
    let message = Array(packets[1].dropFirst())
    if dialect == .ouch50 {
      let minimum: [UInt8] = timeInForce == .fok ? [5, 3, 0, 0, 0, 50] : []
      #expect(message[21] == UInt8(ascii: timeInForce == .day ? "0" : "3"))
      #expect(Array(message[40...]) == minimum)
    } else {
      #expect(Self.u32(message[37..<41]) == (timeInForce == .day ? 99_998 : 0))
      #expect(Self.u32(message[43..<47]) == (timeInForce == .fok ? 50 : 0))
    }
  }

  /// OUCH counts what has filled into a replacement's shares, and takes fewer than a million: one
  /// more is refused here.
  @Test(arguments: OrderDialect.allCases, [40, 999_949, 999_950] as [UInt32])
  func om1AReplacementsSharesAreSaidWithThoseFilled(dialect: OrderDialect, filled: UInt32) throws {
    let venue = try FakeVenue(.deaf)
    let bench = try SenderBench(eventSlots: 16, venuePort: venue.port, dialect: dialect)
    var request = GateBench.order(100)
    #expect(bench.ask(request))
    bench.takeAndSend()
    bench.adjust { sender in
      sender.book.pool[1].isAccepted = true
      sender.book.pool[1].state = OrderState.partiallyFilled.rawValue
      sender.book.pool[1].filled = filled
    }
    request.action = OrderAction.replace.rawValue
    (request.target_id, request.quantity, request.price) = (request.order_id, 50, 101)
    #expect(bench.ask(request))
    bench.takeAndSend()
    guard filled < 999_950 else {
      #expect(bench.told() == ["cancelReject"])
      return #expect(bench.all.last?.reason == RiskReason.quantity.rawValue)
    }
    let packets = venue.packets(2)
    try #require(packets.count == 2 && packets[1][1] == UInt8(ascii: "U"), "\(bench.told())")
    let message = Array(packets[1].dropFirst())
    let said = dialect == .ouch50 ? message[9..<13] : message[29..<33]
    #expect(Self.u32(said) == filled + 50)
  }

  /// Good till cancelled, at the opening, until a time: OUCH has no word for the first, the rings
  /// have none for any.
  @Test(arguments: OrderDialect.allCases)
  func om1AnyOtherTimeInForceIsRefusedAndNothingLeaves(dialect: OrderDialect) throws {
    for code: UInt8 in [0, 4, 5, 6, 99, .max] {
      let (told, message) = try ask(dialect) { $0.time_in_force = code }
      #expect(told == ["riskReject \(RiskReason.malformed.rawValue)"] && message == nil)
    }
  }

  /// A successor could not tell whose it is.
  @Test(arguments: OrderDialect.allCases)
  func om2AnOrderThatNothingCouldNameIsRefusedAndNothingLeaves(dialect: OrderDialect) throws {
    let (told, message) = try ask(dialect) { $0.order_id = 1 << 32 }
    #expect(told == ["riskReject \(RiskReason.malformed.rawValue)"] && message == nil)
  }

  /// A market order is a limit that reaches the market, inside the collar: as such it leaves.
  @Test(arguments: OrderDialect.allCases)
  func om1AMarketableLimitLeavesAsALimit(dialect: OrderDialect) throws {
    let order = try #require(
      try ask(dialect, price: 105) { $0.time_in_force = TimeInForce.ioc.rawValue }.message)
    let price = dialect == .ouch50 ? order[22..<26] : order[28..<32]
    #expect(Self.u32(price) == 1_050_000)
    #expect(try ask(dialect, price: 105.0001).message == nil)
  }

  @Test(arguments: OrderDialect.allCases, [Double.nan, .infinity, 0, -1, .greatestFiniteMagnitude])
  func om1AnOrderWithoutALimitIsRefused(dialect: OrderDialect, price: Double) throws {
    let (told, message) = try ask(dialect, price: price)
    #expect(told == ["riskReject \(RiskReason.price.rawValue)"] && message == nil)
  }

  /// Limits that mean a market order to the venue never leave: 200,000.00 in both dialects, the
  /// largest 32-bit number in OUCH 5.0, and in OUCH 4.2 whatever lies above.
  @Test(arguments: [
    (OrderDialect.ouch50, 200_000.0), (.ouch50, 214_748.3647), (.ouch42, 200_000),
    (.ouch42, 199_999.9901), (.ouch42, 214_748.3647), (.ouch42, 300_000),
  ])
  func om1APriceThatMeansAMarketOrderIsRefused(dialect: OrderDialect, price: Double) throws {
    let (told, message) = try ask(dialect, price: price, reference: price) { $0.quantity = 1 }
    #expect(told == ["riskReject \(RiskReason.unsayable.rawValue)"] && message == nil)
    let below = price == 199_999.9901 ? 199_999.99 : price - 1
    guard dialect == .ouch50 || below < 200_000 else { return }
    let order = try ask(dialect, price: below, reference: price) { $0.quantity = 1 }
    #expect(order.message != nil, "\(order.told)")
  }
}
