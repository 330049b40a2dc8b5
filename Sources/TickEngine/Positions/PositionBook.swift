import TickRing

/// Positions, cash and equity, per strategy and for the instance, in shared memory (PT1, PT2).
///
/// Everything lies in the region's lines and nowhere else: any observer reads it, and a restarted
/// sender goes on with it. What it has besides is an index from strategy and instrument to line.
///
/// Hot path. Thread: the sender's, the one writer. Lines written: a fill two holdings of two lines
/// each and two sums, a mark one word of each holding of the instrument and the sums of those who
/// hold it; a mark that changes nothing, or of an instrument that nobody ever held, none. Lines
/// read: the same. O(1) for a fill, O(strategies that ever held it) for a mark. No allocation.
///
/// Fails closed: what cannot be booked or does not fit makes the equity of those it concerns
/// unknown, for good: nil, which trips their breaker.
public struct PositionBook: ~Copyable {
  let lines: SharedLines
  let options: PositionOptions
  /// The holding of instrument and strategy, plus 1; strategy 0 is the account as a whole. A
  /// strategy's lie together.
  let index: Slab<UInt32>
  /// The next holding of the same instrument, plus 1.
  private let next: Slab<UInt32>
  var holdings = 0
  /// Whether it went on with what another writer left.
  public let isResumed: Bool

  /// Begins a book in a fresh region, or goes on with what a predecessor left in it, its starting
  /// equity included. Throws if another writer lives, or the region cannot be gone on with.
  public static func open(
    claiming region: consuming Region, _ options: PositionOptions
  ) throws -> PositionBook {
    precondition((2...65_536).contains(options.instruments), "no such number of instruments")
    precondition((1...255).contains(options.strategiesMax), "no such number of strategies")
    precondition(options.holdingsMax > 0 && options.holdingsMax < 1 << 28, "no room for holdings")
    let lines = try SharedLines(claiming: region, .positions)
    guard lines.count >= options.capacity else {
      throw PositionError.size(path: lines.path, lines: lines.count, needed: options.capacity)
    }
    var book = PositionBook(lines: lines, options)
    if book.isResumed { try book.resume() } else { book.begin() }
    return book
  }

  private init(lines: consuming SharedLines, _ options: PositionOptions) {
    isResumed = lines.acquire(PositionLines.header, PositionLines.Header.version) != 0
    self.options = options
    index = Slab(
      zeros: options.instruments * (options.strategiesMax + 1), as: 0,
      touching: PositionBook.indexTouched(options))
    next = Slab(count: options.holdingsMax, repeating: 0)
    self.lines = lines
  }

  /// Entries of the index that are there from the start.
  private static func indexTouched(_ options: PositionOptions) -> Int {
    let expected = options.strategiesExpected ?? options.strategiesMax
    return options.instruments * (min(expected, options.strategiesMax) + 1)
  }

  /// All lines, of which a fresh region has only those that were written; and of the index, what
  /// strategies need that are not expected.
  ///
  /// - Safety: to be used while this lives.
  @unsafe var latePages: [LatePages] {
    unsafe LatePages.pieces(of: lines.memory)
      + index.latePages(touched: PositionBook.indexTouched(options))
  }

  // MARK: What happens

  /// Books a fill. `referenceE4`: the reference price when the order was decided; 0: none.
  @discardableResult
  public mutating func fill(
    strategy: UInt8, instrument: UInt32, side: OrderSide, quantity: UInt32, priceE4: Int64,
    referenceE4: Int64
  ) -> PositionFault? {
    book(strategy, instrument, Int64(quantity), priceE4) { holding in
      holding.fill(side, quantity, priceE4, referenceE4: referenceE4)
    }
  }

  /// Undoes a fill that the venue broke; the arguments are those of the fill.
  @discardableResult
  public mutating func broken(
    strategy: UInt8, instrument: UInt32, side: OrderSide, quantity: UInt32, priceE4: Int64,
    referenceE4: Int64
  ) -> PositionFault? {
    book(strategy, instrument, Int64(quantity), priceE4) { holding in
      holding.undo(side, quantity, priceE4, referenceE4: referenceE4)
    }
  }

