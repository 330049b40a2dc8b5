import Foundation
import Testing
import TickRing

@testable import TickEngine

/// The live ingester on its caller's thread.
@Suite(.timeLimit(.minutes(1))) struct FeedListenerTests {
  private func region(_ kind: RegionKind, _ capacity: Int) throws -> Region {
    let name = "tickway-test-listener-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    let region = try Region.create(kind, name: name, capacity: capacity)
    try Region.remove(name: name)
    return region
  }

  /// Line B is the address beside A's, on a port that the kernel chooses, too.
  private func options(lines: Int) -> IngestOptions {
    var options = IngestOptions(
      feed: .iex,
      lines: (0..<lines).map { LineAddress(group: 0x7F00_0001 + UInt32($0), port: 0) })
    options.validation.age_ns = .max
    return options
  }

  @Test func whatComesOnBothLinesBecomesTicksOnce() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickway-test-listener-\(getpid()).pcap").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let made = try SynthCapture.write(SynthOptions(symbols: 50, messages: 2_000), to: path)
    let ring = try region(.ticks, 65_536)
    let names = try region(.directory, FeedIngester.instrumentsMax)
    let options = options(lines: 2)
    var listener = try FeedListener(options, ring: ring, directory: names)
    let senders = (0..<2).map {
      TestSender(to: options.lines[$0], port: listener.port(ofLine: $0), interface: 1)
    }
    var datagrams = try CaptureDatagrams(paths: [path])
    var taken = 0
    try datagrams.forEach { datagram, _ in
      let bytes = datagram.withUnsafeBytes { Array($0) }
      for sender in senders { #expect(sender.send(bytes) == 0) }
      taken += try listener.turn()
    }
    while taken < 2 * made.packets { taken += try listener.turn() }
    let feed = listener.feedCounts
    #expect(feed.messages == 2_000 && feed.gaps == 0 && feed.malformed == 0)
    // Heartbeats are nobody's copies.
    let filled = UInt64(made.packets) - feed.heartbeats / 2
    #expect(feed.duplicates == filled)
    let (first, second) = (listener.lineCounts(0), listener.lineCounts(1))
    #expect(first.packets == second.packets && first.first + second.first == filled)
    #expect(listener.tickCounts.published > 2_000)
  }

  /// Who reads the ring goes by what a predecessor said, and missed what came since.
  @Test func whoGoesOnInARingSaysThatSomethingIsMissingAndThenThatAllIsWell() throws {
    let ring = try region(.ticks, 4_096)
    let names = try region(.directory, FeedIngester.instrumentsMax)
    do {
      var producer = try TickProducer(claiming: ring.duplicate())
      let stale = Tick(
        timestamp: 1, symbolId: Series(instrument: 0, kind: .status).id, price: 0,
        quantity: StatusCode.stale.rawValue)
      let isPublished = producer.publish(stale, received: 0)
      #expect(isPublished)
    }
    var consumer = try TickConsumer(claiming: ring.duplicate())
    let options = options(lines: 1)
    var listener = try FeedListener(options, ring: ring, directory: names)
    let sender = TestSender(
      to: options.lines[0], port: listener.port(ofLine: 0), interface: 1)
    var heartbeat = [UInt8](repeating: 0, count: 40)
    heartbeat.replaceSubrange(0..<4, with: [1, 0, 3, 0x80])
    heartbeat[24] = 1
    #expect(sender.send(heartbeat) == 0)
    while try listener.turn() == 0 {}
    var codes: [StatusCode?] = []
    var tick = Tick()
    while consumer.poll(&tick) { codes.append(StatusCode(rawValue: tick.quantity)) }
    #expect(codes == [.stale, .gap, .recovered])
  }

  @Test func whatAListenerCannotDoIsRefused() throws {
    let names = try region(.directory, 64)
    var mold = options(lines: 1)
    mold.feed = .moldItch
    #expect(throws: IngestError.self) {
      _ = try FeedListener(mold, ring: try region(.ticks, 4_096), directory: names)
    }
    #expect(throws: IngestError.self) {
      _ = try FeedListener(options(lines: 1), ring: try region(.ticks, 4), directory: names)
    }
  }
}
