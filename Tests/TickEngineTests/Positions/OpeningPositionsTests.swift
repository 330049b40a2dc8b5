import Foundation
import Testing
import TickRing

@testable import TickEngine

/// What is held before the first order: a whole and possible file, counted once.
@Suite struct OpeningPositionsTests {
  private static let header = OpeningPositions.header + "\n"
  private static let good = header + "AAA,1,100,50.25\nAAA,2,-40,51\nBBB,1,7,0.0001\nend,3\n"

  private func read(_ text: String) throws -> OpeningPositions {
    try OpeningPositions(csv: Data(text.utf8))
  }

  /// - Parameter count: nil: no end.
  private func refusal(_ rows: String, _ count: Int? = 1) -> String? {
    do {
      _ = try read(Self.header + rows + (count.map { "\nend,\($0)\n" } ?? "\n"))
      return nil
    } catch { return "\(error)" }
  }

  @Test func aWholeFileIsRead() throws {
    let rows = try read(Self.good).rows
    #expect(rows.map(\.symbol) == ["AAA", "AAA", "BBB"])
    #expect(rows.map(\.shares) == [100, -40, 7] && rows.map(\.strategy) == [1, 2, 1])
    #expect(rows.map(\.averageE4) == [502_500, 510_000, 1])
    #expect(try read(Self.header + "end,0\n").rows.isEmpty, "nothing held is a file, too")
  }

