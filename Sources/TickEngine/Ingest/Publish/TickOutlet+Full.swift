import TickRing

/// What an outlet does when its ring lacks room, and until everything kept back is published.
///
/// Order within an instrument: a held quote is published before anything newer of its instrument,
/// as long as half of the slots kept from quotes are free. Beyond that a trade or status goes
/// first and the quote follows late: it is a state, and still the newest known.
extension TickOutlet {
  /// Held quotes that one call publishes at most, so that no packet waits for thousands of them.
  private static let settledMax = 64
  private static let consumerCheckEach_ns: UInt64 = 1_000_000
  private static let endPatience_ns: UInt64 = 1_000_000_000
  /// Who is waited for longer does not take its ticks, and the operator is to know.
  static let waitTold_ns: UInt64 = 1_000_000_000

  // MARK: By kind

  @inline(never)
  mutating func publishSlowly(
    _ tick: Tick, of instrument: UInt32, received: UInt32, control: borrowing ControlPage
  ) {
    if policy == .wait { return waitAndPublish(tick, nil, received: received, control: control) }
    settle(received: received)
    publishHeld(ahead: 1, of: instrument)
    publishOrLose(tick, nil, received: received)
  }

  @inline(never)
  mutating func publishQuoteSlowly(
    _ bid: Tick, _ ask: Tick, of instrument: UInt32, received: UInt32,
    control: borrowing ControlPage
  ) {
    if policy == .wait { return waitAndPublish(bid, ask, received: received, control: control) }
    settle(received: received)
    if policy == .drop { return publishOrLose(bid, ask, received: received) }
    // Behind those that wait already: each instrument has its turn.
    if !isGapOwed, held.isEmpty, ring.hasRoom(quoteReserve + 2),
      ring.publish(bid, ask, received: received)
    {
      return
    }
    noteFull()
    if held.hold(bid, ask, of: instrument, received: received) { conflated += 2 }
    updateSpared()
  }

  @inline(never)
  mutating func publishStatusSlowly(
    _ tick: Tick, of instrument: UInt32, received: UInt32, control: borrowing ControlPage
  ) {
    if policy == .wait { return waitAndPublish(tick, nil, received: received, control: control) }
    settle(received: received)
    if instrument == 0 { voidHeld(by: tick) }
    publishHeld(ahead: 1, of: instrument)
    if isGapOwed || !ring.publish(tick, received: received) {
      lose(1, time: tick.timestamp, received: received)
    }
  }

  /// A gap or restart of the feed, or that no line is live, says that prices known so far vouch for
  /// nothing: a quote from before, published after it, would look like one that does.
  private mutating func voidHeld(by tick: Tick) {
    let code = StatusCode(rawValue: tick.quantity)
    guard code != .degraded, code != .recovered, !held.isEmpty else { return }
    conflated += UInt64(held.removeAll()) * 2
    updateSpared()
  }

  // MARK: Room again

  /// Publishes what is kept back, as far as there is room: the gap first, then held quotes in their
  /// order.
  mutating func settle(received: UInt32) {
    if isGapOwed { tellGap(received: received) }
    if isLosing, !isGapOwed, ring.hasRoom(statusReserve + ring.capacity / 8 + 2) {
      isLosing = false
    }
    var left = TickOutlet.settledMax
    while left > 0, !isGapOwed, ring.hasRoom(quoteReserve + 2), let instrument = held.front() {
      publishHeld(instrument)
      left -= 1
    }
    updateSpared()
  }

  private mutating func publishHeld(_ instrument: UInt32) {
    let quote = held.take(instrument)
    let isDone = ring.publish(
      Tick(words: quote.bid), Tick(words: quote.ask),
      received: quote.stamp(at: MonotonicClock.now))
    precondition(isDone, "the caller saw room for two")
    late += 2
  }

  /// Publishes an instrument's held quote before `count` newer ticks of it, if it may.
  private mutating func publishHeld(ahead count: Int, of instrument: UInt32) {
    guard held.contains(instrument), !isGapOwed else { return }
    guard ring.hasRoom(max(statusReserve, quoteReserve / 2) + 2 + count) else { return }
    publishHeld(instrument)
    updateSpared()
  }

  // MARK: Losses

  private mutating func publishOrLose(_ first: Tick, _ second: Tick?, received: UInt32) {
    let count = second == nil ? 1 : 2
    guard !isLosing, !isGapOwed, ring.hasRoom(statusReserve + count),
      publishNow(first, second, received: received)
    else { return lose(count, time: first.timestamp, received: received) }
  }

