/// MoldUDP64 datagrams and re-requests, files of raw messages, and a tick relay's messages.
enum FuzzMold {
  static func read(_ datagram: Bytes) {
    request(datagram)
    file(datagram)
    relay(datagram)
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
      fuzzUse(ItchTime.read(message) ?? 0)
      relay(message)
    }
    fuzzCheck(walked + messages.remaining == expected, "each message once, or lost")
    let whole = MoldUdp64Header.byteCount + bytes + messages.unreadByteCount
    fuzzCheck(whole == datagram.count, "every byte is a message's, or left")
    write(datagram, header)
  }
  /// What was walked is written again, and is the same datagram as far as it was whole.
  private static func write(_ datagram: Bytes, _ header: MoldUdp64Header) {
    withScratch(datagram.count) { scratch in
      var writer = MoldUdp64Writer(into: scratch)
      writer.begin(header.session, firstSequence: header.firstSequence)
      var messages = header.messages(of: datagram)
      while let message = messages.next() {
        fuzzCheck(writer.add(message), "what came in a datagram fits one of its length")
      }
      _ = header.isEndOfSession ? writer.byteCount : writer.finish()
      let start = MoldUdp64Header.byteCount
      for offset in start..<writer.byteCount {
        fuzzCheck(scratch.bytes[offset] == datagram[offset], "messages are written as they came")
      }
      if header.messageCount > 0 && messages.remaining == 0 {
        for offset in 0..<start {
          fuzzCheck(scratch.bytes[offset] == datagram[offset], "so is the header")
        }
      }
    }
  }

  private static func request(_ bytes: Bytes) {
    guard let request = MoldUdp64Request(bytes) else { return }
    withScratch(MoldUdp64Request.byteCount) { scratch in
      fuzzCheck(request.encode(into: scratch) == bytes.count, "a request is as long as it came")
      for offset in 0..<bytes.count {
        fuzzCheck(scratch.bytes[offset] == bytes[offset], "a request is written as it came")
      }
    }
  }

  private static func file(_ bytes: Bytes) {
    fuzzUse(ItchFile.isItch(bytes) ? 1 : 0)
    var walk = ItchFileMessages(bytes)
    var walked = 0
    while let message = walk.next() { walked += 2 + message.count }
    switch walk.ending {
    case .marked(let trailing): walked += 2 + trailing
    case .cut(let count): walked += count
    case .unmarked: break
    case nil: fuzzCheck(false, "a walk that is over says how")
    }
    fuzzCheck(walked == bytes.count, "every byte of a file is accounted for")
  }

  private static func relay(_ bytes: Bytes) {
    guard let message = RelayMessage(bytes) else { return }
    withScratch(bytes.count) { scratch in
      switch message {
      case .tick(let tick):
        fuzzCheck(tick.price.isFinite && tick.kind <= 6, "a tick is one that may be seen")
        fuzzCheck(tick.renumbered(tick.instrument) == tick, "its own number changes nothing")
        tick.encode(into: scratch)
        fuzzCheck(RelayMessage(scratch.bytes) == message, "a tick reads back")
      case .entry(let entry):
        fuzzCheck(entry.instrument > 0, "an entry is of an instrument")
        entry.encode(into: scratch)
        fuzzCheck(RelayMessage(scratch.bytes) == message, "an entry reads back")
      }
    }
  }

  private static func withScratch(_ count: Int, _ body: (MutableBytes) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { raw in
      raw.initializeMemory(as: UInt8.self, repeating: 0)
      body(MutableBytes(raw.baseAddress!, count: count))
    }
  }
}
