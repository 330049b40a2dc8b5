import TickRing

/// How the sender judges a new order or a replacement, and what it leaves of that for whoever
/// records decisions: the same code with a record and without one, compiled for each.
extension Sender {
  /// Asks the gate, and then itself.
  ///
  /// - Parameter old: the order to be replaced; 0: none.
  @inline(__always)
  mutating func judge(
    _ request: OrderRequest, replacing old: UInt32, of worker: Int, taken_ns: UInt64
  ) -> RiskDecision {
    let times = times(request, of: worker, taken_ns: taken_ns)
    guard decisions.isOn else {
      var unrecorded = NoEvidence()
      return judge(request, replacing: old, times, &unrecorded)
    }
    return judgeOnRecord(request, replacing: old, times, of: worker, taken_ns: taken_ns)
  }

  /// What an order is judged at: in a replay the capture's time. Live, the machine's clock says how
  /// many orders a second has and which are repeated, since the venue's, or a worker's word of it,
  /// may be ahead; and prices age also while that stands still: by as long as it has been the same.
  @inline(__always)
  private mutating func times(
    _ request: OrderRequest, of worker: Int, taken_ns: UInt64
  ) -> JudgementTimes {
    let said = request.decision_time
    guard let clock = options.clock else { return JudgementTimes(now: said, market: said) }
    if ports[worker].decidedBy != said {
      let received_ns = request.received_ns
      ports[worker].decidedBy = said
      ports[worker].decidedAt_ns =
        received_ns > 0 && received_ns < taken_ns ? received_ns : taken_ns
    }
    let since_ns = taken_ns &- ports[worker].decidedAt_ns
    let (market, overflow) = said.addingReportingOverflow(since_ns)
    return JudgementTimes(
      now: clock.time(at: taken_ns), market: overflow ? .max : market,
      age_ns: Sender.age(of: request, taken_ns))
  }

  /// Of what caused it, ns; one that is told from ahead of us is as doubtful as one of long ago.
  private static func age(of request: OrderRequest, _ taken_ns: UInt64) -> UInt64 {
    let received_ns = request.received_ns
    guard received_ns != 0 else { return .max }
    return taken_ns >= received_ns ? taken_ns - received_ns : received_ns - taken_ns
  }

  private mutating func judge<E: RiskEvidence>(
    _ request: OrderRequest, replacing old: UInt32, _ times: JudgementTimes,
    _ evidence: inout E
  ) -> RiskDecision {
    evidence.at(.killSwitch)
    if kill.isShut {
      evidence.note { $0.shut |= DecisionShut.page.rawValue }
      return .reject(.killed)
    }
    var intent = OrderIntent(request)
    if old != 0 {
      intent.replacedOpen = book.pool[old].open
      intent.replacedPriceE4 = book.pool[old].priceE4
    }
    if let age_ns = times.age_ns, let tooOld = judgeAge(age_ns, &evidence) { return tooOld }
    var decision = gate.judge(
      intent, equityE4: equityE4, state: state(of: request.strategy),
      times: times, &evidence)
    guard decision.reason == nil else { return decision }
    let allowed = decision
    if old == 0 { judgeHere(request, &decision, &evidence) }
    if decision.reason == nil, old != 0 { judgeReplacement(old, &decision, &evidence) }
    if decision.reason != nil { gate.retract(intent, allowed) }
    return decision
  }

  private func judgeAge<E: RiskEvidence>(
    _ age_ns: UInt64, _ evidence: inout E
  ) -> RiskDecision? {
    evidence.at(.orderAge)
    let most_ns = gate.bounds.orderAge_ns
    guard age_ns > most_ns else { return nil }
    return .reject(.orderAge, limit: Double(most_ns) / 1e9, value: Double(age_ns) / 1e9)
  }

  // MARK: On record

  @inline(never)
  private mutating func judgeOnRecord(
    _ request: OrderRequest, replacing old: UInt32, _ times: JudgementTimes, of worker: Int,
    taken_ns: UInt64
  ) -> RiskDecision {
    var event = DecisionEvent(request, worker: worker, taken_ns: taken_ns)
    note(&event, replacing: old == 0 ? nil : book.pool[old])
    let decision = judge(request, replacing: old, times, &event)
    event.close(decision, ifAllowed: link == .none ? .unsent : .allowed)
    decisions.write(&event)
    return decision
  }

  /// How things stand with the sender.
  private mutating func note(_ event: inout DecisionEvent, replacing old: WorkingOrder?) {
    event.strategyState = risk.state(of: event.strategy).rawValue
    event.instanceState = instanceState.rawValue
    event.link = link.rawValue
    event.openOrders = UInt32(truncatingIfNeeded: book.count)
    event.inDoubt = UInt32(truncatingIfNeeded: book.inDoubt)
    event.set(.isBehind, if: isBehind)
    event.set(.isClogged, if: isClogged)
    guard let old else { return }
    event.set(.isReplacement)
    event.action = OrderAction.replace.rawValue
    event.replacedOpen = old.open
    event.replacedPriceE4 = old.priceE4
  }

  /// A replacement that is refused before the gate is asked.
  mutating func record(
    _ request: OrderRequest, replacing order: WorkingOrder, _ check: RiskCheck,
    _ decision: RiskDecision, of worker: Int, taken_ns: UInt64
  ) {
    guard decisions.isOn else { return }
    var event = DecisionEvent(request, worker: worker, taken_ns: taken_ns)
    note(&event, replacing: order)
    event.at(check)
    event.close(decision)
    decisions.write(&event)
  }

  /// A request that no check was made of.
  mutating func record(
    _ request: OrderRequest, _ outcome: DecisionOutcome, of worker: Int, taken_ns: UInt64
  ) {
    guard decisions.isOn else { return }
    var event = DecisionEvent(request, worker: worker, taken_ns: taken_ns)
    event.set(.isReplacement, if: request.action == OrderAction.replace.rawValue)
    event.outcome = outcome.rawValue
    decisions.write(&event)
  }
}
