import Foundation
import Testing
import TickRing

@testable import TickEngine

/// Returns from recorded ticks: what was seen, and nothing that was not.
@Suite struct RecordedReturnsTests {
  private static let second: UInt64 = 1_000_000_000
  private static let start: UInt64 = 1_500_000_000 * second

  private final class Recording {
    let scratch: Scratch
    private var data = Data()
    var path: String { scratch.file("r.ticks") }

    init() throws { scratch = try Scratch() }

    func tick(_ second: Double, _ instrument: UInt32, _ kind: TickKind, _ price: Double) {
      let tick = Tick(
        timestamp: RecordedReturnsTests.start + UInt64(second * 1e9),
        symbolId: Series(instrument: instrument, kind: kind).id, price: price, quantity: 100)
      withUnsafeBytes(of: tick.words) { data.append(contentsOf: $0) }
    }

    func quote(_ second: Double, _ instrument: UInt32, _ bid: Double, _ ask: Double) {
      tick(second, instrument, .bid, bid)
      tick(second, instrument, .ask, ask)
    }

    func returns(symbols: [String] = ["AA", "BB"], bytes: Data? = nil) throws -> ReturnTable {
      var table = "symbol_id,symbol,kind,venue\n"
      for (index, symbol) in symbols.enumerated() {
        table += "\((index + 1) << 4),\(symbol),trade,IEX\n"
      }
      try table.write(toFile: path + ".symbols.csv", atomically: false, encoding: .utf8)
      try (bytes ?? data).write(to: URL(filePath: path))
      return try ReturnTable(recording: path, interval_ns: RecordedReturnsTests.second)
    }
  }

  @Test func vr1ReturnsAreThoseOfTheIntervalsLastPrices() throws {
    let recording = try Recording()
    for (second, price) in [(0.1, 50.0), (0.9, 100), (1.5, 110), (2.5, 99)] {
      recording.tick(second, 1, .trade, price)
      recording.quote(second, 2, price * 2 - 1, price * 2 + 1)
    }
    // What sets no last price, is undone, crossed, empty or no number changes nothing.
    recording.tick(2.6, 1, .tradeNoLast, 5)
    recording.tick(2.6, 1, .tradeBreak, 5)
    recording.tick(2.6, 1, .trade, .nan)
    recording.tick(2.6, 1, .trade, -3)
    recording.quote(2.6, 2, 20, 10)
    recording.quote(2.7, 2, 0, 10)
    recording.tick(2.8, 77, .trade, 5)
    recording.tick(2.8, 0, .status, 5)
    let table = try recording.returns()
    #expect(table.symbols == ["AA", "BB"] && table.observations == 2)
    for (value, expected) in zip(table.values, [0.1, 0.1, -0.1, -0.1]) {
      #expect(abs(value - expected) < 1e-12)
    }
  }

  @Test func vr1WhatIsSeldomSeenHasNoColumn() throws {
    let recording = try Recording()
    for second in 0..<8 {
      recording.tick(Double(second), 1, .trade, 100 + Double(second))
      if second % 4 == 3 { recording.tick(Double(second), 2, .trade, 10) }
    }
    let table = try recording.returns()
    #expect(table.symbols == ["AA"] && table.observations == 7)
  }

  /// A shut market is no observation of zero: the night counts as one interval.
  @Test func vr1AnIntervalWithoutAnyPriceIsNoObservation() throws {
    let recording = try Recording()
    for second in [0.0, 1, 50_000, 50_001] {
      recording.tick(second, 1, .trade, 100 + second / 1_000)
      recording.tick(second, 2, .trade, 100)
    }
    #expect(try recording.returns().observations == 3)
  }

  /// From where all have one: nobody's first price is a return from nothing.
  @Test func vr1ObservationsBeginWhereEverybodyHasAPrice() throws {
    let recording = try Recording()
    for second in 0..<6 {
      recording.tick(Double(second), 1, .trade, 100)
      if second >= 2 { recording.tick(Double(second), 2, .trade, 100) }
    }
    let table = try recording.returns()
    #expect(table.symbols.count == 2 && table.observations == 3)
  }

  @Test func whatIsNoRecordingIsRefused() throws {
    #expect(throws: ValueAtRiskError.self) {
      _ = try ReturnTable(recording: "/nowhere/at.all", interval_ns: Self.second)
    }
    let recording = try Recording()
    #expect(throws: ValueAtRiskError.self) { _ = try recording.returns(bytes: Data()) }
    #expect(throws: ValueAtRiskError.self) {
      _ = try recording.returns(bytes: Data(repeating: 7, count: 25))
    }
    recording.tick(0, 1, .trade, 100)
    let single = try recording.returns()
    #expect(throws: ValueAtRiskError.tooFewReturns(0)) { _ = try Covariance(single) }
  }

  /// Any bytes: an error or a table, never more work than there are bytes.
  @Test func noRecordingsBytesCanTrapIt() throws {
    var random = SeededRandom(seed: 5)
    for _ in 0..<50 {
      let recording = try Recording()
      let bytes = (0..<(24 * random.below(60))).map { _ in UInt8(random.below(256)) }
      _ = try? recording.returns(bytes: Data(bytes))
    }
  }
}
