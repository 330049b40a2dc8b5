import Testing
import TickRing
import TickWire

@testable import TickEngine

/// RS5, KS1: a breaker that trips, or a kill, cancels every order that is open: the cancels are on
/// the wire, and the venue has nothing left.
@Suite(.serialized, .timeLimit(.minutes(1))) struct StopCancelTests {
  /// Orders 1 to 4 that rest, of strategies 1 and 2 in turn.
  private func fourResting(_ faults: VenueFaults? = nil) throws -> SenderLine {
    let line = try SenderLine(faults: faults)
    try line.start()
    for number: UInt64 in 1...4 { line.ask(number, strategy: number % 2 == 1 ? 1 : 2) }
    let areThere = try line.turn { $0.counts.acked == 4 }
    try #require(areThere && line.resting == [1, 2, 3, 4])
    return line
  }

  /// Strategy 1 loses 11 % of what it has; so does the instance, unless strategy 2 wins as much.
  private func lose(_ line: SenderLine, isShared: Bool) {
    line.adjust { sender in
      // The day's peak is what it had before.
      sender.risk.mark(1, 1_000_000)
      sender.watchRisk()
      let sides: [(UInt8, OrderSide)] = isShared ? [(1, .buy), (2, .sell)] : [(1, .buy)]
      for (strategy, side) in sides {
        sender.risk.positions.fill(
          strategy: strategy, instrument: 1, side: side, quantity: 10_000_000,
          priceE4: 1_000_000, referenceE4: 1_000_000)
      }
      sender.risk.mark(1, 890_000)
      sender.watchRisk()
    }
  }

  @Test func rs5TheInstancesBreakerCancelsEveryOpenOrder() throws {
    let line = try fourResting()
    lose(line, isShared: false)
    #expect(line.adjust { $0.instanceState } == .circuitBreaker)
    let areGone = try line.turn { $0.book.count == 0 && $0.instanceState == .coolDown }
    #expect(areGone && line.resting == [])
    #expect(line.adjust { $0.counts.cancelsSent } == 4)
    // What is new is refused from now on, and the connection stays.
    line.ask(5)
    let isRefused = try line.turn { _ in line.told[0].last?.eventKind == .riskReject }
    #expect(isRefused && line.told[0].last?.reason == RiskReason.breaker.rawValue)
    #expect(line.adjust { $0.link } == .steady)
    let changes = line.adjust { $0.riskChanges.kept.filter { $0.subject == 0 }.map(\.new) }
    #expect(changes == [.circuitBreaker, .coolDown])
  }

  /// The first cancels are refused, one or the other by chance.
  @Test func rs5ACancelThatTheVenueRefusesIsAskedForAgain() throws {
    var faults = VenueFaults()
    faults.refuseCancel = 0.5
    var refused: UInt64 = 0
    for seed: UInt64 in 1...4 {
      faults.seed = seed
      let line = try fourResting(faults)
      lose(line, isShared: false)
      let areGone = try line.turn { $0.instanceState == .coolDown }
      #expect(areGone && line.resting == [], "seed \(seed)")
      refused += line.adjust { $0.counts.cancelsRefused }
    }
    #expect(refused > 0)
  }

  /// RS6: what the breaker lets pass reduces, and may rest: the cooldown does not wait for it.
  @Test func rs6TheCooldownBeginsWhileAnOrderRestsThatReduces() throws {
    let line = try fourResting()
    line.adjust { sender in
      sender.gate.hold(1, strategy: 1, 10)
      sender.risk.note(1, isFlat: false)
    }
    lose(line, isShared: false)
    line.ask(5, 101, side: .sell)
    let isCool = try line.turn { $0.instanceState == .coolDown && $0.counts.acked == 5 }
    #expect(isCool && line.resting == [5])
  }

  /// RM14, without a further order to find it by.
  @Test func rm14MoreOutThanAllowedTripsASenderThatNobodyAsks() throws {
    let line = try fourResting()
    line.adjust { $0.gate.tally.out &+= 1 }
    #expect(try line.turn { $0.book.count == 0 })
    #expect(line.adjust { $0.kill.page.gate.reason } == .orderTally && line.resting == [])
  }

  @Test func rs5AStrategysBreakerCancelsItsOrdersAndNobodyElses() throws {
    let line = try fourResting()
    lose(line, isShared: true)
    #expect(line.adjust { $0.risk.state(of: 1) } == .circuitBreaker)
    let areGone = try line.turn { $0.risk.state(of: 1) == .coolDown }
    #expect(areGone && line.resting == [2, 4])
    #expect(line.adjust { $0.instanceState } == .normal)
    line.ask(5, strategy: 2)
    let isThere = try line.turn { $0.counts.acked == 5 }
    #expect(isThere && line.resting == [2, 4, 5])
  }

  /// RS7, RS8: the last trip of a day kills, and the kill cancels what the breaker did not.
  @Test func rs7TheLastTripKillsAndCancelsEverything() throws {
    let line = try fourResting()
    for _ in 0..<2 {
      lose(line, isShared: false)
      let isCool = try line.turn { $0.instanceState == .coolDown }
      try #require(isCool)
      try line.adjust { sender in
        sender.marketTime += 15 * 60 * 1_000_000_000
        sender.risk.mark(1, 1_000_000)
        _ = try sender.risk.rebase(0, .onRecord, at: sender.marketTime)
        _ = try sender.risk.reset(0, .onRecord, at: sender.marketTime)
      }
    }
    line.ask(6, strategy: 3)
    let isThere = try line.turn { $0.book.count == 1 }
    try #require(isThere)
    lose(line, isShared: false)
    #expect(line.adjust { $0.instanceState == .killSwitch && $0.isShut })
    let areGone = try line.turn { $0.book.count == 0 }
    #expect(areGone && line.resting == [])
  }

  /// More than one buffer holds: the venue's own mass cancel first where it has one, then each, and
  /// all within one turn.
  @Test(arguments: OrderDialect.allCases)
  func ks1AKillWritesACancelForEveryOpenOrder(dialect: OrderDialect) throws {
    let count: UInt32 = 6_000
    let venue = try FakeVenue(.deaf)
    let bench = try SenderBench(
      eventSlots: 64, orderSlots: 8_192, venuePort: venue.port, dialect: dialect)
    for number in 1...UInt64(count) {
      var request = GateBench.order(100)
      request.order_id = 1 << 32 | number
      request.quantity = 1
      #expect(bench.ask(request))
      if number % 16 == 0 { bench.takeAndSend() }
    }
    let entries = venue.packets(Int(count)).map { $0[1] }
    try #require(entries.count == Int(count) && entries.allSatisfy { $0 == UInt8(ascii: "O") })
    bench.kill()
    try bench.adjust { _ = try $0.turn(isRested: false) }
    let hasMass = dialect == .ouch50
    var cancels = venue.packets(Int(count) + (hasMass ? 1 : 0))
    if hasMass { #expect(cancels.removeFirst()[1] == UInt8(ascii: "C")) }
    let numbers = try cancels.map { packet in
      try #require(packet[1] == UInt8(ascii: "X"))
      return dialect == .ouch50
        ? packet[2..<6].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        : Ouch42.Token(String(decoding: packet[2..<16], as: UTF8.self))?.userRefNum
    }
    #expect(Set(numbers) == Set(1...count) && numbers.count == Int(count))
    #expect(bench.counts.cancelsSent == UInt64(count))
  }
}
