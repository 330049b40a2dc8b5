import Testing

@testable import TickEngine
@testable import TickRing

/// RM10: every check refuses what it is there for, and the record names it, with the gate's reason.
@Suite(.timeLimit(.minutes(1))) struct DecisionCheckTests {
  /// Those that the sender makes itself, but for the first of all, which both make.
  static let sendersChecks = Set(RiskCheck.allCases.drop { $0 != .orderId }).union([.orderAge])

  @Test(arguments: RiskCheck.allCases)
  func everyCheckIsTheOneThatDecides(check: RiskCheck) throws {
    let event =
      DecisionCheckTests.sendersChecks.contains(check)
      ? try SenderRefusals.refused(by: check) : try GateRefusals.refused(by: check)
    #expect(event.decisionOutcome == .refused)
    #expect(event.refusedBy == check, "\(event.refusedBy?.name ?? "none") did")
    #expect(event.riskReason == check.reason)
    let explanation = Explanation(
      RecordedDecision(event, symbol: nil), DecisionContext(ReplayOptions(captures: [])))
    #expect(explanation.deciding?.check == check)
    #expect(explanation.lines.map(\.check) == RiskCheck.allCases)
    let index = try #require(RiskCheck.allCases.firstIndex(of: check))
    for (place, line) in explanation.lines.enumerated() {
      switch line.verdict {
      case .passed: #expect(place < index && line.value != nil, "\(line.check.name)")
      case .failed: #expect(place == index && line.value != nil && line.limit != nil)
      case .exempt: #expect(place < index && line.value == nil, "\(line.check.name)")
      case .notReached: #expect(place > index && line.value == nil, "\(line.check.name)")
      }
    }
  }

  /// The instance's own gate page is looked at before the gate is asked.
  @Test func aShutInstanceIsNamed() throws {
    let bench = try SenderBench(eventSlots: 16, decisionSlots: 64)
    bench.adjust { $0.kill.trip(.operatorKill, at: 1) }
    try bench.decide(100)
    let event = try #require(bench.decisions().first)
    #expect(event.refusedBy == .killSwitch && event.riskReason == .killed)
    #expect(DecisionShut(rawValue: event.shut) == .page)
    #expect(event.reached == 1 << UInt64(RiskCheck.killSwitch.rawValue))
  }

  /// What only reduces is not asked about exposure: the record says so, and not that it passed.
  @Test func whatOnlyReducesIsExemptFromExposure() throws {
    let bench = try GateBench()
    bench.hold(100)
    let event = bench.decide(100, quantity: 50, side: .sell)
    #expect(event.decisionOutcome == .allowed && event.decisionFlags.contains(.isReducing))
    let lines = Explanation(RecordedDecision(event, symbol: nil), DecisionContext()).lines
    let exempt = lines.filter { $0.verdict == .exempt }.map(\.check)
    // The sender has not been asked here, which is exempt as well.
    #expect(exempt == [.orderAge] + RiskCheck.allCases.drop { $0 != .amounts })
    #expect(exempt.contains(.accountCredit) && exempt.contains(.positionValue))
    #expect(!lines.contains { $0.verdict == .failed || $0.verdict == .notReached })
  }

  @Test func aDecisionIsTheSameOnRecord() throws {
    let quiet = try GateBench()
    let recorded = try GateBench()
    var random = SeededRandom(seed: 8)
    for _ in 0..<2_000 {
      let order = OrderIntent(
        GateBench.order(
          Double(random.within(9_000...11_000)) / 100, quantity: UInt32(random.within(0...12_000)),
          instrument: UInt32(random.within(0...4)), side: random.within(0...1) == 0 ? .buy : .sell,
          at: quiet.now))
      let decision = quiet.judge(order)
      let event = recorded.decide(order)
      try #require(event.riskReason == decision.reason)
      try #require(event.limit == decision.limit && event.value == decision.value)
      try #require(decision.reason != nil || event.allowedQuantity == decision.quantity)
    }
  }
}

/// Orders that the gate refuses, each by another check.
private enum GateRefusals {
  static func refused(by check: RiskCheck) throws -> DecisionEvent {
    if let event = try byState(check) { return event }
    if let event = try byOrder(check) { return event }
    if let event = try byMarket(check) { return event }
    return try byPortfolio(check)
  }

  private static func byState(_ check: RiskCheck) throws -> DecisionEvent? {
    let bench = try GateBench { $0.ordersPerSecondMax = 1 }
    switch check {
    case .killSwitch: bench.write(.kill)
    case .riskState: bench.state = .recovery
    case .tally: bench.tell { $0.tally.out = 1 }
    case .breaker: bench.state = .circuitBreaker
    case .rate: _ = bench.decide(100)
    case .throttle: bench.tell { $0.set(strategy: 1, off: true) }
    default: return nil
    }
    return bench.decide(100)
  }

  private static func byOrder(_ check: RiskCheck) throws -> DecisionEvent? {
    let bench = try GateBench()
    var order = OrderIntent(GateBench.order(100))
    switch check {
    case .fields: order.side = 9
    case .strategy: order.strategy = 0
    case .symbol: order.instrument = 9
    case .quantity: order.quantity = 0
    case .price: order.price = .nan
    case .value: (order.price, order.quantity) = (101, 10_000)
    default: return nil
    }
    return bench.decide(order)
  }

