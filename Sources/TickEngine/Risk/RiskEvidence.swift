/// Takes note of each check as it is made, and of the values that it looked at. What is noted is
/// what the gate itself computed: nothing is computed a second time.
///
/// Hot path: the functions that judge are generic over it and compiled once for each, so that
/// without a record there is nothing left of it in them.
protocol RiskEvidence {
  /// The check that comes next. The one that comes last before a refusal is the one that refused.
  mutating func at(_ check: RiskCheck)
  mutating func note(_ write: (inout DecisionEvent) -> Void)
}

/// Nobody wants to know.
struct NoEvidence: RiskEvidence {
  @inline(__always) mutating func at(_ check: RiskCheck) {}
  @inline(__always) mutating func note(_ write: (inout DecisionEvent) -> Void) {}
}

extension DecisionEvent: RiskEvidence {
  @inline(__always) mutating func at(_ check: RiskCheck) {
    reached |= 1 << UInt64(check.rawValue)
    self.check = check.rawValue
  }

  @inline(__always) mutating func note(_ write: (inout DecisionEvent) -> Void) { write(&self) }

  /// What came of it. The check that was made last has refused, if any has.
  mutating func close(_ decision: RiskDecision, ifAllowed outcome: DecisionOutcome = .allowed) {
    self.outcome = (decision.reason == nil ? outcome : .refused).rawValue
    reason = decision.reason?.rawValue ?? 0
    (limit, value) = (decision.limit, decision.value)
    if decision.reason == nil { check = 0 }
  }
}
