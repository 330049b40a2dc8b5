import TickRing

/// Beginning a book, and going on with a predecessor's.
extension PositionBook {
  mutating func begin() {
    for subject in 0...options.strategiesMax {
      var sums = SubjectSums()
      sums.baseE4 = subject == 0 ? options.equityE4 : options.strategyEquityE4
      write(sums, UInt8(subject))
      keepBase(sums.baseE4, UInt8(subject))
    }
    let header = PositionLines.header
    lines.store(header, PositionLines.Header.strategies, UInt64(options.strategiesMax))
    lines.store(header, PositionLines.Header.instruments, UInt64(options.instruments))
    lines.release(header, PositionLines.Header.version, PositionLines.version)
  }

  /// Begins with what the predecessor began with, in the same session; what that had become until
  /// it died is kept until the venue has told it again.
  mutating func begin(after legacy: RiskLegacy) {
    for subject in 0...UInt8(options.strategiesMax) {
      guard let baseE4 = legacy.basesE4[subject] else { continue }
      var sums = sums(subject)
      sums.baseE4 = baseE4
      write(sums, subject)
      keepBase(baseE4, subject)
      // One that is not known is as one that is gone.
      let beforeE4 = max(legacy.equitiesE4[subject] ?? -1, -1)
      lines.store(
        PositionLines.session(Int(subject)), PositionLines.Session.before,
        PositionLines.word(beforeE4 == 0 ? -1 : beforeE4))
    }
  }

  /// Whether there is more of the session that the venue has not told yet.
  var isToldInPart: Bool {
    lines.load(PositionLines.session(0), PositionLines.Session.before) != 0
  }

  /// All is told.
  mutating func forgetBefore() {
    for subject in 0...options.strategiesMax {
      lines.store(PositionLines.session(subject), PositionLines.Session.before, 0)
    }
  }

  /// The venue has begun another session, with nothing held: what was before it nobody will tell.
  mutating func beginSession() {
    for subject in 0...UInt8(options.strategiesMax) {
      if let equityE4 = sums(subject).equityE4 { keepBase(equityE4, subject) }
    }
  }

  func keepBase(_ baseE4: Int64, _ subject: UInt8) {
    lines.store(
      PositionLines.session(Int(subject)), PositionLines.Session.base,
      PositionLines.word(baseE4))
  }

  /// Believes what a predecessor left only if it is whole: no fill half booked, and cash that is
  /// that of the holdings.
  mutating func resume() throws(PositionError) {
    let header = PositionLines.header
    guard lines.load(header, PositionLines.Header.version) == PositionLines.version,
      lines.load(header, PositionLines.Header.strategies) == UInt64(options.strategiesMax),
      lines.load(header, PositionLines.Header.instruments) == UInt64(options.instruments)
    else { throw .layout(path: lines.path) }
    let count = lines.acquire(header, PositionLines.Header.holdings)
    guard count <= UInt64(options.holdingsMax) else {
      let needed = PositionLines.holding(
        Int(clamping: count), strategies: options.strategiesMax)
      throw .size(path: lines.path, lines: lines.count, needed: needed)
    }
    guard lines.load(header, PositionLines.Header.isBooking) == 0 else {
      throw .torn(path: lines.path)
    }
    for _ in 0..<Int(count) { try resumeHolding() }
    for subject in 0...options.strategiesMax { try resumeSums(UInt8(subject)) }
  }

  private mutating func resumeHolding() throws(PositionError) {
    let line = line(holdings)
    let key = lines.load(line, PositionLines.Position.key)
    let instrument = UInt32(truncatingIfNeeded: key)
    guard key >> 32 <= UInt64(options.strategiesMax), instrument > 0,
      instrument < options.instruments,
      let holding = PositionReading.wholeHolding(lines, line), holding.canBe
    else { throw .torn(path: lines.path) }
    let strategy = UInt8(key >> 32)
    let account = index[slot(instrument, 0)]
    guard index[slot(instrument, strategy)] == 0, strategy == 0 || account != 0 else {
      throw .torn(path: lines.path)
    }
    add(slot(instrument, strategy), account: account)
  }

  /// Adds the sums up again: a predecessor may have died in the middle of a new mark, which changes
  /// no holding. What only fills change must be as it was left.
  private mutating func resumeSums(_ subject: UInt8) throws(PositionError) {
    let left = sums(subject)
    var again = SubjectSums()
    again.baseE4 = left.baseE4
    again.isBroken = left.isBroken
    for holding in 0..<holdings {
      let line = line(holding)
      let key = lines.load(line, PositionLines.Position.key)
      guard key >> 32 == UInt64(subject) else { continue }
      let account = self.line(Int(index[slot(UInt32(truncatingIfNeeded: key), 0)]) - 1)
      let markE4 = lines.load(account, PositionLines.Position.mark)
      lines.store(line, PositionLines.Position.mark, markE4)
      if !again.take(PositionReading.holding(lines, line), sign: 1) { again.isBroken = true }
    }
    let isAsLeft = left.cashE4 == again.cashE4 && left.realisedE4 == again.realisedE4
    guard left.isBroken || isAsLeft else { throw .torn(path: lines.path) }
    write(again, subject)
  }
}
