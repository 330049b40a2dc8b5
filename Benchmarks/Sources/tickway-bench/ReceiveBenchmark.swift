import CBare
import Foundation
import TickEngine
import TickRing

/// Packets in a socket's receive buffer → validated ticks in a ring in shared memory, on one core.
///
/// Sending costs some 3 µs a packet, more than all that is measured; so the buffer is filled first,
/// and emptying it is timed alone: by a bare recvmmsg loop, by `UdpLine`, and by `FeedListener`,
/// the live ingester with all that it does for a datagram, in turns. Thread's own time, as in
/// `DecodeBenchmark`; the ring is polled empty between the timed parts.
struct ReceiveBenchmark {
  static let fillsPerRun = 5
  static let bufferBytes = 4 << 20
  static let ringCapacity = 65_536
  /// 127.0.0.1 and 127.0.0.2: line A's address and line B's.
  static let addresses: [UInt32] = [0x7F00_0001, 0x7F00_0002]

  /// ns, over all packets of one run.
  struct Run {
    var bare_ns: UInt64 = 0
    var line_ns: UInt64 = 0
    var ingest_ns: UInt64 = 0
    var packets = 0
  }

  struct Result {
    var messagesPerPacket: Int
    var lines: Int
    var packetBytes: Int
    var ticks: UInt64
    var runs: [Run]
  }

  private let bare: Int32
  private let toBare: Int32
  private let toLine: Int32
  private let packetsPerFill: Int

  private static var options: ReceiveOptions {
    var options = ReceiveOptions()
    options.bufferBytes = bufferBytes
    return options
  }

  /// The line is made here, too, since its port must be known; `run` borrows it.
  static func line() throws -> UdpLine {
    try UdpLine(LineAddress(group: addresses[0], port: 0), options)
  }

  /// - Parameter lines: 1, or 2 with line B.
  static func listener(_ regions: borrowing BenchRegions, lines: Int) throws -> FeedListener {
    var options = IngestOptions(
      feed: .iex, lines: addresses.prefix(lines).map { LineAddress(group: $0, port: 0) })
    options.receive = Self.options
    return try FeedListener(options, ring: regions.ring, directory: regions.names)
  }

  /// Sockets that send to each line of a listener.
  static func senders(to listener: borrowing FeedListener, lines: Int) throws -> [Int32] {
    let senders = (0..<lines).map { bare_sender(addresses[$0], listener.port(ofLine: $0)) }
    guard senders.allSatisfy({ $0 >= 0 }) else { throw BenchError("no socket on loopback") }
    return senders
  }

  init(line: borrowing UdpLine, packetsPerFill: Int) throws {
    // 1,285 bytes are charged for a datagram of up to 512, twice the granted are there.
    self.packetsPerFill = min(packetsPerFill, line.grantedBufferBytes * 2 / 2_600)
    var port: UInt16 = 0
    bare = bare_receiver(&port, Int32(ReceiveBenchmark.bufferBytes))
    guard bare >= 0 else { throw BenchError("no socket on loopback") }
    toBare = bare_sender(ReceiveBenchmark.addresses[0], port)
    toLine = bare_sender(ReceiveBenchmark.addresses[0], line.port)
    guard toBare >= 0, toLine >= 0 else { throw BenchError("no socket on loopback") }
  }

  func close() { for socket in [bare, toBare, toLine] { bare_close(socket) } }

  func run(
    _ line: inout UdpLine, _ source: Packets, messagesPerPacket: Int, lines: Int, times: Int
  ) throws -> Result {
    var packets = try IexPackets(
      source, packets: packetsPerFill, messagesPerPacket: messagesPerPacket)
    let regions = try BenchRegions(ringCapacity: ReceiveBenchmark.ringCapacity)
    var listener = try ReceiveBenchmark.listener(regions, lines: lines)
    let toListener = try ReceiveBenchmark.senders(to: listener, lines: lines)
    defer { for socket in toListener { bare_close(socket) } }
    var consumer = try TickConsumer(claiming: regions.ring.duplicate())
    var runs: [Run] = []
    // The first run fills directory and caches, and does not count.
    for number in 0...times {
      var run = Run()
      for _ in 0..<ReceiveBenchmark.fillsPerRun {
        packets.renumber()
        packets.stamp()
        try drainBare(packets, &run)
        try drainLine(&line, packets, &run)
        try listen(&listener, toListener, packets, &run)
        var tick = Tick()
        while consumer.poll(&tick) {}
      }
      if number > 0 { runs.append(run) }
    }
    let feed = listener.feedCounts
    let rejected = listener.tickCounts.rejected[TickRejection.stale.rawValue]
    guard feed.gaps == 0, feed.malformed == 0, feed.implausible == 0, rejected == 0 else {
      throw BenchError("the feed was not received whole and fresh: \(feed), \(rejected) stale")
    }
    let bytes = packets.packets.reduce(0) { $0 + $1.count } / packets.packets.count
    return Result(
      messagesPerPacket: messagesPerPacket, lines: lines, packetBytes: bytes,
      ticks: listener.tickCounts.published, runs: runs)
  }

  private func fill(_ socket: Int32, _ packets: IexPackets) throws {
    for index in packets.packets.indices {
      let code = packets.packets[index].withUnsafeBytes { bytes in
        bare_send(socket, bytes.baseAddress!, UInt64(bytes.count))
      }
      guard code == 0 else { throw BenchError("sending on loopback failed (errno \(-code))") }
    }
  }

  private func drainBare(_ packets: IexPackets, _ run: inout Run) throws {
    try fill(toBare, packets)
    let count = packets.packets.count
    var taken = 0
    let start = ThreadClock.now
    while taken < count {
      let more = Int(bare_receive_batch(bare))
      if more == 0 { break }
      taken += more
    }
    run.bare_ns += ThreadClock.now - start
    run.packets += count
    guard taken == count else { throw BenchError("\(count - taken) packets found no room") }
  }

  private func drainLine(
    _ line: inout UdpLine, _ packets: IexPackets, _ run: inout Run
  ) throws {
    try fill(toLine, packets)
    let count = packets.packets.count
    var taken = 0
    let start = ThreadClock.now
    while taken < count {
      let more = try line.receive()
      if more == 0 { break }
      taken += more
    }
    run.line_ns += ThreadClock.now - start
    guard taken == count else { throw BenchError("\(count - taken) packets found no room") }
  }

  /// Each packet is sent to every line; what the run counts are packets, not their copies.
  private func listen(
    _ listener: inout FeedListener, _ senders: [Int32], _ packets: IexPackets, _ run: inout Run
  ) throws {
    for sender in senders { try fill(sender, packets) }
    let count = packets.packets.count * senders.count
    var taken = 0
    let start = ThreadClock.now
    while taken < count {
      let more = try listener.turn()
      if more == 0 { break }
      taken += more
    }
    run.ingest_ns += ThreadClock.now - start
    guard taken == count else { throw BenchError("\(count - taken) packets found no room") }
  }
}
