import Foundation

/// Returns of some instruments, each observed at the same times: the rows.
public struct ReturnTable: Sendable {
  public static let symbolsMax = 4_096
  public static let observationsMax = 1_048_576

  public let symbols: [String]
  public let observations: Int
  /// Row by row; 0.01 is 1 %.
  public let values: [Double]

  /// - Parameter values: `symbols.count` of each observation.
  public init(symbols: [String], values: [Double]) throws(ValueAtRiskError) {
    guard !symbols.isEmpty, symbols.count <= ReturnTable.symbolsMax else {
      throw .shape(
        what: "symbols", given: symbols.count,
        needed: max(1, min(symbols.count, ReturnTable.symbolsMax)))
    }
    let rows = values.count / symbols.count
    guard values.count == rows * symbols.count, rows <= ReturnTable.observationsMax else {
      throw .shape(what: "returns", given: values.count, needed: rows * symbols.count)
    }
    guard values.allSatisfy(\.isFinite) else { throw .notFinite(what: "a return") }
    guard Set(symbols).count == symbols.count else {
      throw .returns(line: 1, problem: "a symbol twice: one column for each")
    }
    self.symbols = symbols
    self.values = values
    observations = rows
  }

  /// Reads a CSV file: a line of symbols, then a line for each observation with one return for each
  /// symbol (0.01 is 1 %). A first column named `time` is skipped. Every line is checked.
  public init(csv data: Data) throws(ValueAtRiskError) {
    guard let text = String(data: data, encoding: .utf8) else {
      throw .returns(line: 1, problem: "not UTF-8 text")
    }
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
    while lines.last?.isEmpty == true { lines.removeLast() }
    guard let first = lines.popFirst() else {
      throw .returns(line: 1, problem: "the file is empty: a line of symbols is needed")
    }
    var symbols = ReturnTable.cells(first)
    let skipped = symbols.first == "time" ? 1 : 0
    symbols.removeFirst(skipped)
    guard !symbols.isEmpty, symbols.allSatisfy({ !$0.isEmpty }) else {
      throw .returns(line: 1, problem: "a line of symbols is needed, none of them empty")
    }
    var values: [Double] = []
    for (index, line) in lines.enumerated() {
      let cells = ReturnTable.cells(line)
      guard cells.count == symbols.count + skipped else {
        throw .returns(
          line: index + 2,
          problem: "\(cells.count) columns: \(symbols.count + skipped) are needed")
      }
      for cell in cells.dropFirst(skipped) {
        guard let value = Double(cell), value.isFinite, value >= -1 else {
          throw .returns(line: index + 2, problem: "\(cell) is no return: 0.01 is 1 %")
        }
        values.append(value)
      }
    }
    try self.init(symbols: symbols, values: values)
  }

  private static func cells(_ line: Substring) -> [String] {
    line.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
