import TickRing
import TickWire

/// IEX-TP with TOPS 1.6 and DEEP 1.0: messages to ticks.
///
/// Hot path. Thread: the ingester, alone. No allocation, lock or system call. Failure: none; what
/// cannot be true is counted, and a restart under the policy `refuse` is reported by `ingest`.
struct IexDecoder: ~Copyable, PublishingDecoder {
  var publisher: TickPublisher
  var counts = FeedCounts()
  /// Messages by their type byte, known types only.
  private let countsByType: Slab<UInt64>
  private var books: PriceLevelBooks
  /// The top last published of each book: changes below it are nobody's business.
  private let publishedTops: Slab<TopOfBook>
  /// No book's top: a side with shares has a price.
  private static let untold = TopOfBook(bidPrice: .min, askPrice: .min)

  init(publisher: consuming TickPublisher) {
    self.publisher = publisher
    countsByType = Slab(count: 256, repeating: 0)
    books = PriceLevelBooks(instruments: TickPublisher.instrumentsMax)
    publishedTops = Slab(count: TickPublisher.instrumentsMax, repeating: TopOfBook())
  }

  /// Forgets sequences and books, keeps the directory: a fresh session of a replay.
  mutating func beginSession() {
    let used = publisher.instrumentCount + 1
    books.clear(instruments: used)
    publishedTops.fill(TopOfBook(), prefix: used)
    publisher.beginSession()
  }

  private mutating func emptyBooks(of stream: Int) {
    for instrument in 1..<(UInt32(publisher.instrumentCount) + 1)
    where publisher.isInstrument(instrument, ofStream: stream) {
      books.clear(instrument)
      publishedTops[Int(instrument)] = TopOfBook()
    }
  }

  @inline(__always)
  static func frame(_ datagram: Bytes) -> Frame {
    guard IexTpHeader.isIexTp(datagram) else { return .foreign }
    guard let header = IexTpHeader(datagram) else { return .malformed }
    return .packet(SequencedPacket(header))
  }

  @inline(__always)
  static func isWhole(_ datagram: Bytes) -> Bool {
    IexTpHeader(datagram)?.messages(of: datagram).areWhole ?? false
  }

  @inline(__always)
  mutating func survey(_ datagram: Bytes) -> Bool {
    guard let header = IexTpHeader(datagram) else { return false }
    var messages = header.messages(of: datagram)
    while let message = messages.next() { publisher.expect(IexMessage.symbolWord(message)) }
    return messages.remaining == 0 && messages.unreadByteCount == 0
  }

  @inline(__always)
  mutating func begin(_ packet: SequencedPacket, _ times: ArrivalTimes, isRecovered: Bool) {
    publisher.beginPacket(
      received_ns: times.received_ns, clock: times.clock, sendTime: packet.sendTime,
      isRecovered: isRecovered)
  }

  /// Tells the strategies of what the sequence says, before the next tick.
  @inline(__always)
  mutating func judged(_ verdict: SequenceVerdict, _ packet: SequencedPacket) {
    if verdict.isRestart || verdict.isNewSession || verdict.missing > 0 || verdict.isJoin {
      tell(verdict, packet)
    }
    publisher.beginMessages(stream: verdict.stream)
  }

  @inline(never)
  private mutating func tell(_ verdict: SequenceVerdict, _ packet: SequencedPacket) {
    if verdict.isRestart || verdict.isNewSession {
      emptyBooks(of: verdict.stream)
      publisher.restart(stream: verdict.stream, time: packet.sendTime)
    }
    if verdict.missing > 0 {
      publisher.gap(
        stream: verdict.stream, time: packet.sendTime, isOfPast: verdict.isOfPast)
    }
    // A book is the sum of all messages of its day: joined late, it lacks some too.
    let isLate = verdict.isJoin && packet.first > 1
    let isDeep = packet.stream >> 32 == UInt64(IexProtocol.deep.rawValue)
    // What is lost of before a restart is in no book of after it.
    if isDeep, isLate || verdict.missing > 0 && !verdict.isOfPast {
      publisher.suspectBooks(stream: verdict.stream)
    }
  }

  @inline(__always)
  mutating func decode(_ datagram: Bytes, _ packet: SequencedPacket, skip: UInt64) {
    // It was framed once already; what was held back is read again.
    guard let header = IexTpHeader(datagram) else { return }
    var messages = header.messages(of: datagram)
    messages.skip(skip)
    let count = messages.remaining
    while let bytes = messages.next() {
      if let message = IexMessage(bytes) { take(message) } else { counts.malformed += 1 }
    }
    counts.messages += UInt64(count - messages.remaining)
    // A length lies, so the messages from there on cannot be read.
    counts.malformed += UInt64(messages.remaining)
  }

  func messages(ofType type: Int) -> UInt64 { countsByType[type] }

