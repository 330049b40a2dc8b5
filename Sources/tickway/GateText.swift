import TickEngine

/// How the state of a gate is shown.
enum GateText {
  static func lines(_ status: GateStatus) -> String {
    var lines = ["\(status.instance): \(headline(status))"]
    if let record = status.standing.record {
      let change = record.state == .armed ? "armed" : "tripped (\(record.code))"
      lines.append("  last change: \(change) at \(record.time) by \(record.who): \(record.reason)")
    }
    if status.isUnwritten { lines.append("  the trip is not in the state directory yet") }
    if case .unusable(let why) = status.page { lines.append("  gate: \(why)") }
    lines.append("  sender: \(sender(status))")
    if let told = status.told, status.senderPid != 0 {
      lines.append(
        "  as told last: \(told.openOrders) orders open, \(told.inDoubt) in doubt, risk state"
          + " \(riskState(told.riskState)), \(told.unsentBytes) bytes unsent")
    }
    if status.deadManLimit_ns > 0 {
      lines.append(
        "  dead man: limit \(Double(status.deadManLimit_ns) / 1e9) s, last heartbeat"
          + " \(Double(status.silence_ns / 1_000_000) / 1e3) s ago")
    }
    return lines.joined(separator: "\n")
  }

  /// In one line.
  static func brief(_ status: GateStatus) -> String {
    var parts = [headline(status), "sender \(sender(status))"]
    if let told = status.told, status.senderPid != 0 {
      parts.append("\(told.openOrders) open, \(told.inDoubt) in doubt")
      parts.append("risk \(riskState(told.riskState))")
    }
    return parts.joined(separator: "; ")
  }

  private static func headline(_ status: GateStatus) -> String {
    if status.isArmed { return "ARMED, generation \(status.standing.number)" }
    let reason = status.reason ?? .unknown
    let problem = status.standing.problem.map { ": \($0)" } ?? ""
    return "TRIPPED (\(reason.name))\(problem)"
  }

  private static func sender(_ status: GateStatus) -> String {
    guard status.senderLife != .none else { return "none" }
    var text = "pid \(status.senderPid) \(status.senderLife.rawValue)"
    if status.senderLife == .gone { return text }
    text += status.isConnected ? ", connected" : ", not connected"
    if status.shutSenderPid != nil { return text + ", SHUT UNTIL IT IS STARTED AGAIN" }
    guard !status.isArmed else { return text }
    return text + (status.hasAcknowledged ? ", trip acknowledged" : ", TRIP NOT ACKNOWLEDGED")
  }

  static func riskState(_ raw: UInt64) -> String {
    RiskState(rawValue: UInt8(clamping: raw))?.name ?? "unknown"
  }

  // MARK: JSON

  struct State: Encodable {
    var instance: String
    var state: String
    var reason: String?
    var last_change: GateRecord?
    var problem: String?
    var written: Bool
    var gate: String
    var sender_pid: Int32?
    var sender: String
    var acknowledged: Bool
    var connected: Bool
    var open_orders: UInt64?
    var in_doubt: UInt64?
    var risk_state: String?
    var unsent_bytes: UInt64?
    var dead_man_limit_ns: UInt64?
    var dead_man_silence_ns: UInt64?
  }

  static func json(_ status: GateStatus) throws -> String { try JSONText.line(state(status)) }

  static func state(_ status: GateStatus) -> State {
    let gate: String =
      switch status.page {
      case .absent: "absent"
      case .unusable: "unusable"
      case .word(let word): word.generation == nil ? "shut" : "open"
      }
    let told = status.senderPid == 0 ? nil : status.told
    let isGuarded = status.deadManLimit_ns > 0
    return State(
      instance: status.instance, state: status.isArmed ? "armed" : "tripped",
      reason: status.reason?.name, last_change: status.standing.record,
      problem: status.standing.problem, written: !status.isUnwritten, gate: gate,
      sender_pid: status.senderPid == 0 ? nil : status.senderPid,
      sender: status.senderLife.rawValue, acknowledged: status.hasAcknowledged,
      connected: status.isConnected, open_orders: told?.openOrders, in_doubt: told?.inDoubt,
      risk_state: told.map { riskState($0.riskState) }, unsent_bytes: told?.unsentBytes,
      dead_man_limit_ns: isGuarded ? status.deadManLimit_ns : nil,
      dead_man_silence_ns: isGuarded ? status.silence_ns : nil)
  }
}