  /// Books shares that are held when the day begins, before any fill. The equity that the book
  /// began with has them in it: what they gained or lost before is not the day's.
  ///
  /// - Parameters:
  ///   - shares: below zero: short.
  ///   - averageE4: what one cost, and what it is valued at where `closeE4` is 0.
  ///   - closeE4: what one was worth when the day before ended; 0: not known.
  @discardableResult
  public mutating func begin(
    strategy: UInt8, instrument: UInt32, shares: Int64, averageE4: Int64, closeE4: Int64
  ) -> PositionFault? {
    let before = (equityE4, equityE4(strategy))
    // Of the smallest number there is no size.
    let size = shares == .min ? 0 : abs(shares)
    let fault = book(strategy, instrument, size, averageE4) { $0.hold(shares, averageE4) }
    guard fault == nil else { return fault }
    mark(instrument: instrument, priceE4: closeE4)
    rebase(0, to: before.0)
    rebase(strategy, to: before.1)
    return nil
  }

  /// Values an instrument, also one that is not held yet, as a predecessor did last: the venue is
  /// about to tell how it came to be held.
  mutating func expect(_ instrument: UInt32, at markE4: Int64) {
    guard !isResumed, instrument > 0, instrument < options.instruments,
      place(0, instrument) != nil
    else { return }
    mark(instrument: instrument, priceE4: markE4)
  }

  /// Makes a subject's equity what it was.
  private mutating func rebase(_ subject: UInt8, to equityE4: Int64?) {
    var sums = sums(subject)
    guard let equityE4, let now = sums.equityE4 else { return }
    let (change, isOver) = equityE4.subtractingReportingOverflow(now)
    let (base, overflows) = sums.baseE4.addingReportingOverflow(change)
    sums.baseE4 = base
    if isOver || overflows { sums.isBroken = true }
    write(sums, subject)
    keepBase(base, subject)
  }

  /// Values what is held of an instrument at a price. One that is not positive changes nothing:
  /// the last one known stays.
  public mutating func mark(instrument: UInt32, priceE4: Int64) {
    guard priceE4 > 0, instrument < options.instruments else { return }
    var holding = index[slot(instrument, 0)]
    while holding != 0 {
      let line = self.line(Int(holding) - 1)
      let old = lines.load(line, PositionLines.Position.mark)
      // All holdings of an instrument have the same mark.
      if old == PositionLines.word(priceE4) { return }
      lines.store(line, PositionLines.Position.mark, PositionLines.word(priceE4))
      revalue(line, from: PositionLines.number(old), to: priceE4)
      holding = next[Int(holding) - 1]
    }
  }

  // MARK: What is known

  /// The instance's equity: what it began with, the cash that flowed, and positions at their marks.
  /// nil: it could not be computed.
  public var equityE4: Int64? { sums(0).equityE4 }

  /// A strategy's equity; nil also for a strategy that cannot be.
  public func equityE4(_ strategy: UInt8) -> Int64? {
    strategy > 0 && strategy <= options.strategiesMax ? sums(strategy).equityE4 : nil
  }

  /// Gross exposure of the instance: the sum of all positions' sizes at their marks, netted across
  /// strategies; nil: it could not be computed.
  public var grossE4: Int64? {
    let sums = sums(0)
    return sums.isBroken ? nil : sums.grossE4
  }

  /// A strategy's signed shares of an instrument; strategy 0: the account's. 0 if never held.
  public func position(strategy: UInt8, instrument: UInt32) -> Int64 {
    guard instrument < options.instruments, strategy <= options.strategiesMax else { return 0 }
    let holding = index[slot(instrument, strategy)]
    guard holding != 0 else { return 0 }
    return PositionLines.number(lines.load(line(Int(holding) - 1), PositionLines.Position.position))
  }

  // MARK: Risk states

