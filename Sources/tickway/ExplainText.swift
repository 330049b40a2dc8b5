import TickEngine

/// Decisions as a person reads them.
enum ExplainText {
  static func text(_ file: String, _ search: DecisionSearch, isAsked: Bool) -> String {
    let lines = isAsked ? answer(search) : summary(file, search)
    return (lines + ending(search)).joined(separator: "\n") + "\n"
  }

  // MARK: Without a question

  private static func summary(_ file: String, _ search: DecisionSearch) -> [String] {
    let config = search.context.config.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    var lines = ["\(search.recorded) decisions; \(config.joined(separator: ", "))"]
    if let first = search.firstTime, let last = search.lastTime {
      lines.append("exchange time \(UtcTime(first).text) to \(UtcTime(last).text)")
    }
    let outcomes = DecisionOutcome.allCases.compactMap { outcome in
      search.outcomes[outcome].map { [outcome.name, "\($0)"] }
    }
    let reasons = search.reasons.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }.map {
      ["  \($0.key.name)", "\($0.value)"]
    }
    lines += Columns.lines(outcomes + reasons)
    lines += [
      "ask further: tickway explain \(file) --order ID | --rejected | --reason NAME"
        + " | --strategy N | --symbol S | --last N"
    ]
    return lines
  }

  // MARK: Asked

  private static func answer(_ search: DecisionSearch) -> [String] {
    guard search.matched > 0 else { return ["no recorded decision matches"] }
    var lines: [String] = []
    if search.found.count < search.matched {
      lines.append(
        "the last \(search.found.count) of \(search.matched) that match; --last N shows more")
      lines.append("")
    }
    let decisions = search.found.map { decision($0, search.context) }
    return lines + Array(decisions.joined(separator: [""]))
  }

  private static func decision(
    _ decision: RecordedDecision, _ context: DecisionContext
  ) -> [String] {
    let event = decision.event
    let explanation = Explanation(decision, context)
    let names = decision.orderNames
    var lines = [
      "order \(names[1]) (\(names[0]), at the venue \(names[2])), decision \(event.number),"
        + " strategy \(event.strategy), worker \(event.worker)",
      "  asked: \(asked(decision))",
      "  exchange time \(UtcTime(event.exchangeTime).text), receive time"
        + " \(UtcTime.seconds(event.received_ns)) s, taken up at"
        + " \(UtcTime.seconds(event.taken_ns)) s of the machine's clock",
      "  \(outcome(event, explanation))",
    ]
    guard event.reached != 0 else { return lines }
    let rows = explanation.lines.map { row($0) }
    lines += Columns.lines([["    check", "limit", "value", "verdict"]] + rows)
    return lines
  }

  private static func asked(_ decision: RecordedDecision) -> String {
    let event = decision.event
    let side = OrderSide(rawValue: event.side).map { "\($0)" } ?? "side \(event.side)"
    let timeInForce =
      TimeInForce(rawValue: event.timeInForce).map { "\($0)" } ?? "time \(event.timeInForce)"
    let isReplacement = event.decisionFlags.contains(.isReplacement)
    let order =
      "\(side) \(event.quantity) \(decision.symbolText) at \(event.price) \(timeInForce)"
    guard isReplacement else { return order }
    let old = Notional(e4: event.replacedPriceE4)
    return "replace by \(order); before \(event.replacedOpen) open at \(old)"
  }

  private static func outcome(_ event: DecisionEvent, _ explanation: Explanation) -> String {
    switch event.decisionOutcome {
    case .allowed:
      "ACCEPTED: \(event.allowedQuantity) shares"
        + (event.decisionFlags.contains(.isShort) ? ", a short sale" : "")
    case .unsent: "PASSED, and not sent: there is no venue"
    case .undecided: "NOT DECIDED: the run had ended; it was not sent"
    case .idle: "NOT DECIDED: the order had ended, or was being changed; nothing was sent"
    case .refused: refused(event, explanation)
    case nil: "outcome \(event.outcome), which this version does not know"
    }
  }

  private static func refused(_ event: DecisionEvent, _ explanation: Explanation) -> String {
    let reason = event.riskReason?.name ?? "reason \(event.reason)"
    let check = explanation.deciding.map { " by the check \($0.check.name)" } ?? ""
    return "REFUSED\(check): \(reason), limit \(number(event.limit)), value \(number(event.value))"
  }

  private static func number(_ value: Double) -> String {
    Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  private static func row(_ line: Explanation.Line) -> [String] {
    let isDeciding = line.verdict == .failed
    return [
      (isDeciding ? "  > " : "    ") + line.check.name, line.limit ?? "-", line.value ?? "-",
      verdict(line.verdict),
    ]
  }

  private static func verdict(_ verdict: Explanation.Verdict) -> String {
    switch verdict {
    case .passed: "pass"
    case .failed: "FAIL"
    case .exempt: "not asked"
    case .notReached: "not reached"
    }
  }

  // MARK: What is missing

  private static func ending(_ search: DecisionSearch) -> [String] {
    var lines: [String] = []
    if search.lost > 0 {
      lines.append("\(search.lost) decisions were lost: the recorder did not keep up with them")
    }
    switch search.end {
    case .whole: break
    case .cut: lines.append("THE FILE IS CUT: what came after decision \(search.recorded) is gone")
    case .damaged(let offset):
      lines.append("THE FILE IS DAMAGED at byte \(offset): nothing from there on was read")
    }
    return lines.isEmpty ? [] : [""] + lines
  }
}
