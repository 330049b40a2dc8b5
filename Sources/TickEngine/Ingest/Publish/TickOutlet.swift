import TickRing

/// One ring's end of the publication: a producer, and what becomes of ticks that find no room.
///
/// Hot path. Thread: the ingester, alone. Lines written: the ring's slots; its own words. While
/// there is room, a publish costs what the ring's own does: how many slots it must spare is a word,
/// more than any ring has while something is kept back. Everything else is in
/// `TickOutlet+Full.swift`. No allocation, lock or system call, but for the policy `wait`. Failure:
/// none; what is not published is counted.
struct TickOutlet: ~Copyable {
  var ring: TickProducer
  let policy: SlowConsumerPolicy
  let waitPolicy: WaitPolicy
  /// Slots that status and gaps alone may take, and slots that no quote may take.
  let statusReserve: Int
  let quoteReserve: Int
  /// What predecessors published.
  let committedBefore: UInt64
  /// What `ControlPage.FeedWord.waitsFor` calls the consumer.
  var consumerCode: UInt64 = 1

  // Slots that must be free after it for a tick to be published without a further look.
  var sparedByQuote: UInt32 = 0
  var sparedByTick: UInt32 = 0
  var sparedByStatus: UInt32 = 0

  var held: HeldQuotes
  /// Ticks other than status and quotes that can be held are lost until there is room to go on.
  var isLosing = false
  var isGapOwed = false
  /// Exchange time of the first loss that is not told.
  var lostTime: UInt64 = 0
  /// Sequence after the last gap told: while nothing follows it, it tells of further losses too.
  var gapEnd = UInt64.max
  /// Whether the ring was found full, and that is not over.
  var isFull = false
  /// What the kernel said of the consumer, and when it is asked again, CLOCK_MONOTONIC ns.
  var hasConsumer = true
  var consumerCheck_ns: UInt64 = 0

  /// Since when it is waited for room, CLOCK_MONOTONIC ns, 0: it is not; and whether the control
  /// page says so.
  var waitsSince_ns: UInt64 = 0
  var isWaitTold = false
  /// After the end was asked for: where the consumer stands, and since when; 0: not looked at yet.
  var stuckAt: UInt64 = 0
  var stuckSince_ns: UInt64 = 0

  // What `counts` is made of.
  var full: UInt64 = 0
  var conflated: UInt64 = 0
  var late: UInt64 = 0
  var lost: UInt64 = 0
  var abandoned: UInt64 = 0
  var gapsTold: UInt64 = 0

  /// - Precondition: `drop` and `conflate` need `SlowConsumerPolicy.capacityMin` slots.
  init(
    _ ring: consuming TickProducer, policy: SlowConsumerPolicy = .wait, waitPolicy: WaitPolicy
  ) {
    let capacity = ring.capacity
    precondition(policy == .wait || capacity >= SlowConsumerPolicy.capacityMin)
    self.policy = policy
    self.waitPolicy = waitPolicy
    statusReserve = policy == .wait ? 0 : max(2, capacity / 16)
    quoteReserve = policy == .conflate ? capacity / 4 : statusReserve
    committedBefore = ring.published
    held = HeldQuotes(instruments: policy == .conflate ? TickPublisher.instrumentsMax : 0)
    self.ring = ring
    updateSpared()
  }

  /// Publishes a trade, a break or an auction, if that needs no further look; if not, it is for
  /// `publishSlowly`.
  @inline(__always)
  mutating func publish(_ tick: Tick, received: UInt32) -> Bool {
    ring.publish(tick, received: received, sparing: sparedByTick)
  }

  /// The same of both ticks of a quote; if not, they are for `publishQuoteSlowly`.
  @inline(__always)
  mutating func publishQuote(_ bid: Tick, _ ask: Tick, received: UInt32) -> Bool {
    ring.publish(bid, ask, received: received, sparing: sparedByQuote)
  }

  /// Publishes a status of an instrument, or of the whole feed.
  mutating func publishStatus(
    _ tick: Tick, of instrument: UInt32, received: UInt32, control: borrowing ControlPage
  ) {
    if ring.publish(tick, received: received, sparing: sparedByStatus) { return }
    publishStatusSlowly(tick, of: instrument, received: received, control: control)
  }

  /// To be called when no packet comes: publishes what there is room for by now.
  @inline(__always)
  mutating func idle(received: UInt32) {
    if isKeepingBack { settle(received: received) }
  }

  /// Whether the next tick must look at more than the room.
  @inline(__always) var isKeepingBack: Bool { isLosing || isGapOwed || !held.isEmpty }

  mutating func updateSpared() {
    let isKeepingBack = self.isKeepingBack
    sparedByQuote = isKeepingBack ? .max : UInt32(quoteReserve)
    sparedByTick = isKeepingBack ? .max : UInt32(statusReserve)
    sparedByStatus = isGapOwed || !held.isEmpty ? .max : 0
    if !isKeepingBack { isFull = false }
  }

  var counts: OutletCounts {
    var counts = OutletCounts()
    counts.policy = policy
    counts.committed = ring.published - committedBefore
    counts.full = full
    counts.conflated = conflated
    counts.late = late
    counts.held = UInt64(held.count) * 2
    counts.lost = lost
    counts.abandoned = abandoned
    counts.gapsTold = gapsTold
    counts.isGapOwed = isGapOwed
    return counts
  }
}
