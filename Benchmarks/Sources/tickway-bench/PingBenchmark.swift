import CBare
import TickEngine
import TickRing

/// One way from a sender on one core to a receiver that spins on another, packets of one message:
/// by a bare recv, and by `UdpLine` with `FeedIngester` behind it, in turns. The time is from just
/// before the sender's call of the kernel to the payload in hand; with the ingester, also to the
/// ticks in the ring. Wall clock: what the machine does to either core meanwhile is in it.
struct PingBenchmark {
  /// Apart by enough that no packet waits for another.
  static let interval_ns: UInt64 = 25_000
  /// A receiver gives up this long after the last packet.
  static let patience_ns: UInt64 = 2_000_000_000

  struct Run {
    var bare = Latencies()
    var line = Latencies()
    var ticks = Latencies()
    var lost = 0
  }

  /// ns from sending, sorted when asked for.
  struct Latencies {
    private var values: [UInt64] = []
    mutating func reserve(_ count: Int) { values.reserveCapacity(count) }
    mutating func add(_ value: UInt64) { values.append(value) }
    var count: Int { values.count }

    func percentile(_ percent: Double) -> Double {
      guard !values.isEmpty else { return .nan }
      let sorted = values.sorted()
      return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * percent / 100))])
    }
  }

  private let cores: [Int]
  private let pings: Int

  /// nil if there are no two cores.
  init?(pings: Int) {
    cores = CorePlan(roles: 2).cores.compactMap { $0 }
    guard cores.count == 2 else { return nil }
    self.pings = pings
  }

  func run(_ source: Packets, times: Int) throws -> [Run] {
    var packets = try IexPackets(source, packets: 1, messagesPerPacket: 1)
    let regions = try BenchRegions(ringCapacity: ReceiveBenchmark.ringCapacity)
    var ingester = try FeedIngester(ring: regions.ring, directory: regions.names)
    var consumer = try TickConsumer(claiming: regions.ring.duplicate())
    var line = try ReceiveBenchmark.line()
    var port: UInt16 = 0
    let bare = bare_receiver(&port, Int32(ReceiveBenchmark.bufferBytes))
    let (toBare, toLine) = (bare_sender(port), bare_sender(line.port))
    defer { for socket in [bare, toBare, toLine] { bare_close(socket) } }
    guard bare >= 0, toBare >= 0, toLine >= 0 else { throw BenchError("no socket on loopback") }
    bare_pin(Int32(cores[1]))
    var runs: [Run] = []
    for number in 0...times {
      var run = Run()
      var sent = [UInt64](repeating: 0, count: pings)
      try sent.withUnsafeMutableBufferPointer { sent in
        // Both get the same packets: the ingester finds no gap between its turns.
        let first = packets.reserve(packets: pings)
        try during(packets.packets[0], toBare, first, sent) { receive(bare, first, sent, &run) }
        try during(packets.packets[0], toLine, first, sent) {
          try ingest(&line, &ingester, packets.times[0], first, sent, &run)
        }
      }
      var tick = Tick()
      while consumer.poll(&tick) {}
      // The first run warms caches and the line's kernel side, and does not count.
      if number > 0 { runs.append(run) }
    }
    return runs
  }

  /// Runs `body` while a thread on the other core sends.
  private func during(
    _ packet: [UInt8], _ sender: Int32, _ sequence: UInt64,
    _ sent: UnsafeMutableBufferPointer<UInt64>, _ body: () throws -> Void
  ) throws {
    try packet.withUnsafeBytes { bytes in
      var ping = bare_ping()
      ping.sender = sender
      ping.core = Int32(cores[0])
      ping.packet = bytes.baseAddress
      ping.length = UInt64(bytes.count)
      ping.count = UInt64(pings)
      ping.interval_ns = PingBenchmark.interval_ns
      ping.sequence = sequence
      ping.sent_ns = sent.baseAddress
      guard let thread = bare_ping_start(&ping) else { throw BenchError("no thread to send") }
      defer { bare_ping_join(thread) }
      try body()
    }
  }

  private func receive(
    _ socket: Int32, _ first: UInt64, _ sent: UnsafeMutableBufferPointer<UInt64>, _ run: inout Run
  ) {
    var bytes = [UInt8](repeating: 0, count: 2_048)
    run.bare.reserve(pings)
    var last_ns = MonotonicClock.now
    var taken = 0
    while taken < pings {
      let length = bytes.withUnsafeMutableBytes {
        bare_receive_one(socket, $0.baseAddress!, UInt64($0.count))
      }
      let now_ns = MonotonicClock.now
      if length == 0 {
        if now_ns > last_ns + PingBenchmark.patience_ns { break }
        continue
      }
      last_ns = now_ns
      taken += 1
      let index = bytes.withUnsafeBytes { PingBenchmark.sequence($0) } - first
      run.bare.add(now_ns - sent[Int(index)])
    }
    run.lost += pings - taken
  }

  private func ingest(
    _ line: inout UdpLine, _ ingester: inout FeedIngester, _ clock: UInt64, _ first: UInt64,
    _ sent: UnsafeMutableBufferPointer<UInt64>, _ run: inout Run
  ) throws {
    run.line.reserve(pings)
    run.ticks.reserve(pings)
    var last_ns = MonotonicClock.now
    var taken = 0
    while taken < pings {
      let count = try line.receive()
      let now_ns = MonotonicClock.now
      if count == 0 {
        if now_ns > last_ns + PingBenchmark.patience_ns { break }
        continue
      }
      last_ns = now_ns
      taken += count
      for index in 0..<count {
        let number = line.withDatagram(index) { bytes, _ in
          _ = ingester.ingest(bytes, clock: clock, received_ns: now_ns)
          return bytes.withUnsafeBytes { PingBenchmark.sequence($0) } - first
        }
        run.line.add(now_ns - sent[Int(number)])
        run.ticks.add(MonotonicClock.now - sent[Int(number)])
      }
    }
    run.lost += pings - taken
  }

  private static func sequence(_ packet: UnsafeRawBufferPointer) -> UInt64 {
    packet.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
  }
}
