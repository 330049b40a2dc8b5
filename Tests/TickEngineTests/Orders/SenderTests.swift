import Foundation
import Testing
import TickMetrics
import TickRing
import TickWire

@testable import TickEngine

/// A sender, and the worker's ends of its rings. One thread asks, one runs the sender.
private final class SenderBench: @unchecked Sendable {
  private var sender: Sender
  private var requests: OrderProducer
  private var events: EventConsumer
  private let histograms = HistogramStorage(count: 3)

  private let control: ControlPage

  init(eventSlots: Int, orderSlots: Int = 64, venuePort: UInt16? = nil) throws {
    let regions = ReplayRegions(directory: "/dev/shm")
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    let names = try regions.make(.directory, capacity: 16)
    let prices = try regions.make(.board, capacity: 16)
    let orderRing = try regions.make(.orders, capacity: orderSlots)
    let eventRing = try regions.make(.events, capacity: eventSlots)
    var writer = try DirectoryWriter(claiming: names.attach(), venue: Symbol("IEX")!.word)
    _ = writer.number(of: Symbol("AAA")!.word)
    let board = try BoardWriter(claiming: prices.attach())
    board.setLast(1, price: 100, time: GateBench.start)
    requests = try OrderProducer(claiming: orderRing.attach())
    events = try EventConsumer(claiming: eventRing.attach())
    control = ControlPage(try page.attach())
    let ports = try Slab<SenderPort>(count: 1) { _ in
      SenderPort(
        requests: try OrderConsumer(claiming: orderRing.attach()),
        events: try EventProducer(claiming: eventRing.attach()))
    }
    var limits = RiskLimits.simulation
    limits.ordersPerSecondMax = 1_000_000
    let gate = RiskGate(
      limits: limits, control: ControlPage(try page.attach()),
      board: BoardReader(try prices.attach()), directory: DirectoryReader(try names.attach()))
    sender = Sender(
      ports: ports, gate: gate, openOrdersMax: orderSlots,
      session: try venuePort.map {
        try VenueSession.open(VenueAddress(host: "127.0.0.1", port: $0))
      },
      directory: DirectoryReader(try names.attach()), control: ControlPage(try page.attach()),
      latency: SenderLatency(
        risk: histograms[0], send: histograms[1], tickToOrder: histograms[2]),
      waitPolicy: .share)
  }

  /// Asks for orders at these prices, and lets the sender decide them all.
  func decide(_ prices: Double...) throws {
    for price in prices { precondition(ask(GateBench.order(price))) }
    try finish()
  }

  func ask(_ request: OrderRequest) -> Bool { requests.publish(request) }

  /// Runs the sender until it has nothing left to do.
  func finish() throws {
    control.write(.workersDone, 1)
    try run()
  }

  func run() throws { try sender.run() }
  func endAsking() { control.write(.workersDone, 1) }

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

  /// A venue that stops reading: what it never took is told as unsent, not as sent and not as lost.
  @Test func ordersThatAStalledVenueNeverTookAreUnsent() throws {
    let venue = try FakeVenue(.deaf)
    let bench = try SenderBench(eventSlots: 1 << 18, orderSlots: 1 << 18, venuePort: venue.port)
    let asked: UInt64 = 250_000
    for number in 1...asked {
      var request = GateBench.order(100)
      request.order_id = 1 << 32 | number
      #expect(bench.ask(request))
    }
    #expect(throws: SessionError.self) { try bench.finish() }
    let counts = bench.counts
    #expect(counts.requested == asked && counts.unsent > 0)
    #expect(counts.sent + counts.unsent == asked && counts.inFlight == counts.sent)
    let orderBytes = SoupBin.headerLength + Ouch50.EnterOrder.length
    let cancelBytes = SoupBin.headerLength + Ouch50.CancelOrder.length
    // The last one may have left in part, and cancels may have followed.
    let sent = Int(counts.sent)
    let taken = venue.readRest(atLeast: (sent - 1) * orderBytes)
    #expect(taken > (sent - 1) * orderBytes)
    #expect(taken <= sent * orderBytes + Int(counts.cancelsSent) * cancelBytes + 3)
  }

  /// A venue that never stops talking does not keep a sender that is done.
  @Test func aTalkativeVenueDoesNotKeepTheSender() throws {
    let venue = try FakeVenue(.talkative)
    let bench = try SenderBench(eventSlots: 16, venuePort: venue.port)
    try bench.finish()
    #expect(bench.counts.requested == 0)
  }

  /// While every order is refused by the gate nothing is sent, but heartbeats.
  @Test func aBusySenderStillBeats() throws {
    var options = RunningVenue.options
    options.logins = []
    options.deadPeer_ms = 1_500
    let venue = try RunningVenue(options)
    let bench = try SenderBench(eventSlots: 16, venuePort: venue.port)
    Thread.detachNewThread {
      let end = MonotonicClock.now + 2_500_000_000
      while MonotonicClock.now < end { _ = bench.ask(GateBench.order(1)) }
      bench.endAsking()
    }
    try bench.run()
    #expect(venue.finish().closedSilent == 0)
  }
}
