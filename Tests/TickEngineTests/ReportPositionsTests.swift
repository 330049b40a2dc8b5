import Foundation
import Testing
import TickRing

@testable import TickEngine

/// PT2: slippage of each strategy and in all, in the end report.
@Suite struct ReportPositionsTests {
  private func snapshot(_ book: (inout PositionBook) -> Void) throws -> PositionSnapshot {
    let fixture = try PositionFixture()
    var made = try fixture.book()
    book(&made)
    return try PositionObserver(try fixture.region.duplicate(), directory: nil).snapshot()
  }

  @Test func pt2SlippageIsReportedByStrategyAndInAll() throws {
    let snapshot = try snapshot { book in
      for (quantity, priceE4) in [(3_200, 500_200), (4_800, 500_500), (1_500, 500_900)] {
        book.fill(
          strategy: 1, instrument: 5, side: .buy, quantity: UInt32(quantity),
          priceE4: Int64(priceE4), referenceE4: 500_000)
      }
      // Sold for more than the reference: better, so less than nothing.
      book.fill(
        strategy: 2, instrument: 6, side: .sell, quantity: 9_500, priceE4: 501_000,
        referenceE4: 500_000)
      book.fill(
        strategy: 3, instrument: 6, side: .sell, quantity: 1, priceE4: 501_000, referenceE4: 0)
    }
    let positions = Report.Positions(snapshot, [], changeCount: 0)
    #expect(positions.strategies.map(\.strategy) == [1, 2, 3])
    #expect(positions.strategies.map(\.slippage_bps_e2) == [924, -2_000, nil])
    #expect(positions.instance.strategy == nil && positions.instance.slippage_bps_e2 == -538)
    #expect(positions.instance.slippage?.description == "-511.0000")
    var report = Report.filled()
    report.positions = positions
    let text = ReportText(report).description
    for line in [
      "slippage of strategy 1    9.24 bps of 475000.0000", "slippage of strategy 2  -20.00 bps",
      "slippage in all          -5.38 bps of 950000.0000",
    ] { #expect(text.contains(line), "\(line): \(text)") }
    #expect(!text.contains("strategy 3"))
    let data = try JSONEncoder().encode(report)
    #expect(String(decoding: data, as: UTF8.self).contains("\"slippage_bps_e2\":924"))
    #expect(try JSONDecoder().decode(Report.self, from: data) == report)
  }

  @Test func whatIsNotKnownIsLeftOut() throws {
    let snapshot = try snapshot { book in
      book.fill(
        strategy: 1, instrument: 5, side: .buy, quantity: .max, priceE4: .max, referenceE4: 1)
    }
    let positions = Report.Positions(snapshot, [], changeCount: 0)
    #expect(positions.instance.equity == nil && positions.instance.slippage == nil)
    #expect(positions.valueAtRisk == nil)
    var report = Report.filled()
    #expect(!ReportText(report).description.contains("positions"))
    report.positions = positions
    #expect(!ReportText(report).description.contains("slippage"))
  }

  /// RS9: each change with old, new, drawdown, equity, reason and time.
  @Test func rs9ChangesOfRiskStatesAreReported() throws {
    var states = RiskStates(RiskStateLimits(), subject: 2, equityE4: 1_000_000, at: 5)
    let observed = states.observe(equityE4: 880_000, at: 7)
    let change = try #require(observed)
    let empty = try snapshot { _ in }
    let positions = Report.Positions(empty, [change], changeCount: 9)
    let found = try #require(positions.changes.first)
    #expect(found.strategy == 2 && found.old == "normal" && found.new == "circuit_breaker")
    #expect(found.cause == "breaker_drawdown" && found.drawdown_ppm == 120_000)
    #expect(found.equity?.description == "88.0000" && found.time_ns == 7)
    #expect(positions.changeCount == 9)
  }
}
