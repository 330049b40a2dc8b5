import TickMetrics

@testable import TickEngine

extension Report {
  /// A report with every field filled, whose equations hold.
  static func filled() -> Report {
    var machine = MachineCard()
    machine.cpuModel = "Example CPU"
    machine.architecture = "x86_64"
    machine.cores = 2
    machine.kernel = "6.1.0"
    machine.numaNodes = 1
    machine.build = "release"
    var report = Report(machine: machine)
    report.fillMarketData()
    report.fillOrders()
    let storage = HistogramStorage()
    for latency in 1...100 as ClosedRange<UInt64> { storage[0].record(latency) }
    storage[0].recordNegative()
    report.latency_ns["ingest"] = LatencySummary(storage.snapshot())
    return report
  }

  private mutating func fillMarketData() {
    capture.files = 1
    capture.paths = ["day \"one\".pcap"]
    capture.packets = 12
    capture.bytes = 3_456
    capture.cutTail = true
    capture.truncated = 1
    capture.ignored = 2
    feed.packets = 9
    feed.heartbeats = 2
    feed.messages = 40
    feed.byType = ["T": 10, "Q": 30]
    ticks.published = 70
    ticks.trade = 9
    ticks.tradeBreak = 1
    ticks.bid = 29
    ticks.ask = 29
    ticks.status = 2
    ticks.copies = 2
    ticks.rejected = ["crossed": 1]
    ticks.tradeVolume = 1_427_907
    ticks.tradeNotional = Notional(tenThousandths: 693_942_768_200)
    rings = [
      Ring(name: "tick.0", kind: .tick, capacity: 64, published: 40, polled: 40, full: 3),
      Ring(name: "tick.1", kind: .tick, capacity: 64, published: 32, polled: 31, lost: 1),
      Ring(name: "order.0", kind: .order, capacity: 64, published: 10, polled: 10),
    ]
  }

  private mutating func fillOrders() {
    orders.requested = 10
    orders.riskRejected = ["collar": 2, "rate": 1]
    orders.unsent = 1
    orders.sent = 6
    orders.acked = 4
    orders.venueRejected = 1
    orders.inFlight = 1
    orders.filled = 2
    orders.partiallyFilled = 1
    orders.cancelsSent = 1
    orders.canceled = 1
    orders.open = 1
  }
}
