import Testing
import TickMetrics
import TickRing
import TickWire

@testable import TickEngine

/// A sender without a venue, and the worker's ends of its rings.
private final class SenderBench {
  private var sender: Sender
  private var requests: OrderProducer
  private var events: EventConsumer
  private let histograms = HistogramStorage(count: 3)

  init(eventSlots: Int) throws {
    let regions = ReplayRegions(directory: "/dev/shm")
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    let names = try regions.make(.directory, capacity: 16)
    let prices = try regions.make(.board, capacity: 16)
    let orderRing = try regions.make(.orders, capacity: 64)
    let eventRing = try regions.make(.events, capacity: eventSlots)
    var writer = try DirectoryWriter(claiming: names.attach(), venue: Symbol("IEX")!.word)
    _ = writer.number(of: Symbol("AAA")!.word)
    let board = try BoardWriter(claiming: prices.attach())
    board.setLast(1, price: 100, time: GateBench.start)
    requests = try OrderProducer(claiming: orderRing.attach())
    events = try EventConsumer(claiming: eventRing.attach())
    let control = ControlPage(try page.attach())
    // Each run ends when there is nothing left to do.
    control.write(.workersDone, 1)
    let ports = try Slab<SenderPort>(count: 1) { _ in
      SenderPort(
        requests: try OrderConsumer(claiming: orderRing.attach()),
        events: try EventProducer(claiming: eventRing.attach()))
    }
    let gate = RiskGate(
      limits: .simulation, control: ControlPage(try page.attach()),
      board: BoardReader(try prices.attach()), directory: DirectoryReader(try names.attach()))
    sender = Sender(
      ports: ports, gate: gate, openOrdersMax: 8, session: nil,
      directory: DirectoryReader(try names.attach()), control: control,
      latency: SenderLatency(
        risk: histograms[0], send: histograms[1], tickToOrder: histograms[2]),
      waitPolicy: .share)
  }

  /// Asks for orders at these prices, and lets the sender decide them all.
  func decide(_ prices: Double...) throws {
    for price in prices {
      let isPublished = requests.publish(GateBench.order(price))
      precondition(isPublished)
    }
    try sender.run()
  }

  /// What the worker is told: `unsent`, `riskReject 10`, `lost x3`.
  func told() -> [String] {
    var told: [String] = []
    var event = OrderEvent.none
    while events.poll(&event) {
      switch event.eventKind {
      case .lost: told.append("lost x\(event.quantity)")
      case .riskReject: told.append("riskReject \(event.reason)")
      case let kind: told.append(kind.map { "\($0)" } ?? "unknown")
      }
    }
    return told
  }

  var counts: OrderCounts { sender.counts }
}

@Suite(.timeLimit(.minutes(1))) struct SenderTests {
  @Test func withoutAVenueAllowedOrdersAreUnsentAndTheOthersRejected() throws {
    let bench = try SenderBench(eventSlots: 16)
    try bench.decide(100, 200, 101)
    let collar = RiskReason.collar.rawValue
    #expect(bench.told() == ["unsent", "riskReject \(collar)", "unsent"])
    #expect(bench.counts.requested == 3 && bench.counts.unsent == 2 && bench.counts.sent == 0)
    #expect(bench.counts.riskRejected[Int(collar)] == 1)
  }

  /// The sender never waits for a worker: what found no room is counted, and told with the next.
  @Test func eventsThatFindNoRoomAreCountedAndTheWorkerIsTold() throws {
    let bench = try SenderBench(eventSlots: 2)
    try bench.decide(100, 100, 100, 100, 100)
    #expect(bench.counts.eventsLost == 3 && bench.counts.unsent == 5)
    #expect(bench.told() == ["unsent", "unsent"])
    try bench.decide(100)
    #expect(bench.told() == ["lost x3", "unsent"] && bench.counts.eventsLost == 3)
    try bench.decide(100)
    #expect(bench.told() == ["unsent"])
  }
}
