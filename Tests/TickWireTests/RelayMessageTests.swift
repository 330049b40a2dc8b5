import Testing

@testable import TickWire

@Suite struct RelayMessageTests {
  private func parse(_ bytes: [UInt8]) -> RelayMessage? {
    bytes.withUnsafeBytes { RelayMessage(Bytes($0)) }
  }

  private func made(_ count: Int, _ write: (MutableBytes) -> Void) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xEE, count: count)
    bytes.withUnsafeMutableBytes { write(MutableBytes($0.baseAddress!, count: $0.count)) }
    return bytes
  }

  private func tick(
    instrument: UInt32 = 7, kind: UInt32 = 4, price: Double = 50.25, quantity: UInt32 = 300
  ) -> RelayTick {
    let series = UInt64(instrument << 4 | kind)
    return RelayTick(
      words: (
        1_499_696_400_000_000_000, price.bitPattern << 32 | series,
        UInt64(quantity) << 32 | price.bitPattern >> 32
      ))
  }

  private func bytes(_ tick: RelayTick) -> [UInt8] { made(24) { tick.encode(into: $0) } }

  @Test func aTickIsTheRecordItself() {
    let wanted = tick()
    var record = ByteList()
    record.put(UInt64(1_499_696_400_000_000_000))
    record.put(UInt32(7 << 4 | 4))
    record.put(50.25.bitPattern)
    record.put(UInt32(300))
    #expect(bytes(wanted) == record.bytes)
    #expect(parse(record.bytes) == .tick(wanted))
    #expect(wanted.instrument == 7 && wanted.kind == 4 && wanted.price == 50.25)
  }

  @Test func anEntryIsTwentyOneBytes() {
    let wanted = RelayEntry(instrument: 0x0102_0304, symbol: Symbol("TICK")!, venue: Symbol("IEX")!)
    let bytes = made(21) { wanted.encode(into: $0) }
    #expect(bytes == [0x44, 4, 3, 2, 1] + Array("TICK    IEX     ".utf8))
    #expect(parse(bytes) == .entry(wanted))
  }

  @Test func whatNoStrategyMaySeeIsMalformed() {
    for kind in UInt32(7)...15 { #expect(parse(bytes(tick(kind: kind))) == nil) }
    for kind in UInt32(0)...5 { #expect(parse(bytes(tick(instrument: 0, kind: kind))) == nil) }
    #expect(parse(bytes(tick(instrument: 0, kind: 6))) != nil)
    for price in [Double.nan, .infinity, -.infinity, .signalingNaN] {
      #expect(parse(bytes(tick(price: price))) == nil)
    }
    #expect(parse(bytes(tick(price: -1.5))) != nil)
  }

  @Test func anEntryThatCannotBeIsMalformed() {
    let good = [0x44, 1, 0, 0, 0] + Array("TICK    IEX     ".utf8)
    #expect(parse(good) != nil)
    for (index, value) in [(0, 0x45), (1, 0), (4, 0x10), (5, 0x20), (6, 0x07), (13, 0xFF)] {
      var bytes = good
      bytes[index] = UInt8(value)
      #expect(parse(bytes) == nil, "\(index)")
    }
  }

  @Test func anyOtherLengthIsMalformed() {
    for length in 0...64 where length != 21 && length != 24 {
      #expect(parse([UInt8](repeating: 0x44, count: length)) == nil)
    }
  }

  @Test func aNumberIsReplacedAndNothingElse() {
    let renumbered = tick(instrument: 7).renumbered(RelayEntry.instrumentMax)
    #expect(renumbered == tick(instrument: RelayEntry.instrumentMax))
    #expect(tick().renumbered(7) == tick())
  }
}
