import TickRing

/// Positions and the risk states that follow from them: the instance's and each strategy's.
///
/// Hot path. Thread: the sender's. Lines written: those of the position book; a state's only when
/// it changes, its day begins or its peak rises, which is one store. `observe` costs a comparison
/// of equities with those of before. No allocation. Times are the sender's market time: the
/// capture's in a replay.
///
/// Changes are kept in the order in which they came, up to `changesMax`; those beyond are counted.
public struct RiskWatch: ~Copyable {
  static let changesMax = 256
  /// One strategy unwinds for so long while others wait for their turn.
  private static let turn_ns: UInt64 = 1_000_000_000

  public var positions: PositionBook
  /// By subject: the instance at 0, strategy n at n.
  private let states: Slab<RiskStates>
  private var turns: UnwindTurns
  private let changes: Slab<RiskChange?>
  public private(set) var changeCount = 0
  /// The latest, for whoever acts upon each.
  private let recent: Slab<RiskChange?>
  private var breakers = 0
  /// Subjects in another state than normal: time alone may change theirs.
  private var troubled = 0
  /// What `observe` last looked at, by strategy.
  private let equities: Slab<Int64?>
  private let areSeen: Slab<Bool>
  /// By subject: the peak that observers, and a successor, know.
  private let shownPeaks: Slab<Int64>
  /// By subject: a person had looked into its kill before this run began.
  private let isRecovering: Slab<Bool>
  private var hasNews = true
  /// The venue has not told yet, or never will, all that a predecessor knew: no equity to judge by.
  private(set) var isToldInPart: Bool
  /// Each subject's peak is looked at anew when it begins, also of one that nothing happens to.
  private var tradingDay: TradingDay

  /// - Parameters:
  ///   - records: states that a predecessor left, by subject.
  ///   - isResumed: a person has let the instance trade: if it was killed, he looked into it.
  /// - Throws: `RiskRecord.Failure` for one that can be no subject's.
  public init(
    _ limits: RiskLimits, positions: consuming PositionBook, records: [UInt8: RiskRecord],
    isResumed: Bool = false, at now: UInt64
  ) throws {
    let stateLimits = limits.states
    tradingDay = TradingDay(startSeconds: stateLimits.tradingDayStart_seconds)
    let subjects = limits.strategiesMax + 1
    let states = try Slab<RiskStates>(count: subjects) { index in
      let subject = UInt8(index)
      if let record = records[subject] {
        return try RiskStates(stateLimits, subject: subject, resuming: record)
      }
      let equity = subject == 0 ? positions.equityE4 : positions.equityE4(subject)
      return RiskStates(stateLimits, subject: subject, equityE4: equity, at: now)
    }
    if isResumed, states[0].state == .killSwitch { _ = try states[0].recover(.onRecord, at: now) }
    isToldInPart = positions.isToldInPart
    self.positions = positions
    self.states = states
    turns = UnwindTurns(strategiesMax: limits.strategiesMax, turn_ns: RiskWatch.turn_ns)
    changes = Slab(count: RiskWatch.changesMax) { _ in nil }
    // As many as one look at all subjects may change: `act` takes them after each.
    recent = Slab(count: subjects) { _ in nil }
    equities = Slab(count: subjects) { _ in nil }
    areSeen = Slab(count: subjects, repeating: false)
    shownPeaks = Slab(count: subjects, repeating: 0)
    isRecovering = Slab(count: subjects, repeating: false)
    for subject in 0..<subjects {
      let state = self.states[subject].state
      if state != .normal { troubled += 1 }
      if state == .circuitBreaker { breakers += 1 }
      isRecovering[subject] = state == .recovery
      self.positions.publish(self.states[subject])
      shownPeaks[subject] = self.states[subject].peakE4
      noteTold(UInt8(subject), records[UInt8(subject)]?.told ?? state)
    }
  }

  // MARK: What happens

