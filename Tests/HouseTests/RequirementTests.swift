import Testing

/// The numbered requirements of the last hop before the wire: each id is the beginning of at least
/// one test's name, `rm4TheCollarIs…`, and no test names one that there is not.
@Suite struct RequirementTests {
  /// How many there are of each kind: risk before the order, risk states, kill switch, orders,
  /// positions, value at risk.
  private static let counts = ["rm": 14, "rs": 9, "ks": 3, "om": 4, "pt": 2, "vr": 1]

  /// Ids, and how many tests name each.
  private func named() -> [String: Int] {
    var named: [String: Int] = [:]
    for file in HouseFiles.tests where file.isSwift {
      for (index, line) in file.lines.enumerated() where line.contains("func ") {
        guard let name = line.firstMatch(of: #/\bfunc ((rm|rs|ks|om|pt|vr)\d+)[A-Z]/#) else {
          continue
        }
        // A test, and not something that one of them calls.
        let isTest = file.lines[max(0, index - 12)...index].contains { $0.contains("@Test") }
        if isTest { named[String(name.1), default: 0] += 1 }
      }
    }
    return named
  }

  @Test func everyRequirementOfTheLastHopIsNamedByATest() {
    let named = named()
    let ids = Self.counts.flatMap { kind, count in (1...count).map { "\(kind)\($0)" } }
    for id in ids.sorted() { #expect(named[id] ?? 0 > 0, "no test is named \(id)…") }
    for id in named.keys.sorted() { #expect(ids.contains(id), "there is no \(id)") }
  }
}
