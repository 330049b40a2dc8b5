import TickEngine
import TickWire

/// A capture's summary for people.
struct CaptureText {
  /// Streams listed; the rest is one line.
  private static let streamsShownMax = 20

  private let summary: CaptureSummary

  init(_ summary: CaptureSummary) { self.summary = summary }

  var text: String {
    var lines = [summary.path] + container + time + packets
    for stream in summary.streams.prefix(CaptureText.streamsShownMax) {
      lines += describe(stream)
    }
    let hidden = summary.streams.count - CaptureText.streamsShownMax
    if hidden > 0 { lines.append("  … and \(hidden) streams more (--json lists them)") }
    if summary.packetsOfOtherStreams > 0 {
      lines.append("  \(summary.packetsOfOtherStreams) datagrams to further destinations")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A message type as its letter, or in hex where it is no letter.
  static func name(ofType type: UInt8) -> String {
    if (0x21..<0x7F).contains(type) { return String(Unicode.Scalar(type)) }
    return "0x" + (type < 16 ? "0" : "") + String(type, radix: 16)
  }

  private var container: [String] {
    let gzip = summary.gzipped ? ", gzip" : ""
    let links = summary.linkTypes.sorted { $0.key < $1.key }
      .map { CaptureSummary.name(ofLinkType: $0.key) }
    return [
      "  container  \(summary.container.rawValue)\(gzip), \(summary.byteCount) bytes on disk",
      "  link       \(links.isEmpty ? "no packet" : links.joined(separator: ", "))",
    ]
  }

  private var time: [String] {
    guard let range = summary.timeRange else { return [] }
    return [
      "  first      \(UtcTime(range.lowerBound).text)",
      "  last       \(UtcTime(range.upperBound).text)",
      "  span       \(UtcTime.seconds(range.upperBound - range.lowerBound)) s",
    ]
  }

  private var packets: [String] {
    let counts = summary.counts
    var lines = ["  packets    \(counts.packets), \(counts.bytes) bytes"]
    if counts.truncated > 0 {
      lines.append("  truncated  \(counts.truncated) captured shorter than sent, dropped")
    }
    if counts.untimed > 0 { lines.append("  untimed    \(counts.untimed)") }
    if counts.ignored.total > 0 {
      let reasons = counts.ignored.byReason.filter { $0.count > 0 }
        .map { "\($0.name) \($0.count)" }
      lines.append("  ignored    \(counts.ignored.total): \(reasons.joined(separator: ", "))")
    }
    if counts.cutTail {
      lines.append("  cut tail   the file ends inside a record; what came before was read")
    }
    return lines
  }

  private func describe(_ stream: CaptureStream) -> [String] {
    let size = "\(stream.packets) datagrams, \(stream.bytes) bytes"
    guard let feed = stream.feed else {
      return ["  stream     \(stream.destination.text)  unknown feed, \(size)"]
    }
    let types = stream.messagesByType.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\(CaptureText.name(ofType: $0.key)) \($0.value)" }
    let order = stream.sequence
    var lines = [
      "  stream     \(stream.destination.text)  \(feed.title), \(size)",
      "    messages   \(stream.messages) (heartbeats \(stream.heartbeats),"
        + " unknown \(stream.unknown), malformed \(stream.malformed))",
    ]
    if !types.isEmpty { lines.append("    by type    \(types.joined(separator: ", "))") }
    lines.append(
      "    sequence   sessions \(order.sessions), gaps \(order.gaps) (missing \(order.missing)),"
        + " duplicates \(order.duplicates), overlaps \(order.overlaps),"
        + " restarts \(order.restarts)")
    return lines
  }
}
