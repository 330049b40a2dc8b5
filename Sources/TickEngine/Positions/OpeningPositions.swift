import Foundation
import TickWire

/// What is held before the day's first order (`--positions FILE`).
///
/// The file is CSV: the line `symbol,strategy,shares,average_price`, a line for each position of a
/// strategy (shares below zero: short; price in the quote currency, at most four decimals), and at
/// the end `end,` with their number, so that an empty or half-written file is never taken for a
/// whole one. Taken whole or not at all.
public struct OpeningPositions: Equatable, Sendable {
  /// What is wrong with a file, by line.
  public typealias Failure = ReferenceData.Failure

  /// One position.
  public struct Row: Equatable, Sendable {
    public var symbol: String
    /// From 1.
    public var strategy: UInt8
    /// Below zero: short.
    public var shares: Int64
    /// What one cost, units of 1e-4.
    public var averageE4: Int64
  }

  public static let header = "symbol,strategy,shares,average_price"

  /// By symbol and strategy, each once.
  public let rows: [Row]

  /// Reads and checks a whole file.
  public init(csv data: Data) throws(Failure) {
    let lines = try WholeLines(data, header: OpeningPositions.header)
    var rows: [Row] = []
    var lineOf: [String: Int] = [:]
    for (number, line) in lines.rows {
      let row = try OpeningPositions.row(line, number)
      if let first = lineOf.updateValue(number, forKey: "\(row.symbol),\(row.strategy)") {
        throw Failure(
          description: "line \(number): \(row.symbol) of strategy \(row.strategy) stands in line"
            + " \(first) already")
      }
      rows.append(row)
    }
    try lines.checkEnd()
    self.rows = rows
  }

  private static func row(_ line: Substring, _ number: Int) throws(Failure) -> Row {
    func failure(_ text: String) -> Failure { Failure(description: "line \(number): \(text)") }
    let fields = line.split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count == 4 else { throw failure("4 fields are needed, not \(fields.count)") }
    guard Symbol(fields[0]) != nil else {
      throw failure("symbol: 1 to 8 printable characters are needed, not \"\(fields[0])\"")
    }
    guard let strategy = UInt8(fields[1]), strategy > 0 else {
      throw failure("strategy: a number from 1 is needed, not \"\(fields[1])\"")
    }
    let most = ReferenceData.sharesMax
    guard let shares = Int64(fields[2]), shares != 0, (-most...most).contains(shares) else {
      throw failure("shares: a whole number other than 0 is needed, not \"\(fields[2])\"")
    }
    guard let price = Notional(fields[3])?.tenThousandths, price > 0,
      price <= Int128(FixedPoint.priceE4Max)
    else {
      throw failure(
        "average_price: a price with at most four decimals is needed, not \"\(fields[3])\"")
    }
    return Row(
      symbol: String(fields[0]), strategy: strategy, shares: shares, averageE4: Int64(price))
  }

  /// Throws unless everything that is held is something that this run knows.
  public func check(
    symbols: [String]?, reference: ReferenceData?, strategiesMax: Int
  ) throws(Failure) {
    let listed = symbols.map(Set.init)
    let known = reference.flatMap { $0.isSimulation ? nil : Set($0.rows.map(\.symbol)) }
    for row in rows {
      if let listed, !listed.contains(row.symbol) {
        throw Failure(description: "\(row.symbol) is not among the symbols given")
      }
      if let known, !known.contains(row.symbol) {
        throw Failure(description: "\(row.symbol) has no row in the reference data: add one")
      }
      guard row.strategy <= strategiesMax else {
        throw Failure(
          description: "strategy \(row.strategy) of \(row.symbol): the limit strategies_max is"
            + " \(strategiesMax)")
      }
    }
  }

  /// Of what is held, whatever the order of the rows; never 0 where anything is.
  var fingerprint: UInt64 {
    var sum: UInt64 = 0
    for row in rows {
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for byte in "\(row.symbol),\(row.strategy),\(row.shares),\(row.averageE4)".utf8 {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      }
      sum &+= hash ^ hash >> 29
    }
    return rows.isEmpty ? 0 : max(1, sum)
  }
}
