/// Where one line goes on in one stream, by what is sure of it.
struct LineCourse: BitwiseCopyable {
  /// One past the last message of the line whose place is proven; 0: not known, or a claim is kept.
  var next: UInt64 = 0
  /// The same in the stream's bytes; 0: not known.
  var offset: UInt64 = 0

  init() {}

  init(after packet: SequencedPacket) {
    (next, offset) = (packet.end, packet.offsetEnd)
  }

  /// Whether a packet elsewhere proves by itself that it is there: sequence and bytes have moved
  /// the same way, and as messages of two bytes and more do. One flipped bit moves one of them.
  func proves(_ packet: SequencedPacket) -> Bool {
    guard next != 0, offset != 0, packet.offsetEnd != 0 else { return false }
    let isAhead = packet.first > next
    guard packet.first != next, packet.offset != offset, isAhead == (packet.offset > offset)
    else { return false }
    let messages = isAhead ? packet.first - next : next - packet.first
    let bytes = isAhead ? packet.offset - offset : offset - packet.offset
    return messages <= bytes / 2 && bytes / 0x1_0001 <= messages
  }

  /// Whether a packet says that it goes on where the line is in bytes, and elsewhere in messages:
  /// its sequence is damaged.
  func refutes(_ packet: SequencedPacket) -> Bool {
    next != 0 && offset != 0 && packet.offset == offset && packet.count > 0
      && packet.first != next
  }
}

/// The last packet of a line whose place nothing has proven yet.
struct LineClaim: BitwiseCopyable {
  var isThere = false
  /// Something came on the line since the stream began, so that its next packet has a course.
  var isHeard = false
  /// Where the line is apart from the claim.
  var course = LineCourse()
  var packet = SequencedPacket(stream: 0, session: 0, first: 0, count: 0, sendTime: 0)
  var now: UInt64 = 0
  /// Packets that have come on the line's course since.
  var passed = 0
}
