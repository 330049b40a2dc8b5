/// IEX-TP datagrams and the messages in them.
enum FuzzIex {
  static func read(_ datagram: Bytes) {
    fuzzUse(IexTpHeader.isIexTp(datagram) ? 1 : 0)
    guard let header = IexTpHeader(datagram) else { return }
    fuzzUse(header.firstSequence &+ header.streamOffset &+ header.sendTime)
    var messages = header.messages(of: datagram)
    var walked = 0
    var bytes = 0
    while let message = messages.next() {
      walked += 1
      bytes += 2 + message.count
      if let message = IexMessage(message), message.isKnown { use(message) }
    }
    fuzzCheck(walked + messages.remaining == header.messageCount, "each message once, or lost")
    fuzzCheck(bytes <= header.payloadLength, "messages lie within the payload")
  }

  private static func use(_ message: IexMessage) {
    fuzzUse(message.flags)
    fuzzUse(message.time)
    if message.type == IexMessageType.systemEvent { return }
    fuzzUse(message.symbol.word)
    fuzzUse(message.symbol.isPrintable ? 1 : 0)
    switch message.type {
    case IexMessageType.quoteUpdate:
      fuzzUse(message.bidSize)
      fuzzUse(message.bidPrice)
      fuzzUse(message.askPrice)
      fuzzUse(message.askSize)
    case IexMessageType.tradeReport, IexMessageType.tradeBreak:
      fuzzUse(message.size)
      fuzzUse(message.price)
      fuzzUse(message.tradeId)
      fuzzUse(message.setsNoLastPrice ? 1 : 0)
    case IexMessageType.priceLevelBuy, IexMessageType.priceLevelSell:
      fuzzUse(message.size)
      fuzzUse(message.price)
      fuzzUse(message.completesEvent ? 1 : 0)
    default:
      fuzzUse(message.statusByte)
    }
  }
}
