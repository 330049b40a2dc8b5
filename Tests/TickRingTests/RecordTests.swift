import CTickRing
import Testing

@testable import TickRing

/// The records' layouts, byte for byte, and the arithmetic of the receive time.
struct RecordTests {
  /// timestamp 0x0102030405060708, series 0x11121314, price 1.5, quantity 0x21222324.
  static let bytes: [UInt8] = [
    0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 0x14, 0x13, 0x12, 0x11,
    0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0x24, 0x23, 0x22, 0x21,
  ]

  @Test func theRecordIs24PackedLittleEndianBytes() {
    var record = MarketDataRecord()
    record.timestamp = 0x0102_0304_0506_0708
    record.symbol_id = 0x1112_1314
    record.price = 1.5
    record.quantity = 0x2122_2324
    #expect(MemoryLayout<MarketDataRecord>.size == 24)
    #expect(MemoryLayout<MarketDataRecord>.stride == 24)
    #expect(withUnsafeBytes(of: record) { Array($0) } == Self.bytes)
  }

  @Test func aTickIsTheRecordsBytesAsWords() {
    let tick = Tick(
      timestamp: 0x0102_0304_0506_0708, symbolId: 0x1112_1314, price: 1.5,
      quantity: 0x2122_2324)
    #expect(withUnsafeBytes(of: tick.words) { Array($0) } == Self.bytes)
    #expect(tick.timestamp == 0x0102_0304_0506_0708 && tick.symbolId == 0x1112_1314)
    #expect(tick.price == 1.5 && tick.quantity == 0x2122_2324)
    #expect(tick.series.instrument == 0x0111_2131 && tick.series.kind == .bid)
  }

  @Test(arguments: [0, -0.0, 1.1, -1e300, Double.infinity, .leastNonzeroMagnitude])
  func anyPriceSurvivesTheWords(price: Double) {
    let tick = Tick(timestamp: .max, symbolId: .max, price: price, quantity: .max)
    #expect(tick.price.bitPattern == price.bitPattern)
    #expect(tick.timestamp == .max && tick.symbolId == .max && tick.quantity == .max)
  }

  @Test func aSlotIsTheRecordAndThenTheCommitWord() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 2)
      var producer = try TickProducer(claiming: region.duplicate())
      let sent = Tick(
        timestamp: 0x0102_0304_0506_0708, symbolId: 0x1112_1314, price: 1.5,
        quantity: 0x2122_2324)
      let isPublished = producer.publish(sent, received: 0xA1A2_A3A4)
      let slot = UnsafeRawBufferPointer(start: region.raw.body, count: 64)
      #expect(isPublished)
      #expect(Array(slot[0..<24]) == Self.bytes)
      #expect(Array(slot[24..<32]) == [1, 0, 0, 0, 0xA4, 0xA3, 0xA2, 0xA1])
      #expect(Array(slot[32...]) == [UInt8](repeating: 0, count: 32))
      let isAttached = region.capacity == 2  // the region outlives the look at its bytes
      #expect(isAttached)
    }
  }

  @Test func orderRecordsKeepTheirOffsets() {
    typealias Request = OrderRequest
    typealias Event = OrderEvent
    #expect(MemoryLayout<Request>.size == 56 && MemoryLayout<Event>.size == 56)
    #expect(MemoryLayout<Request>.offset(of: \.order_id) == 8)
    #expect(MemoryLayout<Request>.offset(of: \.price) == 24)
    #expect(MemoryLayout<Request>.offset(of: \.quantity) == 48)
    #expect(MemoryLayout<Request>.offset(of: \.strategy) == 55)
    #expect(MemoryLayout<Event>.offset(of: \.price) == 24)
    #expect(MemoryLayout<Event>.offset(of: \.value) == 40)
    #expect(MemoryLayout<Event>.offset(of: \.kind) == 52)
  }

  @Test func seriesHoldInstrumentAndKind() {
    for kind in TickKind.allCases {
      let series = Series(instrument: Series.instrumentMax, kind: kind)
      #expect(series.instrument == Series.instrumentMax && series.kind == kind)
    }
    #expect(Series(id: 0x17).kind == nil)
  }

  @Test func aReceiveTimeIsTheNearestThatItsStampMayMean() {
    let wrap: UInt64 = 1 << 36  // 2^32 units of 16 ns
    for received in [wrap, wrap + 1 << 35, wrap * 2 - 16, wrap * 5 + 160] {
      var tick = Tick()
      tick.raw.commit = tickring_word(0, receiveStamp(monotonic_ns: received))
      for distance in [0, 1, 15, 16, wrap / 2 - 16] {
        #expect(tick.received(near: received + distance) == received)
        #expect(tick.received(near: received - distance) == received)
      }
      #expect(tick.received(near: received + wrap / 2 + 16) == received + wrap)
      #expect(tick.received(near: received + wrap) == received + wrap)
    }
  }
}
