import TickWire

/// A capture's summary as JSON, schema `tickway.capture/1`. Times are capture times in
/// nanoseconds since the Unix epoch, UTC; sizes are bytes.
struct CaptureReport: Encodable {
  struct LinkTypeEntry: Encodable {
    let number: UInt32
    let name: String
    let packets: UInt64
  }

  struct Stream: Encodable {
    let destination: String
    let feed: String
    let packets, bytes, heartbeats, messages, unknown, malformed: UInt64
    let by_type: [String: UInt64]
    let sessions, gaps, missing, duplicates, overlaps, restarts: UInt64

    init(_ stream: CaptureStream) {
      destination = stream.destination.text
      feed = stream.feed?.rawValue ?? "unknown"
      packets = stream.packets
      bytes = stream.bytes
      heartbeats = stream.heartbeats
      messages = stream.messages
      unknown = stream.unknown
      malformed = stream.malformed
      by_type = Dictionary(
        uniqueKeysWithValues: stream.messagesByType.map { (CaptureText.name(ofType: $0), $1) })
      sessions = stream.sequence.sessions
      gaps = stream.sequence.gaps
      missing = stream.sequence.missing
      duplicates = stream.sequence.duplicates
      overlaps = stream.sequence.overlaps
      restarts = stream.sequence.restarts
    }
  }

  let schema = "tickway.capture/1"
  let file, container, feed: String
  let gzip, cut_tail: Bool
  let file_bytes: Int
  let packets, bytes, truncated, untimed: UInt64
  let ignored: [String: UInt64]
  let link_types: [LinkTypeEntry]
  let first_time_ns, last_time_ns: UInt64?
  /// Of all streams of a known feed together.
  let heartbeats, messages, gaps, missing, restarts: UInt64
  let by_type: [String: UInt64]
  let streams: [Stream]
  let packets_of_other_streams: UInt64

  init(_ summary: CaptureSummary) {
    file = summary.path
    container = summary.container.rawValue
    feed = summary.feed?.rawValue ?? "unknown"
    gzip = summary.gzipped
    cut_tail = summary.counts.cutTail
    file_bytes = summary.byteCount
    packets = summary.counts.packets
    bytes = summary.counts.bytes
    truncated = summary.counts.truncated
    untimed = summary.counts.untimed
    ignored = Dictionary(
      uniqueKeysWithValues: summary.counts.ignored.byReason.map { ($0.name, $0.count) })
    link_types = summary.linkTypes.sorted { $0.key < $1.key }.map {
      LinkTypeEntry(
        number: $0.key, name: CaptureSummary.name(ofLinkType: $0.key), packets: $0.value)
    }
    first_time_ns = summary.timeRange?.lowerBound
    last_time_ns = summary.timeRange?.upperBound
    let streams = summary.streams.map(Stream.init)
    heartbeats = streams.reduce(0) { $0 + $1.heartbeats }
    messages = streams.reduce(0) { $0 + $1.messages }
    gaps = streams.reduce(0) { $0 + $1.gaps }
    // Sequences come from the input: a sum of them saturates.
    missing = streams.reduce(0) { $1.missing > .max - $0 ? .max : $0 + $1.missing }
    restarts = streams.reduce(0) { $0 + $1.restarts }
    by_type = streams.reduce(into: [:]) { $0.merge($1.by_type, uniquingKeysWith: +) }
    self.streams = streams
    packets_of_other_streams = summary.packetsOfOtherStreams
  }
}