  /// Books what an order's news says of positions.
  mutating func book(_ news: OrderNews) {
    guard news.filled > 0 || news.undone > 0 else { return }
    let side: OrderSide = news.isBuy ? .buy : .sell
    if news.undone > 0 {
      positions.broken(
        strategy: news.strategy, instrument: news.instrument, side: side, quantity: news.undone,
        priceE4: news.undonePriceE4, referenceE4: news.referenceE4)
    }
    if news.filled > 0 {
      positions.fill(
        strategy: news.strategy, instrument: news.instrument, side: side, quantity: news.filled,
        priceE4: news.fillPriceE4, referenceE4: news.referenceE4)
    }
    hasNews = true
  }

  mutating func mark(_ instrument: UInt32, _ priceE4: Int64) {
    positions.mark(instrument: instrument, priceE4: priceE4)
    hasNews = true
  }

  /// Whether a strategy holds nothing (any more), for the turns of an unwinding.
  mutating func note(_ strategy: UInt8, isFlat: Bool) { turns.note(strategy, isFlat: isFlat) }

  /// Looks at every equity that may have changed, and at the time; a subject whose state changes is
  /// handed to `changed`.
  mutating func observe(at now: UInt64, _ changed: (RiskChange) -> Void) {
    let isNewDay = tradingDay.advance(to: now)
    guard hasNews || troubled > 0 || isNewDay else { return }
    hasNews = false
    for subject in 0..<states.count {
      let equity = equityE4(of: UInt8(subject))
      if !isNewDay, subject > 0, areSeen[subject], equity == equities[subject],
        states[subject].state == .normal
      {
        continue
      }
      areSeen[subject] = true
      equities[subject] = equity
      guard let change = states[subject].observe(equityE4: equity, at: now) else {
        show(subject, isNewDay: isNewDay)
        continue
      }
      publish(change)
      changed(change)
    }
  }

  /// What is other than before though the state is the same: who comes after this sender has to
  /// know of the day's peak.
  private mutating func show(_ subject: Int, isNewDay: Bool) {
    let peakE4 = states[subject].peakE4
    let shownPeak = shownPeaks[subject]
    guard isNewDay || peakE4 != shownPeak else { return }
    shownPeaks[subject] = peakE4
    if isNewDay || peakE4 < shownPeak {
      positions.publish(states[subject])
    } else {
      positions.raise(peakE4: peakE4, of: UInt8(subject))
    }
  }

  /// All orders of a subject have ended: after a breaker its cooldown begins.
  mutating func ordersEnded(_ subject: UInt8, at now: UInt64) -> RiskChange? {
    let change = states[Int(subject)].ordersEnded(at: now)
    if let change { publish(change) }
    return change
  }

  /// The kill switch has tripped.
  mutating func kill(_ cause: RiskCause, at now: UInt64) -> RiskChange? {
    let change = states[0].kill(cause, at: now)
    if let change { publish(change) }
    return change
  }

  /// Every worker has been told this state of a subject.
  mutating func noteTold(_ subject: UInt8, _ state: RiskState) {
    positions.noteTold(subject, state)
  }

  /// Whether that is its state still; a predecessor may have died before it had told of a change.
  func isTold(_ subject: UInt8) -> Bool {
    positions.told(subject) == states[place(of: subject)].state
  }

  // MARK: What a person does

  /// Ends a subject's cooldown, if its checks pass (RS6).
  mutating func reset(
    _ subject: UInt8, _ approval: RiskApproval, at now: UInt64
  ) throws(RiskRefusal) -> RiskChange {
    let number = try number(of: subject)
    let equity = equityE4(of: subject)
    let change = try states[number].manualReset(approval, equityE4: equity, at: now)
    publish(change)
    return change
  }

  /// Makes a subject's present equity its peak (RS1).
  mutating func rebase(
    _ subject: UInt8, _ approval: RiskApproval, at now: UInt64
  ) throws(RiskRefusal) -> RiskChange {
    let number = try number(of: subject)
    let equity = equityE4(of: subject)
    let change = try states[number].rebase(approval, equityE4: equity, at: now)
    publish(change)
    return change
  }

