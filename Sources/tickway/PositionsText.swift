import TickEngine

/// Positions as a person reads them.
enum PositionsText {
  static func text(_ report: PositionsReport) -> String {
    var rows = [subjectTitles, row(report.instance)]
    rows += report.strategies.map { row($0) }
    var lines = Columns.lines(rows)
    if !report.positions.isEmpty {
      lines.append("")
      lines += Columns.lines([positionTitles] + report.positions.map { row($0) })
    }
    if let risk = report.value_at_risk {
      lines.append("")
      lines.append(
        "value at risk \(percent(Int64(clamping: risk.confidence_ppm))): \(known(risk.value))"
          + ", of \(risk.observations) observations, computed \(risk.computed)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let subjectTitles = [
    "", "STATE", "EQUITY", "PEAK", "DRAWDOWN", "GROSS", "NET", "REALISED", "UNREALISED",
  ]

  private static let positionTitles = [
    "SYMBOL", "STRATEGY", "POSITION", "AVERAGE", "MARK", "VALUE", "REALISED", "UNREALISED",
    "SLIPPAGE",
  ]

  private static func row(_ subject: PositionsReport.Subject) -> [String] {
    [
      subject.strategy.map { "strategy \($0)" } ?? "instance", known(subject.state),
      known(subject.equity), known(subject.peak),
      subject.drawdown_ppm.map { percent($0) } ?? "unknown",
      known(subject.gross), known(subject.net), known(subject.realised), known(subject.unrealised),
    ]
  }

  private static func row(_ position: PositionsReport.Position) -> [String] {
    [
      position.symbol ?? "#\(position.instrument)", position.strategy.map { "\($0)" } ?? "account",
      known(position.position), position.position == 0 ? "-" : known(position.average),
      known(position.mark), known(position.value), known(position.realised),
      known(position.unrealised),
      position.slippage_bps_e2.map { "\(DecimalText.text($0, decimals: 2)) bps" } ?? "-",
    ]
  }

  private static func known(_ value: (some CustomStringConvertible)?) -> String {
    value?.description ?? "unknown"
  }

  /// Millionths as a percentage with two decimals, rounded down.
  static func percent(_ ppm: Int64) -> String { "\(DecimalText.text(ppm / 100, decimals: 2))%" }
}
