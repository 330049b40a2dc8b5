import TickEngine

/// What `order` measured, as JSON: schema `tickway.bench.order/1`.
struct OrderReport: Encodable, CustomStringConvertible {
  let schema = "tickway.bench.order/1"
  let realtime_priority: Bool
  /// One order, polled → its bytes ready for `send`; of each run.
  let ready_ns_p50: Spread
  let ready_ns_p99: Spread
  /// The same with its decision left in a ring, and what that is more; of each run.
  let recorded_ns_p50: Spread
  let recording_ns: Spread
  /// The same of sixteen at a time, of each order.
  let batch_ns_p50: Spread
  let batch_orders_per_second: Spread
  /// To the venue and back, and a bare ping of the same sizes.
  let trip_ns_p50: Spread
  let trip_ns_p99: Spread
  let ping_ns_p50: Spread
  let ping_ns_p99: Spread
  /// Of the medians of each run.
  let trip_to_ping: Spread
  /// Published, decided, sent, answered and told.
  let flow_orders_per_second: Spread
  let machine = MachineCard.current()

  init(_ runs: [OrderBenchmark.Run], goesFirst: Bool) {
    func percentile(
      _ share: Double, _ times: (OrderBenchmark.Run) -> [Double]
    ) -> [Double] {
      runs.map { run in
        let sorted = times(run).sorted()
        return sorted[Int(share * Double(sorted.count - 1))]
      }
    }
    realtime_priority = goesFirst
    let (ready, recorded) = (percentile(0.5, \.ready_ns), percentile(0.5, \.recorded_ns))
    ready_ns_p50 = Spread(ready)
    recorded_ns_p50 = Spread(recorded)
    recording_ns = Spread(zip(recorded, ready).map { $0 - $1 })
    ready_ns_p99 = Spread(percentile(0.99, \.ready_ns))
    let batch = percentile(0.5, \.batch_ns)
    batch_ns_p50 = Spread(batch)
    batch_orders_per_second = Spread(batch.map { 1e9 / $0 })
    let (trip, ping) = (percentile(0.5, \.trip_ns), percentile(0.5, \.ping_ns))
    trip_ns_p50 = Spread(trip)
    trip_ns_p99 = Spread(percentile(0.99, \.trip_ns))
    ping_ns_p50 = Spread(ping)
    ping_ns_p99 = Spread(percentile(0.99, \.ping_ns))
    trip_to_ping = Spread(zip(trip, ping).map { $0 / $1 })
    flow_orders_per_second = Spread(runs.map { 1e9 / $0.flow_ns })
  }

  var description: String {
    """
    order: through the sender, \(realtime_priority ? "real-time" : "ordinary") priority
      polled → ready, ns, p50  \(ready_ns_p50.text())
      polled → ready, ns, p99  \(ready_ns_p99.text())
      its decision recorded    \(recorded_ns_p50.text())
      … more than without      \(recording_ns.text())
      of sixteen, each, p50    \(batch_ns_p50.text())
      … M orders/s             \(batch_orders_per_second.text(per: 1e6))
      to the venue and back, over loopback TCP
        an order, µs, p50      \(trip_ns_p50.text(per: 1_000))
        a bare ping, µs, p50   \(ping_ns_p50.text(per: 1_000))
        an order, µs, p99      \(trip_ns_p99.text(per: 1_000))
        a bare ping, µs, p99   \(ping_ns_p99.text(per: 1_000))
        of the p50, the ratio  \(trip_to_ping.text())
      asked, sent and answered, over loopback TCP
        M orders/s             \(flow_orders_per_second.text(per: 1e6))
      (median of \(ready_ns_p50.runs) runs, least and most)
      machine                  \(machine)
    """
  }
}
