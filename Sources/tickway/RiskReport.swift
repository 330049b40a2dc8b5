import TickEngine

/// Risk states as the command shows them. What is nil is not known.
struct RiskReport: Encodable {
  struct Subject: Encodable {
    /// nil: the instance.
    var strategy: UInt8?
    var state: String?
    var drawdown_ppm: Int64?
    var equity: Notional?
    var peak: Notional?
    /// What the trading day has brought; below zero a loss (RM7).
    var day: Notional?
    var trips: UInt32?
    /// When its present or latest cooldown began, exchange time.
    var cooldown_since: String?
    /// Whether it executed too often and is off (RM9).
    var off: Bool?
  }

  let name: String
  let subjects: [Subject]

  init(_ name: String, _ snapshot: PositionSnapshot, _ told: KillPage.Told?) {
    self.name = name
    subjects = snapshot.subjects.map { Subject($0, told) }
  }

  var text: String {
    let titles = [
      "", "STATE", "DRAWDOWN", "EQUITY", "PEAK", "DAY", "TRIPS", "COOLDOWN SINCE", "EXECUTION",
    ]
    return Columns.lines([titles] + subjects.map(\.row)).joined(separator: "\n") + "\n"
  }

  static func text(_ answer: RiskAnswer) -> String {
    let drawdown = answer.drawdown_ppm.map { PositionsText.percent($0) } ?? "unknown"
    let equity = answer.equityE4.map { Notional(e4: $0).description } ?? "unknown"
    return "\(answer.old.name) -> \(answer.new.name), equity \(equity), drawdown \(drawdown)"
  }
}

extension RiskReport.Subject {
  init(_ subject: PositionSnapshot.Subject, _ told: KillPage.Told?) {
    strategy = subject.subject == 0 ? nil : subject.subject
    state = subject.state?.name
    drawdown_ppm = subject.drawdown_ppm
    equity = subject.sums?.equityE4.map { Notional(e4: $0) }
    peak = subject.peakE4.map { Notional(e4: $0) }
    day = subject.dayE4.map { Notional(e4: $0) }
    trips = subject.risk?.trips
    if let risk = subject.risk {
      if risk.coolDownSince > 0 { cooldown_since = UtcTime(risk.coolDownSince).text }
    }
    guard subject.subject > 0, let told else { return }
    off = told.strategiesOff >> (UInt64(subject.subject) - 1) & 1 == 1
  }

  fileprivate var row: [String] {
    [
      strategy.map { "strategy \($0)" } ?? "instance", state ?? "unknown",
      drawdown_ppm.map { PositionsText.percent($0) } ?? "unknown",
      equity?.description ?? "unknown", peak?.description ?? "-",
      day?.description ?? "unknown",
      trips.map { "\($0)" } ?? "unknown",
      cooldown_since ?? "-", off.map { $0 ? "OFF" : "on" } ?? "-",
    ]
  }
}
