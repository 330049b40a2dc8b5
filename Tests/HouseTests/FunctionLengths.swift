/// Finds functions and their lengths by layout: a body ends at the first line that begins with a
/// closing brace at the indentation of the declaration, as the formatter guarantees.
enum FunctionLengths {
  struct Function {
    let line: Int
    let length: Int
  }

  static func inSwift(_ lines: [String]) -> [Function] {
    // A search for a word takes a hundredth of the pattern's time.
    let words = ["func ", "init", "deinit"]
    let head = #/^\s*([a-z@]+(\([a-zA-Z_: ]*\))? )*(func |init[?<(]|deinit)/#
    return lines.indices.compactMap { start in
      guard words.contains(where: { lines[start].contains($0) }), lines[start].contains(head)
      else { return nil }
      return function(lines, from: start)
    }
  }

  static func inC(_ lines: [String]) -> [Function] {
    lines.indices.compactMap { start in
      let isHead = lines[start].contains(#/^[a-z][A-Za-z0-9_ *]*\(/#)
      return isHead ? function(lines, from: start) : nil
    }
  }

  /// nil if the declaration has no body (in a protocol or a header) or stands on one line.
  private static func function(_ lines: [String], from start: Int) -> Function? {
    let indentation = lines[start].prefix { $0 == " " }
    var isOpen = false
    for index in start..<lines.count {
      let line = lines[index]
      if index > start, isOpen, line.hasPrefix(indentation + "}") {
        return Function(line: start + 1, length: index - start + 1)
      }
      let isOutside = index > start && line.prefix { $0 == " " }.count <= indentation.count
      let goesOn = [")", "{", "where "].contains { line.hasPrefix(indentation + $0) }
      if !isOpen && isOutside && !goesOn { return nil }
      if line.hasSuffix("{") { isOpen = true }
    }
    return nil
  }
}
