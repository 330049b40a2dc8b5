import Foundation
import TickEngine
import Testing

@testable import tickway

/// Whatever is in a file, what is wrong with it is told by line and column.
@Suite(.timeLimit(.minutes(3)))
struct ConfigurationFileTests {
  /// A machine that the example fits.
  private let machine = MachineCores(allowed: [0, 1])
  private let scratch = Scratch()

  private func faults(_ text: String) -> [String] {
    ConfigurationFile.read(Array(text.utf8), base: scratch.path, on: machine).1.map { fault in
      "\(fault.place.line):\(fault.place.column): \(fault.text)"
    }
  }

  /// The example with one piece replaced.
  private func changed(_ piece: String, _ other: String) -> [String] {
    precondition(ConfigurationExample.text.contains(piece))
    return faults(ConfigurationExample.text.replacingOccurrences(of: piece, with: other))
  }

  private func expect(
    _ faults: [String], says parts: String..., location: SourceLocation = #_sourceLocation
  ) {
    #expect(faults.count == 1, "\(faults)", sourceLocation: location)
    for part in parts {
      #expect(faults.first?.contains(part) == true, "\(faults)", sourceLocation: location)
    }
  }

  // MARK: What is right

  @Test func theExampleIsGoodOnASmallMachine() {
    let (configuration, faults) = ConfigurationFile.read(
      Array(ConfigurationExample.text.utf8), base: scratch.path, on: machine)
    #expect(faults.isEmpty, "\(faults)")
    #expect(configuration?.sets[0].workers.map(\.strategy) == [.marketMaker, .momentum])
    #expect(configuration?.directories.state == scratch["state"])
  }

  @Test func aMarkOfTheEncodingIsNoText() {
    let bytes = [0xEF, 0xBB, 0xBF] + Array(ConfigurationExample.text.utf8)
    let (configuration, faults) = ConfigurationFile.read(bytes, base: scratch.path, on: machine)
    #expect(faults.isEmpty && configuration?.instance == "example", "\(faults)")
  }

  /// What the example says to be a default is one.
  @Test func whatIsCommentedOutIsTheDefault() {
    var lines = ConfigurationExample.text.components(separatedBy: "\n")
    let parts = [
      "rings: /dev", "kernel_stamps", "wait_us", "wait_packets", "recovery_ms",
      "receive_buffer_bytes", "datagram_bytes_max", "restarts: follow", "listen", "dialect",
      "reconnect_s", "slow: refuse", "huge_pages", "lock: false", "scheduling:",
      "realtime_priority",
    ]
    for part in parts {
      let found = lines.firstIndex { line in
        line.drop { $0 == " " }.hasPrefix("# \(part)")
          || line.drop { $0 == " " }.hasPrefix("#   \(part)")
      }
      guard let index = found else {
        Issue.record("\(part)")
        continue
      }
      lines[index] = lines[index].replacing("# ", with: "", maxReplacements: 1)
    }
    func hash(_ text: String) -> ConfigurationHash? {
      let (configuration, faults) = ConfigurationFile.read(
        Array(text.utf8), base: scratch.path, on: machine)
      #expect(faults.isEmpty, "\(faults)")
      return configuration.map { ConfigurationHash($0) }
    }
    #expect(hash(lines.joined(separator: "\n")) == hash(ConfigurationExample.text))
  }

  @Test func meaningCountsAndSpellingDoesNot() throws {
    let plain = "instance: a\nfeed: {line_a: 239.1.1.1:5}\nsets: [{workers: [{strategy: none}]}]\n"
    let other = """
      # The same.
      sets:
        - workers:
            - strategy: "none"
              policy: conflate
      feed: {line_a: '239.1.1.1:5', protocol: iex}
      instance: a
      """
    let hashes = [plain, other].map { text in
      ConfigurationFile.read(Array(text.utf8), base: scratch.path, on: machine).0.map {
        ConfigurationHash($0)
      }
    }
    #expect(hashes[0] != nil && hashes[0] == hashes[1])
  }

  // MARK: What is wrong

  @Test func anUnknownKeyIsToldWithTheNearestOne() {
    expect(changed("line_b:", "lineb:"), says: ":3: feed.lineb: unknown; did you mean line_b?")
    expect(changed("max_age_s: 1  ", "maxages: 1  "), says: "did you mean max_age_s?")
    expect(changed("waiting: auto", "zzz: auto"), says: "zzz: unknown; known here: instance")
  }

