/// A publication's report for the terminal.
public struct PublishText: CustomStringConvertible {
  private let report: PublishReport

  public init(_ report: PublishReport) { self.report = report }

  public var description: String {
    let sections = [
      sourceLines, Self.lines(report.lines), Self.missing(report.missing),
      Self.requests(report.requests), runLines,
    ]
    return ReportLayout.page(sections, report.machine)
  }

  private var sourceLines: [String] {
    let source = report.source
    let unusual: [(String, UInt64)] = [
      ("bytes after the end", source.trailingBytes), ("unknown", source.unknown),
      ("malformed", source.malformed), ("too long", source.tooLong),
      ("restarts", source.restarts),
    ]
    return ReportLayout.section(
      "source \(source.framing)" + (source.session.map { ", session \($0)" } ?? ""),
      [
        ("packets", "\(source.packets)"), ("heartbeats", "\(source.heartbeats)"),
        ("messages", "\(source.messages)"), ("truncated", "\(source.truncated)"),
        ("ignored", "\(source.ignored)"), ("cut tail", source.cutTail ? "yes" : "no"),
      ] + unusual.filter { $0.1 > 0 }.map { ($0.0, "\($0.1)") })
  }

  static func lines(_ lines: [PublishReport.Line]) -> [String] {
    let header = [
      "line", "sent", "lost", "(bursts)", "duplicated", "reordered", "delayed", "corrupted",
      "waits", "failed",
    ]
    let rows = lines.map { line in
      ["  \(line.name) \(line.address)"]
        + [
          line.sent, line.lost, line.lostInBursts, line.duplicated, line.reordered, line.delayed,
          line.corrupted, line.waits, line.failed,
        ].map { "\($0)" }
    }
    let errors = lines.compactMap { line in
      line.lastError.map { "  line \(line.name) FAILED \(line.failed) times, lately: \($0)" }
    }
    return Columns.lines([header] + rows) + errors
  }

  /// What to say where the network did not take everything; nil where it did.
  public static func failure(of lines: [PublishReport.Line]) -> String? {
    let failures = lines.compactMap { line in
      line.lastError.map { "\(line.failed) on line \(line.name) (lately: \($0))" }
    }
    guard !failures.isEmpty else { return nil }
    return "packets that could not be sent: \(failures.joined(separator: ", "));"
      + " the messages missing count them; is the interface up?"
  }

  static func missing(_ missing: PublishReport.Missing) -> [String] {
    let rows = [("lost", missing.lost), ("lost or corrupted", missing.lostOrCorrupted)].map {
      ["  \($0.0)", "\($0.1.aOnly)", "\($0.1.bOnly)", "\($0.1.all)"]
    }
    return Columns.lines([["messages missing", "on A only", "on B only", "on all"]] + rows)
  }

  static func requests(_ requests: RequestCounts?) -> [String] {
    guard let requests else { return [] }
    return ReportLayout.section(
      "requests",
      [
        ("received", "\(requests.received)"), ("answered", "\(requests.answered)"),
        ("messages", "\(requests.messages)"), ("malformed", "\(requests.malformed)"),
        ("of another session", "\(requests.otherSession)"),
        ("too early", "\(requests.future)"), ("forgotten", "\(requests.forgotten)"),
        ("not sent", "\(requests.notSent)"),
      ])
  }

  private var runLines: [String] {
    let run = report.run
    var rows = [("pace", run.pace), ("seconds", "\(run.seconds)")]
    if let intended = run.intendedSeconds { rows.append(("intended", "\(intended)")) }
    rows.append(("messages/s", "\(UInt64(run.messagesPerSecond))"))
    if let late = report.lateness_ns {
      let values = [late.p50, late.p99, late.max].map { DurationText.text(nanoseconds: $0) }
      rows.append(("late p50 / p99 / max", values.joined(separator: " / ")))
    }
    return ReportLayout.section("run", rows) + (run.stopped ? ["  STOPPED before the end"] : [])
  }
}
