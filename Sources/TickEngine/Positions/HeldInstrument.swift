import TickRing
import TickWire

/// A position of the file, under its instrument's number.
struct HeldInstrument {
  let row: OpeningPositions.Row
  let instrument: UInt32

  init(row: OpeningPositions.Row, instrument: UInt32) {
    self.row = row
    self.instrument = instrument
  }

  init(
    _ row: OpeningPositions.Row, _ numbers: inout DirectoryWriter
  ) throws(ReplayError) {
    guard let word = Symbol(row.symbol)?.word, let number = numbers.number(of: word) else {
      throw .options("--positions: the directory has no room for \(row.symbol)")
    }
    self.row = row
    instrument = number
  }

  /// The same where another process gives the numbers.
  init(
    _ row: OpeningPositions.Row, _ numbers: borrowing DirectoryReader
  ) throws(ReplayError) {
    let word = Symbol(row.symbol)?.word
    var number: UInt32 = 1
    while let symbol = numbers.symbol(number), symbol != word { number += 1 }
    guard word != nil, numbers.symbol(number) == word else {
      throw .options(
        "--positions: \(row.symbol) has no number yet, and the ingester, which gives them, runs:"
          + " start the sender first, or name the symbol with --symbols")
    }
    self.row = row
    instrument = number
  }

  /// Notes in the pool what was held before the session's first order. A successor in the same
  /// session is told every fill since then, so it has to begin from the same.
  static func note(
    _ positions: OpeningPositions?, in pool: borrowing OrderPool, isSameSession: Bool
  ) throws(ReplayError) {
    let fingerprint = positions?.fingerprint ?? 0
    guard isSameSession else { return pool.opening = fingerprint }
    guard pool.opening == fingerprint else {
      throw .options(
        "--positions: the sender before this one began the venue's session with other positions,"
          + " and the venue tells every fill since: give the file that it was given"
          + (pool.opening == 0 ? ", which was none" : ""))
    }
  }
}

extension RiskGate {
  /// Holds what is held before the first order; the price that each is valued at, 1e-4: the close
  /// of the day before, or else what it cost.
  mutating func hold(_ held: [HeldInstrument]) -> [Int64] {
    for one in held {
      hold(one.instrument, strategy: one.row.strategy, one.row.shares)
      if exposure.lines[Int(one.instrument)].markE4 == 0 {
        mark(one.instrument, one.row.averageE4)
      }
    }
    if !held.isEmpty { balanceCredit(isSettled: false) }
    return held.map { exposure.lines[Int($0.instrument)].markE4 }
  }
}

extension PositionBook {
  /// Books what is held before the first order; a book that goes on has it.
  mutating func begin(_ held: [HeldInstrument], _ marksE4: [Int64]) throws(ReplayError) {
    guard !isResumed else { return }
    for (one, markE4) in zip(held, marksE4) {
      let fault = begin(
        strategy: one.row.strategy, instrument: one.instrument, shares: one.row.shares,
        averageE4: one.row.averageE4, closeE4: markE4)
      guard let fault else { continue }
      throw .options(
        "--positions: \(one.row.symbol) of strategy \(one.row.strategy) cannot be booked:"
          + " \(fault.name)")
    }
  }
}
