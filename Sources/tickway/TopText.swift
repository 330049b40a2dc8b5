import TickEngine
import TickMetrics

/// A view of an instance as a person reads it: what matters most first.
struct TopText {
  /// What one stage took between two looks.
  private struct Stage {
    let role: String
    let name: String
    let latency: HistogramSnapshot
  }

  private let report: TopReport
  private let gate: GateStatus?
  private let now_ns: UInt64
  private let stages: [Stage]

  init(_ view: TopView, since earlier: TopView?) {
    report = TopReport(view, since: earlier)
    gate = view.gate
    now_ns = view.epoch_ns
    stages = TopText.stages(view.look, earlier?.look)
  }

  /// All of it.
  var lines: [String] { lines(isTight: false) }

  /// What there is room for: without air and with the workers' latencies in one, if that helps;
  /// what is left out is said. Lines are cut, never wrapped.
  func lines(rows: Int, columns: Int) -> [String] {
    var shown = lines(isTight: false)
    if shown.count > rows { shown = lines(isTight: true) }
    if shown.count > rows, rows > 1 {
      let left = shown.count - (rows - 1)
      shown = shown.prefix(rows - 1) + ["… \(left) more: a higher window, or --once, shows them"]
    }
    return shown.prefix(rows).map { String($0.prefix(columns)) }
  }

  private func lines(isTight: Bool) -> [String] {
    let sections = [head, roles, flow, rings, latencies(isTight: isTight), positions]
    let shown = sections.filter { !$0.isEmpty }
    let separator = isTight ? [] : [""]
    return Array(shown.joined(separator: separator)).map(TopText.printable)
  }

  /// A region may hold anything, and a terminal obeys what it is sent.
  private static func printable(_ line: String) -> String {
    let scalars = line.unicodeScalars.map { scalar -> Character in
      let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      return isControl ? "?" : Character(scalar)
    }
    return String(scalars)
  }

  // MARK: Who runs

  private var head: [String] {
    let clock = report.time.dropFirst(11).prefix(8)
    var parts = ["tickway top", report.instance, "\(clock) UTC"]
    if let supervisor = report.supervisor {
      parts.append("supervisor \(supervisor.pid) \(supervisor.is_alive ? "running" : "DEAD")")
      if let started = supervisor.started_ns, started > 0, started <= now_ns {
        parts.append("up \(DurationText.text(nanoseconds: now_ns - started))")
      }
      parts.append("config \(supervisor.configuration ?? "unknown")")
    } else {
      parts.append("no role table: one process, or roles run by hand")
    }
    guard let gate else { return [parts.joined(separator: "  ")] }
    return [parts.joined(separator: "  "), "trading: \(GateText.brief(gate))"]
  }

  private var roles: [String] {
    guard !report.roles.isEmpty else { return [] }
    let rows = report.roles.map { role in
      [
        role.name, isLoud(role) ? role.state.uppercased() : role.state, known(role.core),
        known(role.node), known(role.pid), "\(role.starts)", known(role.last_exit),
        role.silence_ns.map { DurationText.text(nanoseconds: $0) } ?? "-",
      ]
    }
    let titles = ["ROLE", "STATE", "CORE", "NODE", "PID", "STARTS", "EXIT", "BEAT"]
    return Columns.lines([titles] + rows)
  }

  private func isLoud(_ role: TopReport.Role) -> Bool {
    ["dead", "hung", "stopped"].contains(role.state)
  }

  // MARK: What flows

  private var flow: [String] {
    report.roles.flatMap { role -> [String] in
      switch role.kind {
      case "ingester": feed(role)
      case "sender": orders(role)
      default: []
      }
    }
  }

  private func feed(_ role: TopReport.Role) -> [String] {
    let lines = zip(["A", "B", "C", "D", "E", "F", "G"], role.feed?.lines ?? [])
    let states = ["feed \(role.feed?.state ?? "unknown")"] + lines.map { "line \($0) \($1)" }
    let names = [
      "gaps", "missing", "duplicates", "rejected", "ring_full", "ticks_lost", "kernel_drops",
    ]
    return [
      (rates(role, ["packets", "messages", "ticks"]) + states).joined(separator: "  "),
      counts(role, names).joined(separator: "  "),
    ]
  }

