import TickEngine

/// What `risk` measured, as JSON: schema `tickway.bench.risk/1`.
struct RiskReport: Encodable, CustomStringConvertible {
  let schema = "tickway.bench.risk/1"
  let symbols = RiskBenchmark.symbols
  let strategies = RiskBenchmark.strategies
  let orders = RiskBenchmark.orders
  /// One judgement, the clock's own time taken off; of each pass.
  let check_ns_p50: Spread
  let check_ns_p99: Spread
  let check_ns_p999: Spread
  /// One line of the board, read alone.
  let line_ns_p50: Spread
  let line_ns_p99: Spread
  /// The same with the lines of a batch fetched before, as the sender does.
  let fetched_ns_p50: Spread
  let fetched_ns_p99: Spread
  /// Judged and told what became of it, the whole pass under one reading of the clock.
  let ns_per_order: Spread
  let orders_per_second: Spread
  /// By the thread's own time: without what other programs take of the core.
  let orders_per_second_thread: Spread
  /// Allocations and reference counts in the timed passes; nil unless audited.
  let allocations: UInt64?
  let machine = MachineCard.current()

  init(passes: [RiskBenchmark.Pass]) {
    func percentile(_ share: Double, of times: (RiskBenchmark.Pass) -> [Double]) -> Spread {
      Spread(passes.map { times($0)[Int(share * Double(times($0).count - 1))] })
    }
    check_ns_p50 = percentile(0.5, of: \.check_ns)
    check_ns_p99 = percentile(0.99, of: \.check_ns)
    check_ns_p999 = percentile(0.999, of: \.check_ns)
    line_ns_p50 = percentile(0.5, of: \.line_ns)
    line_ns_p99 = percentile(0.99, of: \.line_ns)
    fetched_ns_p50 = percentile(0.5, of: \.fetched_ns)
    fetched_ns_p99 = percentile(0.99, of: \.fetched_ns)
    ns_per_order = Spread(passes.map(\.whole_ns))
    orders_per_second = Spread(passes.map { 1e9 / $0.whole_ns })
    orders_per_second_thread = Spread(passes.map { 1e9 / $0.wholeThread_ns })
    let counted = passes.compactMap(\.allocations)
    allocations = counted.isEmpty ? nil : counted.reduce(0, +)
  }

  var description: String {
    """
    risk: every limit of the gate, \(symbols) symbols, \(strategies) strategies, one core
      check, ns, p50           \(check_ns_p50.text())
      check, ns, p99           \(check_ns_p99.text())
      check, ns, p99.9         \(check_ns_p999.text())
      one line of it, ns, p50  \(line_ns_p50.text())
      one line of it, ns, p99  \(line_ns_p99.text())
      in batches, ns, p50      \(fetched_ns_p50.text())
      in batches, ns, p99      \(fetched_ns_p99.text())
      with positions, ns       \(ns_per_order.text())
      … M orders/s             \(orders_per_second.text(per: 1e6))
      … by the thread's time   \(orders_per_second_thread.text(per: 1e6))
      allocations              \(allocations.map { "\($0)" } ?? "not audited")
      (median of \(ns_per_order.runs) passes of \(orders) orders, least and most)
      machine                  \(machine)
    """
  }
}
