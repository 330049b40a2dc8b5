import TickWire

/// One packet of a publication, as it lies in the buffer.
struct SourcePacket {
  var byteCount = 0
  /// Messages in it; 0 in a heartbeat.
  var messages = 0
  /// ns since the plan's start, never backwards. Where the plan has no times: the capture's.
  var time_ns: UInt64 = 0
  /// The venue's sending time: what a message's own time is relative to. Its epoch is the feed's.
  var sent_ns: Int64 = 0
}

/// What was found in the captures and could not be published, and what was.
public struct PublishSourceCounts: Equatable, Sendable {
  public var packets: UInt64 = 0
  public var heartbeats: UInt64 = 0
  public var messages: UInt64 = 0
  /// Datagrams and records of something else.
  public var ignored: UInt64 = 0
  /// Packets of the feed that do not hold together.
  public var malformed: UInt64 = 0
  /// Packets or messages longer than what is sent.
  public var tooLong: UInt64 = 0
  /// Times that the sequence was begun anew.
  public var restarts: UInt64 = 0
}

/// Where the packets of a publication come from, in order.
///
/// - Cost: no allocation and no system call in `next` and `stamp`.
protocol PacketSource: ~Copyable {
  var counts: PublishSourceCounts { get }

  /// Writes the next packet into `buffer`; nil at the end.
  mutating func next(into buffer: MutableBytes) -> SourcePacket?

  /// Moves all times in a packet so that it was sent at `utc_ns`, ns since the Unix epoch.
  func stamp(_ packet: MutableBytes, _ source: SourcePacket, utc_ns: UInt64)

  /// Streams that need a heartbeat of their own.
  var streamCount: Int { get }

  /// Writes a heartbeat of a stream and returns its length; after the last packet, what ends a
  /// stream.
  func heartbeat(ofStream index: Int, into buffer: MutableBytes, utc_ns: UInt64, isEnd: Bool) -> Int
}

/// When each packet is due on the plan.
struct PacketTimes {
  private let schedule: RateSchedule?
  private var origin: UInt64?
  private var latest: UInt64 = 0

  /// nil: by the capture's times.
  init(_ schedule: RateSchedule?) { self.schedule = schedule }

  /// For a packet with so many messages before it.
  mutating func next(captureTime: UInt64, messagesBefore: UInt64) -> UInt64 {
    if let schedule { return schedule.time_ns(ofMessage: messagesBefore) }
    let start = origin ?? captureTime
    origin = start
    // A capture's times may go backwards; a plan's do not.
    latest = max(latest, captureTime > start ? captureTime - start : 0)
    return latest
  }
}
