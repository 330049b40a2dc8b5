import Foundation
import Testing
import TickRing
import TickWire

@testable import TickEngine

/// A feed with one worker's ring, and the other end of that ring.
private struct FeedUnderTest: ~Copyable {
  var feed: IexFeed
  private var consumer: TickConsumer
  private(set) var polled: UInt64 = 0

  private init(_ ring: consuming TickConsumer, _ publisher: consuming TickPublisher) {
    consumer = ring
    feed = IexFeed(publisher: publisher, restarts: .follow)
  }

  /// The regions' names are gone before this returns: nothing can be left behind.
  static func make() throws -> FeedUnderTest {
    let name = "tickway-test-\(UUID().uuidString)"
    func region(_ kind: RegionKind, _ capacity: Int) throws -> Region {
      let region = try Region.create(kind, name: "\(name)-\(kind)", capacity: capacity)
      try Region.remove(name: "\(name)-\(kind)")
      return region
    }
    let ring = try region(.ticks, 1 << 12)
    let consumer = try TickConsumer(claiming: ring.duplicate())
    let outlets = try Slab<TickOutlet>(count: 1) { _ in
      TickOutlet(try TickProducer(claiming: ring.duplicate()), waitPolicy: .share)
    }
    let publisher = TickPublisher(
      directory: try DirectoryWriter(
        claiming: region(.directory, 1 << 12), venue: Symbol("IEX")!.word),
      outlets: outlets, workers: 1, board: nil,
      control: ControlPage(try region(.control, ControlPage.capacity)),
      limits: ValidationLimits(), isRestricted: false)
    return FeedUnderTest(consumer, publisher)
  }

  var counts: FeedCounts { feed.counts }
  var published: UInt64 { feed.publisher.counts.published }

  mutating func survey(_ datagram: Bytes) -> Bool { feed.decoder.survey(datagram) }

  mutating func take(_ datagram: Bytes, clock: UInt64) {
    _ = feed.ingest(datagram, clock: clock, received_ns: clock)
    var tick = Tick()
    while consumer.poll(&tick) { polled += 1 }
  }
}

