import Testing
import TickRing

@testable import TickEngine

/// What an observer reads is what the book has, while it is written.
@Suite(.timeLimit(.minutes(1))) struct PositionObserverTests {
  private func observer(_ fixture: borrowing PositionFixture) throws -> PositionObserver {
    try PositionObserver(try fixture.region.duplicate(), directory: nil)
  }

  @Test func anObserverSeesHoldingsSumsAndStates() throws {
    let fixture = try PositionFixture()
    var book = try fixture.book()
    book.fill(
      strategy: 2, instrument: 5, side: .sell, quantity: 10, priceE4: 400, referenceE4: 500)
    book.mark(instrument: 5, priceE4: 390)
    var states = RiskStates(RiskStateLimits(), subject: 0, equityE4: 20_000_000_000, at: 1)
    _ = states.observe(equityE4: book.equityE4, at: 2)
    book.publish(states)
    let snapshot = try observer(fixture).snapshot()
    #expect(snapshot.subjects.count == 5 && snapshot.holdings.count == 2)
    #expect(snapshot.subjects[0].sums?.equityE4 == book.equityE4)
    #expect(snapshot.subjects[0].state == .circuitBreaker)
    #expect(snapshot.subjects[0].drawdown_ppm == 499_999)
    #expect(snapshot.subjects.map(\.isUsed) == [true, false, true, false, false])
    let held = try #require(snapshot.holdings.last)
    #expect(held.strategy == 2 && held.instrument == 5 && held.symbol == nil)
    #expect(held.holding?.position == -10 && held.holding?.unrealisedE4 == 100)
    #expect(held.holding?.slippage_bpsE2 == 200_000 && snapshot.valueAtRisk == nil)
  }

  /// RS1: equity that the sender has not looked at yet is no drawdown below zero.
  @Test func rs1ADrawdownIsNeverBelowZero() throws {
    let fixture = try PositionFixture()
    var book = try fixture.book()
    book.fill(
      strategy: 2, instrument: 5, side: .buy, quantity: 10, priceE4: 400, referenceE4: 0)
    for subject: UInt8 in [0, 2] {
      book.publish(
        RiskStates(
          RiskStateLimits(), subject: subject, equityE4: book.equityE4(of: subject), at: 1))
    }
    book.mark(instrument: 5, priceE4: 50_000_000)
    let snapshot = try observer(fixture).snapshot()
    for subject in [0, 2] {
      let found = snapshot.subjects[subject]
      #expect(found.drawdown_ppm == 0 && found.peakE4 == found.sums?.equityE4)
      #expect(found.dayE4 == 499_996_000)
    }
    #expect(snapshot.subjects[1].peakE4 == nil && snapshot.subjects[1].dayE4 == nil)
  }

  /// RM7: of what was lost in the dark nobody makes up a number.
  @Test func rm7AnUnknownDayIsShownAsUnknown() throws {
    let fixture = try PositionFixture()
    var book = try fixture.book()
    let unknown = RiskRecord(
      state: 0, trips: 0, peakE4: 5, coolDownSince: 0, newest: 0, day: 0
    ).rebased(from: nil, to: 7)
    book.publish(try RiskStates(RiskStateLimits(), subject: 0, resuming: unknown))
    let found = try observer(fixture).snapshot().subjects[0]
    #expect(found.dayE4 == nil && found.peakE4 == nil && found.drawdown_ppm == nil)
    #expect(found.sums?.equityE4 != nil)
  }

  @Test func anObserverOfAFreshRegionIsRefused() throws {
    let fixture = try PositionFixture()
    #expect(throws: PositionError.self) { _ = try observer(fixture) }
    #expect(throws: RingError.self) {
      _ = try PositionObserver(ringDirectory: "/dev/shm", instance: "no-such-instance")
    }
  }

  @Test func aWriterThatDiedInTheMiddleLeavesNothingToBelieve() throws {
    let fixture = try PositionFixture()
    do {
      var book = try fixture.book()
      book.fill(
        strategy: 1, instrument: 5, side: .buy, quantity: 10, priceE4: 400, referenceE4: 0)
    }
    let lines = try fixture.lines()
    lines.store(PositionLines.subject(0), 0, 1)
    lines.store(PositionLines.holding(1, strategies: 4) + 1, PositionLines.Totals.changes, 77)
    let snapshot = try observer(fixture).snapshot()
    #expect(snapshot.subjects[0].sums == nil && snapshot.subjects[1].sums != nil)
    #expect(snapshot.holdings[0].holding != nil && snapshot.holdings[1].holding == nil)
  }

  /// Every holding and every sum that an observer gets is of one moment: what a buy and its sale at
  /// one price leave can be computed from any of them.
  @Test func whatIsReadWhileItIsWrittenIsWhole() throws {
    let fixture = try PositionFixture()
    let book = try fixture.book()
    let stop = StopFlag()
    let writer = RoleThread(BusyBook(book: book, stop: stop), core: nil, onFailure: {})
    try writer.start()
    defer {
      stop.request()
      writer.join()
    }
    let observer = try observer(fixture)
    var seen = 0
    while seen < 2_000 {
      for entry in observer.snapshot().holdings {
        guard let holding = entry.holding else { continue }
        seen += 1
        #expect(holding.position == holding.bought - holding.sold)
        #expect(holding.boughtValueE4 == holding.bought * 500)
        #expect(holding.costE4 == holding.position * 500)
        #expect(holding.referenceValueE4 == (holding.bought + holding.sold) * 400)
      }
    }
  }
}

extension PositionBook {
  fileprivate func equityE4(of subject: UInt8) -> Int64? {
    subject == 0 ? equityE4 : equityE4(subject)
  }
}

/// Books fills at one price until it is stopped.
private struct BusyBook: ~Copyable, Role {
  var book: PositionBook
  let stop: StopFlag

  init(book: consuming PositionBook, stop: StopFlag) {
    self.book = book
    self.stop = stop
  }

  var name: String { "busy-book" }

  mutating func run() throws {
    var random = SeededRandom(seed: 3)
    while !stop.isRequested {
      book.fill(
        strategy: 1, instrument: UInt32(1 + random.below(2)),
        side: random.once(in: 2) ? .buy : .sell,
        quantity: UInt32(1 + random.below(100)), priceE4: 500, referenceE4: 400)
    }
  }
}
