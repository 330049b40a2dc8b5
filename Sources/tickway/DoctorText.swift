import TickEngine

/// A doctor's report for the terminal.
struct DoctorText: CustomStringConvertible {
  private let report: DoctorReport

  init(_ report: DoctorReport) { self.report = report }

  var description: String {
    (findingLines + [""] + jitterLines + summary).joined(separator: "\n") + "\n"
  }

  private var findingLines: [String] {
    let findings = report.findings
    let width = findings.map(\.subject.count).max() ?? 0
    return findings.flatMap { finding -> [String] in
      let name = padded(finding.subject, width)
      let margin = String(repeating: " ", count: width + 2)
      return ["\(name)  \(padded(finding.verdict.rawValue, 7))  \(finding.what)"]
        + [("costs", finding.cost), ("mend", finding.remedy)].compactMap { label, text in
          text.map { "\(margin)\(padded(label, 7))  \($0)" }
        }
    }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private var jitterLines: [String] {
    guard let jitter = report.jitter, let first = jitter.first else { return [] }
    let way = report.isTogether == true ? "all at once" : "one after another"
    let time = DurationText.text(nanoseconds: first.measured_ns)
    let title = "jitter: each core for \(time), \(way); hiccups by size, and what they took"
    let header = [
      "  core", "looks", "p50", "p99", "p99.9", "p99.99", "max", ">1 us", ">10 us", ">100 us",
      ">1 ms", "lost",
    ]
    return [title] + Columns.lines([header] + jitter.map(row)) + [""]
  }

  private func row(_ core: CoreJitter) -> [String] {
    let gaps = core.gaps_ns
    let hiccups = core.hiccups
    return ["  \(core.core)", "\(gaps.count)"]
      + [gaps.p50, gaps.p99, gaps.p999, gaps.p9999, gaps.max].map {
        DurationText.text(nanoseconds: $0)
      }
      + [hiccups.over_1us, hiccups.over_10us, hiccups.over_100us, hiccups.over_1ms].map { "\($0)" }
      + [percent(core.lostShare)]
  }

  /// To a thousandth of a percent.
  private func percent(_ share: Double) -> String {
    DecimalText.text(Int((share * 100_000).rounded()), decimals: 3) + " %"
  }

  private var summary: [String] {
    let counts = [
      MachineFinding.Verdict.unsafe, .warning, .unknown, .ok,
    ].map { verdict in
      (verdict.rawValue, report.findings.count { $0.verdict == verdict })
    }
    return [
      counts.map { "\($0.1) \($0.0)" }.joined(separator: ", "), "machine  \(report.machine)",
    ]
  }
}
