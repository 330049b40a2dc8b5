import Foundation
import Testing
import TickMetrics
import TickRing
import TickWire

@testable import TickEngine

extension RiskWatch {
  /// Positions in memory that nobody else finds.
  static func unnamed(
    _ limits: RiskLimits, records: [UInt8: RiskRecord] = [:], isResumed: Bool = false
  ) throws -> RiskWatch {
    var options = PositionOptions(
      equityE4: limits.portfolioE4, strategyEquityE4: limits.portfolioE4)
    options.holdingsMax = 1_024
    let region = try Region.createUnnamed(.positions, capacity: options.capacity)
    return try RiskWatch(
      limits, positions: PositionBook.open(claiming: region, options), records: records,
      isResumed: isResumed, at: 0)
  }
}

/// A sender, and the worker's ends of its rings. One thread asks, one runs the sender.
final class SenderBench: @unchecked Sendable {
  private var sender: Sender
  private var requests: OrderProducer
  private var events: EventConsumer
  private let histograms = HistogramStorage(count: 3)

  private let control: ControlPage
  /// None or one.
  private let decisionRing: Slab<DecisionConsumer>

  /// - Parameters:
  ///   - price: of the last trade.
  ///   - decisionSlots: of the ring of decisions, if they are recorded.
  ///   - clock: of one that is live.
  init(
    eventSlots: Int, orderSlots: Int = 64, venuePort: UInt16? = nil,
    dialect: OrderDialect = .ouch50, symbol: String = "AAA", ordersPerSecondMax: Int = 1_000_000,
    patience: SenderOptions.Patience = SenderOptions.Patience(), price: Double = 100,
    decisionSlots: Int? = nil, clock: SteadyClock? = nil,
    _ change: (inout RiskLimits) -> Void = { _ in }
  ) throws {
    let regions = ReplayRegions(directory: "/dev/shm")
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    let names = try regions.make(.directory, capacity: 16)
    let prices = try regions.make(.board, capacity: 16)
    let orderRing = try regions.make(.orders, capacity: orderSlots)
    let eventRing = try regions.make(.events, capacity: eventSlots)
    var writer = try DirectoryWriter(claiming: names.attach(), venue: Symbol("IEX")!.word)
    _ = writer.number(of: Symbol(symbol)!.word)
    let board = try BoardWriter(claiming: prices.attach())
    board.setLast(1, price: price, time: GateBench.start)
    requests = try OrderProducer(claiming: orderRing.attach())
    events = try EventConsumer(claiming: eventRing.attach())
    control = ControlPage(try page.attach())
    let ports = try Slab<SenderPort>(count: 1) { _ in
      SenderPort(
        requests: try OrderConsumer(claiming: orderRing.attach()),
        events: try EventProducer(claiming: eventRing.attach()))
    }
    var limits = RiskLimits.simulation
    limits.ordersPerSecondMax = ordersPerSecondMax
    change(&limits)
    let decisionRegion = try decisionSlots.map { try regions.make(.events, capacity: $0) }
    decisionRing = try Slab(count: decisionRegion == nil ? 0 : 1) { _ in
      try DecisionConsumer(claiming: decisionRegion!.attach())
    }
    var decisions = DecisionLog()
    if let decisionRegion {
      decisions = DecisionLog(try DecisionProducer(claiming: decisionRegion.attach()))
    }
    let gate = try GateBench.gate(limits, page: page, names: names, prices: prices)
    sender = Sender(
      ports: ports, gate: gate, kill: try KillGate.unnamed(),
      risk: try RiskWatch.unnamed(limits), pool: try OrderPool.unnamed(orderSlots),
      session: try venuePort.map {
        try VenueSession.open(VenueAddress(host: "127.0.0.1", port: $0, dialect: dialect))
      },
      directory: DirectoryReader(try names.attach()), control: ControlPage(try page.attach()),
      latency: SenderLatency(
        risk: histograms[0], send: histograms[1], tickToOrder: histograms[2]),
      waitPolicy: .share, options: SenderOptions(patience: patience, clock: clock),
      decisions: decisions)
  }

