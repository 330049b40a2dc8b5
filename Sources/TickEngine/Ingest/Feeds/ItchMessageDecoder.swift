import TickRing
import TickWire

/// MoldUDP64 with ITCH 5.0 messages: in order, each once, counted by type, and handed to a recorder
/// as they came. Nothing is read from them yet but their type; gaps and the state of the lines
/// reach the tick rings.
///
/// Hot path. Thread: the ingester, alone. No allocation, lock or system call; a recorder's ring
/// that is full is waited for.
struct ItchMessageDecoder: ~Copyable, MoldDecoder {
  var counts = FeedCounts()
  var publisher: TickPublisher
  private let countsByType = Slab(count: 256, repeating: UInt64(0))
  private var recording: MessageWriter?
  private var clock: UInt64 = 0

  init(publisher: consuming TickPublisher, recording: consuming MessageWriter?) {
    self.publisher = publisher
    self.recording = recording
  }

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
    if verdict.missing > 0 {
      publisher.gap(stream: verdict.stream, time: clock, isOfPast: verdict.isOfPast)
    }
    publisher.beginMessages(stream: verdict.stream)
  }

  @inline(__always)
  mutating func take(_ message: Bytes) {
    count(message)
    if recording?.write(message) == false { counts.unrecorded += 1 }
  }

  @inline(__always)
  private mutating func count(_ message: Bytes) {
    guard message.count > 0, let length = ItchMessageType.byteCount(message[0]) else {
      counts.unknown += 1
      return
    }
    if message.count < length { counts.malformed += 1 } else { countsByType[Int(message[0])] += 1 }
  }

  func messages(ofType type: Int) -> UInt64 { countsByType[type] }
}
