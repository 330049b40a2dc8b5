import CBare
import Glibc
import TickEngine
import TickRing

/// One way from a sender on one core to a receiver that spins on another, packets of one message:
/// by a bare recv, by `UdpLine`, and by `FeedListener`, in turns. The time is from just before the
/// sender's call of the kernel to the payload in hand, or, with the listener, to the ticks in the
/// ring. Wall clock: what the machine does to either core meanwhile is in it; both
/// threads go in front of all ordinary ones where that is allowed (root), for some 25 ms at a time.
struct PingBenchmark {
  /// Apart by enough that no packet waits for another.
  static let interval_ns: UInt64 = 25_000
  /// A receiver gives up this long after the last packet.
  static let patience_ns: UInt64 = 2_000_000_000

  /// Short ones, so that what disturbs the machine now and then disturbs few of them.
  static let turnsPerRun = 4

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

  /// Whether the threads could go in front of all ordinary ones.
  private(set) var goesFirst = false
  private let cores: [Int]
  /// In one turn.
  private let pings: Int

  /// nil if there are no two cores.
  init?(pings: Int) {
    cores = CorePlan(roles: 2).cores.compactMap { $0 }
    guard cores.count == 2 else { return nil }
    self.pings = pings
  }

  mutating func run(_ source: Packets, times: Int) throws -> [Run] {
    var packets = try IexPackets(source, packets: 1, messagesPerPacket: 1)
    let regions = try BenchRegions(ringCapacity: ReceiveBenchmark.ringCapacity)
    var listener = try ReceiveBenchmark.listener(regions, lines: 1)
    let toListener = try ReceiveBenchmark.senders(to: listener, lines: 1)[0]
    var consumer = try TickConsumer(claiming: regions.ring.duplicate())
    var line = try ReceiveBenchmark.line()
    var port: UInt16 = 0
    let bare = bare_receiver(&port, Int32(ReceiveBenchmark.bufferBytes))
    let toBare = bare_sender(ReceiveBenchmark.addresses[0], port)
    let toLine = bare_sender(ReceiveBenchmark.addresses[0], line.port)
    defer { for socket in [bare, toBare, toLine, toListener] { bare_close(socket) } }
    guard bare >= 0, toBare >= 0, toLine >= 0 else { throw BenchError("no socket on loopback") }
    bare_pin(Int32(cores[1]))
    var sent = [UInt64](repeating: 0, count: pings)
    var runs: [Run] = []
    goesFirst = bare_go_first(1) != 0
    defer { _ = bare_go_first(0) }
    for number in 0...times * PingBenchmark.turnsPerRun {
      var run = Run()
      packets.stamp()
      // All get the same packets: the listener finds no gap between its turns.
      let first = packets.reserve(packets: pings)
      try sent.withUnsafeMutableBufferPointer { sent in
        try during(packets.packets[0], toBare, first, sent) { receive(bare, first, sent, &run) }
        try during(packets.packets[0], toLine, first, sent) {
          try receive(&line, first, sent, &run)
        }
        try during(packets.packets[0], toListener, first, sent) {
          try listen(&listener, first, sent, &run)
        }
      }
      var tick = Tick()
      while consumer.poll(&tick) {}
      // The first run warms caches and the line's kernel side, and does not count.
      if number > 0 { runs.append(run) }
    }
    guard listener.tickCounts.rejected[TickRejection.stale.rawValue] == 0 else {
      throw BenchError("the listener's turns came too late to be fresh")
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
      defer {
        bare_ping_join(thread)
        // The others' turn: the kernel takes the core for 50 ms from whoever starves them.
        usleep(30_000)
      }
      try body()
    }
  }

  private func receive(
    _ socket: Int32, _ first: UInt64, _ sent: UnsafeMutableBufferPointer<UInt64>, _ run: inout Run
  ) {
    var bytes = [UInt8](repeating: 0, count: 2_048)
    run.bare.reserve(pings)
    takeAll(&run) { run in
      let length = bytes.withUnsafeMutableBytes {
        bare_receive_one(socket, $0.baseAddress!, UInt64($0.count))
      }
      let now_ns = MonotonicClock.now
      guard length > 0 else { return 0 }
      let index = bytes.withUnsafeBytes { PingBenchmark.sequence($0) } &- first
      if index < pings { run.bare.add(now_ns - sent[Int(index)]) }
      return 1
    }
  }

  private func receive(
    _ line: inout UdpLine, _ first: UInt64, _ sent: UnsafeMutableBufferPointer<UInt64>,
    _ run: inout Run
  ) throws {
    run.line.reserve(pings)
    try takeAll(&run) { run in
      let count = try line.receive()
      let now_ns = MonotonicClock.now
      for index in 0..<count {
        let number = line.withDatagram(index) { bytes, _ in
          bytes.withUnsafeBytes { PingBenchmark.sequence($0) } &- first
        }
        // Not one of this turn, if the sender was held up for longer than the patience.
        if number < pings { run.line.add(now_ns - sent[Int(number)]) }
      }
      return count
    }
  }

  /// What came last tells which pings a turn took: each has the next sequence.
  private func listen(
    _ listener: inout FeedListener, _ first: UInt64, _ sent: UnsafeMutableBufferPointer<UInt64>,
    _ run: inout Run
  ) throws {
    run.ticks.reserve(pings)
    try takeAll(&run) { run in
      let count = try listener.turn()
      let now_ns = MonotonicClock.now
      let end = listener.lineCounts(0).lastSequence &- first
      guard count > 0, end <= pings, end >= count else { return count }
      for number in Int(end) - count..<Int(end) { run.ticks.add(now_ns - sent[number]) }
      return count
    }
  }

  /// Takes turns, each of which returns how many pings it took, until there were all of them or
  /// none for as long as the patience lasts.
  private func takeAll(_ run: inout Run, _ turn: (inout Run) throws -> Int) rethrows {
    var last_ns = MonotonicClock.now
    var taken = 0
    while taken < pings {
      let count = try turn(&run)
      let now_ns = MonotonicClock.now
      if count > 0 {
        last_ns = now_ns
        taken += count
      } else if now_ns > last_ns + PingBenchmark.patience_ns {
        break
      }
    }
    run.lost += pings - taken
  }

  private static func sequence(_ packet: UnsafeRawBufferPointer) -> UInt64 {
    packet.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
  }
}
