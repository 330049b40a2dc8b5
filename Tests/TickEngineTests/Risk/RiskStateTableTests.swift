import Testing

@testable import TickEngine

/// RS9: every state with every event, and what comes of it.
@Suite(.timeLimit(.minutes(1))) struct RiskStateTableTests {
  private typealias Bench = RiskStateBench

  /// Events, told apart as far as the rules tell them apart.
  enum Event: CaseIterable {
    case below3, at3, at5, above5, at10, above10, unknown, zero
    case cooledAt10, cooledAbove10, nextDay, nextDayAbove10
    case ordersEnded, resetEarly, reset, resetAbove5, resetAbove10, resetUnknown
    case rebase, rebaseUnknown, kill, recover, restart, restartAbove10, restartUnreconciled
  }

  enum Outcome: Equatable {
    case stays
    case becomes(RiskState, RiskCause)
    case refused
  }

  private static func trip(_ cause: RiskCause) -> Outcome { .becomes(.circuitBreaker, cause) }

  /// The table, written from the requirements. What is not listed stays.
  private static func expected(_ state: RiskState, _ event: Event) -> Outcome {
    switch (state, event) {
    case (.normal, .above5), (.normal, .at10), (.normal, .cooledAt10):
      .becomes(.warning, .warningDrawdown)
    case (.normal, .above10), (.warning, .above10), (.normal, .cooledAbove10),
      (.warning, .cooledAbove10):
      trip(.breakerDrawdown)
    case (.normal, .unknown), (.warning, .unknown): trip(.equityUnknown)
    case (.normal, .zero), (.warning, .zero): trip(.equityNotPositive)
    case (.warning, .below3), (.warning, .nextDay): .becomes(.normal, .recovered)
    case (.circuitBreaker, .ordersEnded): .becomes(.coolDown, .ordersEnded)
    case (.normal, .nextDayAbove10), (.warning, .nextDayAbove10): trip(.breakerDrawdown)
    case (.coolDown, .cooledAbove10), (.coolDown, .nextDayAbove10):
      .becomes(.circuitBreaker, .stillDown)
    case (.coolDown, .reset): .becomes(.normal, .manualReset)
    case (.coolDown, .resetAbove5): .becomes(.warning, .manualReset)
    case (_, .resetEarly), (_, .reset), (_, .resetAbove5), (_, .resetAbove10),
      (_, .resetUnknown):
      .refused
    case (.killSwitch, .rebase), (_, .rebaseUnknown): .refused
    case (_, .rebase): .becomes(state, .rebase)
    case (.killSwitch, .kill): .stays
    case (_, .kill): .becomes(.killSwitch, .rate)
    case (.killSwitch, .recover): .becomes(.recovery, .recovery)
    case (_, .recover): .refused
    case (.recovery, .restart): .becomes(.normal, .restart)
    case (.recovery, .restartAbove10), (.recovery, .restartUnreconciled): .refused
    default: .stays
    }
  }

  /// Makes the event happen.
  private static func apply(
    _ event: Event, _ bench: inout Bench
  ) throws(RiskRefusal) -> RiskChange? {
    let cooled: Set<Event> = [
      .cooledAt10, .cooledAbove10, .reset, .resetAbove5, .resetAbove10, .resetUnknown,
    ]
    if cooled.contains(event) { bench.now += 15 * Bench.minute }
    let (now, approval) = (bench.now, Bench.approval)
    switch event {
    case .below3: return bench.fall(29_999)
    case .at3: return bench.fall(30_000)
    case .at5: return bench.fall(50_000)
    case .above5: return bench.fall(50_001)
    case .at10, .cooledAt10: return bench.fall(100_000)
    case .above10, .cooledAbove10: return bench.fall(100_001)
    case .unknown: return bench.states.observe(equityE4: nil, at: now)
    case .zero: return bench.states.observe(equityE4: 0, at: now)
    case .nextDay:
      bench.now += Bench.day
      return bench.states.observe(equityE4: bench.states.equityE4, at: bench.now)
    case .nextDayAbove10:
      bench.now += Bench.day
      return bench.fall(300_000)
    case .ordersEnded: return bench.states.ordersEnded(at: now)
    case .resetEarly, .reset: return try bench.reset(0)
    case .resetAbove5: return try bench.reset(50_001)
    case .resetAbove10: return try bench.reset(100_001)
    case .resetUnknown: return try bench.states.manualReset(approval, equityE4: nil, at: now)
    case .rebase: return try bench.states.rebase(approval, equityE4: 1, at: now)
    case .rebaseUnknown: return try bench.states.rebase(approval, equityE4: nil, at: now)
    case .kill: return bench.states.kill(.rate, at: now)
    case .recover: return try bench.states.recover(approval, at: now)
    case .restart, .restartAbove10, .restartUnreconciled:
      let equity = Bench.equity(event == .restartAbove10 ? 100_001 : 0)
      return try bench.states.restarted(
        isReconciled: event != .restartUnreconciled, equityE4: equity, at: now)
    }
  }

  private static func outcome(_ event: Event, _ bench: inout Bench) -> Outcome {
    do throws(RiskRefusal) {
      guard let change = try apply(event, &bench) else { return .stays }
      return .becomes(change.new, change.cause)
    } catch {
      return .refused
    }
  }

  @Test(arguments: RiskState.allCases, Event.allCases)
  func rs9EveryStateAnswersEveryEvent(_ state: RiskState, _ event: Event) {
    var bench = Bench()
    bench.go(to: state)
    let outcome = Self.outcome(event, &bench)
    #expect(outcome == Self.expected(state, event))
    switch outcome {
    case .becomes(let new, _): #expect(bench.states.state == new)
    case .stays, .refused: #expect(bench.states.state == state)
    }
  }

  @Test func theStricterStateIsOneOrder() {
    let order: [RiskState] = [
      .normal, .warning, .coolDown, .circuitBreaker, .recovery, .killSwitch,
    ]
    for (left, one) in order.enumerated() {
      for (right, other) in order.enumerated() {
        #expect(RiskState.stricter(one, other) == order[max(left, right)])
      }
    }
    #expect(order.filter(\.allowsNewExposure) == [.normal, .warning])
    #expect(order.filter(\.allowsReducing) == Array(order[..<4]))
  }

  /// Another run goes on with the state, the peak, the trips and the time of this one.
  @Test(arguments: RiskState.allCases) func aSuccessorGoesOnInTheSameState(_ state: RiskState)
    throws
  {
    for event in Event.allCases {
      var bench = Bench()
      bench.go(to: state)
      var successor = bench
      successor.states = try RiskStates(
        bench.states.limits, subject: 3, resuming: bench.states.record)
      _ = successor.states.observe(equityE4: bench.states.equityE4, at: bench.now)
      #expect(successor.states.record == bench.states.record)
      #expect(Self.outcome(event, &successor) == Self.outcome(event, &bench))
      #expect(successor.states.record == bench.states.record)
    }
  }

  @Test func aRecordThatCannotBeIsRefused() {
    let bench = Bench()
    let changes: [(inout RiskRecord) -> Void] = [
      { $0.state = 6 }, { $0.state = 255 }, { $0.peakE4 = -1 },
      { $0.coolDownSince = $0.newest + 1 }, { $0.interrupted = RiskState.coolDown.rawValue },
      { ($0.state, $0.interrupted) = (RiskState.killSwitch.rawValue, RiskState.warning.rawValue) },
    ]
    for change in changes {
      var record = bench.states.record
      change(&record)
      #expect(throws: RiskRecord.Failure.self) {
        try RiskStates(RiskStateLimits(), subject: 1, resuming: record)
      }
    }
  }

  @Test func anApprovalSaysWhoAndWhyInOneLine() throws {
    for text in ["", " ", "\t\n", "a\nb", "a\u{2028}b", String(repeating: "x", count: 257)] {
      #expect(throws: RiskApproval.Failure.self) { try RiskApproval(who: text, why: "because") }
      #expect(throws: RiskApproval.Failure.self) { try RiskApproval(who: "ann", why: text) }
    }
    #expect(try RiskApproval(who: "ann", why: String(repeating: "x", count: 256)).who == "ann")
  }

  @Test func limitsThatCannotBeKeptAreRefused() throws {
    try RiskStateLimits().check()
    let changes: [(inout RiskStateLimits) -> Void] = [
      { $0.recovered_ppm = 0 }, { $0.recovered_ppm = 50_001 }, { $0.warning_ppm = 100_000 },
      { $0.breaker_ppm = 1_000_001 }, { $0.cooldown_ns = 0 }, { $0.tripsMax = 0 },
      { $0.tradingDayStart_seconds = -1 }, { $0.tradingDayStart_seconds = 86_400 },
    ]
    for change in changes {
      var limits = RiskStateLimits()
      change(&limits)
      #expect(throws: RiskStateLimits.Failure.self) { try limits.check() }
    }
  }
}
