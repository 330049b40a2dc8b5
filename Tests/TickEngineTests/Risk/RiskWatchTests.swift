import Testing
import TickRing

@testable import TickEngine

/// The risk states of all subjects, as positions and time move them.
@Suite(.timeLimit(.minutes(1))) struct RiskWatchTests {
  private static let day_ns: UInt64 = 86_400_000_000_000

  /// RS1, RS3: a strategy and the instance hold the same from one day to the next, and nothing
  /// happens when that begins, or its first price says so. That is 12 % of all equity lower.
  @Test(arguments: [false, true])
  func rs1ADayBeginsWithWhatEverySubjectHasThen(isSeen: Bool) throws {
    let limits = RiskLimits.simulation
    var watch = try RiskWatch.unnamed(limits)
    let start = GateBench.start
    for (strategy, side) in [(UInt8(1), OrderSide.buy), (2, .buy), (3, .sell)] {
      watch.positions.fill(
        strategy: strategy, instrument: 1, side: side, quantity: 10_000_000, priceE4: 1_000_000,
        referenceE4: 1_000_000)
    }
    watch.mark(1, 1_000_000)
    for time in [start, start + (isSeen ? Self.day_ns : 1)] {
      watch.observe(at: time) { change in Issue.record("\(change)") }
    }
    watch.mark(1, 880_000)
    var changed: [UInt8: RiskState] = [:]
    watch.observe(at: start + Self.day_ns + 1) { changed[$0.subject] = $0.new }
    #expect(changed == [0: .circuitBreaker, 1: .circuitBreaker, 2: .circuitBreaker])
    #expect(watch.drawdown_ppm(of: 1) == 120_000 && watch.drawdown_ppm(of: 0) == 120_000)
  }
}
