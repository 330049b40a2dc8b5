import Testing

/// What `--record`, `--symbols` and `--hgrm` leave behind, read without any of our own code.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct RecordTests {
  /// One row of a recording: 24 bytes, little-endian.
  struct Row {
    let timestamp: UInt64
    let symbolId: UInt32
    let price: Double
    let quantity: UInt32

    init(_ bytes: ArraySlice<UInt8>) {
      func number(_ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(bytes[bytes.startIndex + offset + $1]) << (8 * $1) }
      }
      timestamp = number(0, 8)
      symbolId = UInt32(number(8, 4))
      price = Double(bitPattern: number(12, 8))
      quantity = UInt32(number(20, 4))
    }
  }

  private func rows(_ scratch: Scratch, _ name: String) throws -> [Row] {
    let bytes = try scratch.bytes(name)
    #expect(bytes.count % 24 == 0)
    return stride(from: 0, to: bytes.count, by: 24).map { Row(bytes[$0..<$0 + 24]) }
  }

  @Test func aRecordingIsTheTicksThatWerePublished() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 30_000)
    let report = try ReplayResult.of([day, "--record", scratch["ticks"]]).report
    let rows = try rows(scratch, "ticks")
    #expect(UInt64(rows.count) == report["ticks", "published"].count)
    func count(_ kinds: Set<UInt32>) -> UInt64 {
      UInt64(rows.count { kinds.contains($0.symbolId & 15) })
    }
    #expect(count([0, 1]) == report["ticks", "trade"].count)
    #expect(count([2]) == report["ticks", "trade_break"].count)
    #expect(count([4]) == report["ticks", "bid"].count)
    #expect(count([5]) == report["ticks", "ask"].count)
    #expect(count([6]) == report["ticks", "status"].count)
    for (index, row) in rows.enumerated() where row.symbolId & 15 == 4 {
      // A quote is a bid and then its ask.
      let ask = rows[index + 1]
      try #require(ask.symbolId == row.symbolId + 1 && ask.timestamp == row.timestamp)
      try #require(ask.price == 0 || row.price == 0 || ask.price > row.price)
    }
    #expect(rows.allSatisfy { $0.timestamp > 1_000_000_000_000_000_000 && $0.price >= 0 })
  }

  @Test func aRecordingHasItsSymbolsBesideIt() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 5_000, symbols: 20)
    _ = try ReplayResult.of([day, "--record", scratch["ticks"]])
    let lines = try scratch.text("ticks.symbols.csv").split(separator: "\n")
    #expect(lines.first == "symbol_id,symbol,kind,venue")
    var known: [UInt32: Substring] = [:]
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      try #require(fields.count == 4)
      known[try #require(UInt32(fields[0]))] = fields[1]
      #expect(fields[3] == "IEX")
    }
    // Twenty symbols and the whole feed, seven kinds each.
    #expect(known.count == 21 * 7)
    for row in try rows(scratch, "ticks") { try #require(known[row.symbolId] != nil) }
    // The merge log is whole records.
    #expect(try scratch.bytes("ticks.worker-0.merge").count % 56 == 0)
  }

  @Test func aListOfSymbolsRestrictsAndNumbers() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 20_000, symbols: 20)
    let all = try ReplayResult.of([day, "--record", scratch["all"]]).report
    let names = try scratch.text("all.symbols.csv").split(separator: "\n")
      .filter { $0.contains(",trade,") }.compactMap { $0.split(separator: ",").dropFirst().first }
    let chosen = [names[9], names[4], names[7]]
    let list = try scratch.write(
      "# three of them\n\(chosen[0])\n\n  \(chosen[1])  # the second\n\(chosen[2])\n", to: "list")
    let some = try ReplayResult.of([
      day, "--symbols", list, "--record", scratch["some"], "--workers", "2",
    ]).report
    let table = try scratch.text("some.symbols.csv").split(separator: "\n")
      .filter { $0.contains(",trade,") }
    #expect(
      table == [
        "0,,trade,IEX", "16,\(chosen[0]),trade,IEX", "32,\(chosen[1]),trade,IEX",
        "48,\(chosen[2]),trade,IEX",
      ])
    let rows = try rows(scratch, "some")
    #expect(rows.allSatisfy { $0.symbolId >> 4 <= 3 })
    #expect(Set(rows.map { $0.symbolId >> 4 }).isSuperset(of: [1, 2, 3]))
    #expect(some["ticks", "published"].count ?? 0 < all["ticks", "published"].count ?? 0)
    #expect(some["ticks", "rejected", "unknown_symbol"].count ?? 0 > 0)
    // What was said is counted, whatever is published.
    #expect(some["feed", "messages"].count == 20_000)
  }

  @Test func percentileFilesAreWrittenForEachStage() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 20_000)
    _ = try ReplayResult.of([day, "--strategy", "momentum", "--hgrm", scratch["h"]])
    for stage in ["ingest", "delivery", "strategy", "risk", "send", "tick_to_order"] {
      let text = try scratch.text("h/\(stage).hgrm")
      #expect(text.contains("Percentile"), "\(stage)")
      #expect(text.contains("#[Mean"), "\(stage)")
    }
  }
}
