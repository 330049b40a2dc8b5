/// Which module may import which: downwards only, and no library that has no reason here.
enum FloorTable {
  /// Allowed in every Swift module.
  static let system: Set<String> = ["Glibc", "Synchronization"]

  static let allowed: [String: Set<String>] = [
    "TickRing": ["CTickRing"],
    "TickWire": ["CZlib"],
    "TickMetrics": ["CTickRing", "TickRing", "Histogram"],
    "TickEngine": [
      "CTickRing", "CLinux", "CLapack", "TickRing", "TickWire", "TickMetrics",
      // Host names, number formatting and JSON, off the hot path.
      "Foundation", "FoundationEssentials", "Logging",
    ],
    // What a user may copy out: it sees the public product and nothing else.
    "Examples": ["TickEngine", "TickRing"],
    "tickway": [
      "TickRing", "TickWire", "TickMetrics", "TickEngine", "Examples", "ArgumentParser", "Dispatch",
      // Reads configurations.
      "Yams",
      "Foundation", "FoundationEssentials",
    ],
  ]

  /// The module of `Sources/<folder>/…`.
  static func module(of path: String) -> String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  /// The module that a line imports, if it does.
  static func imported(by line: String) -> String? {
    // To make the pattern takes longer than to see that there is nothing to match.
    guard line.contains("import ") else { return nil }
    let pattern =
      #/^(@[a-zA-Z_]+(\([a-zA-Z]*\))? )*((public|package|internal|private|fileprivate) )?import /#
    guard let match = line.firstMatch(of: pattern) else { return nil }
    var words = line[match.range.upperBound...].split(separator: " ")
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let"]
    if let first = words.first, kinds.contains(first) { words.removeFirst() }
    return words.first.map { String($0.split(separator: ".")[0]) }
  }
}
