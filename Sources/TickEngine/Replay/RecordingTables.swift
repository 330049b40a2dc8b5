import Foundation
import TickRing
import TickWire

/// The symbols beside a recording: `symbol_id,symbol,kind,venue`, one row a series, by number.
enum SymbolTable {
  /// - Parameter first: the first number that is not written yet; 0: nothing is.
  /// - Returns: the first one to come.
  static func write(
    _ directory: borrowing DirectoryReader, from first: UInt32, to file: RecordingFile
  ) throws(AtomicFile.Failure) -> UInt32 {
    if first == 0 { try file.write("symbol_id,symbol,kind,venue\n") }
    let end = UInt32(directory.count) + 1
    for number in first..<max(first, end) {
      // Instrument 0 is the whole feed: it has no symbol.
      let symbol = directory.symbol(number).map { CsvField.text(symbolWord: $0) } ?? ""
      let venue = directory.venue(max(1, number)).map { CsvField.text(symbolWord: $0) } ?? ""
      for kind in TickKind.allCases {
        let series = Series(instrument: number, kind: kind)
        try file.write("\(series.id),\(symbol),\(kind.name),\(venue)\n")
      }
    }
    return max(first, end)
  }
}

/// Order requests as CSV, by symbol and then in the order asked, so that the same decisions give
/// the same file however many workers made them. Cancels and replacements name the order meant by
/// its number, those of a strategy, a symbol or all none.
enum OrderRequestTable {
  static func write(
    _ requests: [OrderRequest], _ directory: borrowing DirectoryReader, to file: RecordingFile
  ) throws(AtomicFile.Failure) {
    try file.write("symbol,number,time_ns,action,side,price,quantity,time_in_force\n")
    // Those of one instrument and strategy come from one worker, so their order is that of asking.
    func key(_ index: Int) -> (UInt64, UInt8, Int) {
      (requests[index].order_id >> 32, requests[index].strategy, index)
    }
    let byInstrument = requests.indices.sorted { key($0) < key($1) }
    for index in byInstrument {
      try file.write(row(requests[index], directory))
    }
  }

  private static func row(
    _ request: OrderRequest, _ directory: borrowing DirectoryReader
  ) -> String {
    let order = OrderId(raw: request.order_id)
    let symbol = directory.symbol(order.instrument).map { CsvField.text(symbolWord: $0) } ?? ""
    let start = "\(symbol),\(order.number),\(request.decision_time)"
    switch OrderAction(rawValue: request.action) {
    case .new:
      let side = OrderSide(rawValue: request.side).map { "\($0)" } ?? "unknown"
      let timeInForce =
        TimeInForce(rawValue: request.time_in_force).map { "\($0)" } ?? "unknown"
      return "\(start),new,\(side),\(request.price),\(request.quantity),\(timeInForce)\n"
    case .replace: return "\(start),replace,,\(request.price),\(request.quantity),\n"
    case .cancel: return "\(start),cancel,,,,\n"
    case .cancelStrategy: return "\(start),cancel_strategy,,,,\n"
    case .cancelSymbol: return "\(start),cancel_symbol,,,,\n"
    case .cancelAll: return "\(start),cancel_all,,,,\n"
    case nil: return "\(start),unknown,,,,\n"
    }
  }
}

/// A field of a CSV row (RFC 4180): quoted where a comma or a quote in it would end it early.
enum CsvField {
  static func text(symbolWord word: UInt64) -> String { text(Symbol(word: word).text) }

  static func text(_ field: String) -> String {
    guard field.contains(where: { $0 == "," || $0 == "\"" }) else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