  /// At any byte: an empty or half-written file is no file.
  @Test func aHalfWrittenFileIsRefusedWhereverItEnds() {
    for length in 0..<Self.good.utf8.count {
      #expect(throws: OpeningPositions.Failure.self, "\(length)") {
        _ = try read(String(Self.good.prefix(length)))
      }
    }
  }

  @Test(arguments: [
    ("AAA,1,100,nan", "average_price"), ("AAA,1,100,", "average_price"),
    ("AAA,1,100,0", "average_price"), ("AAA,1,100,-5", "average_price"),
    ("AAA,1,100,1.00001", "average_price"), ("AAA,1,100,inf", "average_price"),
    ("AAA,1,100,99999999999", "average_price"), ("AAA,1,0,5", "shares"),
    ("AAA,1,1.5,5", "shares"), ("AAA,1,nan,5", "shares"), ("AAA,1,,5", "shares"),
    ("AAA,1,9223372036854775807,5", "shares"), ("AAA,1,-9223372036854775808,5", "shares"),
    ("AAA,0,1,5", "strategy"), ("AAA,256,1,5", "strategy"), ("AAA,x,1,5", "strategy"),
    (",1,1,5", "symbol"), ("TOOLONGNAME,1,1,5", "symbol"), ("A A,1,1,5", "symbol"),
    ("AAA,1,1", "4 fields"), ("AAA,1,1,5,6", "4 fields"),
  ]) func whatCannotBeIsRefused(row: String, what: String) {
    #expect(refusal(row)?.contains(what) == true, "\(refusal(row) ?? "taken")")
  }

  @Test func aRowTwiceIsRefused() {
    let twice = refusal("AAA,1,100,5\nBBB,1,1,5\nAAA,1,200,6", 3)
    #expect(twice?.contains("line 4: AAA of strategy 1 stands in line 2 already") == true)
    #expect(refusal("AAA,1,100,5", 2)?.contains("end,1 is needed") == true)
    // Without an end what is to come behind the last row.
    #expect(refusal("AAA,1,100,5\nBBB,1,1,5", nil)?.contains("end,2 is needed") == true)
  }

  @Test func whatTheRunDoesNotKnowIsRefused() throws {
    let held = try read(Self.good)
    let reference = try ReferenceData(
      csv: GateBench.csv(["AAA,x,1000,,2500,no", "BBB,x,1000,,2500,no"]))
    let less = try ReferenceData(csv: GateBench.csv(["AAA,x,1000,,2500,no"]))
    func failure(_ symbols: [String]?, _ reference: ReferenceData?, _ most: Int) -> String? {
      do {
        try held.check(symbols: symbols, reference: reference, strategiesMax: most)
        return nil
      } catch { return "\(error)" }
    }
    #expect(failure(nil, nil, 16) == nil && failure(["BBB", "AAA"], reference, 2) == nil)
    #expect(failure(["AAA"], nil, 16)?.contains("BBB is not among the symbols") == true)
    #expect(failure(nil, less, 16)?.contains("BBB has no row in the reference data") == true)
    #expect(failure(nil, .simulation, 16) == nil)
    #expect(failure(nil, nil, 1)?.contains("strategies_max is 1") == true)
  }

  // MARK: Counted once

  private func book() throws -> PositionBook {
    var options = PositionOptions(equityE4: 1_000_000_000, strategyEquityE4: 100_000_000)
    (options.instruments, options.strategiesMax, options.holdingsMax) = (16, 4, 32)
    return try PositionBook.open(
      claiming: Region.createUnnamed(.positions, capacity: options.capacity), options)
  }

  /// The equity at the start has them in it: what they gained before is not the day's.
  @Test func pt1WhatIsHeldAtTheStartIsNoProfitOfTheDay() throws {
    var book = try book()
    let fault = book.begin(
      strategy: 1, instrument: 3, shares: 100, averageE4: 500_000, closeE4: 520_000)
    let short = book.begin(
      strategy: 2, instrument: 3, shares: -40, averageE4: 510_000, closeE4: 520_000)
    #expect(fault == nil && short == nil)
    #expect(book.equityE4 == 1_000_000_000 && book.equityE4(1) == 100_000_000)
    #expect(book.equityE4(2) == 100_000_000 && book.equityE4(3) == 100_000_000)
    #expect(book.position(strategy: 0, instrument: 3) == 60 && book.grossE4 == 60 * 520_000)
    // A tick up: 60 shares of the account's, 100 of one strategy's, 40 short of the other's.
    book.mark(instrument: 3, priceE4: 520_100)
    #expect(book.equityE4 == 1_000_006_000 && book.equityE4(1) == 100_010_000)
    #expect(book.equityE4(2) == 99_996_000)
    // Sold at what it was worth: the profit is that of the average price.
    book.fill(
      strategy: 1, instrument: 3, side: .sell, quantity: 100, priceE4: 520_100, referenceE4: 0)
    #expect(book.equityE4(1) == 100_010_000 && book.position(strategy: 1, instrument: 3) == 0)
  }

  @Test func whatCannotBeCountedMakesEquityUnknown() throws {
    var book = try book()
    let fault = book.begin(
      strategy: 1, instrument: 3, shares: .max, averageE4: 10, closeE4: 0)
    #expect(fault == .overflow && book.equityE4 == nil && book.equityE4(1) == nil)
    let none = book.begin(strategy: 9, instrument: 3, shares: 1, averageE4: 10, closeE4: 0)
    #expect(none == .unknownStrategy)
  }

  /// RM1 to RM6 hold for what is held at the start as for what is bought.
  @Test func whatIsHeldCountsForEveryLimit() throws {
    let bench = try GateBench(rows: ["AAA,x,1000000,90,2500,no"])
    let rows = try read(Self.header + "AAA,1,2400,50\nend,1\n").rows
    let held = [HeldInstrument(row: rows[0], instrument: 1)]
    var marks: [Int64] = []
    bench.tell { marks = $0.hold(held) }
    #expect(marks == [900_000], "the close of the day before")
    #expect(bench.judge(100, quantity: 100) == nil)
    #expect(bench.judge(100, quantity: 101) == .positionQuantity)
  }

  @Test func theOrderOfRowsIsNoDifference() throws {
    let print = try read(Self.good).fingerprint
    let rows = Self.good.split(separator: "\n")
    let turned = ([rows[0]] + rows[1...3].reversed() + [rows[4], ""]).joined(separator: "\n")
    #expect(try read(turned).fingerprint == print && print != 0)
    #expect(try read(Self.header + "end,0\n").fingerprint == 0)
    let other = Self.good.replacingOccurrences(of: "AAA,1,100", with: "AAA,1,101")
    #expect(try read(other).fingerprint != print)
  }

  /// The venue tells a successor every fill since the session's first order.
  @Test func aSuccessorInTheSameSessionBeginsFromTheSame() throws {
    let pool = try OrderPool.unnamed(16)
    let (held, other) = (
      try read(Self.good), try read(Self.header + "AAA,1,1,5\nend,1\n")
    )
    try HeldInstrument.note(held, in: pool, isSameSession: false)
    try HeldInstrument.note(held, in: pool, isSameSession: true)
    for wrong in [other, nil] {
      #expect(throws: ReplayError.self) {
        try HeldInstrument.note(wrong, in: pool, isSameSession: true)
      }
    }
    try HeldInstrument.note(other, in: pool, isSameSession: false)
    try HeldInstrument.note(other, in: pool, isSameSession: true)
  }
}
