import TickWire

/// The IEX-TP datagrams of captures, whole ones only; the rest is counted.
struct IexDatagrams: ~Copyable {
  private var captures: CaptureMerge
  private var foreign: UInt64 = 0
  private var malformed: UInt64 = 0
  private var tooLong: UInt64 = 0

  init(_ captures: consuming CaptureMerge) { self.captures = captures }

  /// The next datagram and its header; nil at the end.
  mutating func next(_ datagram: inout Datagram) -> IexTpHeader? {
    while captures.next(&datagram) {
      guard IexTpHeader.isIexTp(datagram.payload) else {
        foreign += 1
        continue
      }
      guard datagram.payload.count <= LineSender.packetBytesMax else {
        tooLong += 1
        continue
      }
      guard let header = IexTpHeader(datagram.payload) else {
        malformed += 1
        continue
      }
      return header
    }
    return nil
  }

  /// Adds what was met and left out.
  func add(to counts: inout PublishSourceCounts) {
    let found = captures.counts
    counts.ignored += found.ignored.total + foreign
    counts.truncated += found.truncated
    counts.isTailCut = counts.isTailCut || found.cutTail
    counts.malformed += malformed
    counts.tooLong += tooLong
  }
}

/// Times in an IEX-TP packet.
enum IexStamp {
  private static let sendTimeOffset = 32
  /// Every message type has its time here, ns since the Unix epoch, UTC.
  private static let messageTimeOffset = 2

  /// Moves the send time and the messages' times by `difference_ns`.
  static func shift(_ packet: MutableBytes, by difference_ns: Int64) {
    guard difference_ns != 0, let header = IexTpHeader(packet.bytes) else { return }
    shift(packet, at: sendTimeOffset, difference_ns)
    var offset = IexTpHeader.byteCount
    let end = offset + header.payloadLength
    for _ in 0..<header.messageCount {
      guard offset + 2 <= end else { return }
      let length = Int(packet.bytes.u16le(offset))
      guard offset + 2 + length <= end else { return }
      shiftMessage(packet.slice(at: offset + 2, count: length), by: difference_ns)
      offset += 2 + length
    }
  }

  /// Moves the time of one message. One that is too short to have a time stays as it is.
  static func shiftMessage(_ message: MutableBytes, by difference_ns: Int64) {
    guard message.bytes.has(8, at: messageTimeOffset) else { return }
    shift(message, at: messageTimeOffset, difference_ns)
  }

  private static func shift(_ bytes: MutableBytes, at offset: Int, _ difference_ns: Int64) {
    bytes.put(i64le: bytes.bytes.i64le(offset) &+ difference_ns, at: offset)
  }
}
