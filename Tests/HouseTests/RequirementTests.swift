import Testing

/// The numbered requirements of market data, of strategies and of the last hop before the wire:
/// each id is the beginning of at least one test's name, `rm4TheCollarIs…`, and no test names one
/// that there is not.
@Suite struct RequirementTests {
  /// Those of each kind: market data, strategies, risk before the order, risk states, kill switch,
  /// orders, positions, value at risk. SE1's count of slow calculations is not built.
  private static let numbers = [
    "md": 1...7, "se": 2...3, "rm": 1...14, "rs": 1...9, "ks": 1...3, "om": 1...4, "pt": 1...2,
    "vr": 1...1,
  ]

  /// Ids, and how many tests name each.
  private func named() -> [String: Int] {
    var named: [String: Int] = [:]
    for file in HouseFiles.tests where file.isSwift {
      for (index, line) in file.lines.enumerated() where line.contains("func ") {
        guard let name = line.firstMatch(of: #/\bfunc ((md|se|rm|rs|ks|om|pt|vr)\d+)[A-Z]/#) else {
          continue
        }
        // A test, and not something that one of them calls.
        let isTest = file.lines[max(0, index - 12)...index].contains { $0.contains("@Test") }
        if isTest { named[String(name.1), default: 0] += 1 }
      }
    }
    return named
  }

  @Test func everyRequirementIsNamedByATest() {
    let named = named()
    let ids = Self.numbers.flatMap { kind, numbers in numbers.map { "\(kind)\($0)" } }
    for id in ids.sorted() { #expect(named[id] ?? 0 > 0, "no test is named \(id)…") }
    for id in named.keys.sorted() { #expect(ids.contains(id), "there is no \(id)") }
  }
}
