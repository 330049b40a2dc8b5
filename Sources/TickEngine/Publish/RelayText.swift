/// A relay's report for the terminal.
public struct RelayText: CustomStringConvertible {
  private let report: RelayReport

  public init(_ report: RelayReport) { self.report = report }

  public var description: String {
    let sections = [
      sourceLines, PublishText.lines(report.lines), PublishText.missing(report.missing),
      PublishText.requests(report.requests),
    ]
    return ReportLayout.page(sections, report.machine)
  }

  private var sourceLines: [String] {
    let source = report.source
    var rows = [
      ("ticks", source.ticks), ("directory entries", source.entries),
      ("entries again", source.repeated), ("messages", source.messages),
      ("datagrams", source.datagrams),
    ]
    if source.restarts > 0 { rows.append(("restarts", source.restarts)) }
    if source.forgotten > 0 { rows.append(("no longer kept", source.forgotten)) }
    if source.unnamed > 0 { rows.append(("UNNAMED, NOT SENT", source.unnamed)) }
    return ReportLayout.section(
      "ring \(report.ring), session \(report.session)",
      rows.map { ($0.0, "\($0.1)") } + [("seconds", "\(report.seconds)")])
  }
}
