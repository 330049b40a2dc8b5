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
  mutating func next() -> FeedMessage?
  /// Adds what was met and left out.
  func add(to counts: inout PublishSourceCounts)

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
  /// Messages that their packet ended in.
  private var cut: UInt64 = 0

  init(_ captures: consuming CaptureMerge) { datagrams = IexDatagrams(captures) }

  func add(to counts: inout PublishSourceCounts) {
    datagrams.add(to: &counts)
    counts.malformed += cut
  }

  mutating func next() -> FeedMessage? {
    while true {
      if let bytes = messages?.next() {
        return FeedMessage(bytes: bytes, time_ns: datagram.captureTime, sent_ns: sent_ns)
      }
      cut += UInt64(messages?.remaining ?? 0)
      messages = nil
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

/// The messages of raw ITCH files, one file after the other. A message goes by its own time. One
/// that is shorter than its type is left out: no receiver could read it.
struct ItchFeedMessages: FeedMessages, ~Copyable {
  private let files: [ItchFile]
  private var file = 0
  private var messages: ItchFileMessages
  private var latest_ns: UInt64 = 0
  /// Midnight in New York, ns since the Unix epoch: what the feed's times count from.
  private let midnight_ns: UInt64
  private var isAtEnd = false
  private var met = PublishSourceCounts()

  init(_ files: [ItchFile], midnight_ns: UInt64) {
    self.files = files
    messages = files[0].messages
    self.midnight_ns = midnight_ns
  }

  func add(to counts: inout PublishSourceCounts) {
    counts.isTailCut = counts.isTailCut || met.isTailCut
    counts.trailingBytes += met.trailingBytes
    counts.unknown += met.unknown
    counts.malformed += met.malformed
  }

  mutating func next() -> FeedMessage? {
    while !isAtEnd {
      guard let bytes = messages.next() else {
        endFile()
        continue
      }
      guard isWhole(bytes) else { continue }
      latest_ns = ItchTime.read(bytes) ?? latest_ns
      return FeedMessage(bytes: bytes, time_ns: latest_ns, sent_ns: Int64(latest_ns))
    }
    return nil
  }

  private mutating func isWhole(_ message: Bytes) -> Bool {
    guard let byteCountMin = ItchMessageType.byteCount(message[0]) else {
      met.unknown += 1
      return true
    }
    guard message.count >= byteCountMin else {
      met.malformed += 1
      return false
    }
    return true
  }

  private mutating func endFile() {
    if files[file].isGzipTailCut { met.isTailCut = true }
    switch messages.ending {
    case .cut: met.isTailCut = true
    case .marked(let trailing): met.trailingBytes += UInt64(trailing)
    case .unmarked, nil: break
    }
    file += 1
    isAtEnd = file == files.count
    if !isAtEnd { messages = files[file].messages }
  }

  func shift(_ message: MutableBytes, by difference_ns: Int64) {
    guard let time_ns = ItchTime.read(message.bytes) else { return }
    ItchTime.write(UInt64(max(0, Int64(time_ns) + difference_ns)), into: message)
  }

  func feedTime(utc_ns: UInt64) -> Int64 { Int64(clamping: utc_ns) - Int64(midnight_ns) }
}
