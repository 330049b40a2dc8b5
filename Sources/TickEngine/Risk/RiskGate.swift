import TickRing

/// The last check before the wire. Fails closed: what is unknown, missing or cannot be computed is
/// refused, with its reason, the limit and the value.
///
/// Hot path. Thread: the sender's. Lines read: the control page's, and of the instrument the
/// board's, the reference table's and the exposure's; written: the rate's, and those of whoever
/// looks for the same order again. Order of checks (RM10): kill switch, breaker, rate, then the
/// rest. Money is fixed-point: i64 in units of 1e-4. No allocation.
///
/// Every limit holds for the worst case: position and all that is open on the order's side, at the
/// highest of the order's price, the price of what it replaces, and the reference. An order that
/// only reduces (the worst case of its side does not cross zero) is not held back by what bounds
/// exposure: RM1, RM2, RM5 to RM7, nor by equity that has gone.
///
/// Times are the caller's, ns since the Unix epoch: an order's are `JudgementTimes`, a fill's that
/// of the sender's clock, which in a replay goes by the decisions.
public struct RiskGate: ~Copyable {
  let bounds: RiskBounds
  private var rate: RateWindow
  var repeated: RepeatedOrders
  let throttles: Slab<StrategyThrottle>
  var reference: ReferenceTable
  private let control: ControlPage
  let board: BoardReader
  private let directory: DirectoryReader
  /// Instruments that the directory is known to have.
  private var known: UInt32 = 0
  private var session: UInt64 = 0
  /// What is held and open, as the sender tells it.
  public internal(set) var exposure: Exposure
  /// The account's credit, where senders share one: no order adds to the gross exposure beyond what
  /// it hands out.
  var credit: AccountLedger?
  /// Orders asked for, allowed and out (RM14). The gate counts those allowed.
  public var tally = OrderTally()
  /// Orders and cancels since the day began (RM9).
  public private(set) var messages: Int64 = 0
  /// Equity when the day began, 1e-4 (RM7); `.max`: not known, and then nothing that adds passes.
  public private(set) var dayStartE4: Int64

  /// - Parameters:
  ///   - limits: that `check` lets pass.
  ///   - reference: for as many instruments as the directory has room for, at least.
  ///   - credit: of the account that this sender shares with others; nil: it has its own.
  ///   - strategiesExpected: strategies 1 to this are those that there are; nil: all that may be.
  public init(
    limits: RiskLimits, reference: consuming ReferenceTable, control: consuming ControlPage,
    board: consuming BoardReader, directory: consuming DirectoryReader,
    credit: consuming AccountLedger? = nil, strategiesExpected: Int? = nil
  ) {
    bounds = RiskBounds(limits)
    rate = RateWindow(max: limits.ordersPerSecondMax)
    repeated = RepeatedOrders(
      ordersPerSecond: limits.ordersPerSecondMax, window_ns: limits.duplicateWindow_ns)
    throttles = Slab(count: limits.strategiesMax) { _ in StrategyThrottle(limits) }
    exposure = Exposure(
      instruments: reference.instruments, strategies: limits.strategiesMax,
      expected: strategiesExpected)
    self.reference = reference
    self.control = control
    self.board = board
    self.directory = directory
    self.credit = credit
    dayStartE4 = limits.portfolioE4
  }

  /// Judges a new order or a replacement. One that passes is counted as sent.
  ///
  /// - Parameters:
  ///   - equityE4: of the instance, 1e-4.
  ///   - state: the stricter one of the instance's and the strategy's.
  public mutating func judge(
    _ order: OrderIntent, equityE4: Int64, state: RiskState, now: UInt64
  ) -> RiskDecision {
    prefetch(order)
    var unrecorded = NoEvidence()
    let times = JudgementTimes(now: now, market: now)
    return judge(order, equityE4: equityE4, state: state, times: times, &unrecorded)
  }

