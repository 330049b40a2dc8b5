import TickRing
import TickWire

@testable import TickEngine

/// One worker's ring behind a publisher, to see what a decoder put into it.
struct RingEnd: ~Copyable {
  private var consumer: TickConsumer
  private let names: DirectoryReader

  /// - Parameters:
  ///   - ageMax_ns: from which age on quotes and trades are refused.
  ///   - symbols: those that are given; nil: as they appear.
  ///   - publisher: the other end.
  init(
    capacity: Int = 1 << 14, ageMax_ns: UInt64 = 1_000_000_000, symbols: [String]? = nil,
    _ publisher: inout TickPublisher?
  ) throws {
    var limits = ValidationLimits()
    limits.age_ns = ageMax_ns
    let regions = ReplayRegions(directory: "/dev/shm")
    let ring = try regions.make(.ticks, capacity: capacity)
    let directory = try regions.make(.directory, capacity: 1 << 12)
    let reader = DirectoryReader(try directory.attach())
    let consumer = try TickConsumer(claiming: ring.attach())
    var writer = try DirectoryWriter(claiming: directory.attach(), venue: Symbol("IEX")!.word)
    if let symbols { try writer.add(symbols) }
    publisher = TickPublisher(
      directory: writer,
      outlets: try Slab<TickOutlet>(count: 1) { _ in
        TickOutlet(try TickProducer(claiming: ring.attach()), policy: .drop, waitPolicy: .share)
      },
      workers: 1, board: nil,
      control: ControlPage(
        try regions.make(.control, capacity: ControlPage.capacity).attach()),
      limits: limits, isRestricted: symbols != nil)
    self.consumer = consumer
    names = reader
  }

  var instruments: Int { names.count }
  func symbol(_ instrument: UInt32) -> String? {
    names.symbol(instrument).map { Symbol(word: $0).text }
  }

  /// What came since it was last asked.
  mutating func ticks() -> [Tick] {
    var ticks: [Tick] = []
    var tick = Tick()
    while consumer.poll(&tick) { ticks.append(tick) }
    return ticks
  }
}

/// Datagrams one after another, each in memory of its own.
struct DatagramMemory: ~Copyable {
  private let memory = Slab<UInt8>(count: 1 << 16, repeating: 0)

  func bytes(_ datagram: [UInt8]) -> Bytes {
    for (offset, byte) in datagram.enumerated() { memory[offset] = byte }
    return memory.mutableBytes.bytes.slice(at: 0, count: datagram.count)
  }

  func mold(_ session: String, _ first: UInt64, _ messages: [[UInt8]]) -> [UInt8] {
    var writer = MoldUdp64Writer(into: memory.mutableBytes)
    writer.begin(MoldUdp64Session(session)!, firstSequence: first)
    for message in messages {
      guard let room = writer.claim(message.count) else { fatalError("too long for a datagram") }
      for (offset, byte) in message.enumerated() { room.put(u8: byte, at: offset) }
    }
    let length = writer.finish()
    return (0..<length).map { memory[$0] }
  }

  func moldEnd(_ session: String, _ next: UInt64) -> [UInt8] {
    var writer = MoldUdp64Writer(into: memory.mutableBytes)
    let length = writer.endOfSession(MoldUdp64Session(session)!, next: next)
    return (0..<length).map { memory[$0] }
  }
}
