import CLinux
import TickRing
import TickWire

/// What the sender has to do with its venue: bytes out, answers in, and a connection that is lost
/// and made again.
extension Sender {
  /// One turn of the connection; whether the venue has said something.
  ///
  /// - Throws: why there will be no venue any more.
  mutating func turnLink() throws -> Bool {
    switch link {
    case .none, .closed: return false
    case .steady, .replaying, .unsettled:
      do throws(SessionError) {
        try handOver()
        try handOverCancels()
        let hasHeard = try hear()
        // Also when busy: of orders that the gate refuses the venue hears nothing.
        try session?.keepAlive()
        return hasHeard
      } catch { try lose(error) }
      return false
    case .down:
      if MonotonicClock.now >= retryAt_ns { try reopen() }
      return false
    case .opening: return try lookAtOpening()
    }
  }

  // MARK: Out

  /// Hands the buffer to the kernel.
  mutating func handOver() throws(SessionError) {
    if isClogged { lookWhetherClogged() }
    guard session != nil, session?.unsent != 0 else { return }
    // The last look: what was allowed before the switch tripped, and has not left, does not leave.
    if isShut { holdBack() }
    tellSent()
    try session?.flush()
    let isDone = session?.unsent == 0
    isBehind = !isDone
    let taken = isDone ? .max : session?.takenEnd ?? 0
    let now = MonotonicClock.now
    lastSend_ns = now
    var index = 0
    while index < handoverCount, handovers[index].start < taken {
      book.handedOver(handovers[index].number)
      latency.send.recordDifference(from: handovers[index].decided_ns, to: now)
      latency.tickToOrder.recordDifference(from: handovers[index].received_ns, to: now)
      // The rest of one that is taken in part goes out with the rest of the buffer.
      index += 1
    }
    forget(first: index)
    lookWhetherClogged()
  }

  /// What is about to leave counts, also for a successor. Not of a replay: each begins its
  /// capture's day anew.
  private mutating func tellSent() {
    guard options.clock != nil else { return }
    if handoverCount > 0 {
      kill.tell(counted: gate.rateCounted, at: handovers[handoverCount - 1].decided_ns)
    }
    if let day { kill.tell(messages: gate.messages, of: day) }
  }

  /// Cancels for which the buffer had no room go before the venue is heard: a kill does not wait
  /// for answers. Ends when none is left that can be sent, or the kernel takes no more.
  private mutating func handOverCancels() throws(SessionError) {
    while book.cancelsDue > 0, session?.unsent == 0 {
      sendCancels()
      guard session?.unsent ?? 0 > 0 else { return }
      try handOver()
    }
  }

  private mutating func lookWhetherClogged() {
    isClogged = session?.isHolding(moreThan: options.unsentBytesMax) ?? false
  }

  private mutating func forget(first count: Int) {
    guard count > 0 else { return }
    for index in count..<handoverCount { handovers[index - count] = handovers[index] }
    handoverCount -= count
  }

  /// The kill switch is tripped: no order leaves any more, nor the rest of one.
  mutating func holdBack() {
    if handoverCount > 0 || session?.isOrderTorn == true { takeBack() }
  }

  /// Takes back what the kernel has not begun to take: orders are withdrawn; cancels, which were in
  /// the buffer too, are due again.
  private mutating func takeBack() {
    guard let end = session?.cut() else { return }
    let now = MonotonicClock.now
    for index in 0..<handoverCount where handovers[index].start >= end {
      if let news = book.withdrawal(of: handovers[index].number, at: now) { report(news) }
    }
    handoverCount = 0
    book.cancelAgain()
    // An order that has left in part would be whole with the rest of its bytes: no rest then. One
    // of anything else may leave: the stream would make no sense without it.
    if session?.isOrderTorn == true { session?.abort() }
  }

  // MARK: In