  @Test func wrongTypesAreTold() {
    expect(changed("tick_slots: 65536", "tick_slots: many"), says: "many: a whole number")
    expect(changed("tick_slots: 65536", "tick_slots: \"65536\""), says: "without quotes")
    expect(changed("tick_slots: 65536", "tick_slots: [1]"), says: "not a list")
    expect(changed("tick_slots: 65536", "tick_slots: 1e3"), says: "1e3: a whole number")
    expect(
      changed("tick_slots: 65536", "tick_slots: 99999999999999999999"), says: "a whole number")
    expect(changed("  bind: warn", "  bind: perhaps"), says: "require, warn or off")
    expect(changed("  bind: warn", "  bind: warn\n  lock: yes"), says: "true or false")
    expect(changed("waiting: auto", "waiting:"), says: "waiting: nothing is given")
    expect(changed("waiting: auto", "waiting: {a: 1}"), says: "not a section")
    expect(changed("  tick_slots: 65536 ", "  - 65536 "), says: "not a list")
    let lineA = "line_a: 239.255.77.1:15001"
    expect(changed(lineA, "line_a: here:1"), says: "such as 239.1.2.3:5000")
    for server in ["239.1.1.1:500", "10.0.0.1@127.0.0.1:500", "here"] {
      expect(changed(lineA, "requests: '\(server)'\n  \(lineA)"), says: "such as 192.0.2.7:5100")
    }
  }

  @Test func impossibleValuesAreToldWhereTheyStand() {
    expect(changed("tick_slots: 65536", "tick_slots: 1000"), says: ":15: rings.tick_slots: 1000")
    expect(changed("- # node: 0", "- node: 7"), says: "no node 7 here")
    expect(
      changed("# ingester: {core: 2}", "ingester: {core: 2}"),
      says: "no core 2 here: this process may run on 0-1")
  }

  @Test func whatIsHeldAndItsValueAtRiskAreRead() throws {
    _ = try scratch.write("symbol,strategy,shares,average_price\nAAPL,1,5,1\nend,1\n", to: "p.csv")
    _ = try scratch.write("AAPL\n0.01\n-0.02\n", to: "r.csv")
    let text = ConfigurationExample.text
      .replacing("# positions: positions.csv ", with: "positions: p.csv ")
      .replacing("# var_every_s: 10 ", with: "var_every_s: 10 ")
      .replacing("# returns: returns.csv ", with: "returns: r.csv ")
      .replacing("# var_confidence: 0.95", with: "var_confidence: 0.95")
    let (configuration, faults) = ConfigurationFile.read(
      Array(text.utf8), base: scratch.path, on: machine)
    #expect(faults.isEmpty, "\(faults)")
    let risk = try #require(configuration?.risk)
    #expect(risk.positions?.path == scratch["p.csv"] && risk.positions?.value.rows.count == 1)
    #expect(risk.valueAtRisk == .init(everySeconds: 10, .returns(path: scratch["r.csv"])))
  }

