import Glibc
import Testing
import TickMetrics
import TickRing
import TickWire

@testable import TickEngine

/// A relay on its thread, and a receiver of its line A, on loopback.
@Suite(.serialized, .timeLimit(.minutes(1))) struct RelayTests {
  private static let count = 20_000

  /// A group of this process's own.
  private static func group(_ line: UInt32) -> LineAddress {
    let pid = UInt32(getpid())
    return LineAddress(
      group: 0xEFC0_0000 | (pid & 0xFFF) << 4 | line, port: UInt16(20_000 + pid % 10_000))
  }

  private static func options(_ faults: FaultRates, lines: Int) -> RelayOptions {
    var options = RelayOptions(ring: RelayRing.ring, lineA: group(1))
    if lines > 1 { options.lineB = group(2) }
    options.interface = "127.0.0.1"
    options.faultsA = faults
    options.seed = 7
    return options
  }

  private static func relay(
    _ ring: borrowing RelayRing, _ options: RelayOptions, _ lateness: LatencyHistogram,
    stop: StopFlag, leave: StopFlag
  ) throws -> Relay {
    let line = try PublishLine(
      options.lineA, options.faultsA, number: 0, options.lineOptions, lateness: lateness)
    var first: PublishLine? = line
    let ticks = try Region.attach(.ticks, directory: ring.scratch.path, name: RelayRing.ring)
    return Relay(
      try TickConsumer(claiming: ticks),
      RelayStream(.startingNow(), names: try ring.names(), retainedMessages: 1 << 16),
      RelayOutput(Slab(count: 1) { _ in first.take()! }),
      requests: try Slab(count: 1) { _ in try RequestServer(RequestServerTests.anyPort) },
      linger_ms: 30_000, stop: stop, leave: leave, done: StopFlag())
  }

  private static func faults(_ names: [WritableKeyPath<FaultRates, Double>]) -> FaultRates {
    var faults = FaultRates()
    for name in names { faults[keyPath: name] = 0.05 }
    return faults
  }

  /// A run with these faults: what was published, what came, and how often was asked.
  private func run(_ faults: FaultRates) throws {
    var ring = try RelayRing(Scratch())
    let options = Self.options(faults, lines: 1)
    let line = try UdpLine(options.lineA, ReceiveOptions(interface: options.interface))
    let lateness = HistogramStorage()
    let (stop, leave) = (StopFlag(), StopFlag())
    let relay = try Self.relay(ring, options, lateness[0], stop: stop, leave: leave)
    let thread = RoleThread(relay, core: nil, onFailure: {})
    var receiver = RecoveringReceiver(line, asking: thread.role.requests[0].address)
    // Some before the relay looks, some while it runs.
    var published = ring.publish(Self.count / 2, seed: 11)
    try thread.start()
    published += ring.publish(Self.count / 2, seed: 12)
    stop.request()
    while !receiver.isWhole { try receiver.turn() }
    leave.request()
    thread.join()
    #expect(receiver.relayed.ticks == published && published.count >= Self.count)
    #expect(receiver.relayed.symbols.count == ring.directory.count)
    #expect(receiver.messages == thread.role.stream.retained.nextSequence - 1)
    let lost = thread.role.output.losses.lostOrCorrupted.all
    #expect((lost > 0) == (faults.loss + faults.burstLoss + faults.corrupt > 0))
    #expect(lost == 0 || receiver.requests > 0)
    #expect(thread.role.requests[0].counts.malformed == 0)
  }

  @Test func aRelayedRingIsTheSameRing() throws { try run(FaultRates()) }

  @Test func whatALineLosesIsAskedForAndComesWhole() throws {
    try run(Self.faults([\.loss, \.burstLoss]))
  }

  @Test func duplicatesReorderingAndDelaysChangeNothing() throws {
    try run(Self.faults([\.loss, \.duplicate, \.reorder, \.delay]))
  }

  @Test func aRestartComesWhereTheSeedSays() {
    var options = Self.options(FaultRates(), lines: 1)
    #expect(options.restartTicks == nil)
    options.restarts = true
    var places: [UInt64] = []
    for seed in 0..<100 {
      options.seed = UInt64(seed)
      places.append(options.restartTicks ?? 0)
    }
    #expect(places.allSatisfy { (1...1_000).contains($0) } && Set(places).count > 80)
    options.seed = 5
    #expect(options.restartTicks == places[5])
  }

  @Test func aRingHasOneConsumerAndTheRelaySaysSo() throws {
    let ring = try RelayRing(Scratch())
    var options = Self.options(FaultRates(), lines: 1)
    options.ringDirectory = ring.scratch.path
    let taken = try TickConsumer(
      claiming: Region.attach(.ticks, directory: ring.scratch.path, name: RelayRing.ring))
    #expect(throws: VenueMarketError.self) { try RelayRun.run(options) }
    _ = taken.polled
    options.ring = "absent"
    #expect(throws: VenueMarketError.self) { try RelayRun.run(options) }
    options.lineB = options.lineA
    #expect(throws: PublishError.self) { try RelayRun.run(options) }
  }
}
