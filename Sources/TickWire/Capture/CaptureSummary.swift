/// What is in a capture, for people and for choosing a decoder. Cold code: it reads the whole
/// file once, and allocates.
public struct CaptureSummary: Sendable {
  /// Destinations told apart; datagrams to further ones are in `packetsOfOtherStreams`.
  public static let streamsMax = 4_096

  public let path: String
  public let container: CaptureContainer
  public let gzipped: Bool
  /// Size of the file on disk, in bytes.
  public let byteCount: Int
  /// Records per link type, by number.
  public private(set) var linkTypes: [UInt32: UInt64] = [:]
  /// Capture time of the earliest and the latest record, ns since the Unix epoch, UTC; nil
  /// without any record.
  public private(set) var timeRange: ClosedRange<UInt64>?
  public private(set) var counts = CaptureCounts()
  /// The streams, the one with most datagrams first; equals by address and port.
  public private(set) var streams: [CaptureStream] = []
  public private(set) var packetsOfOtherStreams: UInt64 = 0

  /// Reads all of `file`.
  public init(_ file: CaptureFile) {
    path = file.path
    container = file.container
    gzipped = file.gzipped
    byteCount = file.byteCount
    var byDestination: [UdpEndpoint: CaptureStream] = [:]
    var reader = CaptureReader(file)
    var datagram = Datagram()
    while let record = reader.nextRecord() {
      note(record)
      if reader.take(record, &datagram) { add(datagram, &byDestination) }
    }
    counts = reader.counts
    streams = byDestination.values.sorted {
      ($1.packets, $0.destination.text) < ($0.packets, $1.destination.text)
    }
  }

  /// The feed of most messages, among all streams; nil: no stream is of a known feed.
  public var feed: CaptureFeed? {
    let known = streams.filter { $0.feed != nil }
    return known.max { ($0.messages, $0.packets) < ($1.messages, $1.packets) }?.feed
  }

  /// The name of a link type, for people.
  public static func name(ofLinkType linkType: UInt32) -> String { LinkType.name(linkType) }

  private mutating func note(_ record: CaptureRecord) {
    if let linkType = record.linkType { linkTypes[linkType, default: 0] += 1 }
    guard let range = timeRange else {
      timeRange = record.time...record.time
      return
    }
    timeRange = min(range.lowerBound, record.time)...max(range.upperBound, record.time)
  }

  private mutating func add(
    _ datagram: Datagram, _ byDestination: inout [UdpEndpoint: CaptureStream]
  ) {
    let destination = datagram.destination
    guard byDestination[destination] != nil || byDestination.count < CaptureSummary.streamsMax
    else {
      packetsOfOtherStreams += 1
      return
    }
    byDestination[destination, default: CaptureStream(destination: destination)]
      .add(datagram.payload)
  }
}
