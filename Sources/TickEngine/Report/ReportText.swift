/// A report for the terminal: aligned counts, the latency table, the machine.
public struct ReportText: CustomStringConvertible {
  private let report: Report

  public init(_ report: Report) { self.report = report }

  public var description: String {
    ReportLayout.page(sections, report.machine)
  }

  /// Of one role's process only what that role can know.
  private var sections: [[String]] {
    let end = [ringLines, runLines, latencyLines]
    switch report.run.role {
    case nil:
      return [captureLines, feedLines, lineLines, tickLines, ringLines, orderLines]
        + [positionLines, runLines, report.roles?.lines ?? [], latencyLines]
    case RoleKind.ingester.name: return [feedLines, lineLines, tickLines] + end
    case RoleKind.sender.name: return [orderLines, positionLines] + end
    default: return end
    }
  }

  private typealias Count = ReportLayout.Count

  private func section(_ title: String, _ counts: [Count]) -> [String] {
    ReportLayout.section(title, counts)
  }

  private func sorted(_ counts: [String: UInt64], prefix: String) -> [Count] {
    counts.sorted { $0.key < $1.key }.map { ("\(prefix)\($0.key)", String($0.value)) }
  }

  private var captureLines: [String] {
    guard report.feed.lines == nil else { return [] }
    let capture = report.capture
    return section(
      "capture",
      [
        ("files", "\(capture.files)"), ("packets", "\(capture.packets)"),
        ("bytes", "\(capture.bytes)"), ("truncated", "\(capture.truncated)"),
        ("ignored", "\(capture.ignored)"), ("cut tail", capture.cutTail ? "yes" : "no"),
      ])
  }

  private var feedLines: [String] {
    let feed = report.feed
    return section(
      "feed",
      [
        ("packets", "\(feed.packets)"), ("heartbeats", "\(feed.heartbeats)"),
        ("messages", "\(feed.messages)"),
      ] + sorted(feed.byType, prefix: "  ") + [
        ("unknown", "\(feed.unknown)"), ("malformed", "\(feed.malformed)"),
        ("gaps", "\(feed.gaps)"), ("missing", "\(feed.missing)"),
        ("duplicates", "\(feed.duplicates)"), ("overlaps", "\(feed.overlaps)"),
        ("restarts", "\(feed.restarts)"),
      ] + liveCounts)
  }

  /// What only a live feed has, and what is zero in a healthy one only where it is not.
  private var liveCounts: [Count] {
    let feed = report.feed
    guard let state = feed.state else { return [] }
    let unusual: [Count] = [
      ("directory entries", feed.entries), ("late", feed.late), ("requests", feed.requests),
      ("requests unsent", feed.requestsUnsent), ("recovered", feed.recovered),
      ("not held", feed.unheld),
      ("implausible", feed.implausible), ("not recorded", feed.unrecorded),
      ("foreign", feed.foreign), ("rejoins", feed.rejoins), ("clock steps", feed.clockSteps),
    ].compactMap { ($0.1 ?? 0) == 0 ? nil : ($0.0, "\($0.1 ?? 0)") }
    return [("session changes", "\(report.run.sessionChanges)")] + unusual
      + [("state", state.rawValue)]
  }

  private var lineLines: [String] {
    guard let lines = report.feed.lines else { return [] }
    let header = [
      "lines", "state", "packets", "first", "late", "gaps", "missing", "out of order", "overlaps",
      "dropped", "bad",
    ]
    let rows = lines.map { line in
      let bad = line.malformed + line.foreign + line.tooLong + line.empty + line.wrongSource
      return ["  \(line.name) \(line.address)", line.state.rawValue]
        + [
          line.packets, line.first, line.late, line.gaps, line.missing, line.outOfOrder,
          line.overlaps, line.droppedByKernel, bad,
        ].map { "\($0)" }
    }
    return Columns.lines([header] + rows)
  }

  private var tickLines: [String] {
    let ticks = report.ticks
    return section(
      "ticks",
      [
        ("published", "\(ticks.published)"), ("  trade", "\(ticks.trade)"),
        ("  trade break", "\(ticks.tradeBreak)"), ("  bid", "\(ticks.bid)"),
        ("  ask", "\(ticks.ask)"), ("  status", "\(ticks.status)"),
        ("copies", "\(ticks.copies)"),
      ] + sorted(ticks.rejected, prefix: "rejected ") + [
        ("trade volume", "\(ticks.tradeVolume)"), ("trade notional", "\(ticks.tradeNotional)"),
      ])
  }

  private var ringLines: [String] {
    guard !report.rings.isEmpty else { return [] }
    let header = ["rings", "capacity", "published", "polled", "full", "lost"]
    // Only where the consumers are others' processes.
    let isUnread = report.rings.contains { $0.unread != nil }
    // Only where a policy had to act: most runs have nothing to say here.
    let isStrained = report.rings.contains { ring in
      [ring.conflated, ring.late, ring.gapsTold].contains { ($0 ?? 0) > 0 }
    }
    let rows = report.rings.map { ring in
      ["  " + ring.name]
        + [ring.capacity, ring.published, ring.polled, ring.full, ring.lost].map { "\($0)" }
        + (isUnread ? ["\(ring.unread ?? 0)"] : [])
        + (isStrained ? [ring.conflated, ring.late, ring.gapsTold].map { "\($0 ?? 0)" } : [])
    }
    let head =
      header + (isUnread ? ["unread"] : [])
      + (isStrained ? ["conflated", "late", "gaps told"] : [])
    return Columns.lines([head] + rows)
  }