  /// The same of an order whose lines have been fetched, with a note of each check and of what it
  /// looked at.
  mutating func judge<E: RiskEvidence>(
    _ order: OrderIntent, equityE4: Int64, state: RiskState, times: JudgementTimes,
    _ evidence: inout E
  ) -> RiskDecision {
    var decision = RiskDecision()
    guard mayAnyPass(state, &evidence) else { return .reject(.killed) }
    evidence.at(.tally)
    let tally = self.tally
    evidence.note { ($0.asked, $0.allowed, $0.out) = (tally.asked, tally.allowed, tally.out) }
    guard reconcile() else {
      return .reject(.tally, limit: Double(tally.allowed), value: Double(tally.out))
    }
    followSession()
    let room = self.room(order, state)
    evidence.at(.breaker)
    evidence.note { ($0.room, $0.equityE4) = (room, equityE4) }
    if !state.allowsNewExposure, !order.isReducing(within: room) {
      return .reject(.breaker, limit: Double(max(0, room)), value: Double(order.quantity))
    }
    evidence.at(.rate)
    evidence.note { $0.rateAge_ns = rate.age(at: times.now) }
    guard rate.admit(times.now) else {
      control.write(.tripped, 1)
      let limit = Double(bounds.ordersPerSecondMax)
      return .reject(.rate, limit: limit, value: limit + 1)
    }
    guard checkFields(order, &decision, &evidence),
      let line = checkInstrument(order, &decision, &evidence),
      checkSize(order, line, &decision, &evidence),
      checkPrice(order, line, state, times.market, &decision, &evidence),
      checkRepeats(order, times.now, &decision, &evidence),
      halve(order, state, room, &decision, &evidence),
      checkExposure(order, line, equityE4, &decision, &evidence)
    else { return decision }
    allow(order, decision)
    return decision
  }

  /// Whether anything passes at all.
  private mutating func mayAnyPass<E: RiskEvidence>(
    _ state: RiskState, _ evidence: inout E
  ) -> Bool {
    evidence.at(.killSwitch)
    let (isKilled, isTripped) = (control.read(.kill) != 0, control.read(.tripped) != 0)
    evidence.note {
      if isKilled { $0.shut |= DecisionShut.word.rawValue }
      if isTripped { $0.shut |= DecisionShut.tripped.rawValue }
      $0.state = state.rawValue
    }
    guard !isKilled, !isTripped else { return false }
    evidence.at(.riskState)
    return state.allowsReducing
  }

  /// Fetches the lines that judging the order will read: all at once, instead of one after the
  /// other. For orders that are judged a little later, too.
  @inline(__always)
  public mutating func prefetch(_ order: OrderIntent) {
    guard isKnown(order.instrument) else { return }
    let index = Int(order.instrument)
    board.prefetch(order.instrument)
    exposure.prefetch(index, order.strategy)
    reference.prefetch(index)
    if let priceE4 = FixedPoint.price(order.price) {
      repeated.prefetch(order.details(priceE4))
    }
  }

  /// Trips the kill switch if more orders went out than were allowed (RM14); false then. Cheap: for
  /// every duty cycle.
  public mutating func reconcile() -> Bool {
    guard tally.isBroken else { return true }
    control.write(.tripped, 1)
    return false
  }

  /// A cancel was sent: a message as well.
  public mutating func countCancel() { messages &+= 1 }

  /// A new trading day, with the equity that it begins with, 1e-4.
  public mutating func beginDay(equityE4: Int64) {
    messages = 0
    dayStartE4 = equityE4
  }

  /// What an instrument is worth, 1e-4: the price that an order is judged by, or, where nothing is
  /// as fresh as that needs, the newer one of last trade and mid; nil if there is neither.
  mutating func priceE4(of instrument: UInt32, at now: UInt64) -> Int64? {
    guard let entry = board.read(instrument) else { return nil }
    var unrecorded = NoEvidence()
    if let fresh = freshPrice(entry, at: now, &unrecorded) { return fresh }
    let last = entry.lastTime == 0 ? nil : FixedPoint.price(entry.lastPrice)
    guard let mid = mid(entry) else { return last }
    return entry.lastTime >= entry.quoteTime ? last ?? mid : mid
  }

