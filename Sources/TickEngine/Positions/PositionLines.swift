import TickRing

/// Where things lie in a positions region: 64-byte lines of eight words, the first of which is the
/// line's sequence (`SharedLines.revise`).
///
///     line 0        the header: version, strategies, holdings in use, whether one is being booked,
///                   the clock
///     line 1        value at risk; its writer is not the sender
///     3 each        a subject (0 the instance, then each strategy): sums | risk state | session
///     2 each        a holding: position | totals, in the order in which they came to be
///
/// Only numbers of fixed width; money in units of 1e-4 unless a name says otherwise.
enum PositionLines {
  static let version: UInt64 = 2
  static let header = 0
  static let valueAtRisk = 1
  static let subjects = 2

  /// Words of the header, each stored by itself. 0 in `version`: never used.
  enum Header {
    static let version = 1
    static let strategies = 2
    static let instruments = 3
    /// Holdings in use; stored with release after the lines of a new one.
    static let holdings = 4
    /// Not 0: a fill is being booked. What a writer died in the middle of is not to be believed.
    static let isBooking = 5
    /// The clock of the risk states' times, `SteadyClock.offset_ns`; and the boot of the machine
    /// that it is of, stored with release after it. 0: there is none.
    static let clock = 6
    static let boot = 7
  }

  /// A subject's first line.
  enum Sums {
    static let base = 1
    static let cash = 2
    static let net = 3
    static let gross = 4
    static let realised = 5
    /// Not 0: a sum is not known any more.
    static let isBroken = 6
  }

  /// A subject's second line: its `RiskRecord`.
  enum Risk {
    /// State, trips from bit 8, from bit 40 the state that a kill came over; bit 63: there is one.
    static let state = 1
    /// May rise without `revise`.
    static let peak = 2
    static let coolDownSince = 3
    static let newest = 4
    static let day = 5
    /// The state that workers were told of last, plus 1; stored by itself. 0: none was noted.
    static let told = 6
    /// Equity when the day began.
    static let dayStart = 7
  }

  /// A subject's third line: what a successor in the venue's session needs. Each stored by itself.
  enum Session {
    /// The equity that it began with.
    static let base = 1
    /// The equity that a predecessor left, until the venue has told all that makes it; 0: it has.
    static let before = 2
  }

  /// A holding's first line. The mark alone may change without `revise`.
  enum Position {
    /// Instrument, then strategy from bit 32.
    static let key = 1
    static let position = 2
    static let costE4 = 3
    static let costRest = 4
    static let mark = 5
    /// Changes so far: the same in both lines, or a reader is between them.
    static let changes = 7
  }

  /// A holding's second line.
  enum Totals {
    static let bought = 1
    static let sold = 2
    static let boughtValue = 3
    static let soldValue = 4
    static let slippage = 5
    static let referenceValue = 6
    static let changes = 7
  }

  static func subject(_ subject: Int) -> Int { subjects + subject * 3 }
  static func session(_ subject: Int) -> Int { self.subject(subject) + 2 }

  static func holding(_ holding: Int, strategies: Int) -> Int {
    subjects + (strategies + 1) * 3 + holding * 2
  }

  /// Lines for so many strategies and holdings, as the capacity of a region.
  static func capacity(strategies: Int, holdings: Int) -> Int {
    let lines = holding(holdings, strategies: strategies)
    var capacity = 1
    while capacity < lines { capacity *= 2 }
    return capacity
  }

  static func word(_ number: Int64) -> UInt64 { UInt64(bitPattern: number) }
  static func number(_ word: UInt64) -> Int64 { Int64(bitPattern: word) }
}
