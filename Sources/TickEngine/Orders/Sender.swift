import TickMetrics
import TickRing
import TickWire

/// One worker's rings, as the sender sees them.
struct SenderPort: ~Copyable {
  var requests: OrderConsumer
  var events: EventProducer
  /// Events that found no room since the worker was last told.
  var lost: UInt32 = 0

  init(requests: consuming OrderConsumer, events: consuming EventProducer) {
    self.requests = requests
    self.events = events
  }
}

/// Latencies of the sender's stages.
struct SenderLatency {
  /// Order polled → decided.
  let risk: LatencyHistogram
  /// Decided → handed to the kernel.
  let send: LatencyHistogram
  /// Receive time of the packet → handed to the kernel.
  let tickToOrder: LatencyHistogram
}

/// The last hop: polls the workers' order rings, asks the risk gate, takes an order from the pool,
/// encodes, sends; reads what the venue says and tells the workers.
///
/// Hot path. Thread: its own. Lines written: pool, event rings' slots, its buffers. No allocation
/// or lock; one `send` for the orders of one duty cycle, one `recv`. Never waits for a worker: an
/// event without room is counted and the worker told. While bytes wait for the kernel no order is
/// polled, so that a slow venue is felt by the strategies and not hidden in a buffer. Once the kill
/// switch is tripped it cancels whatever works, and stays connected.
struct Sender: ~Copyable, Role {
  /// Requests of one worker taken in one duty cycle.
  private static let batchMax = 16
  /// Between two looks for orders that a cancel has not been sent for, or was refused.
  private static let sweep_ns: UInt64 = 250_000_000

  /// How long the sender waits at the end for the venue's answers.
  struct Patience {
    /// While no working order ends, and in all.
    var silent_ns: UInt64 = 3_000_000_000
    var whole_ns: UInt64 = 30_000_000_000
  }

  /// An order in the send buffer.
  private struct Handover {
    var number: UInt32 = 0
    /// Where in the buffer it begins.
    var start = 0
    var decided_ns: UInt64 = 0
    var received_ns: UInt64 = 0
  }

  private let ports: Slab<SenderPort>
  private var gate: RiskGate
  private var book: OrderBook
  private var session: VenueSession?
  private let directory: DirectoryReader
  private let control: ControlPage
  private let latency: SenderLatency
  private let waitPolicy: WaitPolicy
  private let patience: Patience
  /// How far the sweep for orders to cancel has come, and when the next may begin.
  private var swept = 0
  private var nextSweep_ns: UInt64 = 0
  private var handovers = InlineArray<256, Handover>(repeating: Handover())
  private var handoverCount = 0
  private var decided: UInt64 = 0
  private var turns: UInt64 = 0
  private(set) var hotAllocations: UInt64?

  init(
    ports: consuming Slab<SenderPort>, gate: consuming RiskGate, openOrdersMax: Int,
    session: consuming VenueSession?, directory: consuming DirectoryReader,
    control: consuming ControlPage, latency: SenderLatency, waitPolicy: WaitPolicy,
    patience: Patience = Patience()
  ) {
    self.ports = ports
    self.gate = gate
    book = OrderBook(
      capacity: openOrdersMax, firstUserRefNum: session?.nextUserRefNum ?? 1)
    self.session = session
    self.directory = directory
    self.control = control
    self.latency = latency
    self.waitPolicy = waitPolicy
    self.patience = patience
  }

  var name: String { "sender" }
  var counts: OrderCounts { book.counts }
  /// Requests and events of one worker's rings.
  func ringStates(_ worker: Int) -> (
    requests: (polled: UInt64, capacity: Int),
    events: (published: UInt64, full: UInt64, capacity: Int)
  ) {
    (
      (ports[worker].requests.polled, ports[worker].requests.capacity),
      (ports[worker].events.published, ports[worker].events.full, ports[worker].events.capacity)
    )
  }

