import CLinux
import TickMetrics
import TickRing
import TickWire

/// One worker's rings, as the sender sees them.
struct SenderPort: ~Copyable {
  var requests: OrderConsumer
  var events: EventProducer
  /// Events that found no room since the worker was last told.
  var lost: UInt32 = 0
  /// The exchange time that the worker decided by last, ns since the Unix epoch, and when it was
  /// that by the machine, CLOCK_MONOTONIC ns.
  var decidedBy: UInt64 = 0
  var decidedAt_ns: UInt64 = 0

  init(requests: consuming OrderConsumer, events: consuming EventProducer) {
    self.requests = requests
    self.events = events
  }
}

/// The last hop: polls the workers' order rings, asks the risk gate, takes an order from the pool,
/// encodes, sends; reads what the venue says and tells the workers.
///
/// Hot path. Thread: its own. Lines written: pool, event rings' slots, its buffers. No allocation
/// or lock; one `send` for the orders of one duty cycle, one `recv`. Never waits for a worker: an
/// event without room is counted and the worker told. Never waits for the venue either: a slow one
/// is met by a policy, a lost one is called again on another thread, and no new order leaves before
/// the venue has said what became of those that were out. A request is advanced past only when its
/// order is in the pool. Once the kill switch is tripped it cancels whatever works, and leaves.
///
/// In other files: how it begins (`+Begin`), what it does with requests (`+Requests`,
/// `+Replacements`), with positions and risk states (`+Risk`), with what a person asks of those
/// (`+Approvals`), with the venue (`+Venue`), at the end (`+End`); how it judges (`+Decisions`),
/// and what it tells the workers (`+Events`).
struct Sender: ~Copyable, Role {
  /// Requests of one worker taken in one duty cycle.
  static let batchMax = 16
  /// Turns between two beats, where each ended in a sleep. A power of two.
  static let restedTurns: UInt64 = 16

  /// An order in the send buffer.
  struct Handover {
    var number: UInt32 = 0
    /// Where in the buffer it begins.
    var start = 0
    var decided_ns: UInt64 = 0
    var received_ns: UInt64 = 0
  }

  /// Between the sender and its venue.
  enum Link: UInt8 {
    /// There is none.
    case none
    /// New orders may leave.
    case steady
    /// Connected; the venue is telling what there was, and nothing new leaves.
    case replaying
    /// All is told and orders are in doubt still: nothing new leaves any more.
    case unsettled
    /// Lost; tried again at `retryAt_ns`, or being opened on a thread of its own.
    case down, opening
    /// Left for good, the kill switch being tripped.
    case closed
  }

  let ports: Slab<SenderPort>
  var gate: RiskGate
  var kill: KillGate
  var risk: RiskWatch
  var book: OrderBook
  var session: VenueSession?
  let directory: DirectoryReader
  let control: ControlPage
  /// Where it is noted what workers are being told, for a successor; nil: none goes on telling.
  let notes: ControlPage?
  let latency: SenderLatency
  let waitPolicy: WaitPolicy
  var options: SenderOptions
  private let reload: ReferenceReload?
  /// Where decisions go, if anybody records them.
  var decisions: DecisionLog
  var link = Link.none
  var opening: SessionOpening?
  var retryAt_ns: UInt64 = 0
  /// Where the venue is to go on after a loss.
  var resume = SessionStart.newest
  /// Whether the kernel holds more unsent bytes than it may.
  var isClogged = false
  /// Whether the kernel took less than there was.
  var isBehind = false
  /// When the next sweep for orders to cancel may begin, the kill switch being tripped.
  var nextSweep_ns: UInt64 = 0
  /// When cancels that the venue has refused are asked for again; 0: not yet known. Each time twice
  /// as long after it has refused as the time before: a quarter of a second to 16.
  var nextCancels_ns: UInt64 = 0
  var cancelRounds = 0
  static let cancelRoundsMax = 6
  var isShutSeen = false
  var shutAt_ns: UInt64 = 0
  /// When something was last out, the kill switch being tripped.
  var outAt_ns: UInt64 = 0
  /// The instrument that was valued last, in the exposure's list; changes of state acted upon.
  var nextMark = 0
  var day: Int64?
  var actedUpon = 0
  /// The venue's messages before this one were told by a predecessor, and whether such a one is
  /// being taken.
  var toldBefore: UInt64 = 0
  var isRepeating = false
  /// Of the session, how much could not be true together with what was booked.
  var strangeHeard: UInt64 = 0
  /// The message that the predecessor had in hand when it died, of its events those told, and whom.
  var halfTold = (sequence: UInt64(0), events: 0, worker: 0)
  /// Whether a predecessor's orders may be out that a breaker or a kill was to cancel.
  var isSuccessor = false
  /// Deaths of each worker that have been acted upon.
  private let deaths: Slab<UInt64>
  var metrics: RoleMetrics?
  /// Strategies that are off, as told last.
  var toldOff: UInt64 = 0
  /// When bytes were last handed to the kernel, CLOCK_MONOTONIC ns.
  var lastSend_ns: UInt64 = 0
  /// What risk states, throttles and turns go by, ns since the Unix epoch: of the clock, as it was
  /// looked at last; without one the exchange time of the latest decision.
  var marketTime: UInt64 = 0
  var handovers = InlineArray<256, Handover>(repeating: Handover())
  var handoverCount = 0
  private var decided: UInt64 = 0
  private var turns: UInt64 = 0
  private(set) var hotAllocations: UInt64?

