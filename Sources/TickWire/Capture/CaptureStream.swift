/// The datagrams of a capture that went to one address and port: usually one feed, or one line
/// of it.
public struct CaptureStream: Sendable {
  public let destination: UdpEndpoint
  /// UDP datagrams.
  public private(set) var packets: UInt64 = 0
  /// Their UDP payload bytes.
  public private(set) var bytes: UInt64 = 0
  /// What the stream carries, as the first datagram that told; nil: nothing that is known.
  public private(set) var feed: CaptureFeed?
  /// Datagrams without messages: idle heartbeats and ends of session.
  public private(set) var heartbeats: UInt64 = 0
  /// Messages, copies included.
  public private(set) var messages: UInt64 = 0
  /// Messages by their type byte; those without any byte are not here.
  public private(set) var messagesByType: [UInt8: UInt64] = [:]
  /// Messages of a type the feed's specification does not have.
  public private(set) var unknown: UInt64 = 0
  /// Datagrams that are not what the stream carries, and messages that are shorter than their
  /// type or pass the end of their datagram.
  public private(set) var malformed: UInt64 = 0
  /// Gaps, duplicates, overlaps, restarts.
  public private(set) var sequence = SequenceTally()

  init(destination: UdpEndpoint) { self.destination = destination }

  mutating func add(_ payload: Bytes) {
    packets += 1
    bytes += UInt64(payload.count)
    let found = CaptureFeed.detect(payload)
    // A heartbeat says only that it is MoldUDP64; the first message says of what.
    if feed == nil || (feed == .mold && found == .itch) { feed = found }
    guard let feed else { return }
    switch feed {
    case .iexTops, .iexDeep, .iexDeepPlus: addIex(payload, isTheSame: found == feed)
    case .itch, .mold: addMold(payload)
    }
  }

  private mutating func addIex(_ payload: Bytes, isTheSame: Bool) {
    guard isTheSame, let header = IexTpHeader(payload) else {
      malformed += 1
      return
    }
    if header.messageCount == 0 { heartbeats += 1 }
    sequence.add(
      session: .init(high: UInt64(header.channel) << 32 | UInt64(header.session), low: 0),
      first: header.firstSequence, count: header.messageCount, sendTime: header.sendTime)
    var walk = header.messages(of: payload)
    while let message = walk.next() {
      count(message, byteCountMin: message.count > 0 ? IexMessageType.byteCount(message[0]) : nil)
    }
    malformed += UInt64(walk.remaining)
  }

  private mutating func addMold(_ payload: Bytes) {
    guard let header = MoldUdp64Header(payload) else {
      malformed += 1
      return
    }
    if header.messageCount == 0 { heartbeats += 1 }
    sequence.add(
      session: header.session, first: header.firstSequence, count: header.messageCount,
      sendTime: nil)
    var walk = header.messages(of: payload)
    while let message = walk.next() {
      count(message, byteCountMin: message.count > 0 ? ItchMessageType.byteCount(message[0]) : nil)
    }
    malformed += UInt64(walk.remaining)
  }

  private mutating func count(_ message: Bytes, byteCountMin: Int?) {
    messages += 1
    guard message.count > 0 else { return }
    messagesByType[message[0], default: 0] += 1
    guard let byteCountMin else {
      unknown += 1
      return
    }
    if message.count < byteCountMin { malformed += 1 }
  }
}

/// What the sequence numbers of one stream say, for a report: nothing is recovered or reordered.
public struct SequenceTally: Equatable, Sendable {
  /// Times that messages were missing.
  public private(set) var gaps: UInt64 = 0
  /// Messages never seen. One that comes late counts as missing and as a duplicate.
  public private(set) var missing: UInt64 = 0
  /// Datagrams of which every message had been passed.
  public private(set) var duplicates: UInt64 = 0
  /// Datagrams of which some messages had been passed.
  public private(set) var overlaps: UInt64 = 0
  /// Times the sequence began at 1 again within a session, with a later sending time.
  public private(set) var restarts: UInt64 = 0
  /// Sessions met, a return to an earlier one included.
  public private(set) var sessions: UInt64 = 0

  private var session: MoldUdp64Session?
  private var expected: UInt64 = 0
  private var lastSendTime: UInt64 = 0

  /// Takes a datagram of `count` messages from `first` on; with none, `first` is the next one
  /// expected. `first + count` must not pass 2^64, which the headers make sure of.
  mutating func add(
    session: MoldUdp64Session, first: UInt64, count: Int, sendTime: UInt64?
  ) {
    let next = first + UInt64(count)
    let isLater = sendTime.map { $0 > lastSendTime } ?? false
    lastSendTime = max(lastSendTime, sendTime ?? 0)
    guard session == self.session else {
      self.session = session
      sessions += 1
      expected = next
      return
    }
    if first == 1 && expected > 1 && isLater {
      restarts += 1
      expected = next
    } else if first > expected {
      gaps += 1
      // Sequences are hostile input: a sum of them saturates.
      let (sum, overflow) = missing.addingReportingOverflow(first - expected)
      missing = overflow ? .max : sum
      expected = next
    } else if first < expected && count > 0 {
      if next <= expected { duplicates += 1 } else { overlaps += 1 }
      expected = max(expected, next)
    } else {
      expected = max(expected, next)
    }
  }
}
