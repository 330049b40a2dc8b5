import TickRing

/// How a sender begins: with nothing, or with what a predecessor left.
extension Sender {
  mutating func begin() {
    defer { if !isSuccessor { tellUntoldStates() } }
    resumeRate()
    for strategy in 1...UInt8(gate.throttles.count)
    where kill.strategiesOff >> (UInt64(strategy) - 1) & 1 == 1 {
      gate.set(strategy: strategy, off: true)
    }
    tellState(MonotonicClock.now)
    if options.workersOutlive { finishTelling() }
    if options.isSessionGone { return giveUpSession() }
    if session == nil { endRecoveries() }
    guard let next = session?.nextUserRefNum, let name = session?.session,
      let dialect = session?.dialect
    else { return }
    book.pool.userRefNumMax = dialect.userRefNumMax
    book.pool.skip(to: next)
    let origin = book.pool.origin
    if origin.session != name || origin.sequence == 0 {
      book.pool.begin(name, at: session?.first ?? 1, next: next)
    } else if options.workersOutlive {
      toldBefore = book.pool.told
      findHalfTold()
    }
    link = session?.isReplaying == true ? .replaying : .steady
    isSuccessor = link == .replaying
    kill.publishSocket(session?.descriptor ?? -1)
    var first = book.open.first
    while let news = book.left(from: &first) { account(for: news) }
    if options.workersOutlive { skipDecided() }
    if link == .steady {
      risk.goOn()
      endRecoveries()
    }
  }

  /// A replay's seconds are its capture's.
  private mutating func resumeRate() {
    let now = MonotonicClock.now
    passTime(to: now)
    guard let clock = options.clock else { return }
    var legacy = kill.resumeRate(at: now)
    for index in legacy.steps.indices {
      legacy.steps[index].at_ns = clock.time(at: legacy.steps[index].at_ns)
    }
    gate.resumeRate(legacy)
  }

  /// A request that the predecessor put into the pool and did not advance past: its order did not
  /// leave, and what becomes of it is told when the venue has said all.
  private mutating func skipDecided() {
    for worker in 0..<ports.count where ports[worker].requests.peek(1) == 1 {
      let request = ports[worker].requests.peeked(0)
      if request.action == OrderAction.new.rawValue, book.isKnown(request.order_id) {
        ports[worker].requests.advance(1)
      }
    }
  }
}
