import TickWire

/// A packet to be made of a script: a place in a stream, and what its messages are made of.
struct MadePacket {
  /// 0 or 1.
  var stream = 0
  var session = 0
  var first: UInt64 = 1
  var offset: UInt64 = 0
  var sendTime: UInt64 = 0
  var messages = 0
}

/// Makes a packet of a protocol in memory given; the datagram's length. What the fuzzer does not
/// find by itself is where a stream goes on; messages are mostly its own.
typealias PacketMaker = (MadePacket, inout FeedScript, MutableBytes) -> Int

private let symbols = (0..<16).map { Symbol("S\($0)")! }

enum FuzzedIex {
  static func write(
    _ packet: MadePacket, _ script: inout FeedScript, _ target: MutableBytes
  ) -> Int {
    var writer = IexTpWriter(into: target)
    for _ in 0..<packet.messages { add(&script, packet, to: &writer) }
    let kind: IexProtocol = packet.stream == 0 ? .tops : .deep
    return writer.finish(
      IexTpWriter.Stream(
        messageProtocol: kind.rawValue, channel: 1, session: UInt32(packet.session),
        offset: packet.offset, firstSequence: packet.first,
        sendTimeNs: Int64(clamping: packet.sendTime)))
  }

  private static func add(
    _ script: inout FeedScript, _ packet: MadePacket, to writer: inout IexTpWriter
  ) {
    let kind = script.u8()
    let head = IexTpWriter.Head(
      flags: 0, exchangeTimeNs: Int64(clamping: packet.sendTime), symbol: symbols[script.u8() & 15])
    let (size, price) = (UInt32(script.u16()), Int64(script.u16()))
    let (size2, price2) = (UInt32(script.u16()), Int64(script.u8()))
    switch kind & 7 {
    case 0:
      writer.quote(
        head, bidSize: size, bidPriceE4: price, askPriceE4: price + price2, askSize: size2)
    case 1: writer.trade(head, IexTradeFields(size: size, priceE4: price, tradeId: price2))
    case 2: writer.tradeBreak(head, IexTradeFields(size: size, priceE4: price, tradeId: price2))
    case 3, 4: writer.priceLevel(head, isBuy: kind & 1 == 0, size: size, priceE4: price)
    case 5: writer.tradingStatus(head, reason: size)
    case 6: writer.operationalHalt(head)
    default: writer.append(script.take(Int(size & 63)))
    }
  }
}

enum FuzzedItch {
  static func write(
    _ packet: MadePacket, _ script: inout FeedScript, _ target: MutableBytes
  ) -> Int {
    writeMold(packet, into: target) { writer in
      _ = writer.add(script.take(script.u8() & 63))
    }
  }
}

enum FuzzedRelay {
  static func write(
    _ packet: MadePacket, _ script: inout FeedScript, _ target: MutableBytes
  ) -> Int {
    writeMold(packet, into: target) { writer in
      let (kind, instrument) = (script.u8(), UInt32(script.u8() & 15))
      let (price, quantity) = (Double(script.u16()).bitPattern, UInt64(script.u16()))
      if kind & 8 != 0 {
        let entry = RelayEntry(
          instrument: max(1, instrument), symbol: symbols[kind >> 4], venue: symbols[15])
        writer.claim(RelayEntry.byteCount).map { entry.encode(into: $0) }
      } else {
        let series = UInt64(instrument << 4) | UInt64(kind & 7)
        let tick = RelayTick(
          words: (packet.sendTime, price << 32 | series, quantity << 32 | price >> 32))
        writer.claim(RelayTick.byteCount).map { tick.encode(into: $0) }
      }
    }
  }
}

/// MoldUDP64 has one stream; two of a script are two sessions.
private func writeMold(
  _ packet: MadePacket, into target: MutableBytes, _ add: (inout MoldUdp64Writer) -> Void
) -> Int {
  let session = MoldUdp64Session(high: UInt64(packet.session), low: UInt16(packet.stream))
  var writer = MoldUdp64Writer(into: target)
  if packet.messages == 0 {
    return packet.session & 1 == 0
      ? writer.heartbeat(session, next: packet.first)
      : writer.endOfSession(session, next: packet.first)
  }
  writer.begin(session, firstSequence: packet.first)
  for _ in 0..<packet.messages { add(&writer) }
  return writer.finish()
}
