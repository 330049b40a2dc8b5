import Testing
import TickRing

@testable import TickEngine

/// OM1, RM6: what a strategy asks a replacement to have open is what is open then, and what fills
/// meanwhile is not bought twice.
@Suite(.timeLimit(.minutes(1))) struct ReplacedSharesTests {
  /// An order of ten that rests, of which so many have filled.
  private func line(filled: UInt32) throws -> SenderLine {
    let line = try SenderLine()
    try line.start()
    line.ask(1)
    #expect(try line.turn { $0.counts.acked == 1 })
    line.venue.script.move(.trade(989_000, filled))
    return line
  }

  private func standing(_ line: SenderLine) -> [Int64] {
    line.adjust { [$0.gate.exposure.position(1), $0.gate.exposure.open(1, .buy)] }
  }

  @Test func om1WhatIsOpenAfterAPartHasFilledIsWhatWasAskedFor() throws {
    let line = try line(filled: 4)
    #expect(try line.turn { $0.gate.exposure.position(1) == 4 })
    line.ask(.replace, 1, 98.9, quantity: 8)
    #expect(try line.turn { $0.counts.replaced == 1 } && standing(line) == [4, 8])
    let told = try #require(line.told[0].last)
    #expect(told.eventKind == .replaced && told.quantity == 8 && told.openQuantity == 8)
    line.ask(.replace, 1, 98.8, quantity: 20)
    #expect(try line.turn { $0.counts.replaced == 2 } && standing(line) == [4, 20])
    line.venue.script.move(.trade(987_000, 20))
    #expect(try line.turn { $0.counts.filled == 1 } && standing(line) == [24, 0])
    #expect(line.adjust { $0.counts.anomalies } == 0 && line.resting == [])
  }

  /// The gate has let ten pass.
  @Test func rm6WhatFillsWhileAReplacementIsOnItsWayIsNotOpenAgain() throws {
    let line = try line(filled: 4)
    line.ask(.replace, 1, 98.9, quantity: 10)
    #expect(try line.turn { $0.counts.replaced == 1 } && standing(line) == [4, 6])
    #expect(line.adjust { $0.counts.anomalies } == 0)
  }

  @Test func om1AReplacementOfFewerThanFilledMeanwhileEndsTheOrder() throws {
    let line = try line(filled: 4)
    line.ask(.replace, 1, 98.9, quantity: 3)
    #expect(try line.turn { $0.book.count == 0 } && standing(line) == [4, 0])
    #expect(line.adjust { $0.counts.replacesRefused } == 1 && line.resting == [])
  }

  /// The gate would judge it by what another instrument costs, or by another's limits.
  @Test(arguments: [2 << 32 | 1, 1 << 32 | 2, 0] as [UInt64])
  func rm13AReplacementThatSaysItIsAnotherOrderIsRefused(id: UInt64) throws {
    let line = try line(filled: 0)
    line.ask(.replace, 1, 98.9, quantity: 8, id: id)
    #expect(try line.turn { $0.counts.replacesRefused == 1 } && standing(line) == [0, 10])
    let told = try #require(line.told[0].last)
    #expect(told.eventKind == .cancelReject && told.reason == RiskReason.malformed.rawValue)
    #expect(line.adjust { $0.book.pool[1].priceE4 } == 990_000)
  }

  /// Short sales are marked from the worst case, and no dialect says another marking later.
  @Test(arguments: [(10, 8, true), (10, 11, false), (0, 11, true)])
  func rm6AReplacementDoesNotMakeASaleShort(held: Int64, shares: UInt32, isLet: Bool) throws {
    let line = try SenderLine()
    try line.start()
    line.adjust { $0.gate.hold(1, strategy: 1, held) }
    line.ask(1, 101, side: .sell)
    #expect(try line.turn { $0.counts.acked == 1 })
    line.die()
    try line.start()
    line.adjust { $0.gate.hold(1, strategy: 1, held) }
    #expect(try line.turn { $0.link == .steady })
    line.ask(.replace, 1, 101.1, quantity: shares)
    #expect(try line.turn { ($0.counts.replaced, $0.counts.replacesRefused) != (0, 0) })
    #expect(line.adjust { $0.counts.replaced } == (isLet ? 1 : 0))
    let reason = isLet ? 0 : RiskReason.unsayable.rawValue
    #expect(line.told[0].last?.reason == reason)
  }

  /// A sale that another one has made the worst case of may be another price, and smaller.
  @Test func rm6ASaleMarkedLongIsReplacedByAsManyBesideAShortOne() throws {
    let line = try SenderLine()
    try line.start()
    line.adjust { $0.gate.hold(1, strategy: 1, 10) }
    for number: UInt64 in 1...2 { line.ask(number, 101, side: .sell) }
    #expect(try line.turn { $0.counts.acked == 2 })
    #expect(line.adjust { [$0.book.pool[1].isShort, $0.book.pool[2].isShort] } == [false, true])
    line.ask(.replace, 1, 101.1, quantity: 10)
    #expect(try line.turn { $0.counts.replaced == 1 })
    #expect(line.adjust { [$0.counts.anomalies, $0.counts.replacesRefused] } == [0, 0])
  }

  @Test func om3ASuccessorKnowsWhatFilledOfAllThatAnOrderStandsFor() throws {
    let line = try line(filled: 4)
    line.ask(.replace, 1, 98.9, quantity: 16)
    #expect(try line.turn { $0.counts.replaced == 1 })
    line.venue.script.move(.trade(988_000, 2))
    line.die()
    try line.start()
    #expect(try line.turn { $0.link == .steady } && standing(line) == [6, 10])
    line.ask(.replace, 1, 98.8, quantity: 30)
    // Its own: what its predecessor counted it does not count again.
    #expect(try line.turn { $0.counts.replaced == 1 } && standing(line) == [6, 30])
    #expect(line.adjust { $0.counts.anomalies } == 0)
  }
}
