import Testing

@testable import TickEngine

#if DEBUG
  private let walkSteps = 20_000
#else
  private let walkSteps = 1_000_000
#endif

/// Random equity in virtual time: after each step the states are the slow model's.
@Suite(.timeLimit(.minutes(5))) struct RiskStateWalkTests {
  private static let second: UInt64 = 1_000_000_000

  /// One subject, its model, and where the walk is.
  private struct Walk {
    var random: SeededRandom
    var now: UInt64
    var equity = 1_000_000
    var states: RiskStates
    var model: RiskStateModel
    var visits: [RiskState: Int] = [:]

    init(seed: UInt64) {
      random = SeededRandom(seed: seed)
      // Two days before clocks go back, so that a walk of weeks meets the long day.
      now = 1_761_900_000 * RiskStateWalkTests.second
      states = RiskStates(RiskStateLimits(), subject: 0, equityE4: 1_000_000, at: now)
      model = RiskStateModel(equity: 1_000_000, at: now)
    }

    /// What an observer sees: mostly the equity, now and then nothing good.
    mutating func seen() -> Int? {
      switch random.below(2_000) {
      case 0: nil
      case 1: -random.below(2)
      default: equity
      }
    }

    mutating func move() {
      let span = [50, 500, 20_000, 150_000][min(3, random.below(40) / 12)]
      equity = max(1_000, equity + random.within(-span...span) + (1_000_000 - equity) / 400)
      let pause = [1, 1, 1, 60, 600][random.below(5)]
      now += UInt64(1 + random.below(pause * 1_000_000_000))
      // Right at the end of a cooldown, too.
      if states.state == .coolDown, random.once(in: 20) {
        now = max(now, states.coolDownSince + 900 * RiskStateWalkTests.second - 1)
      }
    }

    mutating func act() throws {
      let approval = RiskStateBench.approval
      let seen = seen()
      let amount = seen.map { Int64($0) }
      switch random.below(40) {
      case 0..<6:
        _ = states.ordersEnded(at: now)
        model.ordersEnded(at: now)
      case 6..<10:
        _ = try? states.manualReset(approval, equityE4: amount, at: now)
        model.reset(seen, at: now)
      case 10:
        _ = try? states.rebase(approval, equityE4: amount, at: now)
        model.rebase(seen, at: now)
      case 11 where random.once(in: 50):
        _ = states.kill(.fatal, at: now)
        model.kill(at: now)
      case 12:
        _ = try? states.recover(approval, at: now)
        model.recover(at: now)
      case 13, 14:
        let isReconciled = random.once(in: 2)
        _ = try? states.restarted(isReconciled: isReconciled, equityE4: amount, at: now)
        model.restart(seen, isReconciled: isReconciled, at: now)
      default:
        try observe(seen)
      }
    }

    private mutating func observe(_ seen: Int?) throws {
      let old = states.state
      let change = states.observe(equityE4: seen.map { Int64($0) }, at: now)
      model.observe(seen, at: now)
      // What the rules promise, whatever a model says.
      let drawdown = states.drawdown_ppm ?? .max
      try #require((change?.old ?? old) == old && (change?.new ?? old) == states.state)
      if states.state.allowsNewExposure { try #require(drawdown <= 100_000 && seen ?? 0 > 0) }
      if states.state == .normal { try #require(drawdown <= 50_000) }
      if old == .killSwitch || old == .recovery { try #require(change == nil) }
      if old == .coolDown { try #require(states.state == old || change?.cause == .stillDown) }
    }

    mutating func check(_ step: Int) throws {
      visits[states.state, default: 0] += 1
      try #require(states.state == model.state, "step \(step)")
      try #require(Int(states.trips) == model.trips, "step \(step)")
      try #require(Int(states.peakE4) == model.peak, "step \(step)")
    }
  }

  @Test(arguments: [1, 2]) func rs9AMillionStepsAreTheSlowModels(_ seed: UInt64) throws {
    var walk = Walk(seed: seed)
    for step in 0..<walkSteps {
      walk.move()
      try walk.act()
      try walk.check(step)
    }
    for state in RiskState.allCases { #expect(walk.visits[state] ?? 0 > walkSteps / 1_000) }
  }
}
