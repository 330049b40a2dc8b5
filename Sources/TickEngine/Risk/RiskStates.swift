/// The state of one subject, the instance or a strategy: what RS1-RS9 say, and nothing else.
///
/// Pure: equity and time come in, changes go out; no clock, no memory, no log. Thresholds are
/// compared as integers in 128 bits, so they are exact and nothing overflows. Fails closed: equity
/// that is unknown or not positive counts as a drawdown above every limit.
///
/// Hot path: `observe` after each fill and each new mark. Cost: a few multiplications, no
/// allocation. Thread: the sender's. Times are the asker's, ns since the Unix epoch; one that goes
/// back is taken as the newest so far.
public struct RiskStates: Sendable {
  public let limits: RiskStateLimits
  /// 0: the instance; else the strategy.
  public let subject: UInt8
  public private(set) var state = RiskState.normal
  /// Highest equity of the trading day, units of 1e-4; 0: there was no positive one yet.
  public private(set) var peakE4: Int64 = 0
  /// Equity when the trading day began, units of 1e-4 (RM7); nil: none was known since.
  public private(set) var dayStartE4: Int64?
  /// The latest equity; nil: it could not be computed.
  public private(set) var equityE4: Int64?
  /// New trips of the trading day.
  public private(set) var trips: UInt32 = 0
  /// When the present or the latest cooldown began.
  public private(set) var coolDownSince: UInt64 = 0
  /// The breaker or cooldown that a kill came over, which goes on after it; nil: none.
  public private(set) var interrupted: RiskState?
  private var newest: UInt64 = 0
  private var day: TradingDay

  /// Begins in Normal; with an equity that is unknown or not positive, in CircuitBreaker. Traps if
  /// the limits are not what `check` passes.
  public init(
    _ limits: RiskStateLimits, subject: UInt8, equityE4 equity: Int64?, at now: UInt64
  ) {
    do { try limits.check() } catch { preconditionFailure("\(error)") }
    self.limits = limits
    self.subject = subject
    day = TradingDay(startSeconds: limits.tradingDayStart_seconds)
    _ = observe(equityE4: equity, at: now)
  }

  /// Goes on where another run of this process left off. What it was not there for it learns from
  /// the next `observe`. Throws if the record can be no subject's.
  public init(
    _ limits: RiskStateLimits, subject: UInt8, resuming record: RiskRecord
  ) throws(RiskRecord.Failure) {
    do { try limits.check() } catch { preconditionFailure("\(error)") }
    guard let state = RiskState(rawValue: record.state), record.peakE4 >= 0,
      record.coolDownSince <= record.newest,
      let interrupted = RiskStates.interrupted(record.interrupted, in: state)
    else { throw RiskRecord.Failure(subject: subject) }
    self.limits = limits
    self.subject = subject
    self.state = state
    peakE4 = record.peakE4
    dayStartE4 = record.dayStartE4
    trips = record.trips
    coolDownSince = record.coolDownSince
    self.interrupted = interrupted == .normal ? nil : interrupted
    newest = record.newest
    day = TradingDay(startSeconds: limits.tradingDayStart_seconds, resuming: record.day)
  }

  /// What a record's word says of a state; `.normal`: none; nil: it cannot be.
  private static func interrupted(_ raw: UInt8, in state: RiskState) -> RiskState? {
    switch RiskState(rawValue: raw) {
    case .normal: .normal
    case .circuitBreaker, .coolDown: state.allowsReducing ? nil : RiskState(rawValue: raw)
    default: nil
    }
  }

  /// The equity as a predecessor left it, all of it being told: what another day begins with. No
  /// state follows from it.
  mutating func goOn(equityE4 equity: Int64?) { equityE4 = equity }

  /// What a successor needs to go on.
  public var record: RiskRecord {
    RiskRecord(
      state: state.rawValue, trips: trips, peakE4: peakE4, coolDownSince: coolDownSince,
      newest: newest, day: day.number ?? 0, interrupted: interrupted?.rawValue ?? 0,
      dayStartE4: dayStartE4 ?? .max)
  }

