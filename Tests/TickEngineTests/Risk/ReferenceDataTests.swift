import Foundation
import Testing
import TickRing
import TickWire

@testable import TickEngine

/// A reference file is taken whole or not at all, and a reload is in force at once.
@Suite(.timeLimit(.minutes(1))) struct ReferenceDataTests {
  private static let header = ReferenceData.header + "\n"
  private static let whole =
    header + "AAA,tech,1000,12.3456,500,no\nBBB,energy,,,0,yes\nend,2\n"

  private func failure(_ text: String) -> String? {
    do throws(ReferenceData.Failure) {
      _ = try ReferenceData(csv: Data(text.utf8))
      return nil
    } catch { return error.description }
  }

  @Test func aWholeFileIsRead() throws {
    let text = ReferenceDataTests.whole
    for text in [text, text.replacing("\n", with: "\r\n")] {
      let rows = try ReferenceData(csv: Data(text.utf8)).rows
      #expect(
        rows == [
          ReferenceData.Row(
            symbol: "AAA", sector: "tech", adv: 1_000, previousCloseE4: 123_456, positionMax: 500,
            isRestricted: false),
          ReferenceData.Row(
            symbol: "BBB", sector: "energy", adv: nil, previousCloseE4: nil, positionMax: 0,
            isRestricted: true),
        ])
    }
  }

  /// Every file that ends before its end, at any byte, is refused.
  @Test func rm13AHalfWrittenFileIsRefusedWhereverItEnds() {
    let text = ReferenceDataTests.whole
    let bytes = Array(text.utf8)
    for length in 0..<bytes.count {
      #expect(failure(String(decoding: bytes[..<length], as: UTF8.self)) != nil, "\(length)")
    }
    #expect(failure(text) == nil && failure(text + "CCC,tech,1,1,1,no\n") != nil)
  }

  @Test(arguments: [
    ("AAA,tech,1000,12.34,500", "6 fields"), ("AAA,tech,1000,12.34,500,no,", "6 fields"),
    (",tech,1000,12.34,500,no", "symbol"), ("TOOLONGNAME,tech,1,1,1,no", "symbol"),
    ("AAA,,1000,12.34,500,no", "sector"), ("AAA,tech,-1,12.34,500,no", "adv"),
    ("AAA,tech,1.5,12.34,500,no", "adv"), ("AAA,tech,1e3,12.34,500,no", "adv"),
    ("AAA,tech,9223372036854775808,12.34,500,no", "adv"),
    ("AAA,tech,1000000000001,12.34,500,no", "adv"), ("AAA,tech,1000,0,500,no", "previous_close"),
    ("AAA,tech,1000,-1,500,no", "previous_close"), ("AAA,tech,1000,nan,500,no", "previous_close"),
    ("AAA,tech,1000,1.23456,500,no", "previous_close"),
    ("AAA,tech,1000,1000000000.0001,500,no", "previous_close"),
    ("AAA,tech,1000,12.34,,no", "position_max"), ("AAA,tech,1000,12.34,-5,no", "position_max"),
    ("AAA,tech,1000,12.34,500,", "restricted"), ("AAA,tech,1000,12.34,500,true", "restricted"),
    ("", "6 fields"), ("BBB,tech,1000,12.34,500,no", "line 2 already"),
  ])
  func rm13ARowThatCannotBeIsNamedWithItsLine(row: String, says: String) {
    let text = ReferenceDataTests.header + "BBB,tech,1000,12.34,500,no\n\(row)\nend,2\n"
    let failure = failure(text)
    #expect(failure?.contains(says) == true && failure?.contains("line 3") == true)
  }

  @Test(arguments: ["end,0\n", "end,2\n", "end,1", "end\n", "END,1\n", "\n", "end,1\n\n"])
  func rm13AFileWithAnotherEndIsRefused(end: String) {
    let row = "AAA,tech,1000,12.34,500,no\n"
    #expect(failure(ReferenceDataTests.header + row + end) != nil)
    #expect(failure(ReferenceDataTests.header + end) != nil)
    #expect(failure(row + "end,1\n") != nil)
    #expect(failure("") != nil)
  }

  @Test func moreSectorsThanThereAreNumbersForAreRefused() {
    func text(_ sectors: Int) -> String {
      let rows = (1...sectors).map { "S\($0),sector \($0),1,1,1,no\n" }.joined()
      return ReferenceDataTests.header + rows + "end,\(sectors)\n"
    }
    #expect(failure(text(255)) == nil && failure(text(256))?.contains("255") == true)
  }

  // MARK: The table

  @Test func everySymbolOfALargeFileIsFoundAndNoOther() throws {
    let rows = (0..<5_000).map { "S\($0),x,\(($0 + 1) * 10),,\($0),no" }
    let table = ReferenceTable(
      try ReferenceData(csv: GateBench.csv(rows)), limits: .simulation, instruments: 5_002)
    for number in 0..<5_000 {
      let line = table.line(number + 1) { Symbol("S\(number)")!.word }
      #expect(line.isKnown && line.quantityMax == Int64(number + 1))
      #expect(line.positionMax == Int64(number))
    }
    let other = table.line(5_001) { Symbol("T1")!.word }
    #expect(!other.isKnown)
    // Not in the directory yet: looked for again.
    #expect(!table.line(0) { nil }.isResolved)
  }

  // MARK: Reload

  private static func row(_ symbol: String, _ sector: String, _ max: Int = 1_000_000) -> String {
    "\(symbol),\(sector),1000000,,\(max),no"
  }

  @Test func aReloadIsInForceAtOnce() throws {
    let bench = try GateBench(rows: [ReferenceDataTests.row("AAA", "x", 100)])
    #expect(bench.judge(100, quantity: 101) == .positionQuantity)
    try bench.reload([ReferenceDataTests.row("AAA", "x", 101)])
    #expect(bench.judge(100, quantity: 101) == nil)
    try bench.reload([ReferenceDataTests.row("BBB", "x")])
    #expect(bench.judge(100, quantity: 1) == .unknownReference)
  }

  /// What is held moves with its symbol, also into sectors that are numbered otherwise.
  @Test func rm2AReloadMovesWhatIsHeldIntoItsNewSector() throws {
    let row = ReferenceDataTests.row
    let bench = try GateBench(rows: [row("AAA", "x", 9_000), row("BBB", "y", 9_000)]) {
      $0.portfolioValue = 1_000_000
    }
    bench.trade(2, 100)
    bench.trade(3, 100)
    #expect(bench.send(100, quantity: 2_000) == nil)
    #expect(bench.send(100, quantity: 2_000, instrument: 2) == nil)
    try bench.reload([row("CCC", "z", 9_000), row("BBB", "x", 9_000), row("AAA", "x", 9_000)])
    #expect(bench.gate.exposure.sectorE4(1) == 0)
    #expect(bench.gate.exposure.sectorE4(2) == bench.gate.exposure.grossE4)
    #expect(bench.judge(100, quantity: 2_000, instrument: 3) == nil)
    try bench.reload([row("CCC", "x", 9_000), row("BBB", "x", 9_000), row("AAA", "x", 9_000)])
    #expect(bench.judge(100, quantity: 1, instrument: 3) == .sector)
    // A symbol that is not in the new data is in none.
    try bench.reload([row("CCC", "x", 9_000)])
    #expect(bench.gate.exposure.sectorE4(0) == bench.gate.exposure.grossE4)
  }

  @Test func whatAReloadChangesIsSaidFieldByField() throws {
    let old = try ReferenceData(
      csv: GateBench.csv(["AAA,x,1000,12.5,500,no", "BBB,x,1,1,1,no", "DDD,x,1,1,1,no"]))
    let new = try ReferenceData(
      csv: GateBench.csv(["DDD,x,1,1,1,no", "CCC,x,1,1,1,no", "AAA,y,,12.51,499,yes"]))
    #expect(
      new.changes(from: old).map(\.description) == [
        "AAA sector: x -> y", "AAA adv: 1000 -> none",
        "AAA previous_close: 12.5000 -> 12.5100", "AAA position_max: 500 -> 499",
        "AAA restricted: no -> yes", "BBB symbol: BBB -> none", "CCC symbol: none -> CCC",
      ])
    #expect(new.changes(from: new).isEmpty)
  }

  /// Whatever comes in: it is refused with a reason, or every row is what a row may be.
  @Test(arguments: 1...6)
  func rm13NoBytesAreTakenForDataThatTheyAreNot(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var taken = 0
    for _ in 0..<2_000 {
      var bytes = Array(ReferenceDataTests.whole.utf8)
      for _ in 0..<random.within(0...3) {
        let at = random.below(bytes.count)
        switch random.below(4) {
        case 0: bytes[at] = UInt8(random.below(256))
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(Array("0,9.-\n\r\0e ".utf8)[random.below(10)], at: at)
        default: bytes[at] = UInt8(ascii: "0") + UInt8(random.below(10))
        }
      }
      guard let data = try? ReferenceData(csv: Data(bytes)) else { continue }
      taken += 1
      #expect(data.rows.count == 2)
      for row in data.rows {
        #expect((0...ReferenceData.sharesMax).contains(row.adv ?? 0) && row.positionMax >= 0)
        #expect(row.previousCloseE4 ?? 1 > 0 && Symbol(row.symbol) != nil)
      }
    }
    #expect(taken > 50 && taken < 2_000)
  }

  @Test func aReloadIsHandedOverOnceAndTheOldDataComesBack() throws {
    let row = ReferenceDataTests.row
    let bench = try GateBench(rows: [row("AAA", "x", 100)])
    let reload = ReferenceReload()
    func table(_ max: Int) throws -> ReferenceTable {
      ReferenceTable(
        try ReferenceData(csv: GateBench.csv([row("AAA", "x", max)])), limits: .simulation,
        instruments: 16)
    }
    #expect(!bench.take(reload) && reload.reclaim())
    #expect(reload.offer(try table(200)))
    #expect(!reload.offer(try table(300)) && !reload.reclaim())
    #expect(bench.judge(100, quantity: 101) == .positionQuantity)
    #expect(bench.take(reload) && !bench.take(reload))
    #expect(bench.judge(100, quantity: 200) == nil)
    #expect(bench.judge(100, quantity: 201) == .positionQuantity)
    #expect(reload.offer(try table(300)) && bench.take(reload) && reload.reclaim())
    #expect(bench.judge(100, quantity: 300) == nil)
  }
}
