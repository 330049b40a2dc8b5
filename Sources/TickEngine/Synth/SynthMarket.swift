import TickWire

/// The made-up market behind a synthetic feed: what each instrument's price does, and which
/// message comes next. It appends to the packet under construction and knows nothing of packets'
/// times, sequences or files.
struct SynthMarket: Sendable {
  /// Messages for each instrument before the market opens: D, H, I, O and P.
  static let openingMessagesPerSymbol = 5
  /// Instruments "listed" at the venue: they alone have auctions and official prices.
  static let listedMax = 8

  private struct Instrument {
    let symbol: Symbol
    /// Cents.
    var middle: Int
    /// The usual spread, in 1e-4 of the price.
    let spreadBasisPoints: Int
    /// Cents; 0 for a side that is empty.
    var bid = 0
    var ask = 0
    var isHalted = false
  }

  private struct Halt {
    let instrument: Int
    let endsNs: Int64
  }

  private struct PastTrade {
    let instrument: Int
    let flags: UInt8
    let fields: IexTradeFields
  }

  private var instruments: [Instrument]
  private let activity: AliasTable
  private let instrumentOfRank: [Int]
  private var halts: [Halt] = []
  private var pastTrades: [PastTrade] = []
  private var nextTradeId: Int64 = 100_000

  /// Trades that a break may still name.
  private static let pastTradesMax = 64
  private static let haltsMax = 16
  private static let middleMin = 250
  private static let middleMax = 500_000

  init(symbols: Int, random: inout SeededRandom) {
    instruments = SynthTickers.make(symbols, &random).map { symbol in
      // Most prices are low: the square favours them.
      let place = random.unit()
      let middle = Self.middleMin + 250 + Int(place * place * 40_000)
      return Instrument(
        symbol: symbol, middle: middle, spreadBasisPoints: random.within(1...40))
    }
    // The activity of the n-th busiest is 1/n: Zipf's law.
    activity = AliasTable(weights: (1...symbols).map { 1 / Double($0) })
    instrumentOfRank = Array(instruments.indices).shuffled(using: &random)
    pastTrades.reserveCapacity(Self.pastTradesMax)
    halts.reserveCapacity(Self.haltsMax)
  }

  var listed: Int { min(Self.listedMax, instruments.count) }

  /// Messages of the opening: two system events and those of each instrument.
  var openingCount: Int { 2 + Self.openingMessagesPerSymbol * instruments.count }

  /// Appends the `index`-th message of the opening and returns its type.
  mutating func appendOpening(
    _ index: Int, _ timeNs: Int64, _ random: inout SeededRandom, to packet: inout IexTpWriter
  ) -> UInt8 {
    let symbols = instruments.count
    if index == 0 || index == openingCount - 1 {
      packet.systemEvent(UInt8(ascii: index == 0 ? "O" : "S"), exchangeTimeNs: timeNs)
      return IexMessageType.systemEvent
    }
    let step = index - 1
    if step < symbols {
      let instrument = instruments[step]
      packet.securityDirectory(
        head(step, 0, timeNs), roundLot: 100,
        adjustedCloseE4: priceE4(instrument.middle + random.within(-50...50)),
        luldTier: instrument.middle > 10_000 ? 1 : 2)
      return IexMessageType.securityDirectory
    }
    let place = (step - symbols) / 4
    return appendStatus((step - symbols) % 4, of: place, timeNs, &random, to: &packet)
  }

  private func appendStatus(
    _ kind: Int, of place: Int, _ timeNs: Int64, _ random: inout SeededRandom,
    to packet: inout IexTpWriter
  ) -> UInt8 {
    switch kind {
    case 0:
      packet.tradingStatus(head(place, UInt8(ascii: "T"), timeNs), reason: 0x2020_2020)
      return IexMessageType.tradingStatus
    case 1:
      packet.retailLiquidity(head(place, 0x20, timeNs))
      return IexMessageType.retailLiquidity
    case 2:
      packet.operationalHalt(head(place, UInt8(ascii: "N"), timeNs))
      return IexMessageType.operationalHalt
    default:
      let isRestricted = random.once(in: 200)
      let detail = UInt8(ascii: isRestricted ? "C" : " ")
      packet.shortSalePriceTest(head(place, isRestricted ? 1 : 0, timeNs), detail: detail)
      return IexMessageType.shortSalePriceTest
    }
  }

