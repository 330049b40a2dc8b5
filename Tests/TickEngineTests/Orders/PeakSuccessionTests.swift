import Testing
import TickRing

@testable import TickEngine

/// RM7, RS1, RS3: what a sender knew of the day's beginning and peak its successor goes by, and by
/// all that is held.
@Suite(.serialized, .timeLimit(.minutes(1))) struct PeakSuccessionTests {
  /// Ten shares bought at 100.10 of 5,000 in all, and what they are worth since.
  private func holding(_ clock: SteadyClock?) throws -> SenderLine {
    let line = try SenderLine { limits in
      limits.portfolioValue = 5_000
      limits.positionPercent = 1_000
      limits.sectorPercent = 10_000
      limits.grossLeverage = 100
      limits.dailyLossMax = 100
    }
    try line.start(clock: clock)
    line.ask(1, 100.1)
    let isFilled = try line.turn { $0.counts.filled == 1 }
    try #require(isFilled)
    for price in [150.0, 130] { try value(line, price) }
    return line
  }

  private func value(_ line: SenderLine, _ price: Double) throws {
    line.trade(at: price)
    let equityE4 = 50_000_000 - 10_010_000 + Int64(price * 100_000)
    let isValued = try line.turn { $0.equityE4 == equityE4 }
    try #require(isValued)
  }

  private func records(_ line: SenderLine) -> [UInt8: RiskRecord] {
    line.adjust { sender in
      var records: [UInt8: RiskRecord] = [:]
      for subject: UInt8 in 0...2 { records[subject] = sender.risk.positions.riskRecord(subject) }
      return records
    }
  }

  /// The predecessor died after the peak, in Normal; while the venue tells, nothing is a drawdown.
  @Test(arguments: [false, true]) func rs3ABreakerTripsByThePeakOfBefore(isLive: Bool) throws {
    let clock = isLive ? SteadyClock() : nil
    let line = try holding(clock)
    let left = records(line)
    #expect(left[0]?.peakE4 == 54_990_000 && left[1]?.peakE4 == 54_990_000)
    #expect(left[2]?.peakE4 == 50_000_000 && line.adjust { $0.riskChanges.count } == 0)
    line.die()
    try line.start(records: left, clock: clock)
    let isSteady = try line.turn { $0.link == .steady }
    try #require(isSteady)
    #expect(line.adjust { $0.riskChanges.count } == 0)
    #expect(line.adjust { $0.equityE4 } == 52_990_000)
    #expect(line.adjust { $0.risk.drawdown_ppm(of: 1) } == 36_370)
    // 10.5 % below the day's peak, 7.2 % below what it was when the first one died.
    try value(line, 92)
    _ = try line.turn { _ in true }
    let tripped = line.adjust { $0.riskChanges.kept.filter { $0.old == .normal } }
    #expect(tripped.map(\.subject) == [0, 1])
    #expect(tripped.allSatisfy { $0.new == .circuitBreaker && $0.drawdown_ppm == 105_473 })
  }

  /// A day of a longer session, which began with what the days before it had brought.
  @Test(arguments: [53_990_000, 53_990_001] as [Int64])
  func rm7ASuccessorKnowsWhatTheDayBeganWith(dayStartE4: Int64) throws {
    let clock = SteadyClock()
    let line = try holding(clock)
    var left = records(line)
    #expect(left[0]?.dayStartE4 == 50_000_000)
    left[0]?.dayStartE4 = dayStartE4
    line.die()
    try line.start(records: left, clock: clock)
    let isSteady = try line.turn { $0.link == .steady }
    try #require(isSteady)
    line.ask(2, 130)
    let isLost = { (sender: borrowing Sender) in
      sender.counts.riskRejected[Int(RiskReason.dailyLoss.rawValue)] == 1
    }
    let isJudged = try line.turn { isLost($0) || $0.counts.filled == 1 }
    try #require(isJudged)
    #expect(line.adjust { isLost($0) } == (dayStartE4 - 52_990_000 > 1_000_000))
  }

  /// Nobody was there when that day began: it began with what was left, so that what falls
  /// overnight falls within it.
  @Test func rm7AnotherDayBeginsWithWhatWasLeft() throws {
    let clock = SteadyClock()
    let line = try holding(clock)
    var left = records(line)
    left[0]?.day -= 1
    left[0]?.dayStartE4 = 1
    line.die()
    try line.start(records: left, clock: clock)
    line.adjust { $0.risk.positions.expect(1, at: 1_400_000) }
    let isSteady = try line.turn { $0.link == .steady && $0.day != nil }
    try #require(isSteady)
    #expect(line.adjust { $0.gate.dayStartE4 } == 53_990_000)
    #expect(line.adjust { $0.equityE4 } == 52_990_000)
  }

  /// RC1: it knows nothing yet of what its predecessors did there.
  @Test func aSuccessorThatIsBeingToldTakesNoOtherSession() throws {
    let line = try holding(nil)
    let left = records(line)
    line.die()
    try line.start(records: left, reconnects: true)
    try line.adjust { sender in
      let isBeingTold = sender.isSuccessor
      #expect(isBeingTold)
      try sender.lose(.lost("venue", reason: "cut"))
    }
    let isCalled = try line.turn { $0.link == .opening }
    #expect(isCalled && line.adjust { $0.resume.isBinding })
  }

  /// RS1: a part of what is held is no equity to approve of, either.
  @Test func rs1NothingIsRebasedBeforeTheVenueHasTold() throws {
    let line = try holding(nil)
    let left = records(line)
    line.die()
    try line.start(records: left)
    line.adjust { sender in
      #expect(sender.isSuccessor && sender.equityE4 == 50_000_000)
      sender.watchRisk()
      #expect(sender.riskChanges.count == 0 && sender.day == nil)
    }
    let isSteady = try line.turn { $0.link == .steady }
    #expect(isSteady && line.adjust { $0.isSuccessor } == false)
  }

  /// Of four strategies, in a region of a name.
  private func book(
    _ scratch: Scratch, _ name: String, equityE4: Int64 = 50_000_000
  ) throws -> PositionBook {
    var options = PositionOptions(equityE4: equityE4, strategyEquityE4: equityE4)
    (options.instruments, options.strategiesMax, options.holdingsMax) = (32, 4, 100)
    return try PositionBook.open(
      claiming: Region.create(
        .positions, directory: scratch.path, name: name, capacity: options.capacity), options)
  }

  private func legacy(_ scratch: Scratch, _ name: String) throws -> RiskLegacy {
    try RiskLegacy(
      Region.attach(.positions, directory: scratch.path, name: name), strategies: 4)
  }

  /// Another portfolio value in the limits, or other closes, do not make up for what is lost.
  @Test func rm7ASessionGoesOnFromTheEquityThatItBeganWith() throws {
    let scratch = try Scratch()
    var first = try book(scratch, "first")
    first.fill(
      strategy: 2, instrument: 5, side: .buy, quantity: 10, priceE4: 1_000_000, referenceE4: 0)
    first.mark(instrument: 5, priceE4: 400_000)
    var second = try book(scratch, "second", equityE4: 60_000_000)
    try second.begin(after: legacy(scratch, "first"))
    #expect(second.equityE4 == 50_000_000 && second.equityE4(2) == 50_000_000)
    // One that dies before it is told all leaves what its predecessor had, to the one after it.
    let left = try legacy(scratch, "second")
    #expect(left.equitiesE4[0] == 44_000_000 && left.equitiesE4[2] == 44_000_000)
    #expect(left.equitiesE4[1] == 50_000_000 && left.basesE4[0] == 50_000_000)
    var third = try book(scratch, "third", equityE4: 60_000_000)
    try third.begin(after: legacy(scratch, "second"))
    #expect(try legacy(scratch, "third").equitiesE4[0] == 44_000_000 && third.isToldInPart)
    third.forgetBefore()
    #expect(try legacy(scratch, "third").equitiesE4[0] == 50_000_000 && !third.isToldInPart)
  }

  /// What an earlier session brought nobody tells again.
  @Test func rm7AnotherSessionGoesOnFromTheEquityThatItBeganWith() throws {
    let scratch = try Scratch()
    var first = try book(scratch, "first")
    for (side, priceE4) in [(OrderSide.buy, 1_000_000), (.sell, 700_000)] as [(OrderSide, Int64)] {
      first.fill(
        strategy: 2, instrument: 5, side: side, quantity: 10, priceE4: priceE4, referenceE4: 0)
    }
    first.beginSession()
    var second = try book(scratch, "second")
    try second.begin(after: legacy(scratch, "first"))
    #expect(first.equityE4 == 47_000_000 && second.equityE4 == 47_000_000)
    #expect(second.equityE4(2) == 47_000_000 && second.equityE4(1) == 50_000_000)
  }

  /// What its predecessor valued it at is what it is worth, until a price comes.
  @Test func aSuccessorValuesWhatItIsToldAsItsPredecessorDid() throws {
    let scratch = try Scratch()
    var first = try book(scratch, "first")
    for instrument: UInt32 in [5, 7] {
      first.fill(
        strategy: 2, instrument: instrument, side: .buy, quantity: 10, priceE4: 1_000_000,
        referenceE4: 0)
      first.mark(instrument: instrument, priceE4: 1_300_000)
    }
    let legacy = try legacy(scratch, "first")
    #expect(legacy.marksE4 == [5: 1_300_000, 7: 1_300_000])
    #expect(legacy.equitiesE4[0] == 56_000_000 && legacy.equitiesE4[1] == 50_000_000)
    var second = try book(scratch, "second")
    for (instrument, markE4) in legacy.marksE4 { second.expect(instrument, at: markE4) }
    #expect(second.equityE4 == 50_000_000)
    for instrument: UInt32 in [5, 7] {
      second.fill(
        strategy: 2, instrument: instrument, side: .buy, quantity: 10, priceE4: 1_000_000,
        referenceE4: 0)
    }
    #expect(second.equityE4 == 56_000_000 && second.equityE4(2) == 56_000_000)
  }
}
