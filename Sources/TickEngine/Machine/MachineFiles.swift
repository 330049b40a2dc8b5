import Foundation

/// What the kernel tells of the machine in `/proc` and `/sys`, found under a root that a test may
/// choose. What is absent, unreadable, or not what it should be is nil: unknown, and never guessed.
///
/// Thread safety: a value; any thread. Reads files: for start and for looking, not for hot loops.
struct MachineFiles: Sendable {
  /// In front of each path; empty: this machine's own.
  let root: String

  init(root: String = "") { self.root = root }

  /// A file of the kernel is no longer; what is, is no such file.
  private static let bytes_max = 1 << 20

  func text(_ path: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: root + path) else { return nil }
    defer { try? file.close() }
    guard let data = try? file.read(upToCount: MachineFiles.bytes_max) else { return nil }
    return String(decoding: data, as: UTF8.self)
  }

  func lines(_ path: String) -> [Substring]? { text(path)?.split(whereSeparator: \.isNewline) }

  /// The first line, without blanks around it; nil if it has nothing.
  func line(_ path: String) -> String? {
    guard let first = lines(path)?.first else { return nil }
    let trimmed = first.trimmingCharacters(in: .whitespaces)
    return trimmed.isEmpty ? nil : trimmed
  }

  func number(_ path: String) -> Int? { line(path).flatMap { Int($0) } }

  /// A list of numbers such as `0-3,8`. A file that is there and empty is an empty list.
  func list(_ path: String) -> [Int]? {
    guard let text = text(path) else { return nil }
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return trimmed.isEmpty ? [] : KernelList.numbers(in: trimmed)
  }

  /// How many a list has; nil for none.
  func count(_ path: String) -> Int? { list(path).flatMap { $0.isEmpty ? nil : $0.count } }

  /// The one in brackets of a choice such as `always [madvise] never`.
  func choice(_ path: String) -> String? {
    guard let line = line(path), let open = line.firstIndex(of: "["),
      let close = line[open...].firstIndex(of: "]")
    else { return nil }
    let chosen = line[line.index(after: open)..<close]
    return chosen.isEmpty ? nil : String(chosen)
  }

  /// The value behind a name and a colon, in a file of such lines.
  func field(_ name: String, in path: String) -> String? {
    for line in lines(path) ?? [] where line.hasPrefix(name) {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      return parts[1].trimmingCharacters(in: .whitespaces)
    }
    return nil
  }

  /// What a directory holds, in order; nil if there is none.
  func names(in path: String) -> [String]? {
    (try? FileManager.default.contentsOfDirectory(atPath: root + path))?.sorted()
  }

  /// The numbers of entries such as `cpu0`, ascending; nil if the directory is not there.
  func numbers(of prefix: String, in path: String) -> [Int]? {
    names(in: path)?.compactMap { name in
      name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil
    }.filter { $0 >= 0 }.sorted()
  }

  /// Cores that are online; nil if the kernel does not say.
  var onlineCores: [Int]? { list("/sys/devices/system/cpu/online") }
}

/// Numbers as the kernel lists them: `0-3,8`.
enum KernelList {
  /// No list of cores or nodes has a larger number.
  private static let numberMax = 1 << 16

  /// nil if it is no list, or an empty one.
  static func numbers(in text: some StringProtocol) -> [Int]? {
    var numbers: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard bounds.count <= 2, let first = bounds.first ?? nil, let last = bounds.last ?? nil,
        0 <= first, first <= last, last < numberMax, numbers.count <= numberMax
      else { return nil }
      numbers.append(contentsOf: first...last)
    }
    return numbers
  }

  static func text(_ numbers: [Int]) -> String {
    var parts: [String] = []
    var rest = numbers.sorted()[...]
    while let first = rest.first {
      var last = first
      rest.removeFirst()
      while rest.first == last + 1 { last = rest.removeFirst() }
      parts.append(first == last ? "\(first)" : "\(first)-\(last)")
    }
    return parts.joined(separator: ",")
  }
}
