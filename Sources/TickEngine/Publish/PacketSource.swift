import TickWire

/// One packet of a publication, as it lies in the buffer.
struct SourcePacket {
  var byteCount = 0
  /// Messages in it; 0 in a heartbeat.
  var messages = 0
  /// ns since the plan's start, never backwards.
  var time_ns: UInt64 = 0
  /// The venue's sending time, ns, in the feed's own epoch: what is moved to the time of sending.
  var sent_ns: Int64 = 0
}

/// What was found in the captures and could not be published, and what was.
struct PublishSourceCounts: Equatable, Sendable {
  var packets: UInt64 = 0
  var heartbeats: UInt64 = 0
  var messages: UInt64 = 0
  /// Records of a capture that are not of the feed.
  var ignored: UInt64 = 0
  /// Packets of which the capture kept only the beginning.
  var truncated: UInt64 = 0
  /// Whether a file ends in the middle of a packet or message, or its gzip stream is cut.
  var isTailCut = false
  /// Bytes behind the mark that ends a raw ITCH file.
  var trailingBytes: UInt64 = 0
  /// Messages of a type that ITCH 5.0 does not have: sent, unless too long.
  var unknown: UInt64 = 0
  /// Packets of the feed that do not hold together, and messages that their packet ends in, or
  /// that are shorter than their type in ITCH.
  var malformed: UInt64 = 0
  /// Packets or messages longer than what is sent.
  var tooLong: UInt64 = 0
  /// Times that the sequence was begun anew.
  var restarts: UInt64 = 0
}

/// Where the packets of a publication come from, in order. One packet is always made ahead: what a
/// heartbeat says and what is counted changes with `commit` only.
///
/// - Cost: no allocation in `next`, `stamp` and `commit`; system calls in `serve` alone.
protocol PacketSource: ~Copyable {
  var counts: PublishSourceCounts { get }

  /// Writes the next packet into `buffer`; nil at the end.
  mutating func next(into buffer: MutableBytes) -> SourcePacket?

  /// Moves all times in a packet so that it was sent at `utc_ns`, ns since the Unix epoch.
  func stamp(_ packet: MutableBytes, _ source: SourcePacket, utc_ns: UInt64)

  /// The packet, as it now is, goes to the lines.
  mutating func commit(_ packet: Bytes)

  /// Streams that need a heartbeat of their own.
  var streamCount: Int { get }

  /// Writes a heartbeat of a stream and returns its length; after the last packet, what ends a
  /// stream.
  func heartbeat(ofStream index: Int, into buffer: MutableBytes, utc_ns: UInt64, isEnd: Bool) -> Int

  /// Of MoldUDP64: that of the last packet sent, or of the first to come.
  var lastSession: MoldUdp64Session? { get }

  /// Whether anybody may ask for packets again.
  var servesRequests: Bool { get }
  /// Where, with the port that it got.
  var requestAddress: UdpEndpoint? { get }
  var requestCounts: RequestCounts { get }

  /// Answers a few of the requests that are there; returns how many it took.
  mutating func serve() -> Int

  /// Waits at most a millisecond for a request.
  func waitForRequest()
}

/// Feeds without sessions of ours, that nobody can ask for again.
extension PacketSource where Self: ~Copyable {
  var lastSession: MoldUdp64Session? { nil }
  var servesRequests: Bool { false }
  var requestAddress: UdpEndpoint? { nil }
  var requestCounts: RequestCounts { RequestCounts() }
  mutating func serve() -> Int { 0 }
  func waitForRequest() {}
}

/// When each packet is due on the plan.
struct PlanTimes {
  private let schedule: RateSchedule?
  private var origin: UInt64?
  private var latest: UInt64 = 0
  private var messages: UInt64 = 0

  /// nil: by the capture's times.
  init(_ schedule: RateSchedule?) { self.schedule = schedule }

  /// For the next packet, of so many messages, captured then.
  mutating func next(captureTime: UInt64, messages count: Int) -> UInt64 {
    let before = messages
    messages += UInt64(count)
    if let schedule { return schedule.time_ns(ofMessage: before) }
    let start = origin ?? captureTime
    origin = start
    // A capture's times may go backwards; a plan's do not.
    latest = max(latest, captureTime > start ? captureTime - start : 0)
    return latest
  }
}