  @inline(__always)
  private mutating func take(_ message: IexMessage) {
    guard message.isKnown else {
      counts.unknown += 1
      return
    }
    countsByType[Int(message.type)] += 1
    switch message.type {
    case IexMessageType.quoteUpdate: takeQuote(message)
    case IexMessageType.tradeReport: takeTrade(message)
    case IexMessageType.priceLevelBuy: takeLevel(message, .bid)
    case IexMessageType.priceLevelSell: takeLevel(message, .ask)
    case IexMessageType.tradeBreak: takeBreak(message)
    case IexMessageType.tradingStatus: takeStatus(message, IexDecoder.tradingStatus(message))
    case IexMessageType.operationalHalt: takeStatus(message, IexDecoder.operationalStatus(message))
    default: break  // Counted by type; sets no tick.
    }
  }

  /// A known message's instrument.
  @inline(__always)
  private mutating func instrument(of message: IexMessage) -> UInt32? {
    // A name in the directory was looked at when it was new.
    publisher.known(IexMessage.symbolWord(message.bytes)) ?? newInstrument(of: message)
  }

  /// A name that is no text is a malformed message.
  @inline(never)
  private mutating func newInstrument(of message: IexMessage) -> UInt32? {
    let symbol = message.symbol
    guard symbol.isPrintable else {
      counts.malformed += 1
      return nil
    }
    return publisher.instrument(of: symbol)
  }

  private mutating func takeQuote(_ message: IexMessage) {
    message.requireBytes(of: IexMessageType.quoteUpdate)
    guard let instrument = instrument(of: message) else { return }
    let top = TopOfBook(
      bidPrice: message.bidPrice, askPrice: message.askPrice, bidSize: message.bidSize,
      askSize: message.askSize)
    publisher.quote(
      instrument, time: message.time, top,
      isHalted: message.flags & IexQuoteFlags.halted != 0)
  }

  private mutating func takeTrade(_ message: IexMessage) {
    message.requireBytes(of: IexMessageType.tradeReport)
    publisher.countTrade(priceE4: message.price, size: message.size)
    guard let instrument = instrument(of: message) else { return }
    publisher.trade(
      instrument, time: message.time, priceE4: message.price, size: message.size,
      setsNoLast: message.setsNoLastPrice)
  }

  private mutating func takeBreak(_ message: IexMessage) {
    guard let instrument = instrument(of: message) else { return }
    publisher.tradeBreak(
      instrument, time: message.time, priceE4: message.price, size: message.size)
  }

  private mutating func takeStatus(_ message: IexMessage, _ code: StatusCode) {
    guard let instrument = instrument(of: message) else { return }
    publisher.status(instrument, time: message.time, code: code)
  }

  /// Only a complete event leaves a book that anybody should see.
  private mutating func takeLevel(_ message: IexMessage, _ side: BookSide) {
    message.requireBytes(of: IexMessageType.priceLevelBuy)
    guard let instrument = instrument(of: message) else { return }
    if !books.set(instrument, side, price: message.price, size: message.size) {
      // A level is missing: its top may be wrong from here on.
      counts.booksFull += 1
      publisher.suspectBook(instrument)
    }
    guard message.completesEvent else { return }
    let top = books.top(instrument)
    guard publishedTops[Int(instrument)] != top else { return }
    // A top refused for its packet's age is told when one comes that is fresh.
    publishedTops[Int(instrument)] = publisher.isFresh ? top : IexDecoder.untold
    publisher.quote(instrument, time: message.time, top)
  }

  /// A status that we do not know is a halt: missing is never healthy.
  private static func tradingStatus(_ message: IexMessage) -> StatusCode {
    switch message.statusByte {
    case UInt8(ascii: "T"): .trading
    case UInt8(ascii: "P"): .paused
    case UInt8(ascii: "O"): .orderAcceptance
    default: .halted
    }
  }

  private static func operationalStatus(_ message: IexMessage) -> StatusCode {
    message.statusByte == UInt8(ascii: "N") ? .venueTrading : .venueHalted
  }
}

extension SequencedPacket {
  @inline(__always)
  fileprivate init(_ header: IexTpHeader) {
    self.init(
      stream: UInt64(header.messageProtocol) << 32 | UInt64(header.channel),
      session: UInt128(header.session), first: header.firstSequence,
      count: UInt64(header.messageCount), sendTime: header.sendTime,
      offset: header.streamOffset,
      // Anybody's bytes: a sum that wraps is one that proves nothing.
      offsetEnd: header.streamOffset &+ UInt64(header.payloadLength))
  }
}

/// The IEX feed: what a replay plays into, and what listens to the venue's lines.
typealias IexFeed = ArbitratedFeed<IexDecoder>

extension ArbitratedFeed where Decoder == IexDecoder {
  /// One line, and nothing held back: a capture is taken as it was recorded.
  init(publisher: consuming TickPublisher, restarts: RestartPolicy) {
    self.init(
      IexDecoder(publisher: publisher), limits: .immediate, restarts: restarts, lines: 1)
  }

  var publisher: TickPublisher {
    _read { yield decoder.publisher }
    _modify { yield &decoder.publisher }
  }

  /// Takes one datagram of the only line.
  @inline(__always)
  mutating func ingest(_ datagram: Bytes, clock: UInt64, received_ns: UInt64) -> Bool {
    ingest(
      datagram, line: 0, times: ArrivalTimes(clock: clock, received_ns: received_ns, now: clock))
  }
}
