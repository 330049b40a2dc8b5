import TickWire

/// What the gate reads of an instrument's reference data, 32 bytes, in its own units.
struct ReferenceLine: BitwiseCopyable {
  /// Largest order (RM3), shares.
  var quantityMax: Int64 = 0
  /// Largest position (RM6), shares: the smaller of the limit and the symbol's own.
  var positionMax: Int64 = 0
  /// 1e-4; 0: none.
  var previousCloseE4: Int64 = 0
  var sector: UInt8 = 0
  /// Whether it has been looked for, and was found.
  var isResolved = false
  var isKnown = false
  var isRestricted = false
  var hasVolume = false

  init() {}
}

/// The reference data as the risk gate reads it: a line for each instrument of the directory, found
/// by its number, with every limit an integer.
///
/// Made off the hot path, for the limits in force; handed to the gate whole, which gives the one
/// before back. An instrument that the directory numbers later is looked up by its symbol once.
/// Thread: one at a time.
public struct ReferenceTable: ~Copyable {
  private let lines: Slab<ReferenceLine>
  private let rows: Slab<ReferenceLine>
  private let slots: Slab<ReferenceSlot>
  private let otherRow: ReferenceLine?
  /// Names of the sectors, by number less 1.
  public let sectors: [String]

  /// - Parameter instruments: numbers are below this.
  public init(_ data: ReferenceData, limits: RiskLimits, instruments: Int) {
    let sectors = data.sectors
    let numbers = Dictionary(
      uniqueKeysWithValues: sectors.enumerated().map { ($0.element, UInt8($0.offset + 1)) })
    func line(_ row: ReferenceData.Row) -> ReferenceLine {
      ReferenceLine(row, sector: numbers[row.sector] ?? 0, limits)
    }
    lines = Slab(count: instruments, repeating: ReferenceLine())
    let made = data.rows.map(line)
    otherRow = data.isSimulation ? line(ReferenceData.simulationRow) : nil
    rows = Slab(count: made.count) { made[$0] }
    var count = 4
    while count < data.rows.count * 2 { count *= 2 }
    slots = Slab(count: count, repeating: ReferenceSlot())
    self.sectors = sectors
    for (index, row) in data.rows.enumerated() {
      // The data has no other symbols.
      guard let word = Symbol(row.symbol)?.word else { continue }
      slots[slot(of: word)] = ReferenceSlot(symbol: word, row: UInt64(index + 1))
    }
  }

  var instruments: Int { lines.count }

  @inline(__always)
  func prefetch(_ instrument: Int) { lines.prefetch(instrument) }

  /// The instrument's line, looked up if it is the first time.
  ///
  /// - Parameter symbol: its 8 bytes, asked for then.
  @inline(__always)
  func line(_ instrument: Int, symbol: () -> UInt64?) -> ReferenceLine {
    let line = lines[instrument]
    return line.isResolved ? line : resolve(instrument, symbol())
  }

  private func resolve(_ instrument: Int, _ symbol: UInt64?) -> ReferenceLine {
    // Not known yet: it may be later.
    guard let symbol else { return ReferenceLine() }
    let row = slots[slot(of: symbol)].row
    var line = row > 0 ? rows[Int(row) - 1] : otherRow ?? ReferenceLine()
    line.isResolved = true
    lines[instrument] = line
    return line
  }

  private func slot(of symbol: UInt64) -> Int {
    let mask = slots.count - 1
    var index = Int(truncatingIfNeeded: (symbol &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while slots[index].row != 0, slots[index].symbol != symbol { index = (index + 1) & mask }
    return index
  }
}

extension ReferenceLine {
  fileprivate init(_ row: ReferenceData.Row, sector: UInt8, _ limits: RiskLimits) {
    let share = FixedPoint.units(limits.advPercent, each: 100)
    // Shares are at most 1e12 and the share 1e4, so the product fits.
    quantityMax = (row.adv ?? 0) * share / FixedPoint.whole
    hasVolume = (row.adv ?? 0) > 0
    positionMax = min(row.positionMax, Int64(limits.positionQuantityMax))
    previousCloseE4 = row.previousCloseE4 ?? 0
    self.sector = sector
    isKnown = true
    isRestricted = row.isRestricted
  }
}

/// Of a `ReferenceTable`'s look-up by symbol.
struct ReferenceSlot: BitwiseCopyable {
  var symbol: UInt64 = 0
  /// Place of the row, from 1; 0: the slot is free.
  var row: UInt64 = 0
}
