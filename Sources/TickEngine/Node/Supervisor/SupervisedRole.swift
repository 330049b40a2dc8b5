import Glibc

/// One role: its process, and what its deaths so far allow. It knows no other role.
///
/// Thread safety: its supervisor's thread.
final class SupervisedRole {
  enum State: Equatable {
    case idle
    case starting(until: UInt64)
    case ready(since: UInt64)
    /// Dead, to be started again.
    case waiting(until: UInt64)
    case ended
  }

  /// What an end means for the set.
  enum Verdict {
    /// Nobody asked for it; it will be started again.
    case died(RoleEnd)
    /// It was asked for.
    case ended(RoleEnd)
    case failed(SupervisorError)
  }

  let launch: RoleLaunch
  private let options: SupervisorOptions
  private let observer: SupervisorObserver
  private(set) var state = State.idle
  private(set) var process: WatchedProcess?
  private(set) var history = RoleHistory()
  private(set) var status: String?
  private(set) var lastExit: Int32 = -1
  private var schedule: RestartSchedule
  private var died_ns: UInt64?
  private var wasEverReady = false
  /// Whether it has been told to end, by a signal or by a word of the control page.
  private(set) var isAsked = false
  /// Whether it was killed from here, since it did not end.
  private var isKilled = false
  private var isLate = false

  init(_ launch: RoleLaunch, _ options: SupervisorOptions, _ observer: SupervisorObserver) {
    self.launch = launch
    self.options = options
    self.observer = observer
    schedule = RestartSchedule(options.restarts)
    history.name = launch.name
    history.core = launch.core
    history.node = launch.node
  }

  var isReady: Bool { if case .ready = state { true } else { false } }
  var isEnded: Bool { state == .ended }

  /// When `step` has something to do by the clock.
  var deadline: UInt64? {
    switch state {
    case .starting(let until), .waiting(let until): until
    case .idle, .ready, .ended: nil
    }
  }

  func start(
    at now: UInt64, environment: [String: String], venuePort: UInt16?
  ) throws(SupervisorError) {
    launch.setReportAside()
    // Whom others do without is more urgent than what they do without him.
    let process = try WatchedProcess.start(
      launch, arguments: launch.arguments(venuePort: venuePort), environment: environment,
      onDeath: options.onDeath, isHurried: wasEverReady)
    self.process = process
    (isKilled, isLate) = (false, false)
    history.starts += 1
    history.pid = process.pid
    state = .starting(until: now + UInt64(options.readyMax_s * 1e9))
  }

  /// Takes over a process that a dead supervisor had started, and seen ready.
  func adopt(_ process: WatchedProcess, starts: UInt64, at now: UInt64) {
    self.process = process
    // Its supervisor may have died before it did so.
    process.calm()
    wasEverReady = true
    history.starts = starts
    history.pid = process.pid
    history.isAdopted = true
    state = .ready(since: now)
  }

  /// It had been ready under a supervisor that died, and died itself: to be started at once.
  func takeUp(starts: UInt64, at now: UInt64) {
    wasEverReady = true
    history.starts = starts
    history.deaths += 1
    died_ns = now
    state = .waiting(until: now)
  }

  func take(_ notice: RoleNotice, at now: UInt64) {
    if let text = notice.status { status = text }
    guard notice.isReady, case .starting = state else { return }
    state = .ready(since: now)
    wasEverReady = true
    process?.calm()
    guard let died_ns else { return }
    if history.restored_ns.count < 1000 { history.restored_ns.append(now - died_ns) }
    self.died_ns = nil
  }

  /// Kills a process that has been starting for too long; its end is then seen like any other.
  /// - Returns: whether it did.
  func checkReadiness(at now: UInt64) -> Bool {
    guard case .starting(let until) = state, now >= until, !isLate else { return false }
    isLate = true
    state = .starting(until: .max)
    process?.send(SIGKILL)
    return true
  }

  /// Its end is not a death from here on.
  func expectEnd() {
    isAsked = true
    switch state {
    case .idle, .waiting: state = .ended
    default: break
    }
  }

  func ask(_ signal: Int32 = SIGTERM) {
    expectEnd()
    process?.send(signal)
  }

  func kill() {
    guard process != nil else { return expectEnd() }
    isKilled = true
    ask(SIGKILL)
  }

  /// Passes on what it has said since.
  func passOn(all: Bool = false) {
    guard let process else { return }
    for line in process.newLines(all: all) { observer.line(launch.title, line) }
  }

  /// What its process' end means; nil: it has not ended.
  ///
  /// - Parameter isNeeded: an end by a signal, though it was asked for, leaves things undone.
  func takeEnd(at now: UInt64, isNeeded: Bool) -> Verdict? {
    guard let process, let end = process.reap() else { return nil }
    passOn(all: true)
    let printed = process.printed
    if !printed.isEmpty { observer.printed(launch.title, process.pid, printed) }
    let ready: UInt64? = if case .ready(let since) = state { since } else { nil }
    self.process = nil
    history.lastEnd = "\(end)"
    lastExit = end.status
    let isCut = if case .signal = end { !isKilled } else { false }
    if isAsked, !(isCut && isNeeded) {
      state = .ended
      return end.isOrderly ? .ended(end) : .failed(.endedBadly(role: launch.title, end: end))
    }
    history.deaths += 1
    if died_ns == nil { died_ns = now }
    guard wasEverReady else {
      state = .ended
      return .failed(
        isLate
          ? .notReady(role: launch.title, seconds: options.readyMax_s)
          : .endedEarly(role: launch.title, end: end))
    }
    let decision = end.isFinal ? .giveUp : schedule.decide(deathAt: now, ready: ready)
    guard case .start(let time) = decision else {
      state = .ended
      return .failed(.givenUp(role: launch.title, deaths: Int(history.deaths), end: end))
    }
    state = .waiting(until: time)
    return .died(end)
  }
}
