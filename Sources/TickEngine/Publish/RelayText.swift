/// A relay's report for the terminal.
public struct RelayText: CustomStringConvertible {
  private let report: RelayReport

  public init(_ report: RelayReport) { self.report = report }

  public var description: String {
    [sourceLines, PublishText.lines(report.lines), PublishText.missing(report.missing)]
      .map { $0.joined(separator: "\n") }
      .joined(separator: "\n\n") + requestText + "\n\nmachine  \(report.machine)\n"
  }

  private var sourceLines: [String] {
    let source = report.source
    var rows = [
      ("ticks", source.ticks), ("directory entries", source.entries),
      ("messages", source.messages), ("datagrams", source.datagrams),
    ]
    if source.unnamed > 0 { rows.append(("UNNAMED, NOT SENT", source.unnamed)) }
    return PublishText.section(
      "ring \(report.ring), session \(report.session)",
      rows.map { ($0.0, "\($0.1)") } + [("seconds", "\(report.seconds)")])
  }

  private var requestText: String {
    guard let requests = report.requests else { return "" }
    let unusual: [(String, UInt64)] = [
      ("malformed", requests.malformed), ("of other sessions", requests.otherSession),
      ("for the future", requests.future), ("for what is forgotten", requests.forgotten),
      ("not sent", requests.notSent), ("messages forgotten", requests.messagesForgotten),
    ]
    let rows = [
      ("received", requests.received), ("answered", requests.answered),
      ("messages", requests.messages),
    ]
    let lines = PublishText.section(
      "requests \(requests.address)",
      (rows + unusual.filter { $0.1 > 0 }).map { ($0.0, "\($0.1)") })
    return "\n\n" + lines.joined(separator: "\n")
  }
}