  // MARK: What happens by itself

  /// Takes note of the equity, and of the time. A one-tick fall goes straight to the breaker.
  public mutating func observe(equityE4 equity: Int64?, at now: UInt64) -> RiskChange? {
    let now = advance(to: now)
    take(equity)
    switch state {
    case .normal, .warning:
      if isAbove(limits.breaker_ppm) { return trip(at: now) }
      if state == .normal {
        return isAbove(limits.warning_ppm) ? become(.warning, .warningDrawdown, now) : nil
      }
      return isBelow(limits.recovered_ppm) ? become(.normal, .recovered, now) : nil
    case .coolDown:
      guard now - coolDownSince >= limits.cooldown_ns, isAbove(limits.breaker_ppm) else {
        return nil
      }
      return become(.circuitBreaker, .stillDown, now)
    case .circuitBreaker, .killSwitch, .recovery:
      return nil
    }
  }

  /// Every order that was open when the breaker tripped has ended: the cooldown begins.
  public mutating func ordersEnded(at now: UInt64) -> RiskChange? {
    let now = advance(to: now)
    guard state == .circuitBreaker else { return nil }
    coolDownSince = now
    return become(.coolDown, .ordersEnded, now)
  }

  /// Kills, from any state; a subject that is killed already keeps its first reason. A breaker or a
  /// cooldown is not ended by it, only put off.
  public mutating func kill(_ cause: RiskCause, at now: UInt64) -> RiskChange? {
    precondition(cause.isKill, "no reason to kill")
    let now = advance(to: now)
    guard state != .killSwitch else { return nil }
    if state == .circuitBreaker || state == .coolDown { interrupted = state }
    return become(.killSwitch, cause, now)
  }

  // MARK: What a person does

  /// Ends a cooldown that has lasted its time, with the drawdown against the peak as it was not
  /// above the breaker's limit, so that it does not trip again at once. As a fall goes straight to
  /// the breaker, a reset goes straight to what the drawdown says: Normal, or Warning above its
  /// limit, so that no order is judged in Normal with a drawdown that Normal does not have.
  public mutating func manualReset(
    _ approval: RiskApproval, equityE4 equity: Int64?, at now: UInt64
  ) throws(RiskRefusal) -> RiskChange {
    let now = advance(to: now)
    take(equity)
    guard state == .coolDown else { throw .notCoolingDown(state) }
    guard now - coolDownSince >= limits.cooldown_ns else {
      let (until, overflow) = coolDownSince.addingReportingOverflow(limits.cooldown_ns)
      throw .cooling(until: overflow ? .max : until)
    }
    try checkDrawdown()
    return become(stateByDrawdown, .manualReset, now)
  }

  /// Makes the present equity the peak. The state stays: what follows from the drawdown, which is
  /// 0 now, follows by itself or by a reset.
  public mutating func rebase(
    _ approval: RiskApproval, equityE4 equity: Int64?, at now: UInt64
  ) throws(RiskRefusal) -> RiskChange {
    let now = advance(to: now)
    take(equity)
    guard state != .killSwitch else { throw .killed }
    guard let equity, equity > 0 else { throw .equity }
    peakE4 = equity
    return become(state, .rebase, now)
  }

  /// A person looks into a kill. Nothing passes until `restarted`.
  public mutating func recover(
    _ approval: RiskApproval, at now: UInt64
  ) throws(RiskRefusal) -> RiskChange {
    let now = advance(to: now)
    guard state == .killSwitch else { throw .notKilled(state) }
    return become(.recovery, .recovery, now)
  }

