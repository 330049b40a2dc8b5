import TickRing
import TickWire

/// Turns decoded messages into ticks: finds the instrument, validates (MD4), keeps the board, and
/// gives them to the fan-out, which commits them to the rings of those concerned.
///
/// Hot path. Thread: the ingester, alone. Lines written: ring slots, the board's line of the
/// instrument, its own tables. Cost: some 10 ns a tick. No allocation, lock or system call, except
/// where a ring's policy is to wait for room. Failure: none; what is refused is counted by reason,
/// what finds no room by ring.
public struct TickPublisher: ~Copyable {
  /// Instruments that a directory holds, instrument 0 included.
  public static let instrumentsMax = 1 << 16
  private static let beatEach_ns: UInt64 = 100_000_000

  /// What is known of an instrument, one byte each.
  struct InstrumentState: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    /// The last quote published has a side that is not empty.
    static let quoted = InstrumentState(rawValue: 1)
    static let halted = InstrumentState(rawValue: 2)
    static let venueHalted = InstrumentState(rawValue: 4)
    /// Its book lost messages that nothing brings back.
    static let suspect = InstrumentState(rawValue: 8)
    /// Its last quote said that it does not trade.
    static let quotedHalted = InstrumentState(rawValue: 16)
    static let doubtful: InstrumentState = [.halted, .venueHalted, .suspect, .quotedHalted]
  }

  var directory: DirectoryWriter
  var fanOut: TickFanOut
  var board: BoardWriter?
  let states: Slab<InstrumentState>
  let limits: ValidationLimits
  /// Symbols beyond the directory's are refused: it was given, not grown.
  let isRestricted: Bool

  // What `counts` is made of, word by word: a struct of arrays would be copied to add one to it.
  private(set) var tradeVolume: UInt64 = 0
  private(set) var tradeNotionalE4: Int128 = 0
  let rejected = Slab(count: TickRejection.allCases.count, repeating: UInt64(0))
  var freshness = PacketFreshness.fresh
  /// The last market time known: of the last packet, or of the last tick that was relayed.
  var sendTime: UInt64 = 0
  private var isRecovering = false
  /// The clock that ages are judged by was set, and no packet has been fresh by it since.
  var isClockDoubted = false
  /// When that was found last, CLOCK_MONOTONIC: what came in before is no proof.
  var doubted_ns: UInt64 = 0
  /// What the lines of the feed are, as far as it was told.
  var feedState = FeedState.live
  private var beat_ns: UInt64 = 0
  /// The packet's stream, and that of each instrument's last message: a stream that loses messages
  /// or begins anew says nothing of the others' instruments.
  var stream = 0
  let streams: Slab<UInt8>
  /// A bit for each stream whose books lost messages: those of its instruments that have not
  /// appeared yet are suspect too.
  var suspectStreams: UInt64 = 0

  /// - Parameters:
  ///   - outlets: the workers' rings, then the taps: rings that take every tick; 64 at most.
  ///   - subscriptions: what each worker gets; empty: all divide the instruments among them.
  ///   - memory: what a predecessor left; nil: there was none.
  init(
    directory: consuming DirectoryWriter, outlets: consuming Slab<TickOutlet>, workers: Int,
    subscriptions: [Subscription] = [], board: consuming BoardWriter?,
    control: consuming ControlPage, limits: ValidationLimits, isRestricted: Bool,
    memory: FeedMemory? = nil
  ) {
    precondition(subscriptions.isEmpty || subscriptions.count == workers)
    var fanOut = TickFanOut(
      outlets: outlets,
      subscriptions: subscriptions.isEmpty
        ? Array(repeating: .share, count: workers) : subscriptions,
      control: control)
    for number in 1..<(UInt32(directory.count) + 1) {
      if let symbol = directory.symbol(number) { fanOut.add(number, symbol: symbol) }
    }
    self.fanOut = fanOut
    self.directory = directory
    self.board = board
    self.limits = limits
    self.isRestricted = isRestricted
    states = memory?.states() ?? Slab(count: TickPublisher.instrumentsMax, repeating: [])
    streams = memory?.streams() ?? Slab(count: TickPublisher.instrumentsMax, repeating: 0)
  }

  var instrumentCount: Int { directory.count }
  /// Whether a ring has ticks of a predecessor, whose word its consumer still goes by.
  var isContinued: Bool { fanOut.isContinued }
  /// Whether the packet's age lets its quotes and trades through.
  var isFresh: Bool { freshness == .fresh }

  // MARK: One packet

  /// - Parameters:
  ///   - received_ns: receive time, CLOCK_MONOTONIC (paced replay: the intended time).
  ///   - clock: what age is judged by, ns since the Unix epoch: in a replay, the capture's.
  ///   - sendTime: the venue's sending time, ns since the Unix epoch.
  ///   - isRecovered: whether its messages were asked for again. Their age is not judged; a status
  ///     `recovered` of the whole feed comes before the first such packet in a row. Not so while
  ///     the clock is doubted.
  @inline(__always)
  mutating func beginPacket(
    received_ns: UInt64, clock: UInt64, sendTime: UInt64, isRecovered: Bool = false
  ) {
    fanOut.received = receiveStamp(monotonic_ns: received_ns)
    freshness = isRecovered ? .fresh : limits.freshness(at: clock, sendTime: sendTime)
    self.sendTime = sendTime
    if isClockDoubted { judgeInDoubt(received_ns, isRecovered: isRecovered) }
    if isRecovered != isRecovering { markRecovery(isRecovered) }
  }

  @inline(never)
  private mutating func markRecovery(_ isRecovered: Bool) {
    isRecovering = isRecovered
    if isRecovered, !isClockDoubted { fanOut.publishToAll(.recovered, time: sendTime) }
  }

  /// - Parameter stream: its number, below 64.
  mutating func beginMessages(stream: Int) { self.stream = stream }

  func isInstrument(_ instrument: UInt32, ofStream stream: Int) -> Bool {
    Int(streams[Int(instrument)]) == stream
  }

  /// A message of this symbol follows soon.
  @inline(__always)
  func expect(_ symbol: UInt64) { directory.expect(symbol) }

  /// The instrument of a symbol's eight bytes as a message has them, if it is known.
  @inline(__always)
  mutating func known(_ word: UInt64) -> UInt32? {
    guard let number = directory.find(word) else { return nil }
    streams[Int(number)] = UInt8(truncatingIfNeeded: stream)
    return number
  }

  /// The instrument of a symbol, new ones numbered as they appear; nil (counted) if the symbol is
  /// not of a given list, or the directory is full.
  mutating func instrument(of symbol: Symbol) -> UInt32? {
    known(symbol.word) ?? newInstrument(symbol)
  }

  @inline(never)
  private mutating func newInstrument(_ symbol: Symbol) -> UInt32? {
    if isRestricted {
      reject(.unknownSymbol)
      return nil
    }
    guard let number = directory.number(of: symbol.word) else {
      reject(.directoryFull)
      return nil
    }
    begin(number, symbol)
    streams[Int(number)] = UInt8(truncatingIfNeeded: stream)
    return number
  }

  mutating func begin(_ number: UInt32, _ symbol: Symbol) {
    fanOut.add(number, symbol: symbol.word)
    if suspectStreams >> UInt64(stream) & 1 != 0 {
      states[Int(number)].insert(.suspect)
      tellBoardOfDoubt(number)
    }
  }

  mutating func reject(_ reason: TickRejection) { rejected[reason.rawValue] += 1 }

  mutating func rejectForAge(_ freshness: PacketFreshness) -> Bool {
    switch freshness {
    case .fresh: return false
    case .stale: reject(.stale)
    case .future: reject(.future)
    }
    return true
  }

  // MARK: Messages

  /// Counts a decoded trade, published or not.
  mutating func countTrade(priceE4: Int64, size: UInt32) {
    tradeVolume &+= UInt64(size)
    tradeNotionalE4 &+= Int128(priceE4) * Int128(size)
  }

  mutating func trade(
    _ instrument: UInt32, time: UInt64, priceE4: Int64, size: UInt32, setsNoLast: Bool
  ) {
    if rejectForAge(freshness) { return }
    guard priceE4 > 0, priceE4 <= limits.price_e4 else { return reject(.badPrice) }
    let kind: TickKind = setsNoLast ? .tradeNoLast : .trade
    let price = price(priceE4)
    // The board first: whoever acts on the tick finds a reference at least as new.
    // An event later than its sending would keep this price fresh for ever.
    if !setsNoLast { board?.setLast(instrument, price: price, time: min(time, sendTime)) }
    publish(instrument, kind, time: time, price: price, quantity: size)
  }

  mutating func tradeBreak(_ instrument: UInt32, time: UInt64, priceE4: Int64, size: UInt32) {
    // The broken price may be the last one: it vouches for nothing.
    board?.clearLast(instrument)
    publish(instrument, .tradeBreak, time: time, price: price(priceE4), quantity: size)
  }

  /// A change of an instrument's state; never refused for age.
  mutating func status(_ instrument: UInt32, time: UInt64, code: StatusCode) {
    note(code, of: instrument)
    let tick = Tick(
      timestamp: time, symbolId: Series(instrument: instrument, kind: .status).id, price: 0,
      quantity: code.rawValue)
    fanOut.publishStatus(tick, of: instrument)
  }

  mutating func note(_ code: StatusCode, of instrument: UInt32) {
    switch code {
    case .halted, .paused, .orderAcceptance: states[Int(instrument)].insert(.halted)
    case .trading: states[Int(instrument)].remove(.halted)
    case .venueHalted: states[Int(instrument)].insert(.venueHalted)
    case .venueTrading: states[Int(instrument)].remove(.venueHalted)
    default: break
    }
    tellBoardOfDoubt(instrument)
  }

  mutating func tellBoardOfDoubt(_ instrument: UInt32) {
    let isDoubtful = !states[Int(instrument)].isDisjoint(with: .doubtful)
    board?.setSuspect(instrument, isDoubtful)
  }

  /// A quote: a bid tick and an ask tick, committed together, or neither.
  ///
  /// - Parameter isHalted: whether the venue says with it that the instrument does not trade.
  @inline(__always)
  mutating func quote(
    _ instrument: UInt32, time: UInt64, _ top: TopOfBook, isHalted: Bool = false
  ) {
    if isHalted != states[Int(instrument)].contains(.quotedHalted) { changeHalt(instrument) }
    var top = top
    if top.bidSize == 0 || top.bidPrice == 0 { (top.bidPrice, top.bidSize) = (0, 0) }
    if top.askSize == 0 || top.askPrice == 0 { (top.askPrice, top.askSize) = (0, 0) }
    if let reason = limits.refusal(of: top, freshness) {
      return refuseQuote(instrument, time: time, reason)
    }
    noteQuote(instrument, isEmpty: top.bidSize == 0 && top.askSize == 0)
    publishQuote(instrument, time: time, top)
  }

  @inline(never)
  private mutating func changeHalt(_ instrument: UInt32) {
    states[Int(instrument)].formSymmetricDifference(.quotedHalted)
    tellBoardOfDoubt(instrument)
  }

  @inline(never)
  private mutating func refuseQuote(
    _ instrument: UInt32, time: UInt64, _ reason: TickRejection
  ) {
    reject(reason)
    withdrawQuote(instrument, time: time)
  }

  // Mutating in name only: what is not, and is not inlined, is called with a copy of the whole.
  @inline(__always)
  mutating func noteQuote(_ instrument: UInt32, isEmpty: Bool) {
    if isEmpty {
      states[Int(instrument)].remove(.quoted)
    } else {
      states[Int(instrument)].insert(.quoted)
    }
  }

  /// A refused quote empties both sides once, so that the last good one does not stay live; that it
  /// was refused is told before.
  mutating func withdrawQuote(_ instrument: UInt32, time: UInt64) {
    guard states[Int(instrument)].contains(.quoted) else { return }
    states[Int(instrument)].remove(.quoted)
    status(instrument, time: time, code: .invalidQuote)
    publishQuote(instrument, time: time, TopOfBook())
  }

  // MARK: Committing

  @inline(__always)
  private func price(_ priceE4: Int64) -> Double { Double(priceE4) / 10_000 }

  @inline(__always)
  private mutating func publish(
    _ instrument: UInt32, _ kind: TickKind, time: UInt64, price: Double, quantity: UInt32
  ) {
    let tick = Tick(
      timestamp: time, symbolId: Series(instrument: instrument, kind: kind).id, price: price,
      quantity: quantity)
    fanOut.publish(tick, of: instrument, kind)
  }

  @inline(__always)
  private mutating func publishQuote(_ instrument: UInt32, time: UInt64, _ top: TopOfBook) {
    let bidPrice = price(top.bidPrice)
    let askPrice = price(top.askPrice)
    board?.setQuote(instrument, bid: bidPrice, ask: askPrice, time: time)
    let bid = Tick(
      timestamp: time, symbolId: Series(instrument: instrument, kind: .bid).id, price: bidPrice,
      quantity: top.bidSize)
    let ask = Tick(
      timestamp: time, symbolId: Series(instrument: instrument, kind: .ask).id, price: askPrice,
      quantity: top.askSize)
    fanOut.publishQuote(bid, ask, of: instrument)
  }

  /// Says in each ring that the ingester lives, where it has read the clock, a few times a second.
  @inline(__always)
  mutating func beatIfDue(_ now: UInt64) {
    if now &- beat_ns >= TickPublisher.beatEach_ns { beat(now) }
  }

  @inline(never)
  private mutating func beat(_ now: UInt64) {
    beat_ns = now
    fanOut.beat(now)
  }

  // MARK: Quiet

  /// To be called when no packet comes: publishes what waits for room in a ring.
  mutating func idle() { fanOut.idle() }

  /// To be called after the last packet: what waits for room and finds none is lost, and counted.
  mutating func end() { fanOut.end(time: sendTime) }
}
