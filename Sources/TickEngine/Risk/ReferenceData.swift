import Foundation
import TickWire

/// What is known of each symbol before the day begins: sector, volume, limits (`--reference FILE`).
///
/// The file is CSV: the line `symbol,sector,adv,previous_close,position_max,restricted`, a line for
/// each symbol, and at the end `end,` with the number of symbols, so that an empty or half-written
/// file is never taken for a whole one. `adv` (average daily volume, shares) may be empty: then no
/// order passes; `previous_close` (quote currency, at most four decimals) may be: then there is
/// none to judge a price by. `restricted` is yes or no. A file is taken whole or not at all.
public struct ReferenceData: Equatable, Sendable {
  /// What is known of one symbol.
  public struct Row: Equatable, Sendable {
    public var symbol: String
    public var sector: String
    /// Average daily volume, shares; nil or 0: not known.
    public var adv: Int64?
    /// In units of 1e-4; nil: none.
    public var previousCloseE4: Int64?
    /// Largest position either way, shares.
    public var positionMax: Int64
    public var isRestricted: Bool
  }

  /// What cannot be used, in a sentence with the line and what to do.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    public let description: String
  }

  public static let header = "symbol,sector,adv,previous_close,position_max,restricted"
  /// Largest number of shares that a file may give.
  public static let sharesMax: Int64 = 1_000_000_000_000

  /// By symbol, each once.
  public let rows: [Row]
  /// Whether symbols without a row get the simulation's.
  let isSimulation: Bool

  /// For the built-in venue: every symbol in one sector, of a volume that limits nothing.
  public static let simulation = ReferenceData(isSimulation: true)

  static let simulationRow = Row(
    symbol: "", sector: "simulation", adv: sharesMax, previousCloseE4: nil, positionMax: sharesMax,
    isRestricted: false)

  private init(isSimulation: Bool) {
    rows = []
    self.isSimulation = isSimulation
  }

  /// Names of the sectors; a sector's number is its place here, from 1.
  var sectors: [String] {
    var seen: Set<String> = []
    let named = isSimulation ? rows + [ReferenceData.simulationRow] : rows
    return named.map(\.sector).filter { seen.insert($0).inserted }
  }

  /// Reads and checks a whole file.
  public init(csv data: Data) throws(Failure) {
    let lines = try WholeLines(data, header: ReferenceData.header)
    var rows: [Row] = []
    var lineOf: [String: Int] = [:]
    for (number, line) in lines.rows {
      var fields = ReferenceFields(line, number: number)
      let row = try fields.row()
      if let first = lineOf.updateValue(number, forKey: row.symbol) {
        throw Failure(
          description: "line \(number): \(row.symbol) stands in line \(first) already")
      }
      rows.append(row)
    }
    try lines.checkEnd()
    guard !rows.isEmpty else { throw Failure(description: "the file has no symbol") }
    let sectors = Set(rows.map(\.sector)).count
    guard sectors < Exposure.sectorsMax else {
      throw Failure(
        description: "\(sectors) sectors: there may be \(Exposure.sectorsMax - 1) at most")
    }
    self.rows = rows
    isSimulation = false
  }
}
