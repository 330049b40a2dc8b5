import TickRing
import TickWire

/// MoldUDP64 with ITCH 5.0 messages: in order, each once, counted by type, and handed to a recorder
/// as they came. Nothing is read from them yet but their type; gaps and the state of the lines
/// reach the tick rings.
///
/// Hot path. Thread: the ingester, alone. No allocation, lock or system call; a recorder's ring
/// that is full is waited for.
struct ItchMessageDecoder: ~Copyable, FeedDecoder {
  var counts = FeedCounts()
  private var publisher: TickPublisher
  private let countsByType = Slab(count: 256, repeating: UInt64(0))
  private var recording: MessageWriter?
  private var clock: UInt64 = 0

  init(publisher: consuming TickPublisher, recording: consuming MessageWriter?) {
    self.publisher = publisher
    self.recording = recording
  }

  @inline(__always)
  static func frame(_ datagram: Bytes) -> Frame { MoldFraming.frame(datagram) }

  @inline(__always)
  static func isWhole(_ datagram: Bytes) -> Bool { MoldFraming.isWhole(datagram) }

  mutating func begin(_ packet: SequencedPacket, _ times: ArrivalTimes, isRecovered: Bool) {
    clock = times.clock
    publisher.beginPacket(
      received_ns: times.received_ns, clock: times.clock, sendTime: times.clock,
      isRecovered: isRecovered)
  }

  mutating func judged(_ verdict: SequenceVerdict, _ packet: SequencedPacket) {
    if verdict.isRestart || verdict.isNewSession {
      publisher.restart(stream: verdict.stream, time: clock)
    }
    if verdict.missing > 0 { publisher.gap(stream: verdict.stream, time: clock) }
    publisher.beginMessages(stream: verdict.stream)
  }

  mutating func decode(_ datagram: Bytes, _ packet: SequencedPacket, skip: UInt64) {
    guard var messages = MoldFraming.messages(of: datagram, after: skip) else { return }
    while let message = messages.next() {
      counts.messages += 1
      note(message)
      if recording?.write(message) == false { counts.unrecorded += 1 }
    }
  }

  @inline(__always)
  private mutating func note(_ message: Bytes) {
    guard message.count > 0, let length = ItchMessageType.byteCount(message[0]) else {
      counts.unknown += 1
      return
    }
    if message.count < length { counts.malformed += 1 } else { countsByType[Int(message[0])] += 1 }
  }

  mutating func feedChanged(to state: FeedState, time: UInt64) {
    publisher.feedChanged(to: state, time: time)
  }

  mutating func beatIfDue(_ now: UInt64) { publisher.beatIfDue(now) }
  mutating func idle() { publisher.idle() }
  mutating func end() { publisher.end() }
  mutating func beginSession() { publisher.beginSession() }
  func messages(ofType type: Int) -> UInt64 { countsByType[type] }

  func withPublisher<R>(_ body: (borrowing TickPublisher) -> R) -> R { body(publisher) }
}

/// MoldUDP64 as the arbiter sees it. Any bytes may claim to be a session, so a datagram is foreign
/// only when it is too short to have a header at all; lengths that lie are malformed.
enum MoldFraming {
  @inline(__always)
  static func frame(_ datagram: Bytes) -> Frame {
    guard datagram.has(MoldUdp64Header.byteCount, at: 0) else { return .foreign }
    guard let header = MoldUdp64Header(datagram) else { return .malformed }
    return .packet(SequencedPacket(header))
  }

  /// The messages of a packet after the first `skip`.
  @inline(__always)
  static func messages(of datagram: Bytes, after skip: UInt64) -> MoldUdp64Messages? {
    guard let header = MoldUdp64Header(datagram) else { return nil }
    var messages = header.messages(of: datagram)
    messages.skip(skip)
    return messages
  }

  /// Whether the messages fill the datagram exactly: a count or a length that lies would shift the
  /// sequence, and another protocol's first bytes would be taken for a session.
  @inline(__always)
  static func isWhole(_ datagram: Bytes) -> Bool {
    guard let header = MoldUdp64Header(datagram) else { return false }
    var messages = header.messages(of: datagram)
    while messages.next() != nil {}
    return messages.remaining == 0 && messages.unreadByteCount == 0
  }
}
