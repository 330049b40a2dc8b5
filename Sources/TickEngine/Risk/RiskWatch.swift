import TickRing

/// Positions and the risk states that follow from them: the instance's and each strategy's.
///
/// Hot path. Thread: the sender's. Lines written: those of the position book; a state's only when
/// it changes. `observe` costs a comparison of equities with those of before. No allocation. Times
/// are the sender's market time: the capture's in a replay.
///
/// Changes are kept in the order in which they came, up to `changesMax`; those beyond are counted.
public struct RiskWatch: ~Copyable {
  static let changesMax = 256
  /// One strategy unwinds for so long while others wait for their turn.
  private static let turn_ns: UInt64 = 1_000_000_000

  public var positions: PositionBook
  private var instance: RiskStates
  /// Strategy n at n - 1.
  private let strategies: Slab<RiskStates>
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
  /// By subject: a person had looked into its kill before this run began.
  private let isRecovering: Slab<Bool>
  private var hasNews = true

  /// - Parameters:
  ///   - records: states that a predecessor left, by subject.
  ///   - isResumed: a person has let the instance trade: if it was killed, he looked into it.
  /// - Throws: `RiskRecord.Failure` for one that can be no subject's.
  public init(
    _ limits: RiskLimits, positions: consuming PositionBook, records: [UInt8: RiskRecord],
    isResumed: Bool = false, at now: UInt64
  ) throws {
    let stateLimits = limits.states
    let first = positions.equityE4
    let made: (UInt8, Int64?) throws -> RiskStates = { subject, equity in
      guard let record = records[subject] else {
        return RiskStates(stateLimits, subject: subject, equityE4: equity, at: now)
      }
      return try RiskStates(stateLimits, subject: subject, resuming: record)
    }
    var instance = try made(0, first)
    if isResumed, instance.state == .killSwitch { _ = try instance.recover(.onRecord, at: now) }
    let strategies = try Slab<RiskStates>(count: limits.strategiesMax) { index in
      try made(UInt8(index + 1), positions.equityE4(UInt8(index + 1)))
    }
    self.positions = positions
    self.instance = instance
    self.strategies = strategies
    turns = UnwindTurns(strategiesMax: limits.strategiesMax, turn_ns: RiskWatch.turn_ns)
    changes = Slab(count: RiskWatch.changesMax) { _ in nil }
    // As many as one look at all subjects may change: `act` takes them after each.
    recent = Slab(count: limits.strategiesMax + 1) { _ in nil }
    equities = Slab(count: limits.strategiesMax + 1) { _ in nil }
    areSeen = Slab(count: limits.strategiesMax + 1, repeating: false)
    isRecovering = Slab(count: limits.strategiesMax + 1, repeating: false)
    for subject in 0...UInt8(limits.strategiesMax) {
      if state(of: subject) != .normal { troubled += 1 }
      if state(of: subject) == .circuitBreaker { breakers += 1 }
      isRecovering[Int(subject)] = state(of: subject) == .recovery
    }
    self.positions.publish(self.instance)
    for index in 0..<self.strategies.count { self.positions.publish(self.strategies[index]) }
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
    guard hasNews || troubled > 0 else { return }
    hasNews = false
    if let change = instance.observe(equityE4: positions.equityE4, at: now) {
      positions.publish(instance)
      keep(change)
      changed(change)
    }
    for index in 0..<strategies.count {
      let strategy = UInt8(index + 1)
      let equity = positions.equityE4(strategy)
      if areSeen[index + 1], equity == equities[index + 1], strategies[index].state == .normal {
        continue
      }
      areSeen[index + 1] = true
      equities[index + 1] = equity
      if let change = strategies[index].observe(equityE4: equity, at: now) {
        positions.publish(strategies[index])
        keep(change)
        changed(change)
      }
    }
  }

  /// All orders of a subject have ended: after a breaker its cooldown begins.
  mutating func ordersEnded(_ subject: UInt8, at now: UInt64) -> RiskChange? {
    let change =
      subject == 0
      ? instance.ordersEnded(at: now) : strategies[Int(subject) - 1].ordersEnded(at: now)
    if let change { publish(change) }
    return change
  }

  /// The kill switch has tripped.
  mutating func kill(_ cause: RiskCause, at now: UInt64) -> RiskChange? {
    let change = instance.kill(cause, at: now)
    if let change { publish(change) }
    return change
  }

  // MARK: What a person does

  /// Ends a subject's cooldown, if its checks pass (RS6).
  mutating func reset(
    _ subject: UInt8, _ approval: RiskApproval, at now: UInt64
  ) throws(RiskRefusal) -> RiskChange {
    guard subject <= strategies.count else { throw .noSuchStrategy }
    let change =
      subject == 0
      ? try instance.manualReset(approval, equityE4: positions.equityE4, at: now)
      : try strategies[Int(subject) - 1].manualReset(
        approval, equityE4: positions.equityE4(subject), at: now)
    publish(change)
    return change
  }

  /// Makes a subject's present equity its peak (RS1).
  mutating func rebase(
    _ subject: UInt8, _ approval: RiskApproval, at now: UInt64
  ) throws(RiskRefusal) -> RiskChange {
    guard subject <= strategies.count else { throw .noSuchStrategy }
    let change =
      subject == 0
      ? try instance.rebase(approval, equityE4: positions.equityE4, at: now)
      : try strategies[Int(subject) - 1].rebase(
        approval, equityE4: positions.equityE4(subject), at: now)
    publish(change)
    return change
  }

  /// A person looks into a subject's kill (RS8): it goes on with the next restart.
  mutating func recover(
    _ subject: UInt8, _ approval: RiskApproval, at now: UInt64
  ) throws(RiskRefusal) -> RiskChange {
    guard subject <= strategies.count else { throw .noSuchStrategy }
    let change =
      subject == 0
      ? try instance.recover(approval, at: now)
      : try strategies[Int(subject) - 1].recover(approval, at: now)
    publish(change)
    return change
  }

  /// Restarted, and what is out is the venue's word: ends the recovery of each subject that its
  /// drawdown lets end (RS8).
  mutating func reconciled(at now: UInt64) {
    guard troubled > 0 else { return }
    for subject in 0...UInt8(strategies.count) where isRecovering[Int(subject)] {
      let change =
        subject == 0
        ? try? instance.restarted(isReconciled: true, equityE4: positions.equityE4, at: now)
        : try? strategies[Int(subject) - 1].restarted(
          isReconciled: true, equityE4: positions.equityE4(subject), at: now)
      guard let change else { continue }
      isRecovering[Int(subject)] = false
      publish(change)
    }
  }

  private mutating func publish(_ change: RiskChange) {
    if change.subject == 0 {
      positions.publish(instance)
    } else {
      positions.publish(strategies[Int(change.subject) - 1])
    }
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
  func equityE4(of subject: UInt8) -> Int64? {
    subject == 0 ? positions.equityE4 : positions.equityE4(subject)
  }
  /// As the state was looked at last.
  func drawdown_ppm(of subject: UInt8) -> Int64? {
    subject == 0 || Int(subject) > strategies.count
      ? instance.drawdown_ppm : strategies[Int(subject) - 1].drawdown_ppm
  }
  var state: RiskState { instance.state }
  /// The trading day's number.
  var day: Int64 { instance.record.day }
  func state(of subject: UInt8) -> RiskState {
    subject == 0 || Int(subject) > strategies.count
      ? instance.state : strategies[Int(subject) - 1].state
  }

  /// The stricter one of the instance's and the strategy's.
  func strictest(_ strategy: UInt8) -> RiskState {
    .stricter(state(of: strategy), instance.state)
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
