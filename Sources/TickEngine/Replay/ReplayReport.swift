import TickRing
import TickWire

/// From the joined roles of a run to its report.
extension ReplayRun where S: ~Copyable, I: ~Copyable {
  func outcome() -> ReplayOutcome {
    var report = Report(machine: machine)
    report.capture.files = UInt64(options.captures.count)
    report.capture.paths = options.captures
    ingester.role.enter(in: &report)
    report.rings = tickRings + orderRings
    if let sender { report.take(sender.role.counts) }
    fillPositions(&report)
    fillRun(&report)
    let stages = report.feed.lines == nil ? Report.Stage.replayed : Report.Stage.allCases
    let latency = stages.map { ($0, histograms.snapshot($0)) }
    return ReplayOutcome(report, latency: latency, signal: signal, failure: failure)
  }

  private var tickRings: [Report.Ring] {
    (0..<ingester.role.ringCount).map { ring in
      let state = ingester.role.withPublisher { $0.ringState(ring) }
      let isWorker = ring < workers.count
      let polled = isWorker ? workers[ring].role.ticksPolled : state.advanced
      var line = Report.Ring(
        name: isWorker ? "ticks.\(ring)" : "tap.\(ring - workers.count)",
        kind: isWorker ? .tick : .tap, capacity: UInt64(state.capacity),
        published: 0, polled: polled)
      line.take(state.counts)
      return line
    }
  }

  private var orderRings: [Report.Ring] {
    guard let sender else { return [] }
    return decisionRings
      + workers.indices.flatMap { number in
        let states = sender.role.ringStates(number)
        let desk = workers[number].role.orderRing
        return [
          Report.Ring(
            name: "orders.\(number)", kind: .order, capacity: UInt64(states.requests.capacity),
            published: desk.published, polled: states.requests.polled, full: desk.full),
          Report.Ring(
            name: "events.\(number)", kind: .event, capacity: UInt64(states.events.capacity),
            published: states.events.published, polled: workers[number].role.eventsPolled,
            full: states.events.full),
        ]
      }
  }

  private func fillPositions(_ report: inout Report) {
    guard let sender else { return }
    report.positions = Report.Positions(of: positions, sender.role.riskChanges)
  }

  /// What found it full is lost, and nothing waits for it.
  private var decisionRings: [Report.Ring] {
    guard let sender, options.decisionsPath != nil else { return [] }
    let (published, lost) = (sender.role.decisions.published, sender.role.decisions.lost)
    return [
      Report.Ring(
        name: "decisions", kind: .event, capacity: UInt64(DecisionRecording.slots),
        published: published, polled: recorder?.role.decisionsPolled ?? 0, full: lost)
    ]
  }

  private func fillRun(_ report: inout Report) {
    report.run.workers = UInt64(workers.count)
    report.run.waiting = plan.reason
    report.run.notes = notes
    report.run.misdirected = workers.reduce(0) { $0 + $1.role.misdirected }
    report.run.tripped = control.read(.tripped) != 0
    report.run.failure = failure.map { "\($0)" }
    report.run.hotAllocations = hotAllocations
  }

  private var hotAllocations: [String: UInt64]? {
    guard AllocationAudit.isActive else { return nil }
    var counts: [String: UInt64] = [:]
    counts["ingester"] = ingester.role.hotAllocations
    for (number, worker) in workers.enumerated() {
      counts["worker-\(number)"] = worker.role.hotAllocations
    }
    if let sender { counts["sender"] = sender.role.hotAllocations }
    return counts
  }
}

extension Report {
  /// Takes over what the sender counted.
  mutating func take(_ counts: OrderCounts) {
    orders.requested = counts.requested
    orders.unsent = counts.unsent
    orders.sent = counts.sent
    orders.acked = counts.acked
    orders.venueRejected = counts.venueRejected
    orders.filled = counts.filled
    orders.partiallyFilled = counts.partiallyFilled
    orders.cancelsSent = counts.cancelsSent
    orders.canceled = counts.canceled
    orders.inFlight = counts.inFlight
    orders.open = counts.open
    for reason in RiskReason.allCases where counts.riskRejected[Int(reason.rawValue)] > 0 {
      orders.riskRejected[reason.name] = counts.riskRejected[Int(reason.rawValue)]
    }
    run.anomalies = counts.anomalies
    run.unknownMessages = counts.unknownMessages
    run.cancelsIdle = counts.cancelsIdle
    run.cancelsRefused = counts.cancelsRefused
    run.tradesBroken = counts.tradesBroken
    run.eventsLost = counts.eventsLost
  }
}
