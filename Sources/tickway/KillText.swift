import TickEngine

/// How kills and gates are shown.
enum KillText {
  static func lines(_ outcome: KillOutcome) -> String {
    let name = outcome.instance
    var lines = ["\(name): \(gate(outcome))", "\(name): \(sender(outcome))"]
    if let record = outcome.record {
      let since =
        record.time_ns == 0 ? "" : ", tripped at \(record.time) by \(record.who): \(record.reason)"
      let places = outcome.directories.joined(separator: ", ")
      lines.append("\(name): on disk in \(places)\(time(outcome.persisted_ns))\(since)")
    }
    if let failure = outcome.failure { lines.append("\(name): NOT on disk: \(failure)") }
    let verdict = outcome.isConfirmed ? "TRIPPED" : "NOT CONFIRMED"
    lines.append("\(name): \(verdict), after \(milliseconds(outcome.done_ns)) ms")
    return lines.joined(separator: "\n")
  }

  private static func gate(_ outcome: KillOutcome) -> String {
    switch outcome.gate {
    case .shut: "gate shut\(time(outcome.shut_ns))"
    case .wasShut(let reason): "gate was shut already (\(reason.name))"
    case .absent: "no gate: no sender has run here since boot"
    case .unusable(let why): "the gate cannot be used: \(why)"
    }
  }

  private static func sender(_ outcome: KillOutcome) -> String {
    let state = outcome.senderWasStopped ? " (stopped)" : ""
    let pid = "sender pid \(outcome.senderPid)\(state)"
    let open = "; \(outcome.openOrders) orders open, as told last"
    switch outcome.sender {
    case .none: return outcome.senderPid == 0 ? "no sender runs" : "\(pid) is gone"
    case .acknowledged: return "\(pid) acknowledged\(time(outcome.acknowledged_ns))\(open)"
    case .cutOff(let connections, let bytes):
      let what = connections == 1 ? "its connection" : "\(connections) connections"
      return "\(pid) did not acknowledge: \(what) reset from outside"
        + "\(time(outcome.sender_ns)), \(bytes) bytes discarded\(open)"
    case .unconnected: return "\(pid) did not acknowledge; it has no connection\(open)"
    case .ended(let why): return "\(pid) ended by SIGKILL\(time(outcome.sender_ns)): \(why)"
    case .beyondReach(let why): return "\(pid) is beyond reach: \(why)"
    }
  }

  private static func time(_ ns: UInt64?) -> String {
    ns.map { ", after \(milliseconds($0)) ms" } ?? ""
  }

  private static func milliseconds(_ ns: UInt64) -> String {
    DecimalText.text(ns / 1_000, decimals: 3)
  }

  // MARK: JSON

  private struct Kill: Encodable {
    var instance: String
    var confirmed: Bool
    var known: Bool
    var gate: String
    var sender: String
    var sender_pid: Int32
    var sender_was_stopped: Bool
    var connections_reset = 0
    var bytes_discarded = 0
    var open_orders: UInt64
    var on_disk: [String]
    var failure: String?
    var shut_ns: UInt64?
    var acknowledged_ns: UInt64?
    var sender_ns: UInt64
    var persisted_ns: UInt64?
    var done_ns: UInt64
  }

  static func json(_ outcome: KillOutcome) throws -> String {
    var kill = Kill(
      instance: outcome.instance, confirmed: outcome.isConfirmed, known: outcome.isKnown,
      gate: "", sender: "", sender_pid: outcome.senderPid,
      sender_was_stopped: outcome.senderWasStopped, open_orders: outcome.openOrders,
      on_disk: outcome.directories, failure: outcome.failure, shut_ns: outcome.shut_ns,
      acknowledged_ns: outcome.acknowledged_ns, sender_ns: outcome.sender_ns,
      persisted_ns: outcome.persisted_ns, done_ns: outcome.done_ns)
    switch outcome.gate {
    case .shut: kill.gate = "shut"
    case .wasShut: kill.gate = "was_shut"
    case .absent: kill.gate = "absent"
    case .unusable: kill.gate = "unusable"
    }
    switch outcome.sender {
    case .none: kill.sender = "none"
    case .acknowledged: kill.sender = "acknowledged"
    case .cutOff(let connections, let bytes):
      kill.sender = "cut_off"
      (kill.connections_reset, kill.bytes_discarded) = (connections, bytes)
    case .unconnected: kill.sender = "unconnected"
    case .ended: kill.sender = "ended"
    case .beyondReach: kill.sender = "beyond_reach"
    }
    return try JSONText.line(kill)
  }
}
