import TickRing
import TickWire

/// From the joined roles of a run to its report.
extension ReplayRun where S: ~Copyable {
  func outcome() -> ReplayOutcome {
    var report = Report(machine: MachineCard.current())
    fillCapture(&report)
    fillFeed(&report)
    fillTicks(&report)
    report.rings = tickRings + orderRings
    fillOrders(&report)
    fillRun(&report)
    let latency = Report.Stage.allCases.map { ($0, histograms.snapshot($0)) }
    for (stage, snapshot) in latency {
      report.latency_ns[stage.rawValue] = LatencySummary(snapshot)
    }
    // A run that failed has left work undone: its counts are told, not judged.
    return ReplayOutcome(
      report: report, latency: latency, signal: signal, failure: failure,
      inconsistencies: failure == nil ? report.consistency() : [])
  }

  private func fillCapture(_ report: inout Report) {
    let counts = ingester.role.captureCounts
    report.capture.files = UInt64(options.captures.count)
    report.capture.paths = options.captures
    report.capture.packets = counts.packets
    report.capture.bytes = counts.bytes
    report.capture.cutTail = counts.cutTail
    report.capture.truncated = counts.truncated
    report.capture.ignored = counts.ignored.total + ingester.role.feed.counts.foreign
  }

  private func fillFeed(_ report: inout Report) {
    let counts = ingester.role.feed.counts
    report.feed.packets = counts.packets
    report.feed.heartbeats = counts.heartbeats
    report.feed.messages = counts.messages
    report.feed.unknown = counts.unknown
    report.feed.malformed = counts.malformed
    report.feed.gaps = counts.gaps
    report.feed.missing = counts.missing
    report.feed.duplicates = counts.duplicates
    report.feed.overlaps = counts.overlaps
    report.feed.restarts = counts.restarts
    for type in 0..<256 where ingester.role.feed.messages(ofType: type) > 0 {
      let name = String(UnicodeScalar(UInt8(type)))
      report.feed.byType[name] = ingester.role.feed.messages(ofType: type)
    }
  }

  private func fillTicks(_ report: inout Report) {
    let counts = ingester.role.feed.publisher.counts
    report.ticks.published = counts.published
    report.ticks.copies = counts.copies
    report.ticks.trade = counts.count(.trade) + counts.count(.tradeNoLast)
    report.ticks.tradeBreak = counts.count(.tradeBreak)
    report.ticks.bid = counts.count(.bid)
    report.ticks.ask = counts.count(.ask)
    report.ticks.status = counts.count(.status)
    report.ticks.tradeVolume = counts.tradeVolume
    report.ticks.tradeNotional = Notional(tenThousandths: counts.tradeNotionalE4)
    for reason in TickRejection.allCases where counts.rejected[reason.rawValue] > 0 {
      report.ticks.rejected[reason.name] = counts.rejected[reason.rawValue]
    }
  }

  private var tickRings: [Report.Ring] {
    (0..<ingester.role.feed.publisher.ringCount).map { ring in
      let state = ingester.role.feed.publisher.ringState(ring)
      let isWorker = ring < workers.count
      let polled = isWorker ? workers[ring].role.ticksPolled : state.advanced
      return Report.Ring(
        name: isWorker ? "ticks.\(ring)" : "tap.\(ring - workers.count)",
        kind: isWorker ? .tick : .tap, capacity: UInt64(state.capacity),
        published: state.published, polled: polled, full: state.full)
    }
  }

  private var orderRings: [Report.Ring] {
    guard let sender else { return [] }
    return workers.indices.flatMap { number in
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

  private func fillOrders(_ report: inout Report) {
    guard let counts = sender?.role.counts else { return }
    report.orders.requested = counts.requested
    report.orders.unsent = counts.unsent
    report.orders.sent = counts.sent
    report.orders.acked = counts.acked
    report.orders.venueRejected = counts.venueRejected
    report.orders.filled = counts.filled
    report.orders.partiallyFilled = counts.partiallyFilled
    report.orders.cancelsSent = counts.cancelsSent
    report.orders.canceled = counts.canceled
    report.orders.inFlight = counts.inFlight
    report.orders.open = counts.open
    for reason in RiskReason.allCases where counts.riskRejected[Int(reason.rawValue)] > 0 {
      report.orders.riskRejected[reason.name] = counts.riskRejected[Int(reason.rawValue)]
    }
    report.run.anomalies = counts.anomalies
    report.run.unknownMessages = counts.unknownMessages
    report.run.cancelsIdle = counts.cancelsIdle
    report.run.eventsLost = counts.eventsLost
  }

  private func fillRun(_ report: inout Report) {
    let seconds = Double(ingester.role.ended_ns - ingester.role.started_ns) / 1e9
    report.run.seconds = seconds
    report.run.messagesPerSecond = seconds > 0 ? Double(report.feed.messages) / seconds : 0
    report.run.sessions = UInt64(ingester.role.sessions)
    report.run.workers = UInt64(workers.count)
    report.run.waiting = plan.reason
    report.run.sessionChanges = ingester.role.feed.counts.sessionChanges
    report.run.untracked = ingester.role.feed.counts.untracked
    report.run.booksFull = ingester.role.feed.counts.booksFull
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
