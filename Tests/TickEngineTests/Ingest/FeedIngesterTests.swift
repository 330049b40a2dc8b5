import Foundation
import Testing
import TickEngine
import TickRing

/// The ingester as somebody outside the project uses it: public calls only.
@Suite(.timeLimit(.minutes(1))) struct FeedIngesterTests {
  private func region(_ kind: RegionKind, _ capacity: Int) throws -> Region {
    let name = "tickway-test-ingester-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    let region = try Region.create(kind, name: name, capacity: capacity)
    try Region.remove(name: name)
    return region
  }

  @Test func everyDatagramOfACaptureBecomesTicksInTheRing() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickway-test-ingester-\(getpid()).pcap").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let made = try SynthCapture.write(SynthOptions(symbols: 50, messages: 5_000), to: path)
    let ring = try region(.ticks, 65_536)
    let names = try region(.directory, FeedIngester.instrumentsMax)
    var ingester = try FeedIngester(ring: ring, directory: names)
    var consumer = try TickConsumer(claiming: ring.duplicate())
    var datagrams = try CaptureDatagrams(paths: [path])
    var packets = 0
    datagrams.forEach { datagram, time in
      packets += 1
      let isTaken = ingester.ingest(datagram, clock: time, received_ns: MonotonicClock.now)
      #expect(isTaken)
    }
    var tick = Tick()
    var polled: UInt64 = 0
    while consumer.poll(&tick) { polled += 1 }
    #expect(packets == made.packets)
    let feed = ingester.feedCounts
    let ticks = ingester.tickCounts
    #expect(feed.messages == 5_000 && feed.malformed == 0 && feed.gaps == 0)
    #expect(polled == ticks.published && polled > 5_000)
    #expect(DirectoryReader(try names.duplicate()).count == 50)
  }

  @Test func aSecondIngesterOnTheSameRingIsRefused() throws {
    let ring = try region(.ticks, 64)
    let first = try FeedIngester(ring: ring, directory: region(.directory, 64))
    #expect(throws: RingError.self) {
      _ = try FeedIngester(ring: ring, directory: try region(.directory, 64))
    }
    #expect(first.tickCounts.published == 0)
  }

  @Test func whatIsNoPacketOfTheFeedIsCounted() throws {
    var ingester = try FeedIngester(
      ring: region(.ticks, 64), directory: region(.directory, 64))
    let noise: [UInt8] = [1, 2, 3]
    let isTaken = ingester.ingest(noise.span.bytes, clock: 0, received_ns: 0)
    let foreign = ingester.feedCounts.foreign
    #expect(isTaken && foreign == 1)
  }
}
