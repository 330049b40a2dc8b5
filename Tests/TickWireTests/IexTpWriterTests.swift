import Testing

@testable import TickWire

@Suite struct IexTpWriterTests {
  static let head = IexTpWriter.Head(
    flags: 0x60, exchangeTimeNs: 1_741_012_200_000_000_123, symbol: Symbol("ZVZZT")!)
  static let stream = IexTpWriter.Stream(
    messageProtocol: IexProtocol.tops.rawValue, channel: 7, session: 9, offset: 1_000,
    firstSequence: 55, sendTimeNs: 1_741_012_200_000_000_999)
  static let trade = IexTradeFields(size: 17, priceE4: 1_234_500, tradeId: 42)

  /// Writes a packet, then reads it through `body`.
  func packet(
    capacity: Int = 1_400, _ write: (inout IexTpWriter) -> Void, _ read: (Bytes) -> Void
  ) {
    withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { raw in
      let memory = MutableBytes(raw.baseAddress!, count: capacity)
      memory.fill(0xEE, at: 0, count: capacity)
      var writer = IexTpWriter(into: memory)
      write(&writer)
      read(memory.bytes.slice(at: 0, count: writer.finish(Self.stream)))
    }
  }

  @Test func aPacketWithoutMessagesIsAHeartbeat() {
    packet({ _ in }) { datagram in
      let header = IexTpHeader(datagram)
      #expect(datagram.count == 40)
      #expect(IexTpHeader.isIexTp(datagram))
      #expect(header?.messageCount == 0 && header?.payloadLength == 0)
      #expect(header?.firstSequence == 55 && header?.streamOffset == 1_000)
      #expect(header?.channel == 7 && header?.session == 9)
      #expect(header?.sendTime == 1_741_012_200_000_000_999)
    }
  }

  @Test func everyMessageHasTheLengthItsTypeSays() {
    packet({ writer in
      let head = Self.head
      writer.systemEvent(UInt8(ascii: "O"), exchangeTimeNs: 5)
      writer.securityDirectory(head, roundLot: 100, adjustedCloseE4: 5, luldTier: 1)
      writer.tradingStatus(head, reason: 0x2020_2020)
      writer.retailLiquidity(head)
      writer.operationalHalt(head)
      writer.shortSalePriceTest(head, detail: 0x20)
      writer.securityEvent(head)
      writer.quote(head, bidSize: 1, bidPriceE4: 2, askPriceE4: 3, askSize: 4)
      writer.trade(head, Self.trade)
      writer.tradeBreak(head, Self.trade)
      writer.officialPrice(head, priceE4: 1)
      writer.auction(head, IexAuctionFields())
      writer.priceLevel(head, isBuy: true, size: 1, priceE4: 1)
      writer.priceLevel(head, isBuy: false, size: 1, priceE4: 1)
    }) { datagram in
      let expected = "SDHIOPEQTBXA85".utf8.map { Int($0) }
      var types: [Int] = []
      guard let header = IexTpHeader(datagram) else { Issue.record("no header"); return }
      var messages = header.messages(of: datagram)
      while let bytes = messages.next() {
        guard let message = IexMessage(bytes) else { Issue.record("malformed"); continue }
        types.append(Int(message.type))
        #expect(message.bytes.count == IexMessageType.byteCount(message.type))
        if message.type != UInt8(ascii: "S") {
          #expect(message.symbol == Self.head.symbol)
          #expect(message.time == UInt64(Self.head.exchangeTimeNs))
        }
      }
      #expect(types == expected)
    }
  }

  @Test func quotesAndTradesReadBackAsWritten() {
    packet({ writer in
      writer.quote(Self.head, bidSize: 300, bidPriceE4: -2, askPriceE4: 1 << 40, askSize: 7)
      writer.trade(Self.head, Self.trade)
    }) { datagram in
      var messages = IexTpHeader(datagram)!.messages(of: datagram)
      let quote = messages.next().flatMap { IexMessage($0) }
      #expect(quote?.flags == 0x60 && quote?.bidSize == 300 && quote?.bidPrice == -2)
      #expect(quote?.askPrice == 1 << 40 && quote?.askSize == 7)
      let trade = messages.next().flatMap { IexMessage($0) }
      #expect(trade?.size == 17 && trade?.price == 1_234_500 && trade?.tradeId == 42)
    }
  }

  @Test func roomIsSaidToTheByte() {
    let capacity = 40 + 2 + 18
    packet(
      capacity: capacity,
      { writer in
        #expect(writer.hasRoom(for: 18) && !writer.hasRoom(for: 19))
        writer.retailLiquidity(Self.head)
        #expect(!writer.hasRoom(for: 0))
      }
    ) { #expect($0.count == capacity) }
  }
}