  /// The process has been restarted; `isReconciled`: its positions and open orders are the venue's.
  /// Ends a recovery, with the checks of a reset; where the kill came over a breaker or a cooldown
  /// that goes on, which only a reset of its own ends (RS6). Changes nothing in any other state.
  public mutating func restarted(
    isReconciled: Bool, equityE4 equity: Int64?, at now: UInt64
  ) throws(RiskRefusal) -> RiskChange? {
    let now = advance(to: now)
    take(equity)
    guard state == .recovery else { return nil }
    guard isReconciled else { throw .notReconciled }
    if let interrupted { return become(interrupted, .restart, now) }
    try checkDrawdown()
    return become(stateByDrawdown, .restart, now)
  }

  // MARK: Drawdown

  /// (peak - equity) / peak in 1e-6, rounded down; nil if equity or peak is unknown.
  public var drawdown_ppm: Int64? {
    guard let equityE4, peakE4 > 0 else { return nil }
    return RiskStates.drawdown_ppm(equityE4: equityE4, peakE4: peakE4)
  }

  /// The same of any two; the peak is positive.
  static func drawdown_ppm(equityE4: Int64, peakE4: Int64) -> Int64 {
    Int64(clamping: (Int128(peakE4) - Int128(equityE4)) * 1_000_000 / Int128(peakE4))
  }

  private func isAbove(_ limit_ppm: Int64) -> Bool {
    guard let equityE4, equityE4 > 0, peakE4 > 0 else { return true }
    return (Int128(peakE4) - Int128(equityE4)) * 1_000_000 > Int128(limit_ppm) * Int128(peakE4)
  }

  private func isBelow(_ limit_ppm: Int64) -> Bool {
    guard let equityE4, equityE4 > 0, peakE4 > 0 else { return false }
    return (Int128(peakE4) - Int128(equityE4)) * 1_000_000 < Int128(limit_ppm) * Int128(peakE4)
  }

  private var stateByDrawdown: RiskState {
    isAbove(limits.warning_ppm) ? .warning : .normal
  }

  private func checkDrawdown() throws(RiskRefusal) {
    guard let equityE4, equityE4 > 0 else { throw .equity }
    guard !isAbove(limits.breaker_ppm) else {
      throw .drawdown(ppm: drawdown_ppm ?? .max, max_ppm: limits.breaker_ppm)
    }
  }

  // MARK: Changes

  /// The time that counts; a new trading day forgets peak and trips, and no state. It begins with
  /// the equity that there was when it began, also where it is the next price that says so: what
  /// falls with that one falls within the day.
  private mutating func advance(to now: UInt64) -> UInt64 {
    newest = max(newest, now)
    // Before a replay's first decision it is no day's time; what begins with it goes on as it is.
    guard newest > 0 else { return 0 }
    let isFirst = day.number == nil
    if day.advance(to: newest), !isFirst {
      peakE4 = max(0, equityE4 ?? 0)
      dayStartE4 = equityE4
      trips = 0
    }
    return newest
  }

  private mutating func take(_ equity: Int64?) {
    equityE4 = equity
    guard let equity else { return }
    peakE4 = max(peakE4, equity)
    if dayStartE4 == nil { dayStartE4 = equity }
  }

  private mutating func trip(at now: UInt64) -> RiskChange {
    trips = trips == .max ? .max : trips + 1
    if trips >= limits.tripsMax { return become(.killSwitch, .tripsMax, now) }
    guard let equityE4 else { return become(.circuitBreaker, .equityUnknown, now) }
    return become(
      .circuitBreaker, equityE4 > 0 ? .breakerDrawdown : .equityNotPositive, now)
  }

  private mutating func become(
    _ new: RiskState, _ cause: RiskCause, _ now: UInt64
  ) -> RiskChange {
    let old = state
    state = new
    if new.allowsReducing { interrupted = nil }
    return RiskChange(
      subject: subject, old: old, new: new, cause: cause, drawdown_ppm: drawdown_ppm,
      equityE4: equityE4, peakE4: peakE4, trips: trips, time: now)
  }
}
