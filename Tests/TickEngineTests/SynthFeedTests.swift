import Testing
import TickWire

@testable import TickEngine

/// Reads a synthetic feed with the project's own views and keeps what the tests ask about.
struct SynthReading: Equatable {
  var messages = 0
  var byType: [UInt8: Int] = [:]
  var faults: [String] = []
  var symbols: Set<Symbol> = []
  /// FNV-1a over all records.
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  private var nextSequence: UInt64 = 1
  private var nextOffset: UInt64 = 0
  private var receivedNs: UInt64 = 0
  private var trades: Set<String> = []

  init(_ options: SynthOptions) {
    var feed = SynthFeed(options)
    withUnsafeTemporaryAllocation(byteCount: SynthFeed.recordBytesMax, alignment: 8) { raw in
      let buffer = MutableBytes(raw.baseAddress!, count: raw.count)
      read(buffer.bytes.slice(at: 0, count: feed.putFileHeader(into: buffer)))
      while let length = feed.nextRecord(into: buffer) {
        let record = buffer.bytes.slice(at: 0, count: length)
        read(record)
        readRecord(record)
      }
    }
    if messages != feed.summary.messages { faults.append("summary counts otherwise") }
  }

  private mutating func read(_ bytes: Bytes) {
    for offset in 0..<bytes.count { hash = (hash ^ UInt64(bytes[offset])) &* 0x100_0000_01B3 }
  }

  private mutating func readRecord(_ record: Bytes) {
    let time = UInt64(record.u32le(0)) * 1_000_000_000 + UInt64(record.u32le(4))
    let datagram = record.slice(
      at: PcapWriter.payloadOffset, count: record.count - PcapWriter.payloadOffset)
    guard let header = IexTpHeader(datagram) else { faults.append("no header"); return }
    if time <= receivedNs { faults.append("receive time stands still") }
    receivedNs = time
    if header.firstSequence != nextSequence { faults.append("sequence") }
    if header.streamOffset != nextOffset { faults.append("offset") }
    if header.sendTime >= time || time - header.sendTime > 10_000 { faults.append("send time") }
    if header.payloadLength != datagram.count - 40 { faults.append("payload length") }
    if header.messageCount > 50 || datagram.count > 1_400 { faults.append("too large") }
    nextSequence += UInt64(header.messageCount)
    nextOffset += UInt64(header.payloadLength)
    var walk = header.messages(of: datagram)
    while let bytes = walk.next() { readMessage(bytes, sentNs: header.sendTime) }
  }

  private mutating func readMessage(_ bytes: Bytes, sentNs: UInt64) {
    guard let message = IexMessage(bytes), message.isKnown else {
      faults.append("unknown message")
      return
    }
    messages += 1
    byType[message.type, default: 0] += 1
    if bytes.count != IexMessageType.byteCount(message.type) { faults.append("length") }
    if message.time >= sentNs || sentNs - message.time > 50_000 { faults.append("exchange time") }
    if message.type == IexMessageType.securityDirectory { symbols.insert(message.symbol) }
    let fields = "\(message.type == IexMessageType.systemEvent ? "" : message.symbol.text)"
    switch message.type {
    case IexMessageType.quoteUpdate:
      let isTwoSided = message.bidPrice > 0 && message.askPrice > 0
      if isTwoSided && message.bidPrice >= message.askPrice { faults.append("crossed") }
      if (message.bidPrice == 0) != (message.bidSize == 0) { faults.append("half a side") }
    case IexMessageType.tradeReport:
      let isOdd = message.flags & IexTradeFlags.oddLot != 0
      if isOdd != (message.size < 100) { faults.append("odd lot") }
      trades.insert("\(fields) \(message.size) \(message.price) \(message.tradeId)")
    case IexMessageType.tradeBreak:
      let broken = "\(fields) \(message.size) \(message.price) \(message.tradeId)"
      if trades.remove(broken) == nil { faults.append("a break of no trade") }
    default: break
    }
  }
}

@Suite struct SynthFeedTests {
  @Test(arguments: [0, 1, 2, 17, 51, 502, 515, 536, 537, 538, 1_000, 20_000])
  func theNumberOfMessagesIsExact(messages: Int) {
    let reading = SynthReading(SynthOptions(seed: 3, symbols: 100, messages: messages))
    #expect(reading.messages == messages)
    #expect(reading.faults == [])
  }

  @Test(arguments: [1, 2, 9, 300])
  func everySymbolIsInTheDirectoryOnce(symbols: Int) {
    let reading = SynthReading(SynthOptions(seed: 4, symbols: symbols, messages: 5_000))
    #expect(reading.symbols.count == symbols)
    #expect(reading.byType[UInt8(ascii: "D")] == symbols)
    #expect(reading.byType[UInt8(ascii: "S")] == 6)
    #expect(reading.faults == [])
  }

  @Test func aWholeDayHasEveryKindOfMessage() {
    let reading = SynthReading(SynthOptions(seed: 1, symbols: 500, messages: 200_000))
    #expect(reading.faults == [])
    for type in "SDHIOPQTBEXA".utf8 { #expect(reading.byType[type, default: 0] > 0) }
    let quotes = reading.byType[UInt8(ascii: "Q"), default: 0]
    let trades = reading.byType[UInt8(ascii: "T"), default: 0]
    #expect(quotes > 3 * trades && trades > 20_000)
  }

  @Test func oneSeedGivesOneFile() {
    let options = SynthOptions(seed: 7, symbols: 50, messages: 3_000)
    #expect(SynthReading(options).hash == SynthReading(options).hash)
  }

  @Test func anotherSeedGivesAnotherFile() {
    let one = SynthReading(SynthOptions(seed: 7, symbols: 50, messages: 3_000))
    let other = SynthReading(SynthOptions(seed: 8, symbols: 50, messages: 3_000))
    #expect(one.hash != other.hash && one.symbols != other.symbols)
  }

  @Test(arguments: [0, 1, 7, 100_000, 3_600_000])
  func theSecondsOfADaySumToItsMessages(body: Int) {
    var random = SeededRandom(seed: 5)
    var day = SynthDay(messages: body, body: body, random: &random)
    var counts = (0..<day.seconds).map { _ in day.takeSecond() }
    #expect(counts.reduce(0, +) == body)
    counts.sort()
    if body >= 100_000 { #expect(counts.last! > 5 * counts[counts.count / 2]) }
  }

  @Test func theBusiestSymbolHasItsShare() {
    let table = AliasTable(weights: (1...1_000).map { 1 / Double($0) })
    var random = SeededRandom(seed: 6)
    var counts = [Int](repeating: 0, count: 1_000)
    for _ in 0..<100_000 { counts[table.draw(&random)] += 1 }
    // 1 / H(1000) = 13.36 %.
    #expect((12_900...13_800).contains(counts[0]))
    #expect((6_300...7_100).contains(counts[1]))
  }

  @Test func theGeneratorGivesItsPublishedNumbers() {
    // splitmix64 from seed 0 begins with E220A8397B1DCDAF; xoshiro256** then follows its formula.
    var random = SeededRandom(seed: 0)
    #expect(
      (0..<3).map { _ in random.next() } == [
        0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0,
      ])
  }
}
