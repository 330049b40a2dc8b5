import TickRing

/// Lines of a positions region, read.
enum PositionReading {
  private typealias Lines = PositionLines

  /// A holding as its lines are: for the writer, whom nobody can be in the middle of.
  static func holding(_ lines: borrowing SharedLines, _ line: Int) -> Holding {
    var holding = Holding()
    holding.position = number(lines, line, Lines.Position.position)
    holding.setCost(
      e4: number(lines, line, Lines.Position.costE4),
      rest: number(lines, line, Lines.Position.costRest))
    holding.markE4 = number(lines, line, Lines.Position.mark)
    holding.bought = number(lines, line + 1, Lines.Totals.bought)
    holding.sold = number(lines, line + 1, Lines.Totals.sold)
    holding.boughtValueE4 = number(lines, line + 1, Lines.Totals.boughtValue)
    holding.soldValueE4 = number(lines, line + 1, Lines.Totals.soldValue)
    holding.slippageE4 = number(lines, line + 1, Lines.Totals.slippage)
    holding.referenceValueE4 = number(lines, line + 1, Lines.Totals.referenceValue)
    return holding
  }

  /// A holding as one change left it; nil if its writer is in the middle of one for longer than a
  /// copy takes.
  static func wholeHolding(_ lines: borrowing SharedLines, _ line: Int) -> Holding? {
    for _ in 0..<1000 {
      guard let first = lines.copy(line), let second = lines.copy(line + 1) else { return nil }
      let changes = first[Lines.Position.changes - 1]
      guard changes == second[Lines.Totals.changes - 1],
        lines.load(line, Lines.Position.changes) == changes
      else { continue }
      var holding = Holding()
      holding.position = Lines.number(first[Lines.Position.position - 1])
      holding.setCost(
        e4: Lines.number(first[Lines.Position.costE4 - 1]),
        rest: Lines.number(first[Lines.Position.costRest - 1]))
      holding.markE4 = Lines.number(first[Lines.Position.mark - 1])
      holding.bought = Lines.number(second[Lines.Totals.bought - 1])
      holding.sold = Lines.number(second[Lines.Totals.sold - 1])
      holding.boughtValueE4 = Lines.number(second[Lines.Totals.boughtValue - 1])
      holding.soldValueE4 = Lines.number(second[Lines.Totals.soldValue - 1])
      holding.slippageE4 = Lines.number(second[Lines.Totals.slippage - 1])
      holding.referenceValueE4 = Lines.number(second[Lines.Totals.referenceValue - 1])
      return holding
    }
    return nil
  }

  /// A subject's sums as its line is: for the writer.
  static func sums(_ lines: borrowing SharedLines, _ line: Int) -> SubjectSums {
    var sums = SubjectSums()
    sums.baseE4 = number(lines, line, Lines.Sums.base)
    sums.cashE4 = number(lines, line, Lines.Sums.cash)
    sums.netE4 = number(lines, line, Lines.Sums.net)
    sums.grossE4 = number(lines, line, Lines.Sums.gross)
    sums.realisedE4 = number(lines, line, Lines.Sums.realised)
    sums.isBroken = lines.load(line, Lines.Sums.isBroken) != 0
    return sums
  }

  /// A subject's sums as one change left them; nil as with a holding.
  static func wholeSums(_ lines: borrowing SharedLines, _ line: Int) -> SubjectSums? {
    guard let words = lines.copy(line) else { return nil }
    var sums = SubjectSums()
    sums.baseE4 = Lines.number(words[Lines.Sums.base - 1])
    sums.cashE4 = Lines.number(words[Lines.Sums.cash - 1])
    sums.netE4 = Lines.number(words[Lines.Sums.net - 1])
    sums.grossE4 = Lines.number(words[Lines.Sums.gross - 1])
    sums.realisedE4 = Lines.number(words[Lines.Sums.realised - 1])
    sums.isBroken = words[Lines.Sums.isBroken - 1] != 0
    return sums
  }

  /// A subject as it is shown.
  static func subject(
    _ lines: borrowing SharedLines, _ subject: Int, _ risk: RiskRecord?, _ sums: SubjectSums?
  ) -> PositionSnapshot.Subject {
    let beforeE4 = lines.load(Lines.session(subject), Lines.Session.before)
    return PositionSnapshot.Subject(
      subject: UInt8(subject), sums: sums, risk: risk, isToldInPart: beforeE4 != 0)
  }

  /// A subject's risk state for observers; nil: none was published, or its writer is in the middle
  /// of it, perhaps for ever.
  static func risk(_ lines: borrowing SharedLines, subject: Int) -> RiskRecord? {
    try? wholeRisk(lines, subject: subject)
  }

  /// A subject's risk state for a successor; nil: none was published.
  static func wholeRisk(
    _ lines: borrowing SharedLines, subject: Int
  ) throws(PositionError) -> RiskRecord? {
    guard let words = lines.copy(Lines.subject(subject) + 1) else {
      throw .riskTorn(path: lines.path, subject: subject)
    }
    let state = words[Lines.Risk.state - 1]
    guard state >> 63 == 1 else { return nil }
    return RiskRecord(
      state: UInt8(truncatingIfNeeded: state), trips: UInt32(truncatingIfNeeded: state >> 8),
      peakE4: Lines.number(words[Lines.Risk.peak - 1]),
      coolDownSince: words[Lines.Risk.coolDownSince - 1], newest: words[Lines.Risk.newest - 1],
      day: Lines.number(words[Lines.Risk.day - 1]), told: toldState(words[Lines.Risk.told - 1]),
      interrupted: UInt8(truncatingIfNeeded: state >> 40),
      dayStartE4: Lines.number(words[Lines.Risk.dayStart - 1]))
  }

  /// How many strategies a region has lines for, once it is known to be one that can be read.
  static func strategies(of lines: borrowing SharedLines) throws(PositionError) -> Int {
    let header = Lines.header
    let version = lines.acquire(header, Lines.Header.version)
    let strategies = lines.load(header, Lines.Header.strategies)
    guard version == Lines.version, (1...255).contains(strategies),
      Lines.holding(0, strategies: Int(strategies)) <= lines.count
    else { throw .layout(path: lines.path) }
    return Int(strategies)
  }

  /// The clock of the risk states' times; nil: none of this boot of the machine.
  static func clock(_ lines: borrowing SharedLines) -> SteadyClock? {
    let boot = lines.acquire(Lines.header, Lines.Header.boot)
    guard boot != 0, boot == SteadyClock.boot else { return nil }
    return SteadyClock(offset_ns: lines.load(Lines.header, Lines.Header.clock))
  }

  /// The state that a word says workers were told of; nil: none.
  static func toldState(_ word: UInt64) -> RiskState? {
    word == 0 ? nil : RiskState(rawValue: UInt8(truncatingIfNeeded: word &- 1))
  }

  private static func number(
    _ lines: borrowing SharedLines, _ line: Int, _ word: Int
  ) -> Int64 {
    Lines.number(lines.load(line, word))
  }
}
