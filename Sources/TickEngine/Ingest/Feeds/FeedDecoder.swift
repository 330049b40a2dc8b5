import TickWire

/// One protocol's room behind the arbiter: how its datagrams are framed, and what its messages
/// mean. A third protocol is one more type like this; sockets, lines, order, gaps and recovery are
/// not its business.
///
/// Thread: the ingester. For each packet, once and in order: `begin`, `judged`, `decode`.
protocol FeedDecoder: ~Copyable {
  var counts: FeedCounts { get set }

  /// Finds a datagram's place in its stream; anything may be in it.
  static func frame(_ datagram: Bytes) -> Frame

  /// Whether all messages of a framed datagram are there, and nothing else. A count or a length
  /// that lies would shift the sequence, and the other line's good copy would be a duplicate.
  static func isWhole(_ datagram: Bytes) -> Bool

  /// The same of the datagram that most likely is decoded next; may ask for the memory that its
  /// messages will need.
  mutating func survey(_ datagram: Bytes) -> Bool

  /// Times of the packet that comes next.
  mutating func begin(_ packet: SequencedPacket, _ times: ArrivalTimes, isRecovered: Bool)

  /// What the sequence says before its messages: gaps, restarts, a late join. Counted already.
  mutating func judged(_ verdict: SequenceVerdict, _ packet: SequencedPacket)

  /// Takes the packet's messages after the first `skip`.
  mutating func decode(_ datagram: Bytes, _ packet: SequencedPacket, skip: UInt64)

  /// The state of the feed's lines changed.
  mutating func feedChanged(to state: FeedState, time: UInt64)

  /// Says in the rings, now and then, that the ingester lives.
  /// - Parameter now: CLOCK_MONOTONIC, ns.
  mutating func beatIfDue(_ now: UInt64)

  /// Nothing came for a moment: a time for what waits.
  mutating func idle()

  /// The run ends: what still waits for room goes now, or is counted as lost.
  mutating func end()

  /// Messages by their type byte, known types only.
  func messages(ofType type: Int) -> UInt64

  /// A fresh session of a replay: everything but the directory is forgotten.
  mutating func beginSession()
}

extension FeedDecoder where Self: ~Copyable {
  @inline(__always)
  mutating func survey(_ datagram: Bytes) -> Bool { Self.isWhole(datagram) }
}

/// A decoder whose messages become ticks: what it does not do itself its publisher does.
protocol PublishingDecoder: FeedDecoder, ~Copyable {
  /// Where the ticks go.
  var publisher: TickPublisher { get set }
}

extension PublishingDecoder where Self: ~Copyable {
  mutating func feedChanged(to state: FeedState, time: UInt64) {
    publisher.feedChanged(to: state, time: time)
  }

  @inline(__always)
  mutating func beatIfDue(_ now: UInt64) { publisher.beatIfDue(now) }
  mutating func idle() { publisher.idle() }
  mutating func end() { publisher.end() }
  mutating func beginSession() { publisher.beginSession() }
}
