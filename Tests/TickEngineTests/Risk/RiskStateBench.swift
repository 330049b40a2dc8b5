import TickEngine

/// A subject in virtual time, brought to any state by the ways there are.
struct RiskStateBench {
  /// 2025-06-16 14:00 UTC, a Monday: 10:00 in New York.
  static let start: UInt64 = 1_750_082_400_000_000_000
  static let second: UInt64 = 1_000_000_000
  static let minute: UInt64 = 60 * second
  static let day: UInt64 = 24 * 60 * minute
  /// 1,000,000.0000: a peak of which percents are round.
  static let peak: Int64 = 10_000_000_000

  var states: RiskStates
  var now = RiskStateBench.start

  init(_ change: (inout RiskStateLimits) -> Void = { _ in }) {
    var limits = RiskStateLimits()
    change(&limits)
    states = RiskStates(limits, subject: 3, equityE4: Self.peak, at: now)
  }

  static var approval: RiskApproval {
    do { return try RiskApproval(who: "ann", why: "looked into it") } catch { fatalError() }
  }

  /// Equity at a drawdown from `peak`, in 1e-6 of it.
  static func equity(_ drawdown_ppm: Int64) -> Int64 { peak - peak / 1_000_000 * drawdown_ppm }

  @discardableResult
  mutating func fall(_ drawdown_ppm: Int64) -> RiskChange? {
    states.observe(equityE4: Self.equity(drawdown_ppm), at: now)
  }

  mutating func reset(_ drawdown_ppm: Int64) throws(RiskRefusal) -> RiskChange {
    try states.manualReset(Self.approval, equityE4: Self.equity(drawdown_ppm), at: now)
  }

  /// From Normal, with the least that it takes. CoolDown has just begun.
  mutating func go(to state: RiskState) {
    switch state {
    case .normal: break
    case .warning: fall(60_000)
    case .circuitBreaker: fall(120_000)
    case .coolDown:
      fall(120_000)
      _ = states.ordersEnded(at: now)
    case .killSwitch: _ = states.kill(.manual, at: now)
    case .recovery:
      _ = states.kill(.manual, at: now)
      _ = try? states.recover(Self.approval, at: now)
    }
    precondition(states.state == state)
  }
}
