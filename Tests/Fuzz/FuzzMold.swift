/// MoldUDP64 datagrams.
enum FuzzMold {
  static func read(_ datagram: Bytes) {
    guard let header = MoldUdp64Header(datagram) else { return }
    fuzzUse(header.session.high ^ UInt64(header.session.low) ^ header.firstSequence)
    fuzzCheck(!(header.isHeartbeat && header.isEndOfSession), "a datagram is one thing")
    var messages = header.messages(of: datagram)
    let expected = messages.remaining
    var walked = 0
    var bytes = 0
    while let message = messages.next() {
      walked += 1
      bytes += 2 + message.count
      if message.count > 0 { fuzzUse(ItchMessageType.byteCount(message[0]) ?? 0) }
    }
    fuzzCheck(walked + messages.remaining == expected, "each message once, or lost")
    let whole = MoldUdp64Header.byteCount + bytes + messages.unreadByteCount
    fuzzCheck(whole == datagram.count, "every byte is a message's, or left")
  }
}