  /// Shows a subject's risk state to observers, and keeps it for a successor.
  public mutating func publish(_ states: RiskStates) {
    guard states.subject <= options.strategiesMax else { return }
    let record = states.record
    lines.revise(PositionLines.subject(Int(states.subject)) + 1) { line in
      line[PositionLines.Risk.state] =
        UInt64(record.state) | UInt64(record.trips) << 8 | UInt64(record.interrupted) << 40
        | 1 << 63
      line[PositionLines.Risk.peak] = PositionLines.word(record.peakE4)
      line[PositionLines.Risk.coolDownSince] = record.coolDownSince
      line[PositionLines.Risk.newest] = record.newest
      line[PositionLines.Risk.day] = PositionLines.word(record.day)
      line[PositionLines.Risk.dayStart] = PositionLines.word(record.dayStartE4)
    }
  }

  /// The same of a peak alone, which has risen within its day: one word, which no death tears.
  mutating func raise(peakE4: Int64, of subject: UInt8) {
    guard subject <= options.strategiesMax else { return }
    lines.release(
      PositionLines.subject(Int(subject)) + 1, PositionLines.Risk.peak, PositionLines.word(peakE4))
  }

  /// Keeps the clock of the risk states' times for a successor.
  mutating func keep(_ clock: SteadyClock) {
    lines.store(PositionLines.header, PositionLines.Header.clock, clock.offset_ns)
    lines.release(PositionLines.header, PositionLines.Header.boot, SteadyClock.boot)
  }

  /// Notes which state of a subject workers have been told.
  mutating func noteTold(_ subject: UInt8, _ state: RiskState) {
    guard subject <= options.strategiesMax else { return }
    lines.store(
      PositionLines.subject(Int(subject)) + 1, PositionLines.Risk.told, UInt64(state.rawValue) + 1)
  }

  /// Which one that is; nil: none was noted.
  func told(_ subject: UInt8) -> RiskState? {
    guard subject <= options.strategiesMax else { return nil }
    return PositionReading.toldState(
      lines.load(PositionLines.subject(Int(subject)) + 1, PositionLines.Risk.told))
  }

  /// The risk state that a predecessor published of a subject; nil: none, or it is torn.
  public func riskRecord(_ subject: UInt8) -> RiskRecord? {
    guard subject <= options.strategiesMax else { return nil }
    return PositionReading.risk(lines, subject: Int(subject))
  }
}

// MARK: Booking

extension PositionBook {
  private mutating func book(
    _ strategy: UInt8, _ instrument: UInt32, _ quantity: Int64, _ priceE4: Int64,
    _ change: (inout Holding) -> Bool
  ) -> PositionFault? {
    let fault = tryBook(strategy, instrument, quantity, priceE4, change)
    if fault != nil {
      breakSums(0)
      if strategy > 0, strategy <= options.strategiesMax { breakSums(strategy) }
    }
    return fault
  }

  /// All or nothing.
  private mutating func tryBook(
    _ strategy: UInt8, _ instrument: UInt32, _ quantity: Int64, _ priceE4: Int64,
    _ change: (inout Holding) -> Bool
  ) -> PositionFault? {
    guard strategy > 0, strategy <= options.strategiesMax else { return .unknownStrategy }
    guard instrument > 0, instrument < options.instruments else { return .unknownInstrument }
    guard quantity > 0, priceE4 > 0 else { return .malformed }
    lines.release(PositionLines.header, PositionLines.Header.isBooking, 1)
    defer { lines.release(PositionLines.header, PositionLines.Header.isBooking, 0) }
    guard let account = place(0, instrument), let own = place(strategy, instrument) else {
      return .holdingsFull
    }
    var (whole, part) = (
      PositionReading.holding(lines, account), PositionReading.holding(lines, own)
    )
    var (wholeSums, partSums) = (sums(0), sums(strategy))
    // The first price known of an instrument is its mark until there is one.
    let markE4 = whole.markE4 == 0 ? priceE4 : whole.markE4
    guard PositionBook.apply(change, to: &whole, &wholeSums, markE4),
      PositionBook.apply(change, to: &part, &partSums, markE4)
    else { return .overflow }
    write(whole, account)
    write(part, own)
    write(wholeSums, 0)
    write(partSums, strategy)
    return nil
  }

  private static func apply(
    _ change: (inout Holding) -> Bool, to holding: inout Holding, _ sums: inout SubjectSums,
    _ markE4: Int64
  ) -> Bool {
    guard sums.take(holding, sign: -1) else { return false }
    holding.markE4 = markE4
    return change(&holding) && sums.take(holding, sign: 1)
  }