  @Test func whatIsHeldAndItsValueAtRiskAreCheckedWhereTheyStand() throws {
    _ = try scratch.write("symbol,strategy,shares,average_price\nAAPL,1,5\nend,1\n", to: "p.csv")
    _ = try scratch.write("AAPL\n0.01\n-0.02\n", to: "r.csv")
    _ = try scratch.write("AAPL\n0.01\n", to: "short.csv")
    let risk = "arm_simulation: true"
    func with(_ lines: String...) -> [String] {
      changed(risk, ([risk] + lines).joined(separator: "\n  "))
    }
    let line = try #require(
      ConfigurationExample.text.components(separatedBy: "\n").firstIndex { $0.contains(risk) })
    expect(
      with("positions: p.csv"), says: "\(line + 2):14: risk.positions: ", "line 2: 4 fields")
    expect(with("positions: none.csv"), says: "risk.positions: ", "cannot read the positions file")
    expect(with("var_every_s: 10"), says: "\(line + 2):16: ", "returns or recorded must say")
    expect(
      with("var_every_s: 10", "returns: r.csv", "recorded: r.csv"), says: "recorded")
    expect(with("returns: r.csv"), says: "\(line + 2):12: ", "without var_every_s")
    expect(with("var_every_s: 1", "returns: short.csv"), says: "risk.returns: ", "short.csv")
    expect(with("var_every_s: 0", "returns: r.csv"), says: "\(line + 2):16: risk.var_every_s: 0")
    expect(with("var_every_s: often", "returns: r.csv"), says: "often: a number")
    expect(
      with("var_every: 1", "returns: r.csv").filter { $0.contains("unknown") }, says: "var_every_s?"
    )
    expect(
      with("var_every_s: 1", "returns: r.csv", "recorded_interval_s: 5"),
      says: "recorded_interval_s", "which is not given")
  }

  @Test func allMistakesAreToldInTheOrderOfTheFile() {
    let faults = faults(
      """
      instance: a b
      feed: {line_a: 1, lineb: 2, max_age_s: -1}
      feed: {}
      venue: {password: geheim, slow: no}
      sets:
        - workers: [{strategy: magic}, {strategy: momentum, symbols: [A, A]}]
      rings: {tick_slots: 3}
      """)
    #expect(
      faults.map { String($0.prefix { $0 != " " }) } == [
        "1:11:", "2:16:", "2:19:", "2:40:", "3:1:", "4:9:", "4:33:", "6:26:", "6:68:", "7:21:",
      ], "\(faults)")
    #expect(!faults.joined().contains("geheim"))
  }

  @Test func aKeyThatIsGivenTwiceIsTold() {
    let faults = faults("instance: a\ninstance: b\n'instance': c\nfeed: {line_a: 239.1.1.1:5}\n")
    #expect(faults.filter { $0.contains("instance: given twice, in line 1") }.count == 2)
    #expect(faults.contains { $0.hasPrefix("2:1:") } && faults.contains { $0.hasPrefix("3:1:") })
  }

  @Test func whatIsNoYamlIsToldWithItsPlace() {
    expect(faults("instance: a\n\tfeed: b\n"), says: "2:1:", "with spaces, not with a tab")
    expect(faults("instance: \"a\n"), says: "quoted scalar", "check quotes")
    expect(faults("a: b: c\n"), says: "1:5:", "in quotes")
    expect(faults("a: \u{1}\n"), says: "1:4:", "control characters")
    expect(faults("a: 1\n---\na: 2\n"), says: "2:1:", "remove ---")
    expect(faults("a: !!int 1\n"), says: "1:4:", "tags")
    expect(faults("? [a]\n: b\n"), says: "a key is a word, not a list")
    expect(faults(""), says: "1:1:", "tickway config example")
    expect(faults("# nothing\n"), says: "1:1:", "tickway config example")
    let bytes = Array("a: b\nc: ".utf8) + [0xC3, 0x28]
    let broken = ConfigurationFile.read(bytes, base: "/", on: machine).1
    #expect(broken.count == 1 && broken[0].place == FilePlace(line: 2, column: 4))
    let large = [UInt8](repeating: 0x20, count: ConfigurationFile.byteCountMax + 1)
    #expect(ConfigurationFile.read(large, base: "/", on: machine).1.count == 1)
  }

  // MARK: Work without bound

  @Test func anchorsAndAliasesAreRefused() {
    expect(faults("a: &x 1\nb: *x\n"), says: "1:4:", "anchors")
    expect(faults("a: 1\nb: &unused [1]\n"), says: "2:4:", "anchors")
    expect(faults("a: *x\n"), says: "1:4:", "undefined alias")
  }

  /// Lists of lists of aliases, as values and as keys: a few hundred bytes that mean 10^18 words.
  @Test(arguments: ["", "? ", "- ? "])
  func whatGrowsWithoutBoundIsRefusedAtOnce(key: String) {
    var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    for level in 1...18 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    let clock = ContinuousClock()
    let began = clock.now
    #expect(!faults(text + "\(key)*a18\n").isEmpty)
    // As few as are let through.
    var few = "a0: &a0 [x]\n"
    for level in 1...8 { few += "? &a\(level) [*a\(level - 1),*a\(level - 1)]\n: 1\n" }
    #expect(!faults(few).isEmpty)
    #expect(clock.now - began < .seconds(20))
  }

  @Test(arguments: ["[", "- ", "{a: ", "? "])
  func whatNestsWithoutBoundIsRefused(opening: String) {
    #expect(!faults(String(repeating: opening, count: 3_000)).isEmpty)
    #expect(
      !faults("a: " + String(repeating: "[", count: 30) + String(repeating: "]", count: 30))
        .isEmpty)
  }

  @Test func noBytesCanTrapIt() {
    var random = SeededRandom(seed: 0x5EED)
    let example = Array(ConfigurationExample.text.utf8)
    let pieces = [
      "&a ", "*a", "[", "{", "}", "]", ": ", "- ", "? ", "\n", "\t", "'", "\"", "|\n",
      ">", "!!str ", "<<: ", "---\n", "...\n", "%YAML 9\n", "\\x", "#", "\u{E000}", "\u{FEFF}",
    ]
    for _ in 0..<3_000 {
      var bytes = example
      for _ in 0...Int(random.next() % 6) {
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 4 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int(random.next() % 40)))
        case 2:
          let piece = pieces[Int(random.next() % UInt64(pieces.count))]
          bytes.insert(contentsOf: piece.utf8, at: place)
        default: bytes = Array(bytes[..<(place + 1)])
        }
        if bytes.isEmpty { bytes = [0] }
      }
      let (configuration, faults) = ConfigurationFile.read(bytes, base: "/", on: machine)
      #expect(configuration != nil || !faults.isEmpty)
    }
    for _ in 0..<2_000 {
      let bytes = (0..<Int(random.next() % 64)).map { _ in UInt8(truncatingIfNeeded: random.next())
      }
      #expect(!ConfigurationFile.read(bytes, base: "/", on: machine).1.isEmpty)
    }
  }
}