  private mutating func publishNow(_ first: Tick, _ second: Tick?, received: UInt32) -> Bool {
    if let second { return ring.publish(first, second, received: received) }
    return ring.publish(first, received: received)
  }

  /// Ticks are lost, and the ring's consumer is told: at once if there is a slot for it, before
  /// anything else otherwise.
  private mutating func lose(_ count: Int, time: UInt64, received: UInt32) {
    noteFull()
    lost += UInt64(count)
    if policy != .wait { isLosing = true }
    if !isGapOwed, ring.published != gapEnd {
      isGapOwed = true
      lostTime = time
    }
    if isGapOwed { tellGap(received: received) }
    updateSpared()
  }

  private mutating func tellGap(received: UInt32) {
    let gap = Tick(
      timestamp: lostTime, symbolId: Series(instrument: 0, kind: .status).id, price: 0,
      quantity: StatusCode.gap.rawValue)
    guard ring.publish(gap, received: received) else { return }
    isGapOwed = false
    gapEnd = ring.published
    gapsTold += 1
  }

  /// Counts once from the first tick without room until nothing is kept back.
  private mutating func noteFull() {
    guard !isFull else { return }
    isFull = true
    full += 1
    ring.countFull()
  }

  // MARK: Waiting

  /// The policy `wait`. Ends without the tick, counted, if a role has failed, or if there is no
  /// consumer: then nobody is left to make room. Nor is one waited for at the run's end that lives
  /// and stands still: a stopped consumer must not keep the ingester from ending.
  private mutating func waitAndPublish(
    _ first: Tick, _ second: Tick?, received: UInt32, control: borrowing ControlPage
  ) {
    let count = second == nil ? 1 : 2
    var backoff = Backoff(waitPolicy)
    while true {
      if isGapOwed { tellGap(received: received) }
      if !isGapOwed, publishNow(first, second, received: received) {
        endWait(control)
        return updateSpared()
      }
      noteFull()
      let isFailing = control.read(.failed) != 0
      guard !isFailing, isConsumed(control), !isStuckAtEnd(control) else {
        if isFailing { abandoned += UInt64(count) }
        endWait(control)
        return lose(count, time: first.timestamp, received: received)
      }
      backoff.wait()
    }
  }

  /// Whether anybody holds the consumer's role; the kernel is asked once a millisecond at most.
  private mutating func isConsumed(_ control: borrowing ControlPage) -> Bool {
    let now = MonotonicClock.now
    if now >= consumerCheck_ns {
      ring.beat(monotonic_ns: now)  // who waits for room does not hang
      hasConsumer = ring.hasConsumer
      consumerCheck_ns = now + TickOutlet.consumerCheckEach_ns
      tellWait(now, control)
    }
    return hasConsumer
  }

  private mutating func tellWait(_ now: UInt64, _ control: borrowing ControlPage) {
    if waitsSince_ns == 0 { waitsSince_ns = now }
    guard !isWaitTold, now - waitsSince_ns >= TickOutlet.waitTold_ns else { return }
    isWaitTold = true
    control.write(.waitsSince_ns, waitsSince_ns)
    control.write(.waitsFor, consumerCode)
  }

  private mutating func endWait(_ control: borrowing ControlPage) {
    waitsSince_ns = 0
    guard isWaitTold else { return }
    isWaitTold = false
    control.write(.waitsFor, 0)
  }

  /// Whether the end was asked for, and the consumer has not moved for `endPatience_ns` since.
  private mutating func isStuckAtEnd(_ control: borrowing ControlPage) -> Bool {
    guard control.read(.stopIngest) != 0 else { return false }
    let (now, advanced) = (MonotonicClock.now, ring.advanced)
    if stuckSince_ns == 0 || advanced != stuckAt {
      (stuckSince_ns, stuckAt) = (now, advanced)
    }
    return now - stuckSince_ns >= TickOutlet.endPatience_ns
  }

  // MARK: The end

  /// Publishes what there is room for; quotes still held are lost.
  mutating func end(time: UInt64, received: UInt32) {
    var before = -1
    while isKeepingBack, before != held.count {
      before = held.count
      settle(received: received)
    }
    guard !held.isEmpty else { return }
    lose(held.removeAll() * 2, time: time, received: received)
  }
}
