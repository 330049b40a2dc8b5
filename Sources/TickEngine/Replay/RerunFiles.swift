import Foundation

/// The files that lie beside a recording.
enum RerunFiles {
  static func mergePath(_ path: String, _ worker: Int) -> String {
    "\(path).worker-\(worker).merge"
  }

  /// Instruments are shared out by the number of workers: another number gives other shares.
  static func checkWorkers(of path: String, _ workers: Int) throws(RerunError) {
    let files = FileManager.default
    guard files.fileExists(atPath: mergePath(path, workers - 1)),
      !files.fileExists(atPath: mergePath(path, workers))
    else { throw .workers(path, given: workers) }
  }

  /// The symbols of instruments 1, 2, ..., eight bytes each.
  static func symbols(of path: String) throws(RerunError) -> [UInt64] {
    let table = path + ".symbols.csv"
    let data = try RecordedFile.read(table)
    var words: [UInt64] = []
    for line in data.split(separator: UInt8(ascii: "\n")).dropFirst() {
      // A symbol may hold a comma, and is quoted then (`CsvField`): the other fields never do.
      let fields = line.split(separator: comma, omittingEmptySubsequences: false)
      guard fields.count >= 4, let id = UInt32(String(decoding: fields[0], as: UTF8.self)) else {
        throw .damaged(table, "a line is not symbol_id,symbol,kind,venue")
      }
      guard id & 0xF == 0, id != 0 else { continue }
      guard Int(id >> 4) == words.count + 1 else {
        throw .damaged(table, "the instruments are not numbered 1, 2, ...")
      }
      words.append(word(unquoted(fields[1..<(fields.count - 2)].joined(separator: [comma]))))
    }
    return words
  }

  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")

  private static func unquoted(_ field: some Sequence<UInt8>) -> [UInt8] {
    let field = Array(field)
    guard field.count >= 2, field.first == quote, field.last == quote else { return field }
    var name: [UInt8] = []
    var index = 1
    while index < field.count - 1 {
      name.append(field[index])
      // A quote of the name stands there twice.
      index += field[index] == quote ? 2 : 1
    }
    return name
  }

  private static func word(_ name: some Sequence<UInt8>) -> UInt64 {
    var word: UInt64 = 0x2020_2020_2020_2020
    for (index, character) in name.prefix(8).enumerated() {
      let shift = UInt64(index * 8)
      word = word & ~(0xFF << shift) | UInt64(character) << shift
    }
    return word
  }
}