  private var orderLines: [String] {
    let orders = report.orders
    return section(
      "orders",
      [("requested", "\(orders.requested)")]
        + sorted(orders.riskRejected, prefix: "risk-rejected ") + [
          ("unsent", "\(orders.unsent)"), ("sent", "\(orders.sent)"),
          ("acknowledged", "\(orders.acked)"), ("venue-rejected", "\(orders.venueRejected)"),
          ("in flight", "\(orders.inFlight)"), ("filled", "\(orders.filled)"),
          ("partially filled", "\(orders.partiallyFilled)"),
          ("cancels sent", "\(orders.cancelsSent)"), ("canceled", "\(orders.canceled)"),
          ("open", "\(orders.open)"),
        ])
  }

  /// Slippage of each strategy and in all, and the value at risk: nothing of a run without fills.
  private var positionLines: [String] {
    guard let positions = report.positions else { return [] }
    var counts: [Count] = []
    for subject in positions.strategies + [positions.instance] {
      guard let bps = subject.slippage_bps_e2, let reference = subject.slippageReference else {
        continue
      }
      let name = subject.strategy.map { "slippage of strategy \($0)" } ?? "slippage in all"
      counts.append((name, "\(DecimalText.text(bps, decimals: 2)) bps of \(reference)"))
    }
    if let risk = positions.valueAtRisk {
      let share = DecimalText.text(risk.confidence_ppm / 100, decimals: 2)
      counts.append(("value at risk \(share)%", risk.value?.description ?? "unknown"))
    }
    if positions.changeCount > 0 {
      counts.append(("risk state", positions.instance.state ?? "unknown"))
      counts.append(("changes of risk states", "\(positions.changeCount)"))
    }
    return counts.isEmpty ? [] : section("positions", counts)
  }

  /// The pace, and what is zero in a healthy run only where it is not.
  private var runLines: [String] {
    let run = report.run
    let isLive = report.feed.state != nil  // its feed says so
    let unusual: [Count] = [
      ("session changes", isLive ? 0 : run.sessionChanges), ("streams untracked", run.untracked),
      ("books full", run.booksFull), ("venue anomalies", run.anomalies),
      ("venue messages unknown", run.unknownMessages), ("cancels idle", run.cancelsIdle),
      ("cancels refused", run.cancelsRefused), ("trades broken", run.tradesBroken),
      ("events lost", run.eventsLost), ("orders misdirected", run.misdirected),
    ].compactMap { $0.1 == 0 ? nil : ($0.0, "\($0.1)") }
    let audit = (run.hotAllocations ?? [:]).sorted { $0.key < $1.key }.map {
      ("hot allocations \($0.key)", "\($0.value)")
    }
    let lines = section(
      "run",
      [
        ("sessions", "\(run.sessions)"), ("workers", "\(run.workers)"),
        ("milliseconds", "\(UInt64(run.seconds * 1000))"),
        ("messages/s", "\(UInt64(run.messagesPerSecond))"),
      ] + unusual + audit)
    // Where several processes count, what a number leaves out.
    let notes = report.roles == nil ? [] : run.notes.map { "  note: \($0)" }
    return lines + (run.tripped ? ["  THE RISK GATE TRIPPED ITS KILL SWITCH"] : [])
      + (run.failure.map { ["  FAILED: \($0)"] } ?? []) + notes
  }

  private var latencyLines: [String] {
    let named = Report.Stage.allCases.map(\.rawValue)
    let others = report.latency_ns.keys.filter { !named.contains($0) }.sorted()
    var rows = (named + others).compactMap { stage in
      report.latency_ns[stage].map { latencyRow(stage, $0) }
    }
    if let lateness = report.feed.lateness_ns { rows.append(latencyRow("line to line", lateness)) }
    if let floor = report.machine.jitterFloor_ns { rows.append(latencyRow("jitter floor", floor)) }
    guard !rows.isEmpty else { return [] }
    let header = [
      "latency", "count", "negative", "p50", "p90", "p99", "p99.9", "p99.99", "max",
    ]
    return Columns.lines([header] + rows)
  }

  private func latencyRow(_ stage: String, _ latency: LatencySummary) -> [String] {
    // Nothing measured has no percentiles; a zero would look like a very good one.
    let values = [
      latency.p50, latency.p90, latency.p99, latency.p999, latency.p9999, latency.max,
    ].map { latency.count == 0 ? "-" : DurationText.text(nanoseconds: $0) }
    return ["  " + stage, "\(latency.count)", "\(latency.negative)"] + values
  }
}