  private static func byMarket(_ check: RiskCheck) throws -> DecisionEvent? {
    let rows: [RiskCheck: String] = [
      .referenceData: "ZZZ,tech,1000000,100,1000000,no",
      .restricted: "AAA,tech,1000000,100,1000000,yes",
      .volumeKnown: "AAA,tech,,100,1000000,no", .volume: "AAA,tech,100,100,1000000,no",
    ]
    let bench = try GateBench(
      reference: check == .reference ? nil : 100, rows: rows[check].map { [$0] }
    ) {
      if check == .messages { $0.messagesPerDayMax = 1 }
      if check == .duplicate { $0.duplicateWindowSeconds = 1 }
    }
    switch check {
    case .board:
      // Its writer is in the middle of a change.
      var event = DecisionEvent()
      bench.board.write(1) { _ in event = bench.decide(100) }
      return event
    case .halted: bench.board.setSuspect(1, true)
    case .collar: return bench.decide(105.01)
    case .messages, .duplicate: _ = bench.decide(100)
    case .halving:
      bench.state = .warning
      return bench.decide(100, quantity: 1)
    case .reference: break
    default: if rows[check] == nil { return nil }
    }
    return bench.decide(100)
  }

  private static func byPortfolio(_ check: RiskCheck) throws -> DecisionEvent {
    let bench = try GateBench {
      switch check {
      case .positionQuantity: $0.positionQuantityMax = 99
      case .positionValue: $0.positionPercent = 0.01
      case .sector: $0.sectorPercent = 0.01
      case .leverage: $0.grossLeverage = 0.01
      case .dailyLoss: $0.dailyLossMax = 1
      default: break
      }
    }
    switch check {
    case .exposure: bench.tell { $0.closed(1, strategy: 1, .buy, 5) }
    case .amounts: bench.hold(.max / 2)
    case .marks: bench.hold(100, 2)
    case .equity: bench.equityE4 = 0
    case .leverage: bench.hold(200_000)
    case .dailyLoss: bench.equityE4 -= 10_001
    case .accountCredit:
      let region = try Region.createUnnamed(.ledger, capacity: AccountLedger.capacity)
      bench.lend(try AccountLedger.open(region, key: 1, totalE4: 10_000, chunkE4: 1))
    case .sums:
      for instrument: UInt32 in [2, 3] {
        bench.tell { $0.mark(instrument, 1_000_000) }
        bench.hold(5_000_000_000_000, instrument)
      }
    default: break
    }
    return bench.decide(100, quantity: 2_000)
  }
}

/// Orders that pass the gate and that the sender refuses, each by another check.
private enum SenderRefusals {
  static func refused(by check: RiskCheck) throws -> DecisionEvent {
    let venue = try FakeVenue(.deaf)
    let patience = SenderOptions.Patience(silent_ns: 1_000_000, whole_ns: 10_000_000)
    let bench = try SenderBench(
      eventSlots: 64, orderSlots: check == .openOrders ? 2 : 64,
      venuePort: check == .session || check == .unwindTurn ? nil : venue.port, patience: patience,
      price: check == .venuePrice ? 200_000 : 100, decisionSlots: 1_024,
      clock: check == .orderAge ? SteadyClock() : nil
    ) {
      guard check == .venueQuantity else { return }
      $0.orderQuantityMax = 2_000_000
      $0.orderValueMax = 1_000_000_000
    }
    try prepare(bench, check)
    // The venue answers nothing, so that the end is an error.
    try? bench.finish()
    return try #require(bench.decisions().last)
  }

  private static func prepare(_ bench: SenderBench, _ check: RiskCheck) throws {
    var order = GateBench.order(100)
    switch check {
    case .orderAge: order.received_ns = MonotonicClock.now - 2_500_000_000
    case .orderId: bench.ask(1)
    case .unwindTurn:
      try bench.adjust { sender in
        let record = RiskRecord(
          state: RiskState.circuitBreaker.rawValue, trips: 1, peakE4: 10_000_000_000_000,
          coolDownSince: 0, newest: 0, day: 0)
        sender.risk = try RiskWatch.unnamed(.simulation, records: [0: record])
        sender.gate.hold(1, strategy: 1, 100)
      }
      order.side = OrderSide.sell.rawValue
    case .openOrders:
      bench.ask(2)
      bench.ask(3)
      bench.takeAndSend()
    case .shortMarking:
      bench.adjust { $0.gate.hold(1, strategy: 1, 100) }
      (order.side, order.quantity) = (OrderSide.sell.rawValue, 100)
      #expect(bench.ask(order))
      bench.takeAndSend()
      bench.adjust { sender in
        sender.book.pool[1].state = OrderState.live.rawValue
        sender.book.pool[1].isAccepted = true
      }
      order.action = OrderAction.replace.rawValue
      (order.target_id, order.quantity) = (order.order_id, 101)
    case .session: bench.adjust { $0.link = .down }
    case .venueSlow:
      bench.adjust {
        $0.options.slowVenue = .refuse
        $0.isClogged = true
      }
    case .venueQuantity: order.quantity = 1_000_000
    case .venuePrice: (order.price, order.quantity) = (200_000, 1)
    case .selfMatch:
      bench.ask(2)
      order.side = OrderSide.sell.rawValue
    default: break
    }
    #expect(bench.ask(order))
  }
}