  /// What need not be there before it runs.
  ///
  /// - Safety: to be used while this lives.
  @unsafe var latePages: [LatePages] {
    unsafe risk.positions.latePages + gate.exposure.latePages
  }

  /// - Parameters:
  ///   - pool: new, or what a predecessor left; then `options.isWhole` says that the venue's word
  ///     on it is asked for.
  ///   - session: logged in.
  ///   - notes: a page that outlives the sender; nil: its workers do not.
  init(
    ports: consuming Slab<SenderPort>, gate: consuming RiskGate, kill: consuming KillGate,
    risk: consuming RiskWatch, pool: consuming OrderPool,
    session: consuming VenueSession?, directory: consuming DirectoryReader,
    control: consuming ControlPage, notes: consuming ControlPage? = nil,
    latency: SenderLatency, waitPolicy: WaitPolicy, options: SenderOptions = SenderOptions(),
    reload: ReferenceReload? = nil,
    decisions: consuming DecisionLog = DecisionLog()
  ) {
    self.decisions = decisions
    self.reload = reload
    deaths = Slab(count: ports.count) { control.read(.deathsSeen, worker: $0) }
    self.ports = ports
    self.gate = gate
    self.kill = kill
    self.risk = risk
    book = OrderBook(
      pool, instruments: TickPublisher.instrumentsMax, owners: options.owners)
    self.session = session
    self.directory = directory
    self.control = control
    self.notes = notes
    self.latency = latency
    self.waitPolicy = waitPolicy
    self.options = options
    begin()
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
      // Before the rings are looked at: what was asked before `workersDone` is seen then.
      let isLast = control.read(.workersDone) != 0
      // Requests are left in the rings while bytes wait, also if this very turn sends those.
      let wasHeldUp = isHeldUp
      let (hasTaken, hasHeard) = try turn(isRested: backoff.hasSlept)
      if hasTaken {
        deadline = .max
        backoff.reset()
        continue
      }
      control.write(.requestsDecided, decided)
      if isLast {
        // Requests may still wait behind bytes that the venue does not take, but not for ever.
        let now = MonotonicClock.now
        deadline = min(deadline, now + options.patience.silent_ns)
        if !(isHeldUp || wasHeldUp) || now >= deadline || isHurried { break }
      }
      if hasHeard { backoff.reset() } else { backoff.wait() }
    }
    try end()
  }

  /// One duty cycle: whether somebody asked for something, and whether the venue has spoken.
  mutating func turn(isRested: Bool) throws -> (hasTaken: Bool, hasHeard: Bool) {
    beatNowAndThen(isRested: isRested)
    let hasTaken = takeRequests()
    // RM14: more out than was allowed trips, whether anybody asks for more or not.
    _ = gate.reconcile()
    if isShut { shut() }
    // While orders wait to be sent nothing is looked at that can be looked at after them.
    if !hasTaken { valueSome(isRested: isRested) }
    sendCancels()
    let hasHeard = try turnLink()
    _ = reload?.take(into: &gate)
    if hasTaken, turns & 15 == 0 { valueSome(isRested: false) }
    return (hasTaken, hasHeard)
  }

  /// Says in each worker's rings that the sender lives; reads the clock once in many turns, or in
  /// some where each may have slept for as long as others compute on the core.
  mutating func beatNowAndThen(isRested: Bool) {
    turns &+= 1
    let mask = isRested ? Sender.restedTurns - 1 : Heartbeat.idleTurns - 1
    guard turns & mask == 1 else { return }
    let now = MonotonicClock.now
    if kill.checkDeadMan(monotonic_ns: now, at: clinux_realtime_ns()) { control.write(.tripped, 1) }
    // Cooldowns and days go on also while nobody asks for anything.
    passTime(to: now)
    if options.clock != nil { kill.tell(counted: gate.rateCounted, at: now) }
    watchRisk()
    cancelAgain(now)
    answerRequest()
    gate.balanceCredit(isSettled: link == .steady)
    tellState(now)
    for worker in 0..<ports.count {
      ports[worker].requests.beat(monotonic_ns: now)
      ports[worker].events.beat(monotonic_ns: now)
      lookForDeath(of: worker)
    }
    if metrics?.isDue(now) == true { tellMetrics() }
  }

  /// Where time does not hang on decisions.
  mutating func passTime(to monotonic_ns: UInt64) {
    if let clock = options.clock { marketTime = clock.time(at: monotonic_ns) }
  }

  /// Nobody watches the orders of a worker that died: they go, and what it still asked for is not
  /// sent.
  private mutating func lookForDeath(of worker: Int) {
    let count = control.read(.deaths, worker: worker)
    guard count != deaths[worker] else { return }
    deaths[worker] = count
    takeRest(of: worker)
    book.stop { Int($0.worker) == worker }
    control.write(.deathsSeen, worker: worker, count)
  }

  mutating func tellMetrics() {
    let counts = book.counts
    metrics?.tell(.asked, counts.requested)
    metrics?.tell(.sent, counts.sent)
    metrics?.tell(.acked, counts.acked)
    metrics?.tell(.filled, counts.filled)
    metrics?.tell(.canceled, counts.canceled)
    metrics?.tell(.venueRejected, counts.venueRejected)
    var rejected: UInt64 = 0
    for reason in 0..<counts.riskRejected.count { rejected += counts.riskRejected[reason] }
    metrics?.tell(.riskRejected, rejected)
    let states = (book.count, book.inDoubt, instanceState)
    metrics?.tell(.open, UInt64(states.0))
    metrics?.tell(.inDoubt, UInt64(states.1))
    metrics?.tell(.tradingState, UInt64(states.2.rawValue))
  }

  /// For `tickway state`, and for what a resume checks.
  mutating func tellState(_ now: UInt64) {
    var told = KillPage.Told()
    told.openOrders = UInt64(book.count)
    told.inDoubt = UInt64(book.inDoubt)
    told.riskState = UInt64(instanceState.rawValue)
    told.interrupted = UInt64(risk.interrupted?.rawValue ?? 0)
    told.unsentBytes = UInt64(session?.unsent ?? 0)
    told.lastSend_ns = lastSend_ns
    told.told_ns = now
    toldOff = gate.strategiesOff
    told.strategiesOff = toldOff
    kill.tell(told)
  }

  /// A request has been decided.
  mutating func countDecided() { decided += 1 }

  /// Whether the kill switch is tripped, by whomever: no order passes the gate any more.
  var isShut: Bool {
    kill.isShut || control.read(.kill) != 0 || control.read(.tripped) != 0
  }
  /// Whether bytes wait for the venue.
  var isHeldUp: Bool {
    mutating get {
      let unsent = session?.unsent ?? 0
      return unsent > 0 || isClogged
    }
  }
  /// Whether nothing is left at the venue that anybody has to ask about: a successor that has not
  /// been told all does not know what there is.
  var isClean: Bool { book.count == 0 && !isSuccessor }
  /// Whether the starter waits no longer.
  var isHurried: Bool { control.read(.stopDrain) != 0 }
}
