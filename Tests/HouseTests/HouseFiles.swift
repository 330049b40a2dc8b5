import Foundation

/// One file of the project, as the house rules look at it.
struct HouseFile {
  /// Path from the project's root: `Sources/TickWire/Bytes.swift`.
  let path: String
  let lines: [String]

  var isSwift: Bool { path.hasSuffix(".swift") }
  var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }
  var name: String { String(path.split(separator: "/").last ?? "") }

  /// The lines without comments: what the compiler sees, near enough for words.
  var code: [String] {
    lines.map { line in
      let text = line.trimmingCharacters(in: .whitespaces)
      if text.hasPrefix("//") || text.hasPrefix("*") || text.hasPrefix("/*") { return "" }
      return line.components(separatedBy: " // ")[0]
    }
  }
}

enum HouseFiles {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let sources = read("Sources")
  static let shims = read("CShims")
  static let tests = read("Tests")
  static let scripts = read("scripts")

  /// All text files in a folder of the project, in order of path; none if there is no such folder.
  static func read(_ folder: String) -> [HouseFile] {
    let base = root.appendingPathComponent(folder)
    let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
    return (names ?? []).sorted().filter { !$0.contains(".build/") }
      .compactMap { read(file: "\(folder)/\($0)") }
  }

  static func read(file path: String) -> HouseFile? {
    let url = root.appendingPathComponent(path)
    guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
    var lines = text.components(separatedBy: "\n")
    if lines.last == "" { lines.removeLast() }
    return HouseFile(path: path, lines: lines)
  }
}
