/// Bytes to whole lines: what a role says on standard error, in pieces as they come.
///
/// Thread safety: one owner.
struct LineSplitter {
  /// A longer line is told in pieces.
  static let bytesMax = 4096

  private var rest: [UInt8] = []

  /// The lines that are complete now, without their ends.
  mutating func take(_ bytes: some Sequence<UInt8>) -> [String] {
    var lines: [String] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        lines.append(line())
      } else {
        rest.append(byte)
        if rest.count == LineSplitter.bytesMax { lines.append(line()) }
      }
    }
    return lines
  }

  /// What came after the last end of a line; nil: nothing.
  mutating func takeRest() -> String? { rest.isEmpty ? nil : line() }

  private mutating func line() -> String {
    defer { rest.removeAll(keepingCapacity: true) }
    return String(decoding: rest, as: UTF8.self)
  }
}