  /// Asks for orders at these prices, and lets the sender decide them all.
  func decide(_ prices: Double...) throws {
    for price in prices { precondition(ask(GateBench.order(price))) }
    try finish()
  }

  func ask(_ request: OrderRequest) -> Bool { requests.publish(request) }

  /// Does to the sender what nobody else could.
  func adjust<R>(_ body: (inout Sender) throws -> R) rethrows -> R { try body(&sender) }

  /// Lets it decide what waits, and hand that to the kernel.
  func takeAndSend() {
    _ = sender.takeRequests()
    _ = try? sender.turnLink()
  }

  /// What was recorded since it was asked last.
  func decisions() -> [DecisionEvent] {
    var events: [DecisionEvent] = []
    var event = DecisionEvent()
    guard decisionRing.count > 0 else { return [] }
    while decisionRing[0].poll(&event) { events.append(event) }
    return events
  }
  var decisionsLost: UInt64 { sender.decisions.lost }
  var decisionsFull: UInt64 { decisionRing.count > 0 ? decisionRing[0].full : 0 }

  func ask(_ number: UInt64) {
    var request = GateBench.order(100)
    request.order_id = 1 << 32 | number
    precondition(ask(request))
  }

  /// Runs the sender until it has nothing left to do.
  func finish() throws {
    control.write(.workersDone, 1)
    try run()
  }

  func run() throws { try sender.run() }
  func endAsking() { control.write(.workersDone, 1) }

  func hurry() { control.write(.stopDrain, 1) }
  func kill() { control.write(.kill, 1) }

  /// Whether the worker is told so many events of a kind, while the sender runs.
  func hears(_ kind: String, _ count: Int) -> Bool {
    let end = MonotonicClock.now + 10_000_000_000
    while heard[kind, default: 0] < count, MonotonicClock.now < end {
      for event in told() { heard[event, default: 0] += 1 }
      usleep(1_000)
    }
    return heard[kind, default: 0] == count
  }
  private var heard: [String: Int] = [:]
  /// All that it was told.
  private(set) var all: [OrderEvent] = []

  /// What the worker is told: `unsent`, `riskReject 10`, `lost x3`.
  func told() -> [String] {
    var told: [String] = []
    var event = OrderEvent.none
    while events.poll(&event) {
      all.append(event)
      switch event.eventKind {
      case .lost: told.append("lost x\(event.quantity)")
      case .riskReject: told.append("riskReject \(event.reason)")
      case let kind: told.append(kind.map { "\($0)" } ?? "unknown")
      }
    }
    return told
  }