  mutating func run() throws {
    let before = AllocationAudit.count()
    defer {
      if let before, let after = AllocationAudit.count() { hotAllocations = after - before }
      withdrawUnsent()
      book.finish()
    }
    var backoff = Backoff(waitPolicy)
    var deadline = UInt64.max
    while control.read(.failed) == 0 {
      beatNowAndThen()
      // Before the rings are looked at: what was asked before `workersDone` is seen then.
      let isLast = control.read(.workersDone) != 0
      let hasTaken = try takeRequests()
      if isShut { cancelAll() }
      try handOver()
      let hasHeard = try hear()
      // Also when busy: of orders that the gate refuses the venue hears nothing.
      try session?.keepAlive()
      if hasTaken {
        deadline = .max
        backoff.reset()
        continue
      }
      control.write(.requestsDecided, decided)
      if isLast {
        // Requests may still wait behind bytes that the venue does not take, but not for ever.
        let now = MonotonicClock.now
        deadline = min(deadline, now + patience.silent_ns)
        if (session?.unsent ?? 0) == 0 || now >= deadline || isHurried { break }
      }
      if hasHeard { backoff.reset() } else { backoff.wait() }
    }
    takeRest()
    // Also when another role has failed: nobody would be left to watch what stays open.
    try drain()
    session?.logOut()
    withdrawUnsent()
    if book.count > 0, let name = session?.name {
      let inFlight = book.inFlight
      throw SessionError.unresolved(name, inFlight: inFlight, open: book.count - inFlight)
    }
  }

  /// Says in each worker's rings that the sender lives; reads the clock once in many turns.
  private mutating func beatNowAndThen() {
    turns &+= 1
    guard turns & (Heartbeat.idleTurns - 1) == 1 else { return }
    let now = MonotonicClock.now
    for worker in 0..<ports.count {
      ports[worker].requests.beat(monotonic_ns: now)
      ports[worker].events.beat(monotonic_ns: now)
    }
  }

  // MARK: Out

  /// Takes a batch of each worker's requests, unless bytes still wait for the kernel; false if
  /// there was none.
  private mutating func takeRequests() throws -> Bool {
    guard (session?.unsent ?? 0) == 0 else { return false }
    var hasTaken = false
    for worker in 0..<ports.count { hasTaken = try takeRequests(of: worker) || hasTaken }
    return hasTaken
  }

  /// What nobody will decide any more: the venue takes no bytes, or another role has failed. The
  /// cancels are left to `drain`.
  private mutating func takeRest() {
    var request = OrderRequest()
    for worker in 0..<ports.count {
      while ports[worker].requests.poll(&request) {
        guard request.action != OrderAction.cancel.rawValue else { continue }
        book.counts.requested += 1
        book.counts.unsent += 1
        tell(worker, .unsent(request, at: MonotonicClock.now))
      }
    }
  }

  private mutating func takeRequests(of worker: Int) throws -> Bool {
    var request = OrderRequest()
    var count = 0
    while count < Sender.batchMax, handoverCount < handovers.count,
      ports[worker].requests.poll(&request)
    {
      count += 1
      decided += 1
      if request.action == OrderAction.cancel.rawValue {
        takeCancel(request)
      } else {
        takeOrder(request, of: worker)
      }
    }
    return count > 0
  }

  private mutating func takeOrder(_ request: OrderRequest, of worker: Int) {
    let polled_ns = MonotonicClock.now
    book.counts.requested += 1
    var decision = gate.judge(
      OrderIntent(request), equityE4: gate.dayStartE4, state: .normal, now: request.decision_time)
    if request.action != OrderAction.new.rawValue { decision = .reject(.malformed) }
    let isKnown = book.isKnown(request.order_id)
    if decision.reason == nil, isKnown { decision = .reject(.malformed) }
    if decision.reason == nil, session != nil, !book.hasRoom {
      decision = .reject(.openOrders, limit: Double(book.capacity), value: Double(book.capacity))
    }
    let decided_ns = MonotonicClock.now
    latency.risk.recordDifference(from: polled_ns, to: decided_ns)
    if let reason = decision.reason {
      book.counts.riskRejected[Int(reason.rawValue)] += 1
      return tell(worker, .rejected(request, decision, at: decided_ns))
    }
    guard session != nil else {
      book.counts.unsent += 1
      return tell(worker, .unsent(request, at: decided_ns))
    }
    send(request, decision, of: worker, decided_ns: decided_ns)
  }

  /// An allowed order, into the buffer. The gate has proven that the symbol and a place are there.
  private mutating func send(
    _ request: OrderRequest, _ decision: RiskDecision, of worker: Int, decided_ns: UInt64
  ) {
    let instrument = UInt32(truncatingIfNeeded: request.order_id >> 32)
    guard let target = session?.writable, let word = directory.symbol(instrument),
      let number = book.add(request, priceE4: decision.priceE4, worker: worker)
    else { preconditionFailure("the gate let an order pass that cannot be sent") }
    let body = target.slice(
      at: SoupBin.headerLength, count: target.count - SoupBin.headerLength)
    let length = Ouch50.EnterOrder.encode(
      into: body, userRefNum: number,
      side: request.side == OrderSide.buy.rawValue ? .buy : .sell, quantity: request.quantity,
      symbol: Symbol(word: word), priceE4: UInt64(decision.priceE4),
      timeInForce: request.time_in_force == TimeInForce.ioc.rawValue ? .immediateOrCancel : .day)
    handovers[handoverCount] = Handover(
      number: number, start: session?.writtenEnd ?? 0, decided_ns: decided_ns,
      received_ns: request.received_ns)
    session?.append(SoupBin.frame(.unsequenced, payload: length, into: target))
    handoverCount += 1
  }

