import TickWire

/// One datagram's place in its stream.
struct SequencedPacket: BitwiseCopyable {
  /// Protocol and channel: which stream it belongs to.
  var stream: UInt64
  /// Session number or name, as the protocol has it.
  var session: UInt128
  /// Sequence of the first message, or the next one expected in a heartbeat.
  var first: UInt64
  /// Messages in it; 0 is a heartbeat.
  var count: UInt64
  /// Venue's sending time, ns: a duplicate carries an old one, a restart a new one. 0 where the
  /// protocol has none.
  var sendTime: UInt64
  /// A heartbeat that says that nothing more comes in its session.
  var endsSession = false
  /// Where its messages begin and end in the stream's bytes, where the protocol says so; both 0
  /// where it does not.
  var offset: UInt64 = 0
  var offsetEnd: UInt64 = 0

  /// One past its last message.
  var end: UInt64 { first + count }

  /// Whether both are one packet, or copies of it.
  func isCopy(of other: SequencedPacket) -> Bool {
    stream == other.stream && session == other.session && first == other.first
      && count == other.count
  }
}

/// When one datagram came in. All ns.
struct ArrivalTimes: BitwiseCopyable {
  /// What age is judged by, since the Unix epoch: now, or the capture's time in a replay.
  var clock: UInt64
  /// Receive time, CLOCK_MONOTONIC, which the ticks carry to their consumers.
  var received_ns: UInt64
  /// What waits are measured by: CLOCK_MONOTONIC, or the capture's time in a replay.
  var now: UInt64

  init(clock: UInt64, received_ns: UInt64, now: UInt64) {
    self.clock = clock
    self.received_ns = received_ns
    self.now = now
  }
}

/// What the framing of a protocol finds in a datagram.
enum Frame {
  case packet(SequencedPacket)
  /// Not of this protocol.
  case foreign
  /// Says that it is, and cannot be true.
  case malformed
}