  /// The first line of a holding, which is made if there is none; nil: no room.
  private mutating func place(_ strategy: UInt8, _ instrument: UInt32) -> Int? {
    let slot = slot(instrument, strategy)
    if index[slot] != 0 { return line(Int(index[slot]) - 1) }
    guard holdings < options.holdingsMax else { return nil }
    let line = self.line(holdings)
    let account = index[self.slot(instrument, 0)]
    let markE4 =
      account == 0 ? 0 : lines.load(self.line(Int(account) - 1), PositionLines.Position.mark)
    lines.revise(line) { words in
      words[PositionLines.Position.key] = UInt64(instrument) | UInt64(strategy) << 32
      words[PositionLines.Position.mark] = markE4
    }
    add(slot, account: account)
    lines.release(PositionLines.header, PositionLines.Header.holdings, UInt64(holdings))
    return line
  }

  /// Puts the next holding into the index.
  mutating func add(_ slot: Int, account: UInt32) {
    if account != 0 {
      next[holdings] = next[Int(account) - 1]
      next[Int(account) - 1] = UInt32(holdings + 1)
    }
    index[slot] = UInt32(holdings + 1)
    holdings += 1
  }

  func slot(_ instrument: UInt32, _ strategy: UInt8) -> Int {
    Int(strategy) * options.instruments + Int(instrument)
  }

  func line(_ holding: Int) -> Int {
    PositionLines.holding(holding, strategies: options.strategiesMax)
  }

  private func write(_ holding: Holding, _ line: Int) {
    let changes = lines.load(line, PositionLines.Position.changes) &+ 1
    lines.revise(line) { words in
      words[PositionLines.Position.position] = PositionLines.word(holding.position)
      words[PositionLines.Position.costE4] = PositionLines.word(holding.costE4)
      words[PositionLines.Position.costRest] = PositionLines.word(holding.costRest)
      words[PositionLines.Position.mark] = PositionLines.word(holding.markE4)
      words[PositionLines.Position.changes] = changes
    }
    lines.revise(line + 1) { words in
      words[PositionLines.Totals.bought] = PositionLines.word(holding.bought)
      words[PositionLines.Totals.sold] = PositionLines.word(holding.sold)
      words[PositionLines.Totals.boughtValue] = PositionLines.word(holding.boughtValueE4)
      words[PositionLines.Totals.soldValue] = PositionLines.word(holding.soldValueE4)
      words[PositionLines.Totals.slippage] = PositionLines.word(holding.slippageE4)
      words[PositionLines.Totals.referenceValue] = PositionLines.word(holding.referenceValueE4)
      words[PositionLines.Totals.changes] = changes
    }
  }
}

// MARK: Sums

extension PositionBook {
  func sums(_ subject: UInt8) -> SubjectSums {
    PositionReading.sums(lines, PositionLines.subject(Int(subject)))
  }

  func write(_ sums: SubjectSums, _ subject: UInt8) {
    lines.revise(PositionLines.subject(Int(subject))) { words in
      words[PositionLines.Sums.base] = PositionLines.word(sums.baseE4)
      words[PositionLines.Sums.cash] = PositionLines.word(sums.cashE4)
      words[PositionLines.Sums.net] = PositionLines.word(sums.netE4)
      words[PositionLines.Sums.gross] = PositionLines.word(sums.grossE4)
      words[PositionLines.Sums.realised] = PositionLines.word(sums.realisedE4)
      words[PositionLines.Sums.isBroken] = sums.isBroken ? 1 : 0
    }
  }

  private func breakSums(_ subject: UInt8) {
    var sums = sums(subject)
    sums.isBroken = true
    write(sums, subject)
  }

  private mutating func revalue(_ line: Int, from oldE4: Int64, to newE4: Int64) {
    let position = PositionLines.number(lines.load(line, PositionLines.Position.position))
    guard position != 0 else { return }
    let subject = UInt8(truncatingIfNeeded: lines.load(line, PositionLines.Position.key) >> 32)
    var sums = sums(subject)
    if !sums.revalue(position, from: oldE4, to: newE4) { sums.isBroken = true }
    write(sums, subject)
  }
}