  /// Cancels pass every check: they only ever reduce.
  private mutating func takeCancel(_ request: OrderRequest) {
    guard let number = book.beginCancel(request.target_id) else {
      book.counts.cancelsIdle += 1
      return
    }
    sendCancel(number)
  }

  private mutating func sendCancel(_ number: UInt32) {
    guard let target = session?.writable else {
      preconditionFailure("a cancel was begun without room for it")
    }
    let body = target.slice(
      at: SoupBin.headerLength, count: target.count - SoupBin.headerLength)
    let length = Ouch50.CancelOrder.encode(into: body, userRefNum: number, quantity: 0)
    session?.append(SoupBin.frame(.unsequenced, payload: length, into: target))
    book.counts.cancelsSent += 1
  }

  /// Hands the buffer to the kernel.
  private mutating func handOver() throws {
    guard session != nil, session?.unsent != 0 else { return }
    try session?.flush()
    guard session?.unsent == 0 else { return }
    let now = MonotonicClock.now
    for index in 0..<handoverCount {
      latency.send.recordDifference(from: handovers[index].decided_ns, to: now)
      latency.tickToOrder.recordDifference(from: handovers[index].received_ns, to: now)
    }
    handoverCount = 0
  }

  // MARK: In

  private mutating func hear() throws -> Bool {
    guard session != nil, try session?.receive() == true else { return false }
    let now = MonotonicClock.now
    while let packet = session?.next() {
      switch packet.type {
      case .sequenced:
        if let answer = book.apply(packet.payload, at: now) {
          tell(answer.worker, answer.event)
        }
      case .endOfSession:
        throw SessionError.lost(session?.name ?? "", reason: "it ended the session")
      default: break  // Heartbeats and debug packets.
      }
    }
    try session?.check()
    return true
  }

  /// An event for a worker, or the news that events were lost.
  private mutating func tell(_ worker: Int, _ event: OrderEvent) {
    if ports[worker].lost > 0 {
      guard ports[worker].events.publish(.lost(ports[worker].lost)) else {
        return countLost(worker)
      }
      ports[worker].lost = 0
    }
    if !ports[worker].events.publish(event) {
      ports[worker].events.countFull()
      countLost(worker)
    }
  }

  private mutating func countLost(_ worker: Int) {
    ports[worker].lost += 1
    book.counts.eventsLost += 1
  }

  // MARK: The end

  /// At the end: orders of which the kernel took not one byte were never sent. One of which it took
  /// a part stays in doubt.
  private mutating func withdrawUnsent() {
    guard let taken = session?.takenEnd else { return }
    for index in 0..<handoverCount where handovers[index].start >= taken {
      book.withdraw(handovers[index].number)
    }
    handoverCount = 0
  }

  /// Whether the kill switch is tripped, by whomever: no order passes the gate any more.
  private var isShut: Bool { control.read(.kill) != 0 || control.read(.tripped) != 0 }
  /// Whether the starter waits no longer.
  private var isHurried: Bool { control.read(.stopDrain) != 0 }

  /// Cancels what is out (KS1), as far as there is room for it now; what the venue refuses to
  /// cancel, again after a while.
  private mutating func cancelAll() {
    guard book.count > 0 else { return }
    if swept == book.places {
      let now = MonotonicClock.now
      guard now >= nextSweep_ns else { return }
      swept = 0
      nextSweep_ns = now + Sender.sweep_ns
    }
    while swept < book.places, session?.writable != nil {
      if let number = book.beginCancel(atPlace: swept) { sendCancel(number) }
      swept += 1
    }
  }

  /// Cancels what is open and waits, not for ever, until every order has ended.
  private mutating func drain() throws {
    guard session != nil, book.count > 0 else { return }
    let end = MonotonicClock.now + patience.whole_ns
    var deadline = min(end, MonotonicClock.now + patience.silent_ns)
    var left = book.count
    swept = 0
    repeat {
      cancelAll()
      beatNowAndThen()
      try handOver()
      if try !hear() { try session?.keepAlive() }
      if book.count < left {
        left = book.count
        deadline = min(end, MonotonicClock.now + patience.silent_ns)
      }
    } while book.count > 0 && MonotonicClock.now < deadline && !isHurried
  }
}
