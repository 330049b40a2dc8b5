import TickWire

/// What all decoders of MoldUDP64 have in common: the framing. A type of it says what one message
/// means.
protocol MoldDecoder: PublishingDecoder, ~Copyable {
  /// Takes one message, which is counted already. Anything may be in it.
  mutating func take(_ message: Bytes)
}

extension MoldDecoder where Self: ~Copyable {
  @inline(__always)
  static func frame(_ datagram: Bytes) -> Frame { MoldFraming.frame(datagram) }

  @inline(__always)
  static func isWhole(_ datagram: Bytes) -> Bool { MoldFraming.isWhole(datagram) }

  @inline(__always)
  mutating func decode(_ datagram: Bytes, _ packet: SequencedPacket, skip: UInt64) {
    guard let header = MoldUdp64Header(datagram) else { return }
    var messages = header.messages(of: datagram)
    messages.skip(skip)
    while let message = messages.next() {
      counts.messages += 1
      take(message)
    }
  }
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

  /// Whether the messages fill the datagram exactly: a count or a length that lies would shift the
  /// sequence, and another protocol's first bytes would be taken for a session.
  @inline(__always)
  static func isWhole(_ datagram: Bytes) -> Bool {
    MoldUdp64Header(datagram)?.messages(of: datagram).areWhole ?? false
  }
}