  /// Messages when the market opens, and as many when it closes.
  var turnCount: Int { 1 + 2 * listed }

  /// Appends the `index`-th message of the open or the close and returns its type.
  mutating func appendTurn(
    _ index: Int, isOpen: Bool, _ timeNs: Int64, to packet: inout IexTpWriter
  ) -> UInt8 {
    if index == 0 {
      packet.systemEvent(UInt8(ascii: isOpen ? "R" : "M"), exchangeTimeNs: timeNs)
      return IexMessageType.systemEvent
    }
    let place = (index - 1) / 2
    if index % 2 == 1 {
      let type = UInt8(ascii: isOpen ? "Q" : "M")
      packet.officialPrice(head(place, type, timeNs), priceE4: priceE4(instruments[place].middle))
      return IexMessageType.officialPrice
    }
    packet.securityEvent(head(place, UInt8(ascii: isOpen ? "O" : "C"), timeNs))
    return IexMessageType.securityEvent
  }

  /// Messages at the very end of the day.
  static let endingCount = 2

  func appendEnding(_ index: Int, _ timeNs: Int64, to packet: inout IexTpWriter) -> UInt8 {
    packet.systemEvent(UInt8(ascii: index == 0 ? "E" : "C"), exchangeTimeNs: timeNs)
    return IexMessageType.systemEvent
  }

  /// Appends one message of the market and returns its type.
  mutating func append(
    _ session: SynthDay.Session, _ timeNs: Int64, _ random: inout SeededRandom,
    to packet: inout IexTpWriter
  ) -> UInt8 {
    if let halt = halts.first, halt.endsNs <= timeNs { return appendResume(timeNs, &packet) }
    let place = instrumentOfRank[activity.draw(&random)]
    let lot = random.below(100_000)
    if session == .regular, lot < 2, halts.count < Self.haltsMax, !instruments[place].isHalted {
      return appendHalt(place, timeNs, &packet)
    }
    if lot < 4, !pastTrades.isEmpty { return appendBreak(timeNs, &random, &packet) }
    if session == .before, lot < 2_000 { return appendAuction(timeNs, &random, &packet) }
    let tradeShare = session == .regular ? 18_000 : 6_000
    if lot < tradeShare, let price = tradePrice(place, &random) {
      return appendTrade(place, price, session, timeNs, &random, &packet)
    }
    return appendQuote(place, session, timeNs, &random, &packet)
  }
}

// Each appends one message and returns its type.
extension SynthMarket {
  private func head(_ place: Int, _ flags: UInt8, _ timeNs: Int64) -> IexTpWriter.Head {
    .init(flags: flags, exchangeTimeNs: timeNs, symbol: instruments[place].symbol)
  }

  private func priceE4(_ cents: Int) -> Int64 { Int64(max(cents, 0)) * 100 }

  private mutating func appendHalt(
    _ place: Int, _ timeNs: Int64, _ packet: inout IexTpWriter
  ) -> UInt8 {
    instruments[place].isHalted = true
    // "T1" and two spaces: news pending.
    packet.tradingStatus(head(place, UInt8(ascii: "H"), timeNs), reason: 0x2020_3154)
    // Oldest first, and each lasts as long: the first in the list is the first to end.
    halts.append(Halt(instrument: place, endsNs: timeNs + 10_000_000_000))
    return IexMessageType.tradingStatus
  }

  private mutating func appendResume(_ timeNs: Int64, _ packet: inout IexTpWriter) -> UInt8 {
    let place = halts.removeFirst().instrument
    instruments[place].isHalted = false
    packet.tradingStatus(head(place, UInt8(ascii: "T"), timeNs), reason: 0x2020_2020)
    return IexMessageType.tradingStatus
  }

  private mutating func appendBreak(
    _ timeNs: Int64, _ random: inout SeededRandom, _ packet: inout IexTpWriter
  ) -> UInt8 {
    // Taken out, so that no trade is broken twice.
    let trade = pastTrades.remove(at: random.below(pastTrades.count))
    packet.tradeBreak(head(trade.instrument, trade.flags, timeNs), trade.fields)
    return IexMessageType.tradeBreak
  }