  var counts: OrderCounts { sender.counts }
  var hasLeft: Bool { sender.link == .closed }
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
    // Given up before the kernel gives up the connection, and with it what waits in it.
    let bench = try SenderBench(
      eventSlots: 1 << 18, orderSlots: 1 << 18, venuePort: venue.port,
      patience: SenderOptions.Patience(silent_ns: 500_000_000))
    let asked: UInt64 = 250_000
    for number in 1...asked {
      var request = GateBench.order(100)
      request.quantity = 1  // Whatever the limits on what is held.
      request.order_id = 1 << 32 | number
      #expect(bench.ask(request))
    }
    let error = #expect(throws: SessionError.self) { try bench.finish() }
    let counts = bench.counts
    #expect(counts.requested == asked, "\(String(describing: error)) \(counts)")
    #expect(counts.requested == asked && counts.unsent > 0)
    #expect(counts.sent + counts.unsent == asked && counts.inFlight == counts.sent)
    let orderBytes = SoupBin.headerLength + Ouch50.EnterOrder.length
    let cancelBytes = SoupBin.headerLength + Ouch50.CancelOrder.length
    // The last one may have left in part, and cancels may have followed.
    let sent = Int(counts.sent)
    let taken = venue.readRest(atLeast: (sent - 1) * orderBytes)
    #expect(taken > (sent - 1) * orderBytes)
    #expect(taken <= sent * orderBytes + Int(counts.cancelsSent) * cancelBytes + 12)
  }

  /// A venue that answers nothing is waited for, but not beyond what is given in all, whatever may
  /// end meanwhile; and not at all any more once the starter says so.
  @Test(arguments: [false, true])
  func theLastWaitIsBoundedAndCanBeEnded(byStarter: Bool) throws {
    let hour: UInt64 = 3_600_000_000_000
    let venue = try FakeVenue(.deaf)
    let bench = try SenderBench(
      eventSlots: 16, venuePort: venue.port,
      patience: SenderOptions.Patience(silent_ns: hour, whole_ns: byStarter ? hour : 10_000_000))
    #expect(bench.ask(GateBench.order(100)))
    if byStarter { bench.hurry() }
    let name = "127.0.0.1:\(venue.port)"
    #expect(throws: SessionError.unresolved(name, inFlight: 1, open: 0)) { try bench.finish() }
    #expect(bench.counts.inFlight == 1 && bench.counts.sent == 1)
  }

  /// Asks for an order and runs the sender until its worker has heard of so many fills.
  private func askAndHearFills(_ count: Int, _ bench: SenderBench) {
    #expect(bench.ask(GateBench.order(100)))
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      try? bench.run()
      done.signal()
    }
    #expect(bench.hears("fill", count))
    bench.endAsking()
    done.wait()
  }

  /// OUCH 4.2 `F`: the worker hears that the fill is undone, and then what it is.
  @Test func aCorrectedTradeIsToldAsABreakAndAFill() throws {
    let venue = try FakeVenue(.correcting)
    let bench = try SenderBench(eventSlots: 16, venuePort: venue.port, dialect: .ouch42)
    askAndHearFills(2, bench)
    #expect(bench.all.map(\.eventKind) == [.ack, .fill, .tradeBroken, .fill])
    #expect(bench.all.map(\.positionChange) == [0, 100, -100, 60])
    #expect(bench.all.last?.price == 99.8 && bench.all.last?.match_id == 7)
    #expect(bench.counts.tradesBroken == 1 && bench.counts.anomalies == 0)
  }

  /// KS1: who was filled at a price that its order ruled out does not know what it holds. Of what
  /// a predecessor was told, that one tripped, who knew the limit.
  @Test(arguments: [false, true]) func aFillThroughItsLimitTripsTheGate(isRepeated: Bool) throws {
    let venue = try FakeVenue(.overcharging)
    let bench = try SenderBench(eventSlots: 16, venuePort: venue.port, dialect: .ouch42)
    bench.adjust { sender in
      sender.options.isWhole = true
      if isRepeated { sender.toldBefore = 100 }
    }
    askAndHearFills(2, bench)
    let changes = bench.all.map(\.positionChange).filter { $0 != 0 }
    #expect(changes == [100, -100, 60] && bench.counts.strangeFills == 1, "\(changes)")
    let reason = bench.adjust { $0.kill.page.gate.reason }
    #expect(isRepeated ? reason == nil : reason == .reconciliation)
    #expect(bench.adjust { $0.book.pool.strangeHeard } == 0)
  }

  /// KS1: a message that cannot be read may have been a fill; an order that the venue comes out
  /// with, after it had told all, is none that was allowed. Of what a predecessor was told, that
  /// one tripped, if it was strange to it.
  @Test(arguments: [
    (FakeVenue.Manner.lengthening, false, 0), (.lengthening, true, 0), (.lengthening, true, 1),
    (.inventing, false, 0),
  ] as [(FakeVenue.Manner, Bool, UInt8)])
  func whatTheVenueCannotHaveToSayTripsTheGate(
    manner: FakeVenue.Manner, isRepeated: Bool, known: UInt8
  ) throws {
    let venue = try FakeVenue(manner)
    let bench = try SenderBench(eventSlots: 16, venuePort: venue.port, dialect: .ouch42)
    bench.adjust { sender in
      sender.options.isWhole = true
      if isRepeated { sender.toldBefore = 100 }
      sender.book.pool.strangeHeard = known
    }
    #expect(bench.ask(GateBench.order(100)))
    let end = MonotonicClock.now + 10_000_000_000
    repeat {
      _ = try bench.adjust { try $0.turn(isRested: false) }
    } while bench.counts.strangeFills == 0 && MonotonicClock.now < end
    let reason = bench.adjust { $0.kill.page.gate.reason }
    #expect(known > 0 ? reason == nil : reason == .reconciliation)
  }

  /// A venue that never stops talking does not keep a sender that is done.
  @Test func aTalkativeVenueDoesNotKeepTheSender() throws {
    let venue = try FakeVenue(.talkative)
    let bench = try SenderBench(eventSlots: 16, venuePort: venue.port)
    try bench.finish()
    #expect(bench.counts.requested == 0)
  }

  /// RM8, KS1: a trip cancels what works at once, and the connection stays.
  @Test(arguments: [false, true])
  func aTripCancelsEveryWorkingOrderAtOnce(byOperator: Bool) throws {
    var options = RunningVenue.options
    options.logins = []
    let venue = try RunningVenue(options)
    let bench = try SenderBench(
      eventSlots: 64, venuePort: venue.port, symbol: "TEST", ordersPerSecondMax: 3,
      patience: SenderOptions.Patience(linger_ns: 0))
    for number: UInt64 in 1...3 { bench.ask(number) }
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      try? bench.run()
      done.signal()
    }
    #expect(bench.hears("ack", 3))
    if byOperator {
      bench.kill()
    } else {
      for number: UInt64 in 4...5 { bench.ask(number) }
    }
    #expect(bench.hears("canceled", 3))
    bench.endAsking()
    done.wait()
    let counts = bench.counts
    #expect(counts.sent == 3 && counts.cancelsSent == 3 && counts.canceled == 3)
    #expect(bench.hasLeft, "flat after a trip, and still connected")
    let refused = counts.riskRejected
    #expect(refused[Int(RiskReason.rate.rawValue)] == (byOperator ? 0 : 1))
    #expect(refused[Int(RiskReason.killed.rawValue)] == (byOperator ? 0 : 1))
    // It left by itself. Whether the venue heard it say so is another matter: words of the venue's
    // that nobody reads any more can cross, and then the kernel resets the connection.
    #expect(bench.counts.disconnects == 0 && venue.finish().connections == 1)
  }

  /// KS1: a venue that never comes to the end of what it tells is left, too.
  @Test func aTripDuringAReplayThatNeverEndsLeavesTheVenue() throws {
    let venue = try FakeVenue(.deaf)
    let bench = try SenderBench(
      eventSlots: 64, venuePort: venue.port,
      patience: SenderOptions.Patience(whole_ns: 20_000_000))
    bench.adjust { $0.link = .replaying }
    bench.kill()
    let end = MonotonicClock.now + 30_000_000_000
    var hasLeft = false
    while !hasLeft, MonotonicClock.now < end {
      try bench.adjust { sender in
        _ = try sender.turn(isRested: false)
        hasLeft = sender.link == .closed
      }
    }
    // By itself: its venue is not lost before it has been silent for long.
    #expect(hasLeft && bench.counts.disconnects == 0)
  }

  /// While every order is refused by the gate nothing is sent, but heartbeats.
  @Test func om4ABusySenderStillBeats() throws {
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

/// The limit holds for name, connection and login together.
@Suite(.timeLimit(.minutes(1))) struct VenueDialingTests {
  @Test(arguments: ["127.0.0.1", "localhost"])
  func noAddressIsTriedBeyondTheTimeGiven(host: String) throws {
    let venue = try FakeVenue(.deaf)
    let error = #expect(throws: SessionError.self) {
      _ = try VenueDialing.connect(host: host, port: venue.port, until: MonotonicClock.now)
    }
    guard case .unreachable = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    _ = try VenueDialing.connect(
      host: host, port: venue.port, until: MonotonicClock.now + 10_000_000_000)
  }
}
