import TickRing
import TickWire

/// IEX-TP with TOPS 1.6 and DEEP 1.0: datagrams to ticks.
///
/// Hot path. Thread: the ingester, alone. No allocation, lock or system call. Failure: none; what
/// cannot be true is counted, and a restart under the policy `refuse` is reported by `ingest`.
struct IexFeed: ~Copyable {
  var publisher: TickPublisher
  private(set) var counts = FeedCounts()
  /// Messages by their type byte, known types only.
  let countsByType: Slab<UInt64>
  private var tracker = SequenceTracker()
  private var books: PriceLevelBooks
  /// The top last published of each book: changes below it are nobody's business.
  private let publishedTops: Slab<TopOfBook>
  private let restarts: RestartPolicy
  /// No book's top: a side with shares has a price.
  private static let untold = TopOfBook(bidPrice: .min, askPrice: .min)

  init(publisher: consuming TickPublisher, restarts: RestartPolicy) {
    self.publisher = publisher
    self.restarts = restarts
    countsByType = Slab(count: 256, repeating: 0)
    books = PriceLevelBooks(instruments: TickPublisher.instrumentsMax)
    publishedTops = Slab(count: TickPublisher.instrumentsMax, repeating: TopOfBook())
  }

  /// Forgets sequences and books, keeps the directory: a fresh session of a replay.
  mutating func beginSession() {
    tracker.reset()
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

  /// Takes one datagram.
  /// - Parameters:
  ///   - clock: what age is judged by, ns since the Unix epoch: the capture's time in a replay.
  ///   - received_ns: receive time, CLOCK_MONOTONIC.
  /// - Returns: false if the venue began its sequence anew and the policy is to refuse that;
  ///   nothing of the datagram was taken then.
  mutating func ingest(_ datagram: Bytes, clock: UInt64, received_ns: UInt64) -> Bool {
    guard IexTpHeader.isIexTp(datagram) else {
      counts.foreign += 1
      return true
    }
    counts.packets += 1
    guard let header = IexTpHeader(datagram) else {
      counts.malformed += 1
      return true
    }
    if header.messageCount == 0 { counts.heartbeats += 1 }
    publisher.beginPacket(received_ns: received_ns, clock: clock, sendTime: header.sendTime)
    let verdict = tracker.judge(SequencedPacket(header))
    if verdict.isUntracked {
      counts.untracked += 1
      return true
    }
    guard account(verdict, header) else { return false }
    publisher.beginMessages(stream: verdict.stream)
    if !verdict.isDuplicate { decode(header, datagram, skip: verdict.skip) }
    return true
  }

  /// Counts what the sequence says, and tells the strategies of it before the next tick.
  private mutating func account(_ verdict: SequenceVerdict, _ header: IexTpHeader) -> Bool {
    if verdict.isRestart {
      counts.restarts += 1
      guard restarts == .follow else { return false }
    }
    if verdict.isNewSession { counts.sessionChanges += 1 }
    if verdict.isRestart || verdict.isNewSession {
      emptyBooks(of: verdict.stream)
      publisher.restart(stream: verdict.stream, time: header.sendTime)
    }
    if verdict.missing > 0 {
      counts.gaps += 1
      // Sequences are anybody's bytes: their sum saturates.
      let (sum, overflow) = counts.missing.addingReportingOverflow(verdict.missing)
      counts.missing = overflow ? .max : sum
      publisher.gap(stream: verdict.stream, time: header.sendTime)
    }
    // A book is the sum of all messages of its day: joined late, it lacks some too.
    let isLate = (verdict.isJoin || verdict.isNewSession) && header.firstSequence > 1
    if header.messageProtocol == IexProtocol.deep.rawValue, isLate || verdict.missing > 0 {
      publisher.suspectBooks(stream: verdict.stream)
    }
    if verdict.isDuplicate { counts.duplicates += 1 }
    if verdict.isOverlap { counts.overlaps += 1 }
    return true
  }

  private mutating func decode(_ header: IexTpHeader, _ datagram: Bytes, skip: UInt64) {
    var messages = header.messages(of: datagram)
    var toSkip = skip
    while let bytes = messages.next() {
      if toSkip > 0 {
        toSkip -= 1
        continue
      }
      counts.messages += 1
      if let message = IexMessage(bytes) { take(message) } else { counts.malformed += 1 }
    }
    // A length lies, so the messages from there on cannot be read.
    counts.malformed += UInt64(messages.remaining)
  }

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
    case IexMessageType.tradingStatus: takeStatus(message, IexFeed.tradingStatus(message))
    case IexMessageType.operationalHalt: takeStatus(message, IexFeed.operationalStatus(message))
    default: break  // Counted by type; sets no tick.
    }
  }

  /// A known message's instrument; a name that is no text is a malformed message.
  @inline(__always)
  private mutating func instrument(of message: IexMessage) -> UInt32? {
    let symbol = message.symbol
    guard symbol.isPrintable else {
      counts.malformed += 1
      return nil
    }
    return publisher.instrument(of: symbol)
  }

  private mutating func takeQuote(_ message: IexMessage) {
    guard let instrument = instrument(of: message) else { return }
    let top = TopOfBook(
      bidPrice: message.bidPrice, askPrice: message.askPrice, bidSize: message.bidSize,
      askSize: message.askSize)
    publisher.quote(
      instrument, time: message.time, top,
      isHalted: message.flags & IexQuoteFlags.halted != 0)
  }

  private mutating func takeTrade(_ message: IexMessage) {
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
    publishedTops[Int(instrument)] = publisher.isFresh ? top : IexFeed.untold
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
      session: UInt64(header.session), first: header.firstSequence,
      count: UInt64(header.messageCount), sendTime: header.sendTime)
  }
}
