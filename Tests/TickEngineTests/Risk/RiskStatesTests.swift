import Testing

@testable import TickEngine

/// RS1-RS9: the boundaries, exact to the last unit.
@Suite(.timeLimit(.minutes(1))) struct RiskStatesTests {
  private typealias Bench = RiskStateBench

  @Test func rs1TheDrawdownIsOfTheDaysPeak() {
    var bench = Bench()
    bench.fall(-500_000)
    #expect(bench.states.peakE4 == 15_000_000_000)
    _ = bench.states.observe(equityE4: 14_250_000_000, at: bench.now)
    #expect(bench.states.drawdown_ppm == 50_000 && bench.states.state == .normal)
    _ = bench.states.observe(equityE4: 14_249_999_999, at: bench.now)
    #expect(bench.states.drawdown_ppm == 50_000 && bench.states.state == .warning)
  }

  @Test func rs1TheNextTradingDayForgetsPeakAndTrips() {
    var bench = Bench { $0.tradingDayStart_seconds = 10 * 3_600 + 60 }
    bench.go(to: .coolDown)
    #expect(bench.states.trips == 1)
    bench.now += Bench.minute - 1
    bench.fall(120_000)
    #expect(bench.states.peakE4 == Bench.peak && bench.states.trips == 1)
    bench.now += 1
    bench.fall(120_000)
    #expect(bench.states.peakE4 == Bench.equity(120_000) && bench.states.trips == 0)
    #expect(bench.states.state == .coolDown, "a day ends no cooldown")
  }

  @Test func rs1AWarningEndsWithItsDay() {
    var bench = Bench()
    bench.go(to: .warning)
    bench.now += Bench.day
    let change = bench.states.observe(equityE4: bench.states.equityE4, at: bench.now)
    #expect(change?.new == .normal && change?.cause == .recovered && change?.drawdown_ppm == 0)
  }

  /// The first price of a day is looked at together with its beginning, or after it.
  @Test(arguments: [false, true]) func rs3AFallWithTheDaysFirstPriceIsOfThatDay(isApart: Bool) {
    var bench = Bench()
    bench.fall(40_000)
    bench.now += Bench.day
    if isApart { bench.fall(40_000) }
    let change = bench.fall(140_000)
    #expect(change?.new == .circuitBreaker && change?.peakE4 == Bench.equity(40_000))
    #expect(bench.states.trips == 1)
  }

  @Test func rs1RebasingIsAnApprovalThatMakesEquityThePeak() throws {
    var bench = Bench()
    bench.go(to: .coolDown)
    let low = Bench.equity(120_000)
    let change = try bench.states.rebase(Bench.approval, equityE4: low, at: bench.now)
    #expect(change.old == .coolDown && change.new == .coolDown && change.cause == .rebase)
    #expect(change.peakE4 == low && change.drawdown_ppm == 0 && bench.states.trips == 1)
    bench.now += 15 * Bench.minute
    #expect(try bench.reset(120_000).new == .normal)
    #expect(bench.fall(120_000) == nil, "a reset does not trip again at once")
  }

  @Test(arguments: [nil, 0, -1, Int64.min]) func rs1NothingIsRebasedToNoEquity(_ equity: Int64?) {
    var bench = Bench()
    bench.go(to: .coolDown)
    #expect(throws: RiskRefusal.equity) {
      try bench.states.rebase(Bench.approval, equityE4: equity, at: bench.now)
    }
    #expect(bench.states.peakE4 == Bench.peak)
  }

  @Test func rs2NormalWarnsAbove5PercentOnly() {
    var bench = Bench()
    #expect(bench.fall(50_000) == nil)
    let change = bench.states.observe(equityE4: Bench.equity(50_000) - 1, at: bench.now)
    #expect(change?.old == .normal && change?.new == .warning)
    #expect(change?.cause == .warningDrawdown)
  }

  @Test func rs3NormalGoesStraightToTheBreakerAbove10Percent() {
    var bench = Bench()
    let change = bench.fall(120_000)
    #expect(change?.old == .normal && change?.new == .circuitBreaker)
    #expect(change?.cause == .breakerDrawdown && change?.drawdown_ppm == 120_000)
    #expect(change?.trips == 1)
  }

  @Test func rs3TheBreakerTripsAbove10PercentOnly() {
    var bench = Bench()
    #expect(bench.fall(100_000)?.new == .warning)
    #expect(bench.fall(100_000) == nil)
    let change = bench.states.observe(equityE4: Bench.equity(100_000) - 1, at: bench.now)
    #expect(change?.old == .warning && change?.new == .circuitBreaker)
  }

  @Test func rs4AWarningEndsBelow3PercentOnly() {
    var bench = Bench()
    bench.go(to: .warning)
    #expect(bench.fall(30_000) == nil)
    let change = bench.states.observe(equityE4: Bench.equity(30_000) + 1, at: bench.now)
    #expect(change?.old == .warning && change?.new == .normal && change?.cause == .recovered)
  }

  @Test func rs5TheCooldownBeginsWhenEveryOrderHasEnded() {
    var bench = Bench()
    bench.go(to: .circuitBreaker)
    bench.now += 60 * Bench.minute
    #expect(bench.fall(0) == nil, "the breaker stays until its orders have ended")
    #expect(bench.states.ordersEnded(at: bench.now)?.new == .coolDown)
    #expect(bench.states.coolDownSince == bench.now)
  }

  @Test func rs6TheCooldownLasts15MinutesToTheNanosecond() throws {
    var bench = Bench()
    bench.go(to: .coolDown)
    let end = bench.now + 15 * Bench.minute
    bench.now = end - 1
    #expect(throws: RiskRefusal.cooling(until: end)) { try bench.reset(0) }
    bench.now = end
    let change = try bench.reset(0)
    #expect(change.old == .coolDown && change.new == .normal && change.cause == .manualReset)
  }

  @Test func rs6OnlyAPersonEndsTheCooldown() {
    var bench = Bench()
    bench.go(to: .coolDown)
    bench.now += Bench.day / 4
    #expect(bench.fall(0) == nil && bench.fall(-100_000) == nil)
    #expect(bench.states.state == .coolDown)
  }

  @Test func rs6AResetChecksTheOldPeak() throws {
    var bench = Bench()
    bench.go(to: .coolDown)
    bench.now += 15 * Bench.minute
    #expect(throws: RiskRefusal.drawdown(ppm: 100_000, max_ppm: 100_000)) {
      try bench.states.manualReset(
        Bench.approval, equityE4: Bench.equity(100_000) - 1, at: bench.now)
    }
    #expect(bench.states.state == .coolDown && bench.states.peakE4 == Bench.peak)
    #expect(try bench.reset(100_000).new == .warning, "what the drawdown says")
    #expect(bench.fall(100_000) == nil, "and it does not trip again at once")
  }

  @Test func rs6AResetAt5PercentIsNormalAndAboveItWarning() throws {
    var bench = Bench()
    bench.go(to: .coolDown)
    bench.now += 15 * Bench.minute
    var other = bench
    #expect(try bench.reset(50_000).new == .normal)
    #expect(try other.reset(50_001).new == .warning)
  }

  @Test func rs6StillDownAtTheEndIsTheBreakerAgainAndNoNewTrip() {
    var bench = Bench()
    bench.go(to: .coolDown)
    bench.now += 15 * Bench.minute - 1
    #expect(bench.fall(200_000) == nil)
    bench.now += 1
    #expect(bench.fall(100_000) == nil, "10 % is not above 10 %")
    let change = bench.fall(100_001)
    #expect(change?.old == .coolDown && change?.new == .circuitBreaker)
    #expect(change?.cause == .stillDown && change?.trips == 1)
    bench.now += Bench.minute
    #expect(bench.states.ordersEnded(at: bench.now)?.new == .coolDown)
    bench.now += 15 * Bench.minute - 1
    #expect(throws: RiskRefusal.cooling(until: bench.now + 1)) { try bench.reset(0) }
  }

  @Test func rs7TheThirdNewTripOfADayKills() throws {
    var bench = Bench()
    for trip: UInt32 in 1...2 {
      #expect(bench.fall(120_000)?.trips == trip)
      _ = bench.states.ordersEnded(at: bench.now)
      for _ in 0..<3 {  // What only extends a trip is not counted.
        bench.now += 15 * Bench.minute
        #expect(bench.fall(120_000)?.trips == trip)
        _ = bench.states.ordersEnded(at: bench.now)
      }
      bench.now += 15 * Bench.minute
      #expect(try bench.reset(0).new == .normal)
    }
    let change = bench.fall(120_000)
    #expect(change?.old == .normal && change?.new == .killSwitch && change?.cause == .tripsMax)
    #expect(change?.trips == 3)
  }

  @Test func rs7TheNumberOfTripsIsConfigured() {
    var bench = Bench { $0.tripsMax = 1 }
    #expect(bench.fall(120_000)?.new == .killSwitch)
  }

  @Test func rs7TripsOfYesterdayDoNotCount() throws {
    var bench = Bench()
    for _ in 0..<5 {
      let peak = bench.states.equityE4 ?? 0
      #expect(bench.states.observe(equityE4: peak * 85 / 100, at: bench.now)?.trips == 1)
      _ = bench.states.ordersEnded(at: bench.now)
      bench.now += Bench.day
      _ = try bench.states.manualReset(Bench.approval, equityE4: peak, at: bench.now)
    }
    #expect(bench.states.state == .normal)
  }

  @Test func rs8AKillEndsByAPersonAndAReconciledRestart() throws {
    var bench = Bench()
    bench.go(to: .killSwitch)
    let equity = Bench.peak
    #expect(try bench.states.restarted(isReconciled: true, equityE4: equity, at: bench.now) == nil)
    #expect(bench.states.state == .killSwitch, "a restart alone ends nothing")
    #expect(try bench.states.recover(Bench.approval, at: bench.now).new == .recovery)
    #expect(throws: RiskRefusal.notReconciled) {
      try bench.states.restarted(isReconciled: false, equityE4: equity, at: bench.now)
    }
    let end = try bench.states.restarted(isReconciled: true, equityE4: equity, at: bench.now)
    #expect(end?.old == .recovery && end?.new == .normal && end?.cause == .restart)
  }

  /// RS6: only a reset ends a cooldown, and only once it has lasted; also another sender knows.
  @Test(arguments: [6, 20] as [UInt64]) func rs6AKillDoesNotShortenACooldown(
    minutes: UInt64
  ) throws {
    var bench = Bench()
    bench.go(to: .coolDown)
    let end = bench.now + 15 * Bench.minute
    bench.now += minutes * Bench.minute
    _ = bench.states.kill(.manual, at: bench.now)
    #expect(bench.states.interrupted == .coolDown)
    bench.states = try RiskStates(RiskStateLimits(), subject: 3, resuming: bench.states.record)
    _ = try bench.states.recover(Bench.approval, at: bench.now)
    let change = try bench.states.restarted(
      isReconciled: true, equityE4: Bench.peak, at: bench.now)
    #expect(change?.new == .coolDown && change?.cause == .restart)
    #expect(bench.states.interrupted == nil && bench.states.record.interrupted == 0)
    if minutes < 15 {
      #expect(throws: RiskRefusal.cooling(until: end)) { try bench.reset(0) }
      bench.now = end
    }
    #expect(try bench.reset(0).new == .normal)
  }

  /// RS5: its orders were not known to have ended when the kill came.
  @Test func rs5AKillDoesNotEndABreaker() throws {
    var bench = Bench()
    bench.go(to: .circuitBreaker)
    _ = bench.states.kill(.rate, at: bench.now)
    _ = try bench.states.recover(Bench.approval, at: bench.now)
    let low = Bench.equity(120_000)
    let change = try bench.states.restarted(isReconciled: true, equityE4: low, at: bench.now)
    #expect(change?.new == .circuitBreaker && bench.states.trips == 1)
    #expect(bench.states.ordersEnded(at: bench.now)?.new == .coolDown)
  }

  @Test func rs8ARestartDoesNotTripAgainAtOnce() throws {
    var bench = Bench()
    bench.go(to: .recovery)
    let low = Bench.equity(150_000)
    #expect(throws: RiskRefusal.drawdown(ppm: 150_000, max_ppm: 100_000)) {
      try bench.states.restarted(isReconciled: true, equityE4: low, at: bench.now)
    }
    _ = try bench.states.rebase(Bench.approval, equityE4: low, at: bench.now)
    let end = try bench.states.restarted(isReconciled: true, equityE4: low, at: bench.now)
    #expect(end?.new == .normal && bench.fall(150_000) == nil)
  }

  @Test func rs9AChangeSaysEverything() {
    var bench = Bench()
    bench.now += 7
    let change = bench.fall(123_456)
    #expect(
      change
        == RiskChange(
          subject: 3, old: .normal, new: .circuitBreaker, cause: .breakerDrawdown,
          drawdown_ppm: 123_456, equityE4: Bench.equity(123_456), peakE4: Bench.peak, trips: 1,
          time: RiskStateBench.start + 7))
  }

  @Test(arguments: [nil, 0, -1, Int64.min]) func rm13NoEquityTripsTheBreaker(_ equity: Int64?) {
    for state in [RiskState.normal, .warning] {
      var bench = Bench()
      bench.go(to: state)
      let change = bench.states.observe(equityE4: equity, at: bench.now)
      #expect(change?.old == state && change?.new == .circuitBreaker)
      #expect(change?.cause == (equity == nil ? .equityUnknown : .equityNotPositive))
    }
    let states = RiskStates(RiskStateLimits(), subject: 0, equityE4: equity, at: Bench.start)
    #expect(states.state == .circuitBreaker && states.trips == 1, "also as the first word")
  }

  @Test func rm13TheEndsOfTheIntegersAreCompared() {
    var states = RiskStates(RiskStateLimits(), subject: 0, equityE4: .max, at: 0)
    #expect(states.observe(equityE4: .max, at: .max) == nil)
    let change = states.observe(equityE4: .min, at: .max)
    #expect(change?.new == .circuitBreaker && change?.drawdown_ppm == 2_000_000)
    var tiny = RiskStates(RiskStateLimits(), subject: 0, equityE4: 1, at: 0)
    #expect(tiny.observe(equityE4: .min, at: 0)?.drawdown_ppm == .max)
  }

  @Test func aDayWithoutPositiveEquityHasNoPeakAndNoReset() {
    var bench = Bench()
    bench.go(to: .coolDown)
    _ = bench.states.observe(equityE4: 0, at: bench.now)
    bench.now += Bench.day
    #expect(throws: RiskRefusal.equity) {
      try bench.states.manualReset(Bench.approval, equityE4: 0, at: bench.now)
    }
    #expect(bench.states.peakE4 == 0 && bench.states.drawdown_ppm == nil)
  }

  @Test func timeThatGoesBackEndsNothing() {
    var bench = Bench()
    bench.go(to: .coolDown)
    bench.now += 15 * Bench.minute
    bench.fall(0)
    bench.now = 0
    #expect(throws: Never.self) { try bench.reset(0) }
    #expect(bench.fall(120_000)?.time == Bench.start + 15 * Bench.minute)
  }

  /// RM7: a replay values what it holds before its first decision, which begins its day.
  @Test func rm7BeforeTheFirstMomentThereIsNoDay() {
    var states = RiskStates(
      RiskStateLimits(), subject: 0, equityE4: 100_000_000, at: 0)
    _ = states.observe(equityE4: 99_000_000, at: 0)
    _ = states.observe(equityE4: 98_000_000, at: GateBench.start)
    #expect(states.dayStartE4 == 100_000_000 && states.peakE4 == 100_000_000)
    _ = states.observe(equityE4: 97_000_000, at: GateBench.start + 86_400_000_000_000)
    #expect(states.dayStartE4 == 98_000_000 && states.peakE4 == 98_000_000)
  }
}
