/// A relay's report for the terminal.
public struct RelayText: CustomStringConvertible {
  private let report: RelayReport

  public init(_ report: RelayReport) { self.report = report }

  public var description: String {
    [
      sourceLines, PublishText.lines(report.lines), PublishText.missing(report.missing),
      PublishText.requests(report.requests),
    ]
    .filter { !$0.isEmpty }
    .map { $0.joined(separator: "\n") }
    .joined(separator: "\n\n") + "\n\nmachine  \(report.machine)\n"
  }

  private var sourceLines: [String] {
    let source = report.source
    var rows = [
      ("ticks", source.ticks), ("directory entries", source.entries),
      ("messages", source.messages), ("datagrams", source.datagrams),
    ]
    if source.restarts > 0 { rows.append(("restarts", source.restarts)) }
    if source.forgotten > 0 { rows.append(("no longer kept", source.forgotten)) }
    if source.unnamed > 0 { rows.append(("UNNAMED, NOT SENT", source.unnamed)) }
    return PublishText.section(
      "ring \(report.ring), session \(report.session)",
      rows.map { ($0.0, "\($0.1)") } + [("seconds", "\(report.seconds)")])
  }
}