  /// A person looks into a subject's kill (RS8): it goes on with the next restart.
  mutating func recover(
    _ subject: UInt8, _ approval: RiskApproval, at now: UInt64
  ) throws(RiskRefusal) -> RiskChange {
    let change = try states[number(of: subject)].recover(approval, at: now)
    publish(change)
    return change
  }

  /// Its place; what a person asks may be of a strategy that there is not.
  private func number(of subject: UInt8) throws(RiskRefusal) -> Int {
    guard Int(subject) < states.count else { throw .noSuchStrategy }
    return Int(subject)
  }

  /// The venue has told what is held, which has the marks of the predecessor still.
  mutating func goOn() {
    for subject in 0..<states.count {
      states[subject].goOn(equityE4: equityE4(of: UInt8(subject)))
    }
    positions.forgetBefore()
    isToldInPart = false
  }

  /// Restarted, and what is out is the venue's word: ends the recovery of each subject that its
  /// drawdown lets end (RS8).
  mutating func reconciled(at now: UInt64) {
    guard troubled > 0 else { return }
    for subject in 0..<states.count where isRecovering[subject] {
      let equity = equityE4(of: UInt8(subject))
      let change = try? states[subject].restarted(isReconciled: true, equityE4: equity, at: now)
      guard let change else { continue }
      isRecovering[subject] = false
      publish(change)
    }
  }

  private mutating func publish(_ change: RiskChange) {
    positions.publish(states[Int(change.subject)])
    shownPeaks[Int(change.subject)] = states[Int(change.subject)].peakE4
    keep(change)
  }

  private mutating func keep(_ change: RiskChange) {
    if changeCount < changes.count { changes[changeCount] = change }
    recent[changeCount % recent.count] = change
    changeCount += 1
    if change.old != .normal { troubled -= 1 }
    if change.new != .normal { troubled += 1 }
    if change.old == .circuitBreaker { breakers -= 1 }
    if change.new == .circuitBreaker { breakers += 1 }
    if state == .normal || state == .warning { turns.reset() }
  }

  // MARK: What is

  /// Of the instance, 1e-4; one that cannot be computed is none.
  var equityE4: Int64 { positions.equityE4 ?? 0 }
  @inline(__always)
  func equityE4(of subject: UInt8) -> Int64? {
    subject == 0 ? positions.equityE4 : positions.equityE4(subject)
  }
  /// As the state was looked at last.
  func drawdown_ppm(of subject: UInt8) -> Int64? { states[place(of: subject)].drawdown_ppm }
  var state: RiskState { states[0].state }
  /// The instance's breaker or cooldown that a kill came over.
  var interrupted: RiskState? { states[0].interrupted }
  /// The trading day's number.
  var day: Int64 { states[0].record.day }
  /// The instance's equity when it began, 1e-4; `.max`: not known.
  var dayStartE4: Int64 { states[0].record.dayStartE4 }
  func state(of subject: UInt8) -> RiskState { states[place(of: subject)].state }

  /// Of a strategy that there is not, the instance's.
  @inline(__always)
  private func place(of subject: UInt8) -> Int {
    Int(subject) < states.count ? Int(subject) : 0
  }

  /// The stricter one of the instance's and the strategy's.
  func strictest(_ strategy: UInt8) -> RiskState {
    .stricter(state(of: strategy), state)
  }

  /// Whether it is a strategy's turn to unwind, where the instance's breaker makes them take turns.
  mutating func mayUnwind(_ strategy: UInt8, at now: UInt64) -> Bool {
    guard state == .circuitBreaker || state == .coolDown else { return true }
    return turns.permits(strategy, at: now)
  }

  /// Whether any subject's breaker is out and its orders are not known to have ended.
  var hasBreaker: Bool { breakers > 0 }

  /// The n-th change; nil if there is none, or it was not kept.
  func change(_ number: Int) -> RiskChange? {
    number < changeCount ? recent[number % recent.count] : nil
  }

  /// The changes that were kept, oldest first.
  var keptChanges: [RiskChange] {
    (0..<min(changeCount, changes.count)).compactMap { changes[$0] }
  }
}
