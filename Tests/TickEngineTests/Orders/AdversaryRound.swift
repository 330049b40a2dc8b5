import Foundation
import TickMetrics
import TickRing
import TickWire

@testable import TickEngine

/// A sender on a thread of its own, a worker, and a venue that does wrong what can be done wrong.
final class AdversaryRound: @unchecked Sendable {
  private static let histograms = HistogramStorage(count: 3)

  private let seed: UInt64
  private var random: SeededRandom
  private let venue: RunningVenue
  private let control: ControlPage
  private let worker: AdversaryWorker
  private var sender: Sender
  private let done = DispatchSemaphore(value: 0)
  private var failure: (any Error)?
  private(set) var counts = OrderCounts()
  private(set) var faults = VenueFaultCounts()
  private let isKilled: Bool

  static func faults(_ seed: UInt64) -> VenueFaults {
    var random = SeededRandom(seed: seed)
    var faults = VenueFaults()
    faults.seed = seed
    faults.partialFills = random.unit() * 0.7
    faults.reject = random.unit() * 0.2
    faults.cancel = random.unit() * 0.2
    faults.pendingCancel = random.unit() * 0.4
    faults.refuseCancel = random.unit() * 0.4
    faults.tradeBreak = random.unit() * 0.3
    faults.unknown = random.unit() * 0.3
    faults.duplicateReplay = random.unit() * 0.6
    faults.wrongSequence = random.once(in: 2) ? random.unit() * 0.3 : 0
    if random.once(in: 2) { faults.cut = random.unit() * 0.06 }
    // Each byte of a session in its turn, in one of the first connections.
    faults.cutAt = VenueCutAt(bytes: Int(seed % 2_500), connections: UInt64(random.within(1...4)))
    if random.once(in: 4) { faults.latency = VenueLatency("100:400") ?? VenueLatency() }
    if random.once(in: 8) { faults.slowReads_Bps = 200_000 }
    return faults
  }

  init(seed: UInt64, dialect: OrderDialect = .ouch50) throws {
    self.seed = seed
    random = SeededRandom(seed: seed ^ 0xA5A5)
    isKilled = random.once(in: 8)
    var options = RunningVenue.options
    options.keepsTruth = true
    options.heartbeat_ms = 5
    options.dialect = dialect
    options.faults = Self.faults(seed)
    venue = try RunningVenue(options)

    let regions = ReplayRegions(directory: "/dev/shm")
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    let names = try regions.make(.directory, capacity: 16)
    let prices = try regions.make(.board, capacity: 16)
    let orders = try regions.make(.orders, capacity: 256)
    let events = try regions.make(.events, capacity: 4_096)
    var writer = try DirectoryWriter(claiming: names.attach(), venue: Symbol("IEX")!.word)
    _ = writer.number(of: Symbol("TEST")!.word)
    let board = try BoardWriter(claiming: prices.attach())
    board.setLast(1, price: 100, time: GateBench.start)
    control = ControlPage(try page.attach())
    worker = AdversaryWorker(
      try OrderProducer(claiming: orders.attach()), try EventConsumer(claiming: events.attach()),
      seed: seed ^ 0x5A5A)
    let ports = try Slab<SenderPort>(count: 1) { _ in
      SenderPort(
        requests: try OrderConsumer(claiming: orders.attach()),
        events: try EventProducer(claiming: events.attach()))
    }
    let limits = RiskLimits.simulation
    let gate = try GateBench.gate(limits, page: page, names: names, prices: prices)
    let address = VenueAddress(
      host: "127.0.0.1", port: venue.port, user: "alice", password: "secret", dialect: dialect)
    let session = try Self.open(address)
    sender = Sender(
      ports: ports, gate: gate, kill: try KillGate.unnamed(), risk: try RiskWatch.unnamed(limits),
      pool: try OrderPool.unnamed(24), session: session,
      directory: DirectoryReader(try names.attach()), control: ControlPage(try page.attach()),
      latency: SenderLatency(
        risk: Self.histograms[0], send: Self.histograms[1], tickToOrder: Self.histograms[2]),
      waitPolicy: .share, options: Self.options(address, seed))
  }

  private static func options(_ address: VenueAddress, _ seed: UInt64) -> SenderOptions {
    var reconnect = ReconnectPlan(giveUp_ns: 30_000_000_000, seed: seed)
    reconnect.first_ns = 200_000
    reconnect.most_ns = 3_000_000
    return SenderOptions(
      patience: SenderOptions.Patience(
        silent_ns: 20_000_000_000, whole_ns: 30_000_000_000, sweep_ns: 1_000_000),
      slowVenue: seed % 3 == 0 ? .refuse : .wait, address: address, reconnect: reconnect,
      isWhole: true)
  }

