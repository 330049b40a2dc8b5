import Foundation
import Testing
import TickRing

@testable import TickEngine

#if DEBUG
  private let walkSteps = 5_000
#else
  private let walkSteps = 1_000_000
#endif

/// Random fills, breaks and marks: positions, averages and equity are the slow model's.
@Suite(.timeLimit(.minutes(10))) struct PositionWalkTests {
  private struct Walk: ~Copyable {
    var random: SeededRandom
    var book: PositionBook
    var model = PositionModel()
    let lines: SharedLines
    var prices = [Int64](repeating: 500_000, count: 9)
    var recent: [PositionModel.Fill] = []

    init(seed: UInt64, _ fixture: borrowing PositionFixture) throws {
      let book = try fixture.book()
      let lines = try fixture.lines()
      random = SeededRandom(seed: seed)
      self.book = book
      self.lines = lines
    }

    mutating func step() {
      let instrument = 1 + random.below(8)
      prices[instrument] = max(10_000, prices[instrument] + Int64(random.within(-900...900)))
      switch random.below(10) {
      case 0..<4:
        book.mark(instrument: UInt32(instrument), priceE4: prices[instrument])
        model.mark(UInt32(instrument), prices[instrument])
      case 4 where !recent.isEmpty:
        let fill = recent.remove(at: random.below(recent.count))
        let fault = book.broken(fill)
        #expect(fault == nil)
        model.broken(fill)
      default: fill(instrument)
      }
    }

    private mutating func fill(_ instrument: Int) {
      let price = prices[instrument] + Int64(random.within(-50...50))
      let fill = PositionModel.Fill(
        strategy: UInt8(1 + random.below(4)), instrument: UInt32(instrument),
        side: random.once(in: 2) ? .buy : .sell, quantity: UInt32(1 + random.below(997)),
        priceE4: price, referenceE4: random.once(in: 5) ? 0 : prices[instrument])
      let fault = book.fill(fill)
      #expect(fault == nil)
      model.fill(fill)
      recent.append(fill)
      if recent.count > 6 { recent.removeFirst() }
    }

    func check(_ step: Int) throws {
      for strategy: UInt8 in 0...4 {
        let base: Int64 = strategy == 0 ? 10_000_000_000 : 1_000_000_000
        let equity = strategy == 0 ? book.equityE4 : book.equityE4(strategy)
        try #require(equity == base + model.profitE4(strategy), "step \(step)")
        let sums = PositionReading.wholeSums(lines, PositionLines.subject(Int(strategy)))
        try #require(sums?.grossE4 == model.grossE4(strategy), "step \(step)")
      }
    }

    func checkHoldings(_ step: Int) throws {
      let count = lines.acquire(PositionLines.header, PositionLines.Header.holdings)
      var realised = [Int64](repeating: 0, count: 5)
      for number in 0..<Int(count) {
        let line = PositionLines.holding(number, strategies: 4)
        let key = lines.load(line, PositionLines.Position.key)
        let found = PositionReading.wholeHolding(lines, line)
        let holding = try #require(found)
        let account = try #require(model.accounts[key])
        try check(holding, account)
        try #require(holding.markE4 == model.marks[UInt32(truncatingIfNeeded: key)])
        realised[Int(key >> 32)] += holding.realisedE4 ?? .min
      }
      for strategy in 0...4 {
        let sums = PositionReading.wholeSums(lines, PositionLines.subject(strategy))
        try #require(sums?.realisedE4 == realised[strategy], "step \(step)")
      }
    }

    private func check(_ holding: Holding, _ account: PositionModel.Account) throws {
      try #require(Decimal(holding.position) == account.shares)
      try #require(holding.costE4 == PositionModel.e4(account.cost))
      try #require(holding.averageE4 == PositionModel.e4(account.average))
      try #require(holding.cashE4 == PositionModel.e4(account.cash))
      let cash = try #require(holding.cashE4)
      let parts = (holding.realisedE4 ?? .min) + (holding.unrealisedE4 ?? .min)
      try #require(parts == cash + holding.position * holding.markE4)
    }
  }

  @Test(arguments: [1, 2, 3]) func pt1AMillionStepsAreTheSlowModels(_ seed: UInt64) throws {
    // The model looks at every fill again, so a walk is many books of a hundred steps.
    let length = 128
    for round in 0..<UInt64(max(1, walkSteps / length / 3)) {
      let fixture = try PositionFixture()
      var walk = try Walk(seed: seed << 32 | round, fixture)
      for step in 0..<length {
        walk.step()
        if step % 32 == 0 { try walk.check(step) }
      }
      try walk.check(length)
      try walk.checkHoldings(length)
    }
  }
}
