import TickMetrics
import TickRing

/// A worker: one strategy, its tick ring, its order ring, its event ring, on one thread.
///
/// Hot path. Thread: its own. Lines written: its own tables, the order ring's slots, the tick
/// ring's position. Cost: a few ns a tick beside the strategy's own; the clock is read once for
/// each batch of ticks. No allocation, lock, retain or system call, except to wait.
/// Generic over the strategy, so that its calls are inlined.
@frozen
public struct Worker<S: Strategy & ~Copyable>: ~Copyable, Role {
  /// Ticks handled between two looks at the events and the clock.
  @usableFromInline static var batchMax: Int { 256 }
  /// Events handled before the next tick: each order has several, so more than a batch of ticks
  /// can ask for, or the event ring would fill up behind a busy strategy.
  @usableFromInline static var eventsMax: Int { 4096 }

  public var strategy: S
  @usableFromInline var desk: OrderDesk
  @usableFromInline var ticks: TickConsumer
  @usableFromInline var merge: MergeLogWriter?
  @usableFromInline let control: ControlPage
  @usableFromInline let quotes: Slab<Quote>
  @usableFromInline let delivery: LatencyHistogram
  @usableFromInline let number: Int
  @usableFromInline let waitPolicy: WaitPolicy
  @usableFromInline var session: UInt64 = 0
  @usableFromInline var isDone = false
  @usableFromInline var idleTurns: UInt64 = 0
  /// When it last said that it lives, CLOCK_MONOTONIC, ns.
  @usableFromInline var beat_ns = MonotonicClock.now
  /// When the tick before came in; or a time at which all that had been published was polled.
  @usableFromInline var reference_ns = MonotonicClock.now
  /// Whether that is so. Ticks that a worker finds when it starts may be of any age.
  @usableFromInline var isDated = false
  /// Mallocs and retains of this thread's loop, if they are being counted.
  @usableFromInline var hotAllocations: UInt64?
  @usableFromInline var metrics: RoleMetrics?

  init(
    _ strategy: consuming S, number: Int, ticks: consuming TickConsumer, desk: consuming OrderDesk,
    merge: consuming MergeLogWriter?, control: consuming ControlPage, delivery: LatencyHistogram,
    waitPolicy: WaitPolicy
  ) {
    self.strategy = strategy
    self.number = number
    self.ticks = ticks
    self.desk = desk
    self.merge = merge
    self.control = control
    self.delivery = delivery
    self.waitPolicy = waitPolicy
    quotes = Slab(count: TickPublisher.instrumentsMax, repeating: Quote())
    isDated = self.ticks.isEmpty()
  }

  @usableFromInline var name: String { "worker-\(number)" }

  /// Runs until the feed is done and the sender too, or a role fails.
  @usableFromInline
  mutating func run() { S.loop(&self) }

  @inlinable
  mutating func loop() {
    let before = AllocationAudit.count()
    var backoff = Backoff(waitPolicy)
    while control.read(.failed) == 0 {
      let hasTicks = pollTicks() > 0
      let hasEvents = pollEvents() > 0
      // Also while events come: a strategy that answers each with an order would never end.
      let isOver = !hasTicks && isFinished()
      if hasTicks || hasEvents {
        backoff.reset()
        continue
      }
      if isOver { break }
      idleTurns &+= 1
      // A sleep may last for as long as others compute on the core.
      let isDue = backoff.hasSlept || idleTurns & (Heartbeat.idleTurns - 1) == 1
      if isDue { beat(MonotonicClock.now) }
      backoff.wait()
    }
    if control.read(.failed) == 0 { merge?.end(afterTicks: ticks.polled) }
    if let before, let after = AllocationAudit.count() { hotAllocations = after - before }
  }

  /// Says how far it is, and whether there is nothing left to do.
  @usableFromInline
  mutating func isFinished() -> Bool {
    // Before the ring is looked at: what is published before `ingestDone` is seen then.
    let feedIsDone = control.read(.ingestDone) != 0
    let senderIsDone = control.read(.senderDone) != 0
    control.write(.requests, worker: number, desk.requests)
    control.write(.ticksProcessed, worker: number, ticks.polled)
    guard feedIsDone, ticks.isEmpty() else { return false }
    if !isDone {
      // Events still come, and may not lead to orders that nobody would watch.
      isDone = true
      merge?.closed(afterTicks: ticks.polled)
      desk.isOpen = false
      control.write(.done, worker: number, 1)
    }
    return senderIsDone
  }