  private func appendAuction(
    _ timeNs: Int64, _ random: inout SeededRandom, _ packet: inout IexTpWriter
  ) -> UInt8 {
    let place = random.below(listed)
    let price = priceE4(instruments[place].middle)
    var auction = IexAuctionFields()
    auction.pairedShares = UInt32(random.below(5_000))
    auction.referencePriceE4 = price
    auction.indicativePriceE4 = price
    auction.imbalanceShares = UInt32(random.below(2_000))
    let side: Unicode.Scalar = random.once(in: 2) ? "B" : "S"
    auction.imbalanceSide = UInt8(ascii: auction.imbalanceShares == 0 ? "N" : side)
    auction.scheduledTimeSeconds = UInt32(SynthDay.openTimeSeconds)
    auction.bookPriceE4 = price
    auction.collarReferenceE4 = price
    auction.lowerCollarE4 = price / 10 * 9
    auction.upperCollarE4 = price / 10 * 11
    packet.auction(head(place, UInt8(ascii: "O"), timeNs), auction)
    return IexMessageType.auctionInformation
  }

  /// A price at one side of the quote, in cents; nil where nobody could trade.
  private func tradePrice(_ place: Int, _ random: inout SeededRandom) -> Int? {
    let instrument = instruments[place]
    guard !instrument.isHalted, instrument.bid > 0, instrument.ask > 0 else { return nil }
    return random.once(in: 2) ? instrument.bid : instrument.ask
  }

  private mutating func appendTrade(
    _ place: Int, _ cents: Int, _ session: SynthDay.Session, _ timeNs: Int64,
    _ random: inout SeededRandom, _ packet: inout IexTpWriter
  ) -> UInt8 {
    let isOdd = random.once(in: 4)
    let size = isOdd ? random.within(1...99) : lots(&random)
    var flags: UInt8 = session == .regular ? 0 : IexTradeFlags.extendedHours
    if isOdd { flags |= IexTradeFlags.oddLot }
    if random.once(in: 3) { flags |= IexTradeFlags.intermarketSweep }
    let fields = IexTradeFields(
      size: UInt32(size), priceE4: priceE4(cents), tradeId: nextTradeId)
    nextTradeId += 1
    if pastTrades.count == Self.pastTradesMax {
      pastTrades[random.below(Self.pastTradesMax)] = PastTrade(
        instrument: place, flags: flags, fields: fields)
    } else {
      pastTrades.append(PastTrade(instrument: place, flags: flags, fields: fields))
    }
    packet.trade(head(place, flags, timeNs), fields)
    return IexMessageType.tradeReport
  }

  private mutating func appendQuote(
    _ place: Int, _ session: SynthDay.Session, _ timeNs: Int64,
    _ random: inout SeededRandom, _ packet: inout IexTpWriter
  ) -> UInt8 {
    move(place, &random)
    let oneSidedTimes = session == .regular ? 200 : 12
    if random.once(in: oneSidedTimes) {
      if random.once(in: 2) { instruments[place].bid = 0 } else { instruments[place].ask = 0 }
    }
    let instrument = instruments[place]
    var flags: UInt8 = session == .regular ? 0 : IexQuoteFlags.extendedHours
    if instrument.isHalted { flags |= IexQuoteFlags.halted }
    packet.quote(
      head(place, flags, timeNs),
      bidSize: instrument.bid == 0 ? 0 : UInt32(lots(&random)),
      bidPriceE4: priceE4(instrument.bid), askPriceE4: priceE4(instrument.ask),
      askSize: instrument.ask == 0 ? 0 : UInt32(lots(&random)))
    return IexMessageType.quoteUpdate
  }

  /// One step of the random walk, and a fresh quote around it, never crossed.
  private mutating func move(_ place: Int, _ random: inout SeededRandom) {
    var middle = instruments[place].middle
    let step = max(1, middle / 5_000)
    switch random.below(4) {
    case 0: middle = min(Self.middleMax, middle + step)
    case 1: middle = max(Self.middleMin, middle - step)
    default: break
    }
    // Once in a hundred the book is thin: 2 % wide.
    let usual = middle * instruments[place].spreadBasisPoints / 10_000
    let spread = random.once(in: 100) ? middle / 50 : max(1, usual)
    instruments[place].middle = middle
    instruments[place].bid = middle - spread / 2
    instruments[place].ask = middle - spread / 2 + spread
  }

  /// Round lots: mostly one, sometimes many.
  private func lots(_ random: inout SeededRandom) -> Int {
    100 * (random.once(in: 3) ? random.within(2...20) : 1)
  }
}
