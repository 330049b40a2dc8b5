import TickWire

@testable import TickEngine

/// A decoder that is there to be looked at: it publishes nothing.
protocol WatchedDecoder: FeedDecoder, ~Copyable {
  /// States of the feed, as they came.
  var states: [FeedState] { get set }
}

extension WatchedDecoder where Self: ~Copyable {
  mutating func feedChanged(to state: FeedState, time: UInt64) { states.append(state) }
  mutating func beatIfDue(_ now: UInt64) {}
  mutating func idle() {}
  mutating func end() {}
  mutating func beginSession() {}
  func messages(ofType type: Int) -> UInt64 { 0 }
}

/// Remembers what comes out of the arbiter, message by message. A message is its sequence.
struct SeenMessages: ~Copyable, WatchedDecoder {
  enum Seen: Equatable {
    case message(UInt64)
    case lost(UInt64)
    case begun(UInt128)
  }

  var counts = FeedCounts()
  var seen: [Seen] = []
  var states: [FeedState] = []
  var recovered: Set<UInt64> = []
  private var isRecovered = false

  static func frame(_ datagram: Bytes) -> Frame { .foreign }
  static func isWhole(_ datagram: Bytes) -> Bool { true }

  mutating func begin(_ packet: SequencedPacket, _ times: ArrivalTimes, isRecovered: Bool) {
    self.isRecovered = isRecovered
  }

  mutating func judged(_ verdict: SequenceVerdict, _ packet: SequencedPacket) {
    if verdict.isNewSession || verdict.isRestart { seen.append(.begun(packet.session)) }
    if verdict.missing > 0 { seen.append(.lost(verdict.missing)) }
  }

  mutating func decode(_ datagram: Bytes, _ packet: SequencedPacket, skip: UInt64) {
    for sequence in (packet.first + skip)..<packet.end {
      seen.append(.message(sequence))
      if isRecovered { recovered.insert(sequence) }
    }
  }

  var messages: [UInt64] {
    seen.compactMap { if case .message(let sequence) = $0 { sequence } else { nil } }
  }
}
