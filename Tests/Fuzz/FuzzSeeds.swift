/// What fuzzing begins with: small whole inputs of every kind, made by the project's own writers.
enum FuzzSeeds {
  /// Bytes that `body` writes; it returns how many.
  private static func made(_ body: (MutableBytes) -> Int) -> [UInt8] {
    withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 8) { raw in
      raw.initializeMemory(as: UInt8.self, repeating: 0)
      let length = body(MutableBytes(raw.baseAddress!, count: raw.count))
      return Array(raw[..<length])
    }
  }

  // MARK: IEX-TP

  static var datagrams: [[UInt8]] {
    [made { heartbeat(into: $0) }, made { tops(into: $0) }, made { deep(into: $0) }]
  }

  private static let head = IexTpWriter.Head(
    flags: 0x20, exchangeTimeNs: 1_741_012_200_000_000_000, symbol: Symbol("TICK")!)

  private static func stream(_ kind: IexProtocol) -> IexTpWriter.Stream {
    .init(
      messageProtocol: kind.rawValue, channel: 1, session: 9,
      sendTimeNs: 1_741_012_200_000_001_000)
  }

  private static func heartbeat(into packet: MutableBytes) -> Int {
    IexTpWriter(into: packet).finish(stream(.tops))
  }

  private static func tops(into packet: MutableBytes) -> Int {
    var writer = IexTpWriter(into: packet)
    writer.systemEvent(UInt8(ascii: "O"), exchangeTimeNs: head.exchangeTimeNs)
    writer.securityDirectory(head, roundLot: 100, adjustedCloseE4: 10_000, luldTier: 1)
    writer.tradingStatus(head, reason: 0x2020_2020)
    writer.retailLiquidity(head)
    writer.operationalHalt(head)
    writer.shortSalePriceTest(head, detail: 0x20)
    writer.quote(head, bidSize: 100, bidPriceE4: 9_900, askPriceE4: 10_000, askSize: 200)
    let trade = IexTradeFields(size: 10, priceE4: 9_900, tradeId: 5)
    writer.trade(head, trade)
    writer.tradeBreak(head, trade)
    writer.securityEvent(head)
    writer.officialPrice(head, priceE4: 10_000)
    writer.auction(head, IexAuctionFields())
    return writer.finish(stream(.tops))
  }

  private static func deep(into packet: MutableBytes) -> Int {
    var writer = IexTpWriter(into: packet)
    writer.priceLevel(head, isBuy: true, size: 100, priceE4: 9_900)
    writer.priceLevel(head, isBuy: false, size: 0, priceE4: 10_000)
    return writer.finish(stream(.deep))
  }

  // MARK: MoldUDP64

  /// A heartbeat, two messages, an end of session, a request, a file, and what a relay sends.
  static var moldDatagrams: [[UInt8]] {
    let session = Array("SESSION001".utf8)
    let first: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 5]
    let event: [UInt8] = [0, 12] + Array("S".utf8) + [UInt8](repeating: 0, count: 11)
    return [
      session + first + [0, 0], session + first + [0, 2] + event + event,
      session + first + [0xFF, 0xFF], session + first + [0, 9], event + event + [0, 0],
      session + first + [0, 2] + [0, 21] + relayEntry + [0, 24] + relayTick, relayTick, relayEntry,
    ]
  }

  private static var relayEntry: [UInt8] {
    made { target in
      RelayEntry(instrument: 1, symbol: Symbol("TICK")!, venue: Symbol("IEX")!)
        .encode(into: target)
      return RelayEntry.byteCount
    }
  }

  private static var relayTick: [UInt8] {
    made { target in
      let price = 50.25.bitPattern
      RelayTick(words: (1_741_012_200 << 30, price << 32 | 1 << 4 | 4, 9 << 32 | price >> 32))
        .encode(into: target)
      return RelayTick.byteCount
    }
  }

  // MARK: Captures

  /// pcap in two byte orders, pcapng, and each link layer.
  static var captures: [[UInt8]] {
    let frames = datagrams.map { frame(of: $0) }
    let ip = frames.map { Array($0[14...]) }
    let cooked: [UInt8] = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0]
    let cooked2: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]
    let tagged = frames.map { $0[..<12] + [0x81, 0, 0, 5, 0x88, 0xA8, 0, 6] + $0[12...] }
    return [
      pcap(1, frames, isBig: false), pcap(1, frames, isBig: true),
      pcap(1, tagged.map { Array($0) }, isBig: false), pcap(101, ip, isBig: false),
      pcap(113, ip.map { cooked + $0 }, isBig: false),
      pcap(276, ip.map { cooked2 + $0 }, isBig: false),
      pcap(0, ip.map { [2, 0, 0, 0] + $0 }, isBig: false), pcapng(frames),
    ]
  }

  private static func frame(of datagram: [UInt8]) -> [UInt8] {
    let writer = PcapWriter(
      route: .init(source: 0x0A00_0001, group: 0xE900_0001, sourcePort: 7, groupPort: 8))
    let record = made { record in
      for (index, byte) in datagram.enumerated() {
        record.put(u8: byte, at: PcapWriter.payloadOffset + index)
      }
      return writer.seal(record, payloadCount: datagram.count, captureTimeNs: 1_741_012_200 << 30)
    }
    return Array(record[16...])
  }

  private static func words(_ values: [UInt32], isBig: Bool = false) -> [UInt8] {
    values.flatMap { value in
      withUnsafeBytes(of: isBig ? value.bigEndian : value.littleEndian) { Array($0) }
    }
  }

  private static func pcap(_ link: UInt32, _ frames: [[UInt8]], isBig: Bool) -> [UInt8] {
    let version: UInt32 = isBig ? 0x0002_0004 : 0x0004_0002
    let header = words([0xA1B2_C3D4, version, 0, 0, 65_535, link], isBig: isBig)
    return frames.reduce(header) { file, frame in
      let count = UInt32(frame.count)
      return file + words([1_741_012_200, 999, count, count], isBig: isBig) + frame
    }
  }

  private static func pcapng(_ frames: [[UInt8]]) -> [UInt8] {
    let section = words([0x0A0D_0D0A, 28, 0x1A2B_3C4D, 1, .max, .max, 28])
    // One interface: Ethernet, with nanosecond times (option 9, value 9) and an end of options.
    let interface = words([1, 32, 1, 0, 0x0001_0009, 9, 0, 32])
    return frames.reduce(section + interface) { file, frame in
      let padding = [UInt8](repeating: 0, count: (4 - frame.count % 4) % 4)
      let total = UInt32(32 + frame.count + padding.count)
      let count = UInt32(frame.count)
      return file + words([6, total, 0, 0x1829_0000, 5, count, count]) + frame + padding
        + words([total])
    }
  }

  // MARK: Order entry

  /// A login, then every message type in one stream for each direction; the first byte cuts it.
  static var streams: [[UInt8]] {
    let login = made { target in
      SoupBinLoginRequest(
        username: FixedText("user")!, password: FixedText("secret")!, session: .blank, sequence: 1
      ).encode(into: target)
    }
    let accepted = made {
      SoupBinLoginAccepted(session: FixedText("day")!, sequence: 7).encode(into: $0)
    }
    let inbound = Ouch50.InboundType.allCases
      .map { packet(.unsequenced, $0.rawValue, $0.lengthMin) }
    let outbound = Ouch50.OutboundType.allCases
      .map { packet(.sequenced, $0.rawValue, $0.lengthMin) }
    let older = Ouch42.InboundType.allCases
      .map { packet(.unsequenced, $0.rawValue, $0.length) }
    let olderAnswers = Ouch42.OutboundType.allCases
      .map { packet(.sequenced, $0.rawValue, $0.length) }
    return [
      [90] + older.joined(), [90] + olderAnswers.joined(),
      [255] + login, [255] + accepted, [20] + login + inbound.joined(),
      [3] + accepted + outbound.joined(), [255] + packet(.unsequenced, 0x4F, 47 + 6, option: true),
    ]
  }

  private static func packet(
    _ kind: SoupBin.PacketType, _ type: UInt8, _ length: Int, option: Bool = false
  ) -> [UInt8] {
    var message = [UInt8](repeating: 0, count: length)
    message[0] = type
    if option {
      let tag = Ouch50.Tag.minimumQuantity.rawValue
      message.replaceSubrange(45..., with: [0, 6, 5, tag, 0, 0, 0, 9])
    }
    return made { target in
      for (index, byte) in message.enumerated() {
        target.put(u8: byte, at: SoupBin.headerLength + index)
      }
      return SoupBin.frame(kind, payload: length, into: target)
    }
  }
}
