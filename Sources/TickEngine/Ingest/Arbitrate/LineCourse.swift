/// Where one line goes on in one stream: after its last packet that was believed.
struct LineCourse: BitwiseCopyable {
  /// The next of a line of which nothing is known: no packet's.
  static let unheard = UInt64.max / 2

  /// The next sequence; 0: not known, or a claim of the line is kept, so each packet is looked at.
  var next: UInt64 = 0
  /// The next place in the stream's bytes; 0: not known.
  var offset: UInt64 = 0
  /// Something damaged came since, so that the line is further on than it is known to be.
  var isUnsure = false

  /// Whether a packet elsewhere proves by itself that it is there: sequence and bytes have moved
  /// the same way, and as messages of two bytes and more do. One flipped bit moves one of them.
  func proves(_ packet: SequencedPacket) -> Bool {
    guard next != 0, offset != 0, !isUnsure, packet.offsetEnd != 0 else { return false }
    let isAhead = packet.first > next
    guard packet.first != next, packet.offset != offset, isAhead == (packet.offset > offset)
    else { return false }
    let messages = isAhead ? packet.first - next : next - packet.first
    let bytes = isAhead ? packet.offset - offset : offset - packet.offset
    return messages <= bytes / 2 && bytes / 0x1_0001 <= messages
  }
}
