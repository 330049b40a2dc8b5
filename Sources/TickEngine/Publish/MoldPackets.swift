import TickWire

/// What may be asked for again, and who answers.
struct MoldRequests: ~Copyable {
  var store: RetainedMessages
  var server: RequestServer
}

/// Messages of a feed in MoldUDP64 packets of ours.
///
/// Without a size, messages that the venue sent within `together_ns` go in one packet, which is
/// sent with the last of them; with one, each packet is filled with so many.
struct MoldPackets<Messages: FeedMessages & ~Copyable>: PacketSource, ~Copyable {
  /// Messages so close together are due together.
  static var together_ns: UInt64 { 20_000 }

  private var messages: Messages
  private var ahead: FeedMessage?
  private var times: PlanTimes
  private let messagesPerPacket: Int?
  /// The message from which on a new session begins; `.max` for never.
  private let restartMessage: UInt64
  /// One, or none.
  private let requests: Slab<MoldRequests>

  /// Of the packet that is made ahead, and of the last one sent.
  private var session: MoldUdp64Session
  private var sequence: UInt64 = 1
  private var sent: (session: MoldUdp64Session, next: UInt64)
  private var taken: UInt64 = 0
  private var sums = PublishSourceCounts()

  init(
    _ messages: consuming Messages, session: MoldUdp64Session, schedule: RateSchedule?,
    restartMessage: UInt64?, messagesPerPacket: Int?, requests: consuming Slab<MoldRequests>
  ) {
    self.messages = messages
    times = PlanTimes(schedule)
    self.messagesPerPacket = messagesPerPacket
    self.restartMessage = restartMessage ?? .max
    self.requests = requests
    self.session = session
    sent = (session, 1)
  }

  var counts: PublishSourceCounts {
    var counts = sums
    messages.add(to: &counts)
    return counts
  }

  mutating func next(into buffer: MutableBytes) -> SourcePacket? {
    let room = buffer.slice(at: 0, count: MoldUdp64Writer.datagramBytesMax)
    var writer = MoldUdp64Writer(into: room)
    if taken == restartMessage { beginSession() }
    writer.begin(session, firstSequence: sequence)
    var last = FeedMessage(bytes: Bytes.none, time_ns: 0, sent_ns: 0)
    var first_ns: UInt64 = 0
    while let message = ahead ?? messages.next() {
      ahead = message
      guard message.bytes.count <= writer.messageBytesMax else {
        sums.tooLong += 1
        ahead = nil
        continue
      }
      if writer.isEmpty { first_ns = message.time_ns }
      let isTogether = writer.isEmpty || belongs(message, first_ns, writer.messageCount)
      guard isTogether, writer.add(message.bytes) else { break }
      ahead = nil
      taken += 1
      last = message
      if taken == restartMessage { break }
    }
    guard !writer.isEmpty else { return nil }
    sequence = writer.nextSequence
    return SourcePacket(
      byteCount: writer.finish(), messages: writer.messageCount,
      time_ns: times.next(captureTime: last.time_ns, messages: writer.messageCount),
      sent_ns: last.sent_ns)
  }

  private func belongs(_ message: FeedMessage, _ first_ns: UInt64, _ count: Int) -> Bool {
    if let messagesPerPacket { return count < messagesPerPacket }
    return message.time_ns >= first_ns && message.time_ns - first_ns <= Self.together_ns
  }

  /// What a publisher does that was started again: another session, from 1 on.
  private mutating func beginSession() {
    session = session.next
    sequence = 1
    sums.restarts += 1
  }

  func stamp(_ packet: MutableBytes, _ source: SourcePacket, utc_ns: UInt64) {
    let difference_ns = messages.feedTime(utc_ns: utc_ns) &- source.sent_ns
    var offset = MoldUdp64Header.byteCount
    for _ in 0..<source.messages {
      let length = Int(packet.bytes.u16be(offset))
      messages.shift(packet.slice(at: offset + 2, count: length), by: difference_ns)
      offset += 2 + length
    }
  }

  mutating func commit(_ packet: Bytes) {
    guard let header = MoldUdp64Header(packet) else { return }
    sent = (header.session, header.firstSequence + UInt64(header.messageCount))
    sums.packets += 1
    sums.messages += UInt64(header.messageCount)
    guard servesRequests else { return }
    if requests[0].store.session != header.session { requests[0].store.restart(header.session) }
    var walk = header.messages(of: packet)
    while let message = walk.next() { requests[0].store.append(message) }
  }

  var streamCount: Int { 1 }

  func heartbeat(
    ofStream index: Int, into buffer: MutableBytes, utc_ns: UInt64, isEnd: Bool
  ) -> Int {
    var writer = MoldUdp64Writer(into: buffer)
    return isEnd
      ? writer.endOfSession(sent.session, next: sent.next)
      : writer.heartbeat(sent.session, next: sent.next)
  }

  var lastSession: MoldUdp64Session? { sent.session }

  var servesRequests: Bool { requests.count > 0 }
  var requestAddress: UdpEndpoint? { servesRequests ? requests[0].server.address : nil }
  var requestCounts: RequestCounts {
    servesRequests ? requests[0].server.counts : RequestCounts()
  }

  mutating func serve() -> Int {
    guard servesRequests else { return 0 }
    return MoldPackets.serve(&requests[0])
  }

  private static func serve(_ requests: inout MoldRequests) -> Int {
    requests.server.poll(requests.store, atMost: 16)
  }

  func waitForRequest() {
    if servesRequests { _ = requests[0].server.wait(timeout_ms: 1) }
  }
}