  /// Whether there was news: one who hears heartbeats alone rests as if it had heard nothing.
  private mutating func hear() throws(SessionError) -> Bool {
    guard session != nil, try session?.receive() == true else { return false }
    let now = MonotonicClock.now
    passTime(to: now)
    var hasNews = false
    while let packet = session?.next() {
      switch packet.type {
      case .sequenced:
        hasNews = true
        let sequence = session?.sequence ?? 0
        isRepeating = sequence <= toldBefore
        if isRepeating {
          takeAgain(packet.payload, of: sequence, at: now)
        } else {
          take(packet.payload, of: sequence, at: now)
        }
        isRepeating = false
        if options.workersOutlive, sequence > toldBefore { book.pool.told = sequence }
      case .endOfSession:
        // A run ends with it; an instance calls again, and learns which session there is now.
        if !options.workersOutlive { options.address = nil }
        throw SessionError.lost(session?.name ?? "", reason: "it ended the session")
      case .serverHeartbeat:
        session?.noteQuiet()
        // A dialect that cannot be asked has said all when it has nothing to say.
        guard link == .replaying else { continue }
        if session?.dialect == .ouch42 { settle(next: 0, at: now) } else { session?.askAgain() }
      default: break  // Debug packets.
      }
    }
    try session?.check()
    return hasNews
  }

  private mutating func take(_ message: Bytes, of sequence: UInt64, at now: UInt64) {
    guard let dialect = session?.dialect else { return }
    let answer = dialect.decode(message)
    if answer.kind == .accountQueryResponse {
      // One that an earlier connection asked for says nothing of what came after it.
      let isLast = session?.takeAnswer() == true
      if isLast, link == .replaying { settle(next: answer.nextUserRefNum, at: now) }
      return
    }
    let before = (
      strange: book.counts.strangeFills, ofLimits: book.throughLimits,
      adopted: book.counts.adopted
    )
    let news = book.apply(answer, origin: origin(of: message, answer), at: now)
    // It had said that it had told all.
    let isInvented = link == .steady && book.counts.adopted != before.adopted
    if isInvented { book.countStrange() }
    // Before it is told: what was told was acted upon, by a predecessor, too.
    noteStrange(
      book.counts.strangeFills - before.strange,
      ofMoment: book.throughLimits - before.ofLimits + (isInvented ? 1 : 0))
    if let news { report(news, of: sequence) }
    if let news = book.takeEvicted() { report(news) }
  }

  /// So many of what the venue says cannot be true together with what is booked: positions are no
  /// longer what we think. What a predecessor has heard it has acted upon, if it was strange to it
  /// as well: `ofMoment` of these are not to one who is told again, or to it alone.
  private mutating func noteStrange(_ count: UInt64, ofMoment: UInt64) {
    guard options.isWhole, count > 0 else { return }
    strangeHeard &+= count - min(count, ofMoment)
    let known = UInt8(clamping: strangeHeard)
    let isNew = known > book.pool.strangeHeard
    guard !isRepeating || isNew else { return }
    kill.trip(.reconciliation, at: clinux_realtime_ns())
    control.write(.tripped, 1)
    if isNew { book.pool.strangeHeard = known }
  }

  /// What a predecessor has heard and told, it has counted, where the counts of both add up.
  private mutating func takeAgain(_ message: Bytes, of sequence: UInt64, at now: UInt64) {
    let counted = book.counts
    take(message, of: sequence, at: now)
    if options.workersOutlive { book.counts.takeBack(to: counted) }
  }

  /// Whose an order of before this process is: by what went with it, if its symbol is that of the
  /// same instrument now.
  private mutating func origin(of message: Bytes, _ answer: OrderAnswer) -> OrderOrigin? {
    guard options.isWhole, !book.pool.contains(answer.userRefNum), let dialect = session?.dialect,
      let origin = dialect.origin(of: message)
    else { return nil }
    // It cannot be asked for the next number, and takes none twice.
    if dialect == .ouch42 { book.pool.skip(to: answer.userRefNum &+ 1) }
    guard answer.kind == .accepted else { return origin }
    let instrument = UInt32(truncatingIfNeeded: origin.orderId >> 32)
    return dialect.symbol(of: message)?.word == directory.symbol(instrument) ? origin : nil
  }

