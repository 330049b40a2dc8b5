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

  /// RS1: without any change of state, whoever comes next knows the peak, and that the day is
  /// another one.
  @Test func rs1APeakIsKnownAsSoonAsItRises() throws {
    var watch = try RiskWatch.unnamed(.simulation)
    watch.positions.fill(
      strategy: 2, instrument: 1, side: .buy, quantity: 1_000_000, priceE4: 1_000_000,
      referenceE4: 1_000_000)
    let base = RiskLimits.simulation.portfolioE4
    for (step, mark): (UInt64, Int64) in [(1, 1_200_000), (2, 1_160_000), (3, 1_250_000)] {
      watch.mark(1, mark)
      watch.observe(at: GateBench.start + step) { Issue.record("\($0)") }
      let peak = base + (max(mark, 1_200_000) - 1_000_000) * 1_000_000
      #expect(watch.positions.riskRecord(0)?.peakE4 == peak)
      #expect(watch.positions.riskRecord(2)?.peakE4 == peak)
    }
    #expect(watch.positions.riskRecord(1)?.peakE4 == base && watch.changeCount == 0)
    let yesterday = watch.positions.riskRecord(2)
    let old = try #require(yesterday)
    watch.mark(1, 1_240_000)
    watch.observe(at: GateBench.start + Self.day_ns) { Issue.record("\($0)") }
    let today = watch.positions.riskRecord(2)
    let new = try #require(today)
    #expect(new.day > old.day && new.peakE4 == old.peakE4)
  }

  /// RS6, KS3: a person has resumed an instance that was killed in its cooldown.
  @Test func rs6AResumedInstanceCoolsDownToTheEnd() throws {
    let since = GateBench.start
    let record = RiskRecord(
      state: RiskState.killSwitch.rawValue, trips: 1,
      peakE4: RiskLimits.simulation.portfolioE4, coolDownSince: since, newest: since + 1, day: 0,
      interrupted: RiskState.coolDown.rawValue)
    let limits = RiskLimits.simulation
    let killed = try RiskWatch.unnamed(limits, records: [0: record])
    #expect(killed.state == .killSwitch && killed.interrupted == .coolDown)
    let left = killed.positions.riskRecord(0)
    let kept = try #require(left)
    #expect(kept.interrupted == RiskState.coolDown.rawValue && kept.trips == 1)
    var resumed = try RiskWatch.unnamed(limits, records: [0: kept], isResumed: true)
    resumed.reconciled(at: since + 2)
    #expect(resumed.state == .coolDown && resumed.positions.riskRecord(0)?.interrupted == 0)
  }
}
