import CLinux
import TickRing

/// What positions, prices and risk states make the sender do.
extension Sender {
  /// Instruments that are valued anew at once: by one who may be late for an order, and by one who
  /// has slept.
  private static let marksMax = (awake: 1, rested: 16)

  /// What risk must know of an order's news.
  mutating func account(for news: OrderNews) {
    let side: OrderSide = news.isBuy ? .buy : .sell
    let (instrument, strategy) = (news.instrument, news.strategy)
    if news.undone > 0 { gate.broken(instrument, strategy: strategy, side, news.undone) }
    if news.added > 0 { gate.opened(instrument, strategy: strategy, side, news.added) }
    if news.filled > 0 {
      gate.filled(
        instrument, strategy: strategy, side, news.filled, now: marketTime,
        isNew: news.isHeard)
    }
    // At once: a successor has to know.
    if news.isHeard, news.filled > 0, strategy > 0, gate.isOff(strategy: strategy),
      toldOff >> (UInt64(strategy) - 1) & 1 == 0
    {
      tellState(MonotonicClock.now)
    }
    if news.released > 0 { gate.closed(instrument, strategy: strategy, side, news.released) }
    guard news.filled > 0 || news.undone > 0 else { return }
    book.pool.hasTraded = true
    risk.book(news)
    risk.note(strategy, isFlat: gate.exposure.isFlat(strategy: strategy))
    watchRisk()
  }

  /// Values some of what is held at the board's prices, and looks at the risk states. Each duty
  /// cycle without an order; one without anything held costs a comparison. What a predecessor held
  /// keeps its marks until all of it is told: a day that nobody saw begin has begun with those.
  mutating func valueSome(isRested: Bool) {
    let held = gate.exposure.listedCount
    guard held > 0, !isSuccessor else { return }
    let marks = isRested ? Sender.marksMax.rested : Sender.marksMax.awake
    for _ in 0..<min(marks, held) {
      nextMark = nextMark + 1 < held ? nextMark + 1 : 0
      value(gate.exposure.listed(nextMark))
    }
    watchRisk()
  }

  /// The venue has told what is held: all of it is valued before anything is judged by it.
  mutating func valueAll() {
    for place in 0..<gate.exposure.listedCount { value(gate.exposure.listed(place)) }
    watchRisk()
  }

  private mutating func value(_ instrument: UInt32) {
    guard let priceE4 = gate.priceE4(of: instrument, at: marketTime) else { return }
    gate.mark(instrument, priceE4)
    risk.mark(instrument, priceE4)
  }

  /// A part of what a predecessor held is no equity to measure against the day's peak: until the
  /// venue has told all, during which nothing new leaves, states stay as they were left.
  mutating func watchRisk() {
    guard !isSuccessor, !risk.isToldInPart else { return }
    var changed = false
    risk.observe(at: marketTime) { _ in changed = true }
    if changed { act() }
    // Before its first decision a replay knows no time, and so no day either.
    if marketTime > 0, risk.day != day {
      // A new trading day: its messages and its losses begin anew.
      if day != nil {
        gate.beginDay(equityE4: risk.dayStartE4)
      } else {
        // The one that a replay begins with has nobody's messages but its own.
        let messages = options.clock == nil ? gate.messages : kill.messages(of: risk.day)
        gate.resumeDay(startE4: risk.dayStartE4, messages: messages)
      }
      day = risk.day
    }
    if risk.hasBreaker { lookForEndedOrders() }
  }

  /// A subject's state has changed: a breaker cancels what is open, the last stage kills, and every
  /// worker is told.
  mutating func act() {
    while let change = risk.change(actedUpon) {
      actedUpon += 1
      if change.new == .circuitBreaker || change.new == .killSwitch {
        let subject = change.subject
        cancelRounds = 0
        book.stop { subject == 0 || $0.strategy == subject }
      }
      if change.cause == .tripsMax, change.subject == 0 {
        kill.trip(.riskState, at: clinux_realtime_ns())
        control.write(.tripped, 1)
      }
      tellState(change)
    }
  }

  /// What a breaker or a kill was to cancel, and a sender that died over it left. Once: what an
  /// own breaker lets pass reduces, and may rest.
  mutating func cancelWhatIsStopped() {
    for subject in 0...UInt8(gate.exposure.strategies) {
      switch risk.state(of: subject) {
      case .circuitBreaker, .killSwitch, .recovery:
        book.stop { subject == 0 || $0.strategy == subject }
      case .normal, .warning, .coolDown: break
      }
    }
  }

  /// A cancel that the venue refused of what is stopped is asked for again after a while, and ever
  /// more seldom: there are orders that it cancels at no price.
  mutating func cancelAgain(_ now: UInt64) {
    guard book.hasSpared else { return }
    if nextCancels_ns == 0 { nextCancels_ns = now + options.patience.sweep_ns << cancelRounds }
    guard now >= nextCancels_ns else { return }
    nextCancels_ns = 0
    cancelRounds = min(cancelRounds + 1, Sender.cancelRoundsMax)
    book.wantCancelsAgain()
  }

  private mutating func tellState(_ change: RiskChange) {
    tellState(of: change.subject, change.new, change.drawdown_ppm, change.equityE4)
  }

  /// Changes that a predecessor died over before it had told every worker.
  mutating func tellUntoldStates() {
    for subject in 0...UInt8(gate.exposure.strategies) where !risk.isTold(subject) {
      tellState(
        of: subject, risk.state(of: subject), risk.drawdown_ppm(of: subject),
        risk.equityE4(of: subject))
    }
  }

  private mutating func tellState(
    of subject: UInt8, _ state: RiskState, _ drawdown_ppm: Int64?, _ equityE4: Int64?
  ) {
    var event = OrderEvent.none
    event.receive_time = MonotonicClock.now
    event.kind = OrderEventKind.state.rawValue
    event.reason = state.rawValue
    event.strategy = subject
    event.value = Double(drawdown_ppm ?? 1_000_000) / 1_000_000
    event.limit = Double(equityE4 ?? 0) / 10_000
    for worker in 0..<ports.count { tell(worker, event) }
    risk.noteTold(subject, state)
  }

  /// After a breaker its cooldown begins once nothing is open of what it stopped: what has come
  /// since reduces, and may rest.
  private mutating func lookForEndedOrders() {
    for subject in 0...UInt8(gate.exposure.strategies)
    where risk.state(of: subject) == .circuitBreaker {
      guard !book.hasStopped(of: subject) else { continue }
      if risk.ordersEnded(subject, at: marketTime) != nil { act() }
    }
  }

  /// Of the instance, 1e-4.
  var equityE4: Int64 { risk.equityE4 }
  /// The stricter one of the instance's and the strategy's.
  func state(of strategy: UInt8) -> RiskState { risk.strictest(strategy) }
  /// Of the instance.
  var instanceState: RiskState { risk.state }
  /// For the end of a run.
  var riskChanges: (kept: [RiskChange], count: Int) { (risk.keptChanges, risk.changeCount) }
  /// The strictest one of all subjects'.
  var strictestState: RiskState {
    (1...UInt8(gate.throttles.count)).reduce(risk.state) {
      .stricter($0, risk.state(of: $1))
    }
  }
}
