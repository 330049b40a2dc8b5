import Foundation

/// The lines of a CSV file that says itself where it ends: a header, rows, and `end,` with their
/// number. What is empty or half written is refused.
struct WholeLines {
  private let lines: [Substring]

  /// Checks the header, and that the last line has an end.
  init(_ data: Data, header: String) throws(ReferenceData.Failure) {
    guard let text = String(bytes: data, encoding: .utf8) else {
      throw ReferenceData.Failure(description: "not UTF-8 text")
    }
    // Not by `Character`: a carriage return and a line feed are one.
    var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map {
      Substring($0.last == "\r" ? $0.dropLast() : $0)
    }
    guard lines.count > 1, lines.removeLast().isEmpty else {
      throw ReferenceData.Failure(description: "the last line has no end: the file is not whole")
    }
    guard lines[0] == header else {
      throw ReferenceData.Failure(description: "line 1: \(header) is needed")
    }
    self.lines = lines
  }

  /// Each row with the number of its line.
  var rows: [(number: Int, line: Substring)] {
    lines.enumerated().dropFirst().dropLast().map { ($0.offset + 1, $0.element) }
  }

  /// Whether the last line names the number of rows: looked at after the rows, whose mistakes say
  /// more.
  func checkEnd() throws(ReferenceData.Failure) {
    let last = lines.count > 1 ? lines[lines.count - 1] : ""
    // A file that was never given an end has one row more than one whose end is wrong.
    let count = max(0, lines.count - (last.hasPrefix("end,") ? 2 : 1))
    guard last == "end,\(count)" else {
      throw ReferenceData.Failure(
        description: "line \(lines.count): end,\(count) is needed as the last line, with the number"
          + " of rows: the file is not whole")
    }
  }
}
