import TickEngine

/// What `decode` measured, as JSON: schema `tickway.bench.decode/1`.
struct DecodeReport: Encodable, CustomStringConvertible {
  let schema = "tickway.bench.decode/1"
  let source: String
  let packets: Int
  let messages: UInt64
  let ticks: UInt64
  let checksum: String
  let messages_per_second: Spread
  let ns_per_message: Spread
  let ticks_per_second: Spread
  /// Decoding and polling on the same core, one after the other.
  let messages_per_second_with_poll: Spread
  /// The same by the wall clock, other programs' share included.
  let messages_per_second_with_poll_wall: Spread
  let baseline_messages_per_second: Spread
  /// Time of decoding over time of the bare walk, run by run.
  let times_baseline: Spread
  let machine = MachineCard.current()

  init(source: String, packets: Int, passes: [DecodeBenchmark.Pass]) {
    let first = passes[0]
    precondition(
      passes.allSatisfy { $0.checksum == first.checksum && $0.ticks == first.ticks },
      "two passes over the same packets made different ticks")
    func spread(_ value: (DecodeBenchmark.Pass) -> Double) -> Spread { Spread(passes.map(value)) }
    self.source = source
    self.packets = packets
    messages = first.messages
    ticks = first.ticks
    let hex = String(first.checksum, radix: 16)
    checksum = String(repeating: "0", count: 16 - hex.count) + hex
    messages_per_second = spread { Double($0.messages) * 1e9 / Double($0.decode_ns) }
    ns_per_message = spread { Double($0.decode_ns) / Double($0.messages) }
    ticks_per_second = spread { Double($0.ticks) * 1e9 / Double($0.decode_ns) }
    messages_per_second_with_poll = spread {
      Double($0.messages) * 1e9 / Double($0.decode_ns + $0.poll_ns)
    }
    messages_per_second_with_poll_wall = spread {
      Double($0.messages) * 1e9 / Double($0.wall_ns)
    }
    baseline_messages_per_second = spread { Double($0.messages) * 1e9 / Double($0.walk_ns) }
    times_baseline = spread { Double($0.decode_ns) / Double($0.walk_ns) }
  }

  var description: String {
    """
    decode: IEX-TP packets in memory → ticks in a ring in shared memory, one core
      source                   \(source): \(packets) packets, \(messages) messages
      ticks                    \(ticks), sum of all words \(checksum)
      decode, M messages/s     \(messages_per_second.text(per: 1e6))
      decode, ns a message     \(ns_per_message.text())
      decode, M ticks/s        \(ticks_per_second.text(per: 1e6))
      with polling, M msgs/s   \(messages_per_second_with_poll.text(per: 1e6))
      … by the wall clock      \(messages_per_second_with_poll_wall.text(per: 1e6))
      bare walk, M messages/s  \(baseline_messages_per_second.text(per: 1e6))
      time over the bare walk  \(times_baseline.text())
      (median of \(messages_per_second.runs) passes, least and most; the thread's own time)
      machine                  \(machine)
    """
  }
}