  /// Orders that counted in the rate, of this sender and its predecessors, modulo 2^32 (RM8).
  var rateCounted: UInt32 { rate.counted }

  /// Goes on in the second in which predecessors have sent orders; the steps' times are those that
  /// orders are judged at, oldest first.
  mutating func resumeRate(_ legacy: RateTrail.Legacy) {
    for step in legacy.steps { rate.resume(step.count, at: step.at_ns) }
    rate.resume(counted: legacy.counted)
  }

  /// Goes on in a trading day in which predecessors have sent messages, and have perhaps lost.
  mutating func resumeDay(startE4: Int64, messages: Int64) {
    dayStartE4 = startE4
    self.messages = messages
  }

  // MARK: Instruments

  /// Whether the directory has the instrument; its count is read again only for a new one.
  @inline(__always)
  mutating func isKnown(_ instrument: UInt32) -> Bool {
    if instrument > 0, instrument <= known { return true }
    known = UInt32(clamping: min(directory.count, exposure.instruments - 1))
    return instrument > 0 && instrument <= known
  }

  /// The instrument's reference data; unknown if it has none.
  @inline(__always)
  mutating func line(_ instrument: UInt32) -> ReferenceLine {
    reference.line(Int(instrument)) { directory.symbol(instrument) }
  }

  /// Shares that the order may have and still only reduce; -1 if there is no such number. Where
  /// the state is not normal it is to reduce its strategy's share too, or the strategies could pass
  /// exposure to each other.
  @inline(__always)
  private mutating func room(_ order: OrderIntent, _ state: RiskState) -> Int64 {
    guard let side = OrderSide(rawValue: order.side), order.strategy > 0,
      Int(order.strategy) <= throttles.count, isKnown(order.instrument)
    else { return -1 }
    let index = Int(order.instrument)
    let room = exposure.room(index, isBuy: side == .buy)
    if state == .normal || room < 0 { return room }
    return min(room, exposure.room(index, order.strategy, isBuy: side == .buy))
  }

  /// Takes new reference data, at a turn of the sender's, and gives the old back in its place, to
  /// be freed elsewhere. All of it is in force at once. Cost: of each instrument that ever had any
  /// exposure the sector is looked up; nothing else depends on how much data there is.
  public mutating func replace(with table: inout ReferenceTable) {
    precondition(table.instruments == reference.instruments, "a table for another directory")
    swap(&reference, &table)
    for number in 0..<exposure.listedCount { follow(exposure.listed(number)) }
  }

  /// Puts the instrument into the sector that the reference data gives it.
  mutating func follow(_ instrument: UInt32) {
    exposure.assign(instrument, sector: line(instrument).sector)
  }

  /// Counts an allowed order.
  private mutating func allow(_ order: OrderIntent, _ decision: RiskDecision) {
    tally.allowed &+= 1
    messages &+= 1
    repeated.add(order.details(decision.priceE4))
  }

  /// The order that was allowed last is not sent after all: somebody else refused it. It is neither
  /// a message nor one that may still go out, and may be asked for again. The rate has counted it.
  public mutating func retract(_ order: OrderIntent, _ decision: RiskDecision) {
    precondition(decision.reason == nil && tally.allowed > 0, "nothing was allowed")
    tally.allowed -= 1
    messages -= 1
    repeated.removeLast(order.details(decision.priceE4))
  }

  /// A replay's fresh session begins its clock anew.
  private mutating func followSession() {
    let current = control.read(.session)
    guard current != session else { return }
    session = current
    rate.reset()
    repeated.reset()
    for index in 0..<throttles.count { throttles[index].reset() }
  }
}

/// When an order is judged, ns since the Unix epoch.
struct JudgementTimes {
  /// For orders in a second and repeated ones: the machine's clock; the capture's in a replay.
  let now: UInt64
  /// For the age of prices, exchange time.
  let market: UInt64
  /// How long ago what caused the order came in, ns; nil in a replay.
  var age_ns: UInt64?
}
