import Testing
import TickRing

@testable import TickEngine

/// PT1: the book, what it refuses, and what a successor makes of it.
@Suite(.timeLimit(.minutes(1))) struct PositionBookTests {
  private func fill(
    _ strategy: UInt8 = 1, _ instrument: UInt32 = 7, _ side: OrderSide = .buy,
    _ quantity: UInt32 = 100, _ priceE4: Int64 = 500_000
  ) -> PositionModel.Fill {
    PositionModel.Fill(
      strategy: strategy, instrument: instrument, side: side, quantity: quantity,
      priceE4: priceE4, referenceE4: 500_000)
  }

  @Test func pt1EquityFollowsFillsAndMarks() throws {
    let fixture = try PositionFixture()
    var book = try fixture.book()
    book.fill(fill())
    #expect(book.equityE4 == 10_000_000_000 && book.equityE4(1) == 1_000_000_000)
    book.mark(instrument: 7, priceE4: 510_000)
    #expect(book.equityE4 == 10_001_000_000 && book.equityE4(1) == 1_001_000_000)
    book.fill(fill(1, 7, .sell, 100, 520_000))
    book.mark(instrument: 7, priceE4: 1)
    #expect(book.equityE4 == 10_002_000_000 && book.equityE4(1) == 1_002_000_000)
    #expect(book.equityE4(2) == 1_000_000_000 && book.grossE4 == 0)
  }

  @Test func pt1TheAccountNetsItsStrategies() throws {
    let fixture = try PositionFixture()
    var book = try fixture.book()
    book.fill(fill(1, 7, .buy, 100))
    book.fill(fill(2, 7, .sell, 60))
    #expect(book.position(strategy: 0, instrument: 7) == 40)
    #expect(book.position(strategy: 1, instrument: 7) == 100)
    #expect(book.position(strategy: 2, instrument: 7) == -60)
    #expect(book.position(strategy: 3, instrument: 7) == 0)
    #expect(book.grossE4 == 20_000_000)
    book.mark(instrument: 7, priceE4: 510_000)
    #expect(book.equityE4(2) == 999_400_000)
  }

  @Test func theFirstPriceIsTheMarkUntilThereIsOne() throws {
    let fixture = try PositionFixture()
    var book = try fixture.book()
    book.mark(instrument: 7, priceE4: 480_000)  // Nobody holds it: forgotten.
    book.fill(fill())
    #expect(book.equityE4 == 10_000_000_000)
    book.mark(instrument: 7, priceE4: 490_000)
    book.fill(fill(2))
    #expect(book.equityE4(2) == 999_000_000, "a fill sets no mark after that")
    book.mark(instrument: 7, priceE4: 0)
    book.mark(instrument: 7, priceE4: -5)
    book.mark(instrument: .max, priceE4: 1)
    #expect(book.equityE4(2) == 999_000_000, "no price is no mark")
  }

  @Test(arguments: [
    (UInt8(0), UInt32(7), UInt32(1), Int64(1), PositionFault.unknownStrategy),
    (5, 7, 1, 1, .unknownStrategy), (255, 7, 1, 1, .unknownStrategy),
    (1, 0, 1, 1, .unknownInstrument), (1, 32, 1, 1, .unknownInstrument),
    (1, .max, 1, 1, .unknownInstrument), (1, 7, 0, 1, .malformed), (1, 7, 1, 0, .malformed),
    (1, 7, 1, -1, .malformed), (1, 7, 1, .min, .malformed), (1, 7, .max, .max, .overflow),
  ])
  func rm13AFillThatCannotBeBookedMakesEquityUnknown(
    _ strategy: UInt8, _ instrument: UInt32, _ quantity: UInt32, _ priceE4: Int64,
    _ fault: PositionFault
  ) throws {
    let fixture = try PositionFixture()
    var book = try fixture.book()
    book.fill(fill())
    #expect(book.fill(fill(strategy, instrument, .buy, quantity, priceE4)) == fault)
    #expect(book.equityE4 == nil && book.grossE4 == nil)
    if strategy == 1 { #expect(book.equityE4(1) == nil) }
    #expect(book.equityE4(2) == 1_000_000_000, "others know theirs")
    #expect(book.position(strategy: 1, instrument: 7) == 100, "and nothing is half booked")
    book.fill(fill())
    #expect(book.equityE4 == nil, "what is not known stays so")
  }

  @Test func rm13SumsThatDoNotFitAreUnknown() throws {
    let fixture = try PositionFixture()
    var book = try fixture.book()
    book.fill(fill())
    book.mark(instrument: 7, priceE4: .max)
    #expect(book.equityE4 == nil && book.equityE4(1) == nil && book.equityE4(2) != nil)
    let rich = try PositionFixture { $0.equityE4 = .max }
    var other = try rich.book()
    other.fill(fill())
    #expect(other.equityE4 == .max)
    other.mark(instrument: 7, priceE4: 500_001)
    #expect(other.equityE4 == nil)
  }

  @Test func noRoomForAHoldingIsAFault() throws {
    let fixture = try PositionFixture { $0.holdingsMax = 3 }
    var book = try fixture.book()
    #expect(book.fill(fill(1, 1)) == nil)
    #expect(book.fill(fill(2, 1)) == nil)
    #expect(book.fill(fill(1, 2)) == .holdingsFull)
    #expect(book.equityE4 == nil && book.position(strategy: 0, instrument: 2) == 0)
  }

  @Test func aSuccessorGoesOnWithThePositions() throws {
    let fixture = try PositionFixture()
    var states = RiskStates(RiskStateLimits(), subject: 2, equityE4: 1_000_000_000, at: 5)
    do {
      var book = try fixture.book()
      #expect(!book.isResumed && book.riskRecord(2) == nil)
      for instrument: UInt32 in 1...9 {
        book.fill(fill(1, instrument))
        book.fill(fill(2, instrument, .sell, 30, 510_000))
      }
      _ = states.observe(equityE4: 500_000_000, at: 77)
      book.publish(states)
    }
    var book = try fixture.book()
    #expect(book.isResumed && book.position(strategy: 0, instrument: 9) == 70)
    #expect(book.riskRecord(2) == states.record && book.riskRecord(1) == nil)
    let equity = book.equityE4
    book.mark(instrument: 9, priceE4: 510_000)
    #expect(book.equityE4 == (equity ?? 0) + 70 * 10_000)
    #expect(book.equityE4(2) == 1_002_400_000)
  }

  @Test func onlyOneWriterAtATime() throws {
    let fixture = try PositionFixture()
    let book = try fixture.book()
    #expect(throws: RingError.self) { _ = try fixture.book() }
    #expect(book.equityE4 != nil)
  }

  @Test func aSuccessorBelievesNoTornBook() throws {
    let line = PositionLines.holding(0, strategies: 4)
    let damage: [(Int, Int, UInt64)] = [
      (PositionLines.header, PositionLines.Header.isBooking, 1),
      (line, 0, 1), (line + 1, 0, 1), (line, PositionLines.Position.changes, 99),
      (line, PositionLines.Position.key, 0), (line, PositionLines.Position.key, 32),
      (line, PositionLines.Position.key, 5 << 32 | 7),
      (line, PositionLines.Position.position, 1 << 63),
      (line, PositionLines.Position.costE4, 0), (line, PositionLines.Position.costRest, .max / 2),
      (line + 1, PositionLines.Totals.boughtValue, 1),
      (PositionLines.subject(0), PositionLines.Sums.cash, 1),
      (PositionLines.subject(1), PositionLines.Sums.realised, 1),
    ]
    for (line, word, value) in damage {
      let fixture = try PositionFixture()
      do {
        var book = try fixture.book()
        book.fill(fill())
      }
      try fixture.lines().store(line, word, value)
      #expect(throws: PositionError.self, "\(line) \(word)") { _ = try fixture.book() }
    }
  }

  /// A mark is no fill: whoever died in the middle of one has left every position whole.
  @Test func aSuccessorMendsAHalfMark() throws {
    let fixture = try PositionFixture()
    do {
      var book = try fixture.book()
      book.fill(fill(1))
      book.fill(fill(2))
    }
    let lines = try fixture.lines()
    let account = PositionLines.holding(0, strategies: 4)
    lines.store(account, PositionLines.Position.mark, 510_000)
    lines.store(PositionLines.subject(0), 0, 1)
    let book = try fixture.book()
    #expect(book.equityE4 == 10_002_000_000 && book.equityE4(1) == 1_001_000_000)
    #expect(book.equityE4(2) == 1_001_000_000)
  }

  @Test func aRegionForOthersIsRefused() throws {
    let fixture = try PositionFixture()
    do { _ = try fixture.book() }
    for change: (inout PositionOptions) -> Void in [
      { $0.strategiesMax = 3 }, { $0.instruments = 31 }, { $0.holdingsMax = 100_000 },
    ] {
      var options = fixture.options
      change(&options)
      #expect(throws: PositionError.self) {
        _ = try PositionBook.open(claiming: try fixture.region.duplicate(), options)
      }
    }
  }
}
