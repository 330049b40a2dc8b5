import TickMetrics
import TickWire

/// One line of a publication: its faults, and its socket.
struct PublishLine: ~Copyable {
  let address: LineAddress
  private var faulty: FaultyLine
  private(set) var sender: LineSender
  private(set) var heartbeatsIdle: UInt64 = 0

  /// - Safety: `lateness`'s storage must outlive this.
  init(
    _ address: LineAddress, _ faults: FaultRates, number: Int, _ options: PublishOptions,
    lateness: LatencyHistogram
  ) throws(PublishError) {
    let opened = try LineSender(
      to: address, interface: options.interface, ttl: options.ttl,
      lateness: options.pace == .max ? nil : lateness)
    self.address = address
    faulty = FaultyLine(
      faults, seed: options.seed, line: number, bytesMax: LineSender.packetBytesMax)
    sender = opened
  }

  var faultCounts: FaultCounts { faulty.counts }
  /// When the next packet that is held back goes out; `.max` if there is none.
  var nextTime_ns: UInt64 { faulty.nextTime_ns }

  mutating func take(
    _ packet: Bytes, number: UInt64, at time_ns: UInt64, due_ns: UInt64
  ) -> FaultyLine.Fate {
    sender.begin(number)
    return faulty.take(packet, number: number, at: time_ns, due_ns: due_ns, into: &sender)
  }

  /// Whether the network took no copy of a packet that was not lost on purpose.
  func hasFailed(_ number: UInt64) -> Bool { sender.fates.hasFailed(number) }

  mutating func release(until time_ns: UInt64, due_ns: UInt64) {
    faulty.release(until: time_ns, due_ns: due_ns, into: &sender)
  }

  /// Past the faults: what only fills silence is no packet of the plan.
  mutating func sendHeartbeat(_ packet: Bytes) {
    heartbeatsIdle += 1
    sender.queue(packet, number: nil, due_ns: 0)
  }

  mutating func flush() { if !sender.isEmpty { sender.flush() } }
}