  private func orders(_ role: TopReport.Role) -> [String] {
    let names = [
      "sent", "acked", "filled", "canceled", "risk_rejected", "venue_rejected", "open", "in_doubt",
    ]
    return [
      "orders  " + rates(role, ["asked", "sent", "acked", "filled"]).joined(separator: "  "),
      counts(role, names).joined(separator: "  "),
    ]
  }

  private func rates(_ role: TopReport.Role, _ names: [String]) -> [String] {
    names.map { "\($0) \(rate(role.per_second[$0]))/s" }
  }

  private func counts(_ role: TopReport.Role, _ names: [String]) -> [String] {
    names.map { "\($0.replacing("_", with: " ")) \(role.counters[$0] ?? 0)" }
  }

  private var rings: [String] {
    guard !report.rings.isEmpty else { return [] }
    let kinds = ["ticks", "orders", "events"]
    let title = ["RING"] + kinds.flatMap { ["\($0.uppercased())/S", "LAG", "FULL"] }
    let numbers = report.rings.compactMap { $0.name.split(separator: ".").last.flatMap { Int($0) } }
    var rows = Set(numbers).sorted().map { number in
      ["worker-\(number)"] + kinds.flatMap { cells("\($0).\(number)") }
    }
    if report.rings.contains(where: { $0.name == "tap" }) { rows.append(["tap"] + cells("tap")) }
    return Columns.lines([title] + rows)
  }

  private func cells(_ name: String) -> [String] {
    guard let ring = report.rings.first(where: { $0.name == name }) else { return ["-", "-", "-"] }
    return [rate(ring.taken_per_second), "\(ring.lag)", "\(ring.full)"]
  }

  // MARK: How fast

  private static func stages(_ look: NodeLook?, _ earlier: NodeLook?) -> [Stage] {
    guard let look, let earlier else { return [] }
    return look.roles.enumerated().flatMap { place, role -> [Stage] in
      guard let standing = role?.standing else { return [] }
      return standing.kind.stages.enumerated().compactMap { index, stage in
        look.latency(index, place, since: earlier).map {
          Stage(role: standing.name, name: stage.rawValue, latency: $0)
        }
      }
    }
  }

  /// Each stage once, whoever has it.
  private var mergedStages: [Stage] {
    var merged: [Stage] = []
    for stage in stages {
      if let index = merged.firstIndex(where: { $0.name == stage.name }) {
        let latency = merged[index].latency.merged(with: stage.latency)
        merged[index] = Stage(role: "", name: stage.name, latency: latency)
      } else {
        merged.append(Stage(role: "", name: stage.name, latency: stage.latency))
      }
    }
    return merged
  }

  private func latencies(isTight: Bool) -> [String] {
    let stages = isTight ? mergedStages : stages
    guard !stages.isEmpty else { return [] }
    let rows = stages.map { stage in
      let latency = stage.latency
      let percentiles = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max]
      let name = isTight ? stage.name : "\(stage.role) \(stage.name)"
      return [name, "\(latency.count)"]
        + percentiles.map { latency.count == 0 ? "-" : DurationText.text(nanoseconds: $0) }
    }
    return Columns.lines([["LATENCY", "COUNT", "P50", "P90", "P99", "P99.9", "MAX"]] + rows)
  }

  // MARK: What is held

  private var positions: [String] {
    guard let account = report.account else { return [] }
    var lines = [
      "account  \(known(account.state))  equity \(known(account.equity))  gross"
        + " \(known(account.gross))  realised \(known(account.realised))  unrealised"
        + " \(known(account.unrealised))"
    ]
    let held = report.positions.map { position in
      "\(position.symbol ?? "#\(position.instrument)") \(known(position.position))"
        + " (\(known(position.value)))"
    }
    if !held.isEmpty { lines.append("largest  " + held.joined(separator: "  ")) }
    return lines
  }

  private func known(_ value: (some CustomStringConvertible)?) -> String {
    value?.description ?? "-"
  }

  /// `12.3`, `45.6k`, `1.20M`.
  private func rate(_ perSecond: Double?) -> String {
    guard let perSecond, perSecond.isFinite else { return "-" }
    for (unit, size) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where perSecond >= size {
      return "\(tenths(perSecond / size))\(unit)"
    }
    return tenths(perSecond)
  }

  private func tenths(_ value: Double) -> String {
    DecimalText.text(UInt64(min(value, 1e12) * 10 + 0.5), decimals: 1)
  }
}