  /// As long as the venue spoils the login.
  private static func open(_ address: VenueAddress) throws -> VenueSession {
    let end = MonotonicClock.now + 20_000_000_000
    while true {
      do throws(SessionError) { return try VenueSession.open(address, from: .first) } catch {
        guard MonotonicClock.now < end else { throw error }
        usleep(200)
      }
    }
  }

  /// What is wrong at the end; empty: nothing.
  func run() -> [String] {
    Thread.detachNewThread { [self] in
      do { try sender.run() } catch { failure = error }
      done.signal()
    }
    trade()
    let isQuiet = comeToRest()
    control.write(.workersDone, 1)
    if !isQuiet { control.write(.stopDrain, 1) }
    guard done.wait(timeout: .now() + 60) == .success else { return ["the sender hangs"] }
    worker.hear()
    faults = venue.finish().faults
    counts = sender.counts
    return judge(isQuiet: isQuiet)
  }

  private func trade() {
    quote()
    for step in 0..<random.within(10...60) {
      worker.ask()
      worker.hear()
      if random.once(in: 6) { quote() }
      if random.once(in: 4) { usleep(UInt32(random.below(400))) }
      if isKilled, step == 30 { control.write(.kill, 1) }
    }
  }

  private func quote() {
    let middle = Int64(1_000_000 + random.within(-10...10) * 1_000)
    let size = UInt32(random.within(0...500))
    venue.script.move(.quote(middle - 1_000, size, middle + 1_000, size))
  }

  /// Cancels until nothing is out, and until all that the venue has still to say is heard.
  private func comeToRest() -> Bool {
    let end = MonotonicClock.now + 20_000_000_000
    while MonotonicClock.now < end {
      worker.cancelAll()
      for _ in 0..<20 where !worker.out.isEmpty {
        usleep(200)
        worker.hear()
      }
      guard worker.out.isEmpty else { continue }
      // The first answer may come out of a round that did something; what is to come still comes
      // in one that has nothing to do.
      _ = venue.inquiry.statement(of: "alice")
      guard let truth = venue.inquiry.statement(of: "alice") else { return false }
      worker.hear()
      if worker.contradictions(truth).isEmpty, truth.ordersOpen == 0 { return true }
      usleep(200)
    }
    return false
  }

  private func judge(isQuiet: Bool) -> [String] {
    var wrong = isQuiet ? [] : ["it does not come to rest"]
    if let failure { wrong.append("\(failure)") }
    guard let truth = venue.inquiry.statement(of: "alice") else { return wrong + ["no truth"] }
    wrong += worker.contradictions(truth)
    if truth.duplicates != 0 { wrong.append("\(truth.duplicates) numbers twice") }
    if truth.ordersOpen != 0 { wrong.append("\(truth.ordersOpen) open at the venue") }
    if sender.book.count != 0 || sender.book.inDoubt != 0 { wrong.append("orders are out") }
    if counts.strangeFills != 0 { wrong.append("\(counts.strangeFills) strange fills") }
    if control.read(.tripped) != 0 { wrong.append("it tripped") }
    return wrong + judgeCounts(truth)
  }

  private func judgeCounts(_ truth: VenueStatement) -> [String] {
    var wrong: [String] = []
    let exposure = (
      sender.gate.exposure.position(1), sender.gate.exposure.open(1, .buy),
      sender.gate.exposure.open(1, .sell)
    )
    if exposure != (truth.shares(of: "TEST"), 0, 0) { wrong.append("exposure \(exposure)") }
    if sender.gate.exposure.isBroken { wrong.append("the exposure is broken") }
    let tally = sender.gate.tally
    if tally.out != tally.allowed { wrong.append("tally \(tally)") }
    let refused = (0..<64).reduce(UInt64(0)) { $0 + counts.riskRejected[$1] }
    if UInt64(worker.asked) != counts.requested { wrong.append("\(counts.requested) requested") }
    if counts.requested != refused + counts.unsent + counts.sent {
      wrong.append("sent \(counts.sent)")
    }
    if counts.sent != counts.acked + counts.venueRejected { wrong.append("acked \(counts.acked)") }
    return wrong
  }
}
