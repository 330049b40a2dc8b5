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

  /// Times of the packet that comes next.
  mutating func begin(_ packet: SequencedPacket, _ times: PacketTimes, isRecovered: Bool)

  /// What the sequence says before its messages: gaps, restarts, a late join. Counted already.
  mutating func judged(_ verdict: SequenceVerdict, _ packet: SequencedPacket)

  /// Takes the packet's messages after the first `skip`.
  mutating func decode(_ datagram: Bytes, _ packet: SequencedPacket, skip: UInt64)

  /// The state of the feed's lines changed.
  mutating func feedChanged(to state: FeedState, time: UInt64)

  /// Nothing came for a moment: a time for what waits.
  mutating func idle()

  /// A fresh session of a replay: everything but the directory is forgotten.
  mutating func beginSession()
}
