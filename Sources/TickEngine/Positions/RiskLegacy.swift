import TickRing
import TickWire

/// What a sender leaves of its risk states to the next, which begins its positions anew.
struct RiskLegacy {
  /// By subject: a breaker outlives its sender.
  private(set) var records: [UInt8: RiskRecord] = [:]
  /// By subject, units of 1e-4; none where it was not known.
  private(set) var equitiesE4: [UInt8: Int64] = [:]
  /// By subject: the equity that its session began with, units of 1e-4.
  private(set) var basesE4: [UInt8: Int64] = [:]
  /// By instrument, and by symbol where it may have another number now: what it was valued at last,
  /// units of 1e-4.
  private(set) var marksE4: [UInt32: Int64] = [:]
  private(set) var symbolMarksE4: [String: Int64] = [:]
  private var isNumbered = true
  /// The clock of their times; nil: none of this boot of the machine.
  private(set) var clock: SteadyClock?
  /// Whether it is of a book that is no more (`DayRecord`).
  private(set) var isOfDay = false

  init() {}

  /// - Throws: what keeps it from being read; then nobody knows whether a breaker was out.
  init(_ region: consuming Region, strategies: Int) throws {
    try region.guardAgainstTruncation()
    let lines = try SharedLines(region, .positions)
    // Of a book that was never begun there are none.
    if lines.acquire(PositionLines.header, PositionLines.Header.version) != 0 {
      let there = try PositionReading.strategies(of: lines)
      for subject in 0...min(strategies, there) {
        records[UInt8(subject)] = try PositionReading.wholeRisk(lines, subject: subject)
        takeSums(lines, subject)
      }
      takeMarks(lines, strategies: there)
      clock = PositionReading.clock(lines)
    }
    // What was cut off meanwhile read as zeros.
    guard !lines.isLost else { throw PositionError.layout(path: lines.path) }
  }

  /// What an orderly end of the instance left.
  init(_ day: DayRecord) {
    isOfDay = true
    for subject in day.subjects {
      records[subject.subject] = subject.record
      equitiesE4[subject.subject] = subject.equity_e4
    }
    takeMarks(day)
  }

  /// Those of an orderly end, after which instruments are numbered anew.
  mutating func takeMarks(_ day: DayRecord) {
    isNumbered = false
    for mark in day.marks ?? [] { symbolMarksE4[mark.symbol] = mark.mark_e4 }
  }

  /// Whether the day's record was made of it.
  func isThat(of day: DayRecord) -> Bool {
    DayRecord(instance: day.instance, self).subjects == day.subjects
  }

  /// What one of it was worth; nil: it was not held.
  func markE4(of held: HeldInstrument) -> Int64? {
    if isNumbered { return marksE4[held.instrument] }
    return Symbol(held.row.symbol).flatMap { symbolMarksE4[$0.text] }
  }

  /// Whether it is of the trading day that `now` is in.
  func isOf(dayStarting start_s: Int, _ now: UInt64) -> Bool {
    var day = TradingDay(startSeconds: start_s)
    _ = day.advance(to: now)
    return day.number == records[0]?.day
  }

  private mutating func takeSums(_ lines: borrowing SharedLines, _ subject: Int) {
    let line = PositionLines.session(subject)
    basesE4[UInt8(subject)] = PositionLines.number(lines.load(line, PositionLines.Session.base))
    // Of one that died while it was told again.
    let beforeE4 = PositionLines.number(lines.load(line, PositionLines.Session.before))
    let sums = PositionReading.wholeSums(lines, PositionLines.subject(subject))
    equitiesE4[UInt8(subject)] = beforeE4 == 0 ? sums?.equityE4 : beforeE4
  }

  /// Whether no subject is in a breaker or worse.
  var isCalm: Bool {
    records.values.allSatisfy { RiskState(rawValue: $0.state)?.allowsNewExposure == true }
  }

  private mutating func takeMarks(_ lines: borrowing SharedLines, strategies: Int) {
    let room = (lines.count - PositionLines.holding(0, strategies: strategies)) / 2
    let count = lines.acquire(PositionLines.header, PositionLines.Header.holdings)
    for number in 0..<min(Int(clamping: count), room) {
      let line = PositionLines.holding(number, strategies: strategies)
      let key = lines.load(line, PositionLines.Position.key)
      // The account's: all holdings of an instrument have the same.
      guard key >> 32 == 0 else { continue }
      let markE4 = PositionLines.number(lines.load(line, PositionLines.Position.mark))
      if markE4 > 0 { marksE4[UInt32(truncatingIfNeeded: key)] = markE4 }
    }
  }

  /// As records for a book that does not go on with what was held: the drawdown goes on, whatever
  /// the equity that it begins with, and so do the day's loss, state and trips.
  mutating func rebase(to equityE4: Int64) {
    for (subject, record) in records {
      records[subject] = record.rebased(from: equitiesE4[subject], to: equityE4)
    }
  }
}

extension RiskRecord {
  /// The same drawdown, rounded to the larger one, and the same loss since the day began, with
  /// another equity. Of an equity that is not known, or not positive: as if all had been lost.
  func rebased(from oldE4: Int64?, to newE4: Int64) -> RiskRecord {
    var record = self
    guard let oldE4, oldE4 > 0, newE4 > 0 else {
      (record.peakE4, record.dayStartE4) = (.max, .max)
      return record
    }
    let (whole, rest) = (Int128(peakE4) * Int128(newE4))
      .quotientAndRemainder(dividingBy: Int128(oldE4))
    record.peakE4 = Int64(clamping: whole + (rest > 0 ? 1 : 0))
    if dayStartE4 < .max {
      record.dayStartE4 = Int64(clamping: Int128(dayStartE4) - Int128(oldE4) + Int128(newE4))
    }
    return record
  }
}
