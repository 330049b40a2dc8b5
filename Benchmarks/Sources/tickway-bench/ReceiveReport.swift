import TickEngine

/// What `receive` measured, as JSON: schema `tickway.bench.receive/1`.
struct ReceiveReport: Encodable, CustomStringConvertible {
  /// Emptying a socket's receive buffer, ns a packet, the thread's own time.
  struct Drain: Encodable {
    let messages_per_packet: Int
    /// 2: each packet comes on line B, too; `ingest` is the time for both copies.
    let lines: Int
    let packet_bytes: Int
    let packets: Int
    let ticks: UInt64
    let bare_ns_per_packet: Spread
    let line_ns_per_packet: Spread
    let ingest_ns_per_packet: Spread
    /// Time over that of the bare loop for as many datagrams, run by run.
    let line_times_bare: Spread
    let ingest_times_bare: Spread

    init(_ result: ReceiveBenchmark.Result) {
      func spread(_ value: (ReceiveBenchmark.Run) -> Double) -> Spread {
        Spread(result.runs.map(value))
      }
      messages_per_packet = result.messagesPerPacket
      lines = result.lines
      packet_bytes = result.packetBytes
      packets = result.runs[0].packets
      ticks = result.ticks
      bare_ns_per_packet = spread { Double($0.bare_ns) / Double($0.packets) }
      line_ns_per_packet = spread { Double($0.line_ns) / Double($0.packets) }
      ingest_ns_per_packet = spread { Double($0.ingest_ns) / Double($0.packets) }
      line_times_bare = spread { Double($0.line_ns) / Double($0.bare_ns) }
      let datagrams = Double(result.lines)
      ingest_times_bare = spread { Double($0.ingest_ns) / Double($0.bare_ns) / datagrams }
    }

    private var place: String { lines > 1 ? ", ticks from lines A and B" : "" }

    var text: String {
      """
        \(messages_per_packet) messages a packet, \(packet_bytes) bytes\(place); ns a packet
          bare recvmmsg(32)      \(bare_ns_per_packet.text())
          UdpLine                \(line_ns_per_packet.text()): \(line_times_bare.text()) times
          … and ticks in a ring  \(ingest_ns_per_packet.text()): \(ingest_times_bare.text()) times
      """
    }
  }

  /// One way, ns by the wall clock, of packets that wait for none.
  struct Ping: Encodable {
    /// Whether both threads ran in front of all ordinary ones.
    let realtime_priority: Bool
    let pings: Int
    let lost: Int
    let bare_p50_ns: Spread
    let bare_p99_ns: Spread
    let line_p50_ns: Spread
    let line_p99_ns: Spread
    let ticks_p50_ns: Spread
    let ticks_p99_ns: Spread
    /// What ticks in a ring took longer than a bare recv, turn by turn.
    let ticks_over_bare_p50_ns: Spread
    let ticks_over_bare_p99_ns: Spread

    init(_ runs: [PingBenchmark.Run], goesFirst: Bool) {
      func spread(
        _ which: KeyPath<PingBenchmark.Run, PingBenchmark.Latencies>, _ percent: Double
      ) -> Spread {
        Spread(runs.map { $0[keyPath: which].percentile(percent) })
      }
      func more(_ percent: Double) -> Spread {
        Spread(runs.map { $0.ticks.percentile(percent) - $0.bare.percentile(percent) })
      }
      realtime_priority = goesFirst
      pings = runs.reduce(0) { $0 + $1.line.count }
      lost = runs.reduce(0) { $0 + $1.lost }
      bare_p50_ns = spread(\.bare, 50)
      bare_p99_ns = spread(\.bare, 99)
      line_p50_ns = spread(\.line, 50)
      line_p99_ns = spread(\.line, 99)
      ticks_p50_ns = spread(\.ticks, 50)
      ticks_p99_ns = spread(\.ticks, 99)
      ticks_over_bare_p50_ns = more(50)
      ticks_over_bare_p99_ns = more(99)
    }

    var text: String {
      """
        one way, core to core, \(pings) packets of one message (\(lost) lost), \
      \(realtime_priority ? "real-time" : "ordinary") priority; µs, p50 and p99
          bare recv              \(bare_p50_ns.text(per: 1e3)), \(bare_p99_ns.text(per: 1e3))
          UdpLine                \(line_p50_ns.text(per: 1e3)), \(line_p99_ns.text(per: 1e3))
          … and ticks in a ring  \(ticks_p50_ns.text(per: 1e3)), \(ticks_p99_ns.text(per: 1e3))
          more than bare, turn by turn  \(ticks_over_bare_p50_ns.text(per: 1e3)), \
      \(ticks_over_bare_p99_ns.text(per: 1e3))
      """
    }
  }

  let schema = "tickway.bench.receive/1"
  let drain: [Drain]
  /// nil without two cores.
  let one_way: Ping?
  let machine = MachineCard.current()

  var description: String {
    """
    receive: packets in a socket → ticks in a ring in shared memory, one core
    \(drain.map(\.text).joined(separator: "\n"))
    \(one_way?.text ?? "  one way: not measured, there are no two cores")
      (median of \(drain[0].line_times_bare.runs) runs, one way of four turns each; least, most)
      machine                  \(machine)
    """
  }
}
