import TickWire

/// One message of a feed, out of whatever packet or file it was in.
struct FeedMessage {
  var bytes: Bytes
  /// What the plan goes by: ns, in any epoch.
  var time_ns: UInt64
  /// The venue's sending time, ns, in the epoch of the feed's own times.
  var sent_ns: Int64
}

/// Messages in order, to be put into packets of ours.
protocol FeedMessages: ~Copyable {
  var ignored: UInt64 { get }
  var malformed: UInt64 { get }
  mutating func next() -> FeedMessage?

  /// Moves a message's own time by the difference.
  func shift(_ message: MutableBytes, by difference_ns: Int64)
  /// `utc_ns`, ns since the Unix epoch, in the epoch of the feed's own times.
  func feedTime(utc_ns: UInt64) -> Int64
}

/// The messages of IEX-TP captures.
struct IexFeedMessages: FeedMessages, ~Copyable {
  private var datagrams: IexDatagrams
  private var datagram = Datagram()
  private var sent_ns: Int64 = 0
  private var messages: IexMessages?

  init(_ captures: consuming CaptureMerge) { datagrams = IexDatagrams(captures) }

  var ignored: UInt64 { datagrams.ignored }
  var malformed: UInt64 { datagrams.malformed + datagrams.tooLong }

  mutating func next() -> FeedMessage? {
    while true {
      if let bytes = messages?.next() {
        return FeedMessage(bytes: bytes, time_ns: datagram.captureTime, sent_ns: sent_ns)
      }
      guard let header = datagrams.next(&datagram) else { return nil }
      sent_ns = Int64(header.sendTime)
      messages = header.messages(of: datagram.payload)
    }
  }

  func shift(_ message: MutableBytes, by difference_ns: Int64) {
    IexStamp.shiftMessage(message, by: difference_ns)
  }

  func feedTime(utc_ns: UInt64) -> Int64 { Int64(clamping: utc_ns) }
}

/// The messages of raw ITCH files, one file after the other. A message goes by its own time.
struct ItchFeedMessages: FeedMessages, ~Copyable {
  private let files: [ItchFile]
  private var file = 0
  private var messages: ItchFileMessages
  private var latest_ns: UInt64 = 0
  /// Midnight in New York, ns since the Unix epoch: what the feed's times count from.
  private let midnight_ns: UInt64

  init(_ files: [ItchFile], midnight_ns: UInt64) {
    self.files = files
    messages = files[0].messages
    self.midnight_ns = midnight_ns
  }

  var ignored: UInt64 { 0 }
  var malformed: UInt64 { 0 }

  mutating func next() -> FeedMessage? {
    while true {
      if let bytes = messages.next() {
        latest_ns = ItchTime.read(bytes) ?? latest_ns
        return FeedMessage(bytes: bytes, time_ns: latest_ns, sent_ns: Int64(latest_ns))
      }
      guard file + 1 < files.count else { return nil }
      file += 1
      messages = files[file].messages
    }
  }

  func shift(_ message: MutableBytes, by difference_ns: Int64) {
    guard let time_ns = ItchTime.read(message.bytes) else { return }
    ItchTime.write(UInt64(max(0, Int64(time_ns) + difference_ns)), into: message)
  }

  func feedTime(utc_ns: UInt64) -> Int64 { Int64(clamping: utc_ns) - Int64(midnight_ns) }
}