  /// The venue has told all: what it does not have never came to it.
  private mutating func settle(next: UInt32, at now: UInt64) {
    session?.endReplay()
    if next > 0 { book.pool.skip(to: next) }
    var link = book.open.first
    while let news = book.settle(from: &link, next: next, at: now) { report(news) }
    if isSuccessor {
      cancelWhatIsStopped()
      tellUntoldStates()
      isSuccessor = false
      risk.goOn()
      valueAll()
    }
    control.write(.replaysStalled, 0)
    self.link = book.inDoubt == 0 ? .steady : .unsettled
    options.reconnect.reset()
    if self.link == .steady { endRecoveries() }
  }

  // MARK: Lost and found

  /// The connection is gone. What never left is withdrawn; all else is in doubt.
  mutating func lose(_ error: SessionError) throws(SessionError) {
    withdrawUnsent()
    book.counts.repeatedMessages += session?.repeated ?? 0
    resume = SessionStart(
      session: session?.session ?? .blank, sequence: session?.sequence ?? 1,
      unanswered: session?.unanswered ?? 0)
    // Nothing of what the kernel holds may arrive after what is asked of the venue next.
    session?.abort()
    kill.loseSocket()
    session = nil
    isBehind = false
    book.counts.disconnects += 1
    book.disconnected()
    if case .stalled = error { book.counts.replaysStalled += 1 }
    try retry(after: error)
    if case .stalled = error, link == .down {
      control.write(.replaysStalled, book.counts.replaysStalled)
    }
  }

  private mutating func retry(after error: SessionError) throws(SessionError) {
    let now = MonotonicClock.now
    guard options.address != nil, let at = options.reconnect.next(after: now) else {
      // Killed and flat, it only listened still: it has left now (KS1).
      let hasLeft = isShut && book.count == 0
      link = hasLeft ? .closed : .down
      if hasLeft { return }
      throw error
    }
    link = .down
    retryAt_ns = at
  }

  /// Whether any position is not flat.
  private var isHolding: Bool {
    (0..<gate.exposure.listedCount).contains { place in
      gate.exposure.lines[Int(gate.exposure.listed(place))].position != 0
    }
  }

  /// The venue has begun another session. What was out is in doubt for ever, and what is held is
  /// held elsewhere: nothing leaves any more, until a person has looked.
  mutating func giveUpSession() {
    link = .closed
    kill.trip(.reconciliation, at: clinux_realtime_ns())
    control.write(.tripped, 1)
    control.write(.sessionGone, UInt64(1 + book.count))
    tellState(MonotonicClock.now)
  }

  private mutating func reopen() throws(SessionError) {
    guard let address = options.address else { return }
    // With nothing out and nothing held another session will do; what is new in it is wanted. Of
    // what its predecessors did a successor knows nothing before it is told.
    resume.isBinding =
      book.count > 0 || isHolding || isSuccessor && book.pool.hasTraded
    let opening = SessionOpening(address, from: resume)
    do throws(ThreadFailure) { try opening.start() } catch {
      return try retry(after: .unreachable(address.text, reason: error.description))
    }
    self.opening = opening
    link = .opening
  }

  private mutating func lookAtOpening() throws(SessionError) -> Bool {
    guard let opening, opening.isOver else { return false }
    self.opening = nil
    do throws(SessionError) { session = try opening.take() } catch {
      // In another session orders are in doubt for ever; elsewhere the next try may do.
      if case .otherSession = error { giveUpSession() } else { try retry(after: error) }
      return false
    }
    kill.publishSocket(session?.descriptor ?? -1)
    if let name = session?.session, name != book.pool.origin.session {
      // First: who dies in between leaves the session of before.
      risk.positions.beginSession()
      book.pool.begin(name, at: session?.first ?? 1, next: session?.nextUserRefNum ?? 1)
      (toldBefore, strangeHeard) = (0, 0)
      halfTold = (sequence: 0, events: 0, worker: 0)
    }
    // What is asked for from here on, this connection has not heard before.
    if isShutSeen { shutAt_ns = MonotonicClock.now }
    link = .replaying
    book.counts.reconnects += 1
    return true
  }
}