/// Datagrams that no venue sends: whatever they hold, the feed counts and goes on.
@Suite(.timeLimit(.minutes(1))) struct IexFeedDamageTests {
  /// Every datagram of a small synthetic day, passed to `body` in a buffer of its own.
  private func eachDatagram(
    seed: UInt64, messages: Int, _ body: (MutableBytes, UInt64) -> Void
  ) {
    var synth = SynthFeed(SynthOptions(seed: seed, symbols: 40, messages: messages))
    withUnsafeTemporaryAllocation(byteCount: SynthFeed.recordBytesMax, alignment: 8) { raw in
      let record = MutableBytes(raw.baseAddress!, count: raw.count)
      while let length = synth.nextRecord(into: record) {
        let bytes = record.bytes
        let time = UInt64(bytes.u32le(0)) * 1_000_000_000 + UInt64(bytes.u32le(4))
        let offset = PcapWriter.payloadOffset
        body(record.slice(at: offset, count: length - offset), time)
      }
    }
  }

  /// Changes a few bytes, often those of the header and the lengths, and perhaps cuts the end.
  private func damage(_ datagram: MutableBytes, _ random: inout SeededRandom) -> Bytes {
    for _ in 0..<random.within(1...4) {
      let reach = random.once(in: 2) ? min(datagram.count, 64) : datagram.count
      let value: UInt8 = random.once(in: 3) ? 0xFF : UInt8(truncatingIfNeeded: random.next())
      // Byte 0 and the protocol stay, or nothing would come through.
      datagram.put(u8: value, at: random.within(4...(reach - 1)))
    }
    let count = random.once(in: 8) ? random.below(datagram.count + 1) : datagram.count
    return datagram.bytes.slice(at: 0, count: count)
  }

  @Test(arguments: [1, 2, 3])
  func damagedDatagramsAreCountedAndNeverTrap(seed: UInt64) throws {
    var underTest = try FeedUnderTest.make()
    var random = SeededRandom(seed: seed)
    var sent: UInt64 = 0
    eachDatagram(seed: seed, messages: 20_000) { datagram, time in
      let isDamaged = random.once(in: 2)
      let bytes = isDamaged ? damage(datagram, &random) : datagram.bytes
      sent += 1
      underTest.take(bytes, clock: time)
    }
    let (counts, polled, published) = (underTest.counts, underTest.polled, underTest.published)
    #expect(counts.packets + counts.foreign == sent)
    #expect(counts.malformed > 100 && counts.gaps > 0)
    #expect(polled > 1_000 && polled == published)
  }

  /// A count that lies would shift the sequence, whether there are more messages or fewer.
  @Test(arguments: [-1, 0, 1]) func aLookAheadFindsACountThatLies(by lie: Int) throws {
    var underTest = try FeedUnderTest.make()
    eachDatagram(seed: 4, messages: 1_000) { datagram, _ in
      let count = Int(datagram.bytes.u16le(14))
      guard count > 0 else { return }
      datagram.put(u16le: UInt16(count + lie), at: 14)
      let isWhole = underTest.survey(datagram.bytes)
      #expect(isWhole == (lie == 0) && isWhole == IexDecoder.isWhole(datagram.bytes))
    }
  }

  /// The largest sequences there can be, over and over: the sum of what is missing has no room.
  @Test func missingMessagesBeyondCountingSaturate() throws {
    var underTest = try FeedUnderTest.make()
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { raw in
      let memory = MutableBytes(raw.baseAddress!, count: raw.count)
      for step in 1...6 {
        let sequence: UInt64 = step % 2 == 0 ? UInt64.max - 0x1_0000 : 1
        let length = IexTpWriter(into: memory).finish(
          .init(
            messageProtocol: IexProtocol.tops.rawValue, channel: 1, session: 1,
            firstSequence: sequence, sendTimeNs: Int64(step)))
        underTest.take(memory.bytes.slice(at: 0, count: length), clock: 1_000)
      }
    }
    let counts = underTest.counts
    #expect(counts.missing == .max && counts.gaps == 3)
  }

  /// DEEP levels at hostile prices and sizes, on both sides, of few symbols.
  @Test func priceLevelsOfAnyValueLeaveTheBooksWhole() throws {
    var underTest = try FeedUnderTest.make()
    var random = SeededRandom(seed: 9)
    var stream = IexTpWriter.Stream(
      messageProtocol: IexProtocol.deep.rawValue, channel: 1, session: 1, sendTimeNs: 1_000)
    let symbols = ["A", "B", "C"].map { Symbol($0)! }
    let prices: [Int64] = [.min, -1, 0, 1, 100, 101, 10_000, 10_050, .max / 10_000, .max]
    withUnsafeTemporaryAllocation(byteCount: 1_400, alignment: 8) { raw in
      let memory = MutableBytes(raw.baseAddress!, count: raw.count)
      for _ in 0..<2_000 {
        var writer = IexTpWriter(into: memory)
        for _ in 0..<20 {
          writer.priceLevel(
            .init(
              flags: UInt8(random.below(2)), exchangeTimeNs: 1_000,
              symbol: symbols[random.below(3)]),
            isBuy: random.once(in: 2), size: random.once(in: 3) ? 0 : .max,
            priceE4: random.once(in: 2)
              ? prices[random.below(prices.count)] : Int64(random.within(9_000...11_000)))
        }
        let length = writer.finish(stream)
        stream.firstSequence += UInt64(writer.count)
        underTest.take(memory.bytes.slice(at: 0, count: length), clock: 1_000)
      }
    }
    let (counts, polled, published) = (underTest.counts, underTest.polled, underTest.published)
    #expect(counts.messages == 40_000 && counts.malformed == 0)
    #expect(polled == published)
  }
}