  @inlinable
  mutating func pollTicks() -> Int {
    var tick = Tick()
    guard ticks.poll(&tick) else {
      // What comes next was published after the last beat, however long this thread stands still.
      reference_ns = beat_ns
      isDated = true
      return 0
    }
    var now = MonotonicClock.now
    desk.polled_ns = now
    beat(now)
    followSession()
    var count = 0
    repeat {
      handle(tick, &now)
      count += 1
    } while count < Worker.batchMax && ticks.poll(&tick)
    return count
  }

  @inlinable
  mutating func pollEvents() -> Int {
    var event = OrderEvent.none
    guard desk.backlog.poll(&event) else { return 0 }
    var count = 0
    desk.polled_ns = MonotonicClock.now
    beat(desk.polled_ns)
    repeat {
      merge?.event(event, afterTicks: ticks.polled)
      desk.received_ns = event.receive_time
      strategy.onEvent(event, &desk)
      count += 1
    } while count < Worker.eventsMax && desk.backlog.poll(&event)
    return count
  }

  /// Says in each of its rings that it lives: three stores to its own lines.
  @inlinable
  mutating func beat(_ now: UInt64) {
    beat_ns = now
    ticks.beat(monotonic_ns: now)
    desk.beat(now)
    if metrics?.isDue(now) == true { tellMetrics() }
  }

  @usableFromInline @inline(never)
  mutating func tellMetrics() {
    metrics?.tell(.ticksPolled, ticks.polled)
    metrics?.tell(.events, desk.backlog.polled)
    metrics?.tell(.requests, desk.requests)
  }

  /// The session changes only while the ring is empty, so a tick polled is of the session read now.
  @inlinable
  mutating func followSession() {
    let current = control.read(.session)
    guard current != session else { return }
    merge?.session(current, afterTicks: ticks.polled - 1)
    beginSession(current)
  }

  /// What a new session means to the strategy; also how a recorded run is repeated.
  @usableFromInline
  mutating func beginSession(_ number: UInt64) {
    session = number
    quotes.fill(Quote(), prefix: desk.directory.count + 1)
    desk.now = 0
    strategy.onSession(&desk)
  }

  @inlinable
  mutating func handle(_ tick: Tick, _ now: inout UInt64) {
    let received_ns = tick.received(near: reference_ns)
    // A tick that came in after the batch's look at the clock needs a look of its own.
    if received_ns > now { now = MonotonicClock.now }
    delivery.recordDifference(from: received_ns, to: now)
    let isSound = received_ns <= now
    if isSound { reference_ns = received_ns }
    desk.received_ns = isSound && isDated ? received_ns : 0
    act(on: tick)
  }

  /// The timer that a tick lets ring, then the tick; also how a recorded run is repeated.
  @inlinable @inline(__always)
  mutating func act(on tick: Tick) {
    desk.now = tick.timestamp
    if tick.timestamp >= desk.timer { fireTimer() }
    apply(tick)
  }

  @usableFromInline
  mutating func fireTimer() {
    let due = desk.timer
    desk.timer = .max
    merge?.timer(due, afterTicks: ticks.polled - 1)
    strategy.onTimer(due, &desk)
  }

  /// What a tick means to the strategy.
  @inlinable
  mutating func apply(_ tick: Tick) {
    let series = tick.series
    let instrument = Int(series.instrument)
    guard instrument < quotes.count else { return }
    switch series.kind {
    case .bid:
      quotes[instrument].bidPrice = tick.price
      quotes[instrument].bidQuantity = tick.quantity
    case .ask:
      quotes[instrument].instrument = series.instrument
      quotes[instrument].askPrice = tick.price
      quotes[instrument].askQuantity = tick.quantity
      quotes[instrument].time = tick.timestamp
      strategy.onQuote(quotes[instrument], &desk)
    case .trade, .tradeNoLast, .tradeBreak, .auction:
      strategy.onTrade(Trade(tick, series.kind ?? .trade), &desk)
    case .status:
      strategy.onStatus(Status(tick), &desk)
    case nil:
      break
    }
  }

  /// Slots of its tick ring.
  var tickSlots: Int { ticks.capacity }
  /// Ticks and events polled so far.
  public var ticksPolled: UInt64 { ticks.polled }
  var eventsPolled: UInt64 { desk.backlog.polled }
  var misdirected: UInt64 { desk.misdirected }
  var orderRing: (published: UInt64, full: UInt64) { (desk.orders.published, desk.orders.full) }
}
