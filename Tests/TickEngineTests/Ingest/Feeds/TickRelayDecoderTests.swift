import Testing
import TickRing
import TickWire

@testable import TickEngine

@Suite struct TickRelayDecoderTests {
  private static func message(_ tick: Tick) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: RelayTick.byteCount)
    bytes.withUnsafeMutableBytes { raw in
      RelayTick(words: tick.words)
        .encode(into: MutableBytes(raw.baseAddress!, count: raw.count))
    }
    return bytes
  }

  private static func message(_ entry: RelayEntry) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: RelayEntry.byteCount)
    bytes.withUnsafeMutableBytes { raw in
      entry.encode(into: MutableBytes(raw.baseAddress!, count: raw.count))
    }
    return bytes
  }

  private static func decode(
    _ bytes: [UInt8], _ decoder: inout TickRelayDecoder
  ) -> TickRelayDecoder.Outcome {
    // A copy in memory of our own: the decoder cannot be captured by a closure.
    let memory = Slab<UInt8>(count: bytes.count, repeating: 0)
    for index in bytes.indices { memory[index] = bytes[index] }
    return decoder.decode(memory.mutableBytes.bytes)
  }

  private static func series(_ outcome: TickRelayDecoder.Outcome) -> Series? {
    if case .tick(let tick) = outcome { return tick.series }
    return nil
  }

  private static let entry = RelayEntry(
    instrument: 3, symbol: Symbol("TICK")!, venue: Symbol("IEX")!)
  private static let tick = Tick(
    timestamp: 5, symbolId: Series(instrument: 3, kind: .ask).id, price: 1.5, quantity: 9)

  @Test func aTickIsKnownOnceItsEntryHasANumber() {
    var decoder = TickRelayDecoder(instrumentsMax: 8)
    #expect(Self.series(Self.decode(Self.message(Self.tick), &decoder)) == nil)
    guard case .entry(let entry) = Self.decode(Self.message(Self.entry), &decoder) else {
      Issue.record("no entry")
      return
    }
    #expect(entry == Self.entry)
    #expect(Self.series(Self.decode(Self.message(Self.tick), &decoder)) == nil)
    decoder.assign(3, number: 3)
    guard case .tick(let same) = Self.decode(Self.message(Self.tick), &decoder) else {
      Issue.record("no tick")
      return
    }
    #expect(same.words == Self.tick.words)
    decoder.assign(3, number: 7)
    let other = Self.series(Self.decode(Self.message(Self.tick), &decoder))
    #expect(other == Series(instrument: 7, kind: .ask))
    var expected = TickRelayCounts()
    expected.ticks = 2
    expected.entries = 1
    expected.unknownInstrument = 2
    #expect(decoder.counts == expected)
  }

  @Test func anEntryAtOddsWithAnEarlierOneIsRejected() {
    var decoder = TickRelayDecoder(instrumentsMax: 8)
    _ = Self.decode(Self.message(Self.entry), &decoder)
    _ = Self.decode(Self.message(Self.entry), &decoder)
    let other = RelayEntry(instrument: 3, symbol: Symbol("TOCK")!, venue: Symbol("IEX")!)
    _ = Self.decode(Self.message(other), &decoder)
    #expect(decoder.counts.repeated == 1 && decoder.counts.conflicting == 1)
    decoder.restart()
    guard case .entry = Self.decode(Self.message(other), &decoder) else {
      Issue.record("a new session knows nothing of the last")
      return
    }
  }

  @Test func theWholeFeedNeedsNoEntry() {
    var decoder = TickRelayDecoder(instrumentsMax: 8)
    let status = Tick(
      timestamp: 5, symbolId: Series(instrument: 0, kind: .status).id, price: 0,
      quantity: StatusCode.gap.rawValue)
    let series = Self.series(Self.decode(Self.message(status), &decoder))
    #expect(series == Series(instrument: 0, kind: .status))
  }

  @Test func numbersBeyondTheTableAreRejected() {
    var decoder = TickRelayDecoder(instrumentsMax: 8)
    for instrument in [8, Series.instrumentMax] {
      let entry = RelayEntry(
        instrument: instrument, symbol: Symbol("TICK")!, venue: Symbol("IEX")!)
      _ = Self.decode(Self.message(entry), &decoder)
      let tick = Tick(
        timestamp: 5, symbolId: Series(instrument: instrument, kind: .bid).id, price: 1,
        quantity: 1)
      _ = Self.decode(Self.message(tick), &decoder)
    }
    #expect(decoder.counts.malformed == 2 && decoder.counts.unknownInstrument == 2)
  }

  @Test(.timeLimit(.minutes(1)), arguments: [1, 2] as [UInt64])
  func noBytesMakeItTrap(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var decoder = TickRelayDecoder(instrumentsMax: 64)
    for _ in 0..<20_000 {
      let length = [21, 24, Int(random.next() % 40)][Int(random.next() % 3)]
      var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      if length == 21 && random.next() % 2 == 0 { bytes = Self.message(Self.entry) }
      if length == 24 && random.next() % 2 == 0 { bytes[9] = 0; bytes[10] = 0; bytes[11] = 0 }
      if case .entry(let entry) = Self.decode(bytes, &decoder) {
        decoder.assign(entry.instrument, number: 5)
      }
    }
    let counts = decoder.counts
    let sum =
      counts.ticks + counts.entries + counts.repeated + counts.malformed
      + counts.unknownInstrument + counts.conflicting
    #expect(sum == 20_000)
  }

  @Test func theKindsAreThoseOfTheRing() {
    let kinds = TickKind.allCases.map { UInt32($0.rawValue) }
    #expect(kinds.max() == RelayTick.kindMax)
    #expect(RelayTick.statusKind == UInt32(TickKind.status.rawValue))
    #expect(RelayTick.bidKind == UInt32(TickKind.bid.rawValue))
    #expect(RelayEntry.instrumentMax == Series.instrumentMax)
  }
}
