import CLinux
import Glibc

/// The roles of one set in the order of their start and of their end. It is a state machine: `step`
/// moves it on, by what it has been told and by the clock, and never waits.
///
/// The end, one step after the other: the ingester stops; the workers empty their rings; the sender
/// cancels what is open, and logs out; the workers stop; the venue stops. Each step may take as
/// long as the options say; what has not ended then is pressed, and after a grace killed.
///
/// Thread safety: its supervisor's thread.
final class SupervisedSet {
  enum Phase: Int, Comparable {
    case starting = 0
    case running, endingIngester, drainingWorkers, endingSender, endingWorkers, endingVenue, ended

    static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
  }

  let plan: SetPlan
  let memory: SetMemory
  let roles: [SupervisedRole]
  private(set) var phase = Phase.starting
  /// The first thing that went wrong for good; the supervisor ends every set for it.
  private(set) var failure: SupervisorError?
  /// What else did: counted, told, and no reason to end.
  private(set) var notes: [String] = []
  private let options: SupervisorOptions
  private let observer: SupervisorObserver
  private let environment: [String: String]
  private var venuePort: UInt16?
  /// When the phase's time is over: first what is left is pressed, then killed.
  private var phaseEnd = UInt64.max
  private var isPressed = false
  private var isHurried = false
  private var told: [RoleStanding]

  init(
    _ plan: SetPlan, _ memory: SetMemory, _ options: SupervisorOptions,
    _ observer: SupervisorObserver, environment: [String: String]
  ) {
    self.plan = plan
    self.memory = memory
    self.options = options
    self.observer = observer
    self.environment = environment
    roles = plan.roles.map { SupervisedRole($0, options, observer) }
    told = plan.roles.map { RoleStanding(kind: $0.kind, number: $0.number) }
    // All of them, also those that are not started yet: whoever comes after a death counts them.
    if memory.predecessor.isEmpty {
      for (place, standing) in told.enumerated() { memory.table.write(standing, place: place) }
      for role in roles { role.launch.removeReports() }
    }
    takeOver()
  }

  /// The roles of a supervisor that died: those that live go on, the others follow at once.
  private func takeOver() {
    let now = MonotonicClock.now
    for (place, left) in memory.predecessor.enumerated() where left.starts > 0 {
      let living = WatchedProcess.adopt(pid: left.pid, startTicks: left.startTicks)
      if left.state == .ready, let living {
        roles[place].adopt(living, starts: UInt64(left.starts), at: now)
        observer.note("\(roles[place].launch.title) (\(left.pid)) is taken over")
        continue
      }
      // Not ready yet: whether it ever says so would go unheard.
      living?.send(SIGKILL)
      roles[place].takeUp(starts: UInt64(left.starts), at: now)
      tellDeath(of: roles[place])
    }
    if memory.header.venuePort != 0 { venuePort = memory.header.venuePort }
  }

  private func roles(_ kind: RoleKind) -> [SupervisedRole] {
    roles.filter { $0.launch.kind == kind }
  }

  /// When there is something to do by the clock alone; nil: only when something happens.
  func deadline(after now: UInt64) -> UInt64? {
    var times = roles.filter { isDueBy($0) }.compactMap(\.deadline)
    if phase > .running, phase < .ended { times.append(phaseEnd) }
    // The workers' words are looked at: nobody tells of them.
    if phase == .drainingWorkers { times.append(now + 1_000_000) }
    return times.min()
  }

  /// Whether a role's deadline is one to wake up for: while those that must be ready before it are
  /// not, one that waits for its start is not started, however long it has been due.
  private func isDueBy(_ role: SupervisedRole) -> Bool {
    guard phase == .starting, case .waiting = role.state else { return true }
    let before = RoleKind.startOrder.prefix { $0 != role.launch.kind }
    return before.allSatisfy { roles($0).allSatisfy(\.isReady) }
  }

  /// Takes a notice; false: it is of none of this set's processes.
  func take(_ notice: RoleNotice, at now: UInt64) -> Bool {
    guard let role = roles.first(where: { $0.process?.pid == notice.pid }) else { return false }
    if let port = notice.port, role.launch.kind == .venue {
      venuePort = port
      memory.header.venuePort = port
    }
    let wasReady = role.isReady
    role.take(notice, at: now)
    if role.isReady, !wasReady {
      observer.note("\(role.launch.title) is ready, process \(notice.pid)")
    }
    return true
  }

  func step(at now: UInt64) {
    for role in roles {
      if role.checkReadiness(at: now) {
        observer.note("\(role.launch.title) is not ready after \(options.readyMax_s) s: killed")
      }
      takeEnd(of: role, at: now)
    }
    if phase == .starting { startNext(at: now) } else { startDue(roles, at: now) }
    if failure != nil, phase <= .running { beginEnd(at: now) }
    advance(at: now)
    tell()
  }

  private func takeEnd(of role: SupervisedRole, at now: UInt64) {
    // A sender that is cut off leaves orders in doubt, which its successor resolves.
    let isNeeded = role.launch.kind == .sender && !isHurried
    switch role.takeEnd(at: now, isNeeded: isNeeded) {
    case nil, .ended: break
    case .died(let end):
      tellDeath(of: role)
      let wait_s: Double =
        if case .waiting(let until) = role.state { Double(until - now) / 1e9 } else { 0 }
      let when = wait_s > 0 ? "in \(wait_s) s" : "at once"
      observer.note("\(role.launch.title) died with \(end); it is started again \(when)")
    case .failed(let error): fail(error)
    }
  }

  /// The sender cancels what a dead worker has open.
  private func tellDeath(of role: SupervisedRole) {
    guard role.launch.kind == .worker else { return }
    let number = role.launch.number
    let count = memory.control.read(.deaths, worker: number)
    memory.control.write(.deaths, worker: number, count + 1)
  }

  private func fail(_ error: SupervisorError) {
    observer.note("\(error)")
    notes.append("\(error)")
    if failure == nil { failure = error }
  }

  /// Kind after kind, each once all of those before are ready.
  private func startNext(at now: UInt64) {
    for kind in RoleKind.startOrder {
      let wanted = roles(kind)
      for role in wanted where role.state == .idle { start(role, at: now) }
      startDue(wanted, at: now)
      guard wanted.allSatisfy(\.isReady) else { return }
    }
    phase = .running
  }

  private func startDue(_ roles: [SupervisedRole], at now: UInt64) {
    for role in roles {
      if case .waiting(let until) = role.state, until <= now { start(role, at: now) }
    }
  }

  private func start(_ role: SupervisedRole, at now: UInt64) {
    do throws(SupervisorError) {
      try role.start(at: now, environment: environment, venuePort: venuePort)
    } catch {
      role.expectEnd()
      fail(error)
    }
    // At once: a process that no table knows would be nobody's.
    tell()
  }

  private func tell() {
    for (place, role) in roles.enumerated() {
      var standing = role.standing
      standing.changed_ns = told[place].changed_ns
      guard standing != told[place] else { continue }
      if standing.state != told[place].state { standing.changed_ns = MonotonicClock.now }
      memory.table.write(standing, place: place)
      told[place] = standing
    }
  }
}

/// The end in order.
extension SupervisedSet {
  /// Begins the end, if it has not begun.
  func beginEnd(at now: UInt64) {
    guard phase <= .running else { return }
    for role in roles where role.state == .idle { role.expectEnd() }
    enter(.endingIngester, at: now)
    for role in roles(.ingester) { role.ask() }
    advance(at: now)
  }

  /// What the set still waits for, it waits for no longer than a grace.
  func hurry(at now: UInt64) {
    guard phase > .running else { return }
    isHurried = true
    phaseEnd = min(phaseEnd, now)
    advance(at: now)
  }

  func killAll() { for role in roles { role.kill() } }

  private func enter(_ next: Phase, at now: UInt64) {
    phase = next
    isPressed = false
    phaseEnd = isHurried ? now : now + UInt64(options.drainMax_s * 1e9)
  }

  /// Whom the phase waits for.
  private var awaited: [SupervisedRole] {
    switch phase {
    case .starting, .running, .ended: []
    case .endingIngester: roles(.ingester).filter { !$0.isEnded }
    case .drainingWorkers:
      roles(.worker).filter {
        !$0.isEnded && memory.control.read(.done, worker: $0.launch.number) == 0
      }
    case .endingSender: roles(.sender).filter { !$0.isEnded }
    case .endingWorkers: roles(.worker).filter { !$0.isEnded }
    case .endingVenue: roles(.venue).filter { !$0.isEnded }
    }
  }

  private func advance(at now: UInt64) {
    while phase > .running, phase < .ended {
      let left = awaited
      if left.isEmpty {
        enterNext(at: now)
        continue
      }
      guard now >= phaseEnd else { return }
      guard press(left, at: now) else { return }
    }
  }

  private func enterNext(at now: UInt64) {
    guard let next = Phase(rawValue: phase.rawValue + 1) else { return }
    enter(next, at: now)
    switch next {
    case .drainingWorkers: memory.control.write(.ingestDone, 1)
    case .endingSender:
      memory.control.write(.workersDone, 1)
      for role in roles(.sender) {
        // One that is dead has left orders that somebody has to cancel.
        if case .waiting = role.state, !isHurried { start(role, at: now) }
        role.expectEnd()
      }
    case .endingWorkers:
      memory.control.write(.senderDone, 1)
      for role in roles(.worker) { role.expectEnd() }
    case .endingVenue: for role in roles(.venue) { role.ask() }
    case .starting, .running, .endingIngester, .ended: break
    }
  }

  /// The phase's time is over: the first time whoever is late is pressed, the second time killed.
  /// - Returns: whether the phase may be over by that alone.
  private func press(_ late: [SupervisedRole], at now: UInt64) -> Bool {
    let names = late.map(\.launch.title).joined(separator: ", ")
    let isLast = isPressed
    isPressed = true
    phaseEnd = isLast ? .max : now + UInt64(options.graceMax_s * 1e9)
    if isLast {
      observer.note("\(names): killed, since the end takes too long")
      notes.append("\(names): did not end in time, and was killed")
      for role in late { role.kill() }
      return false
    }
    if !isHurried { observer.note("\(names): told to end at once, since it takes too long") }
    if phase == .endingSender { memory.control.write(.stopDrain, 1) }
    // A worker's ring is not emptied by ending: it gets its grace, and its SIGTERM with the others.
    if phase != .drainingWorkers { for role in late { role.ask() } }
    return false
  }
}

extension SupervisedRole {
  /// As observers see it.
  var standing: RoleStanding {
    var standing = RoleStanding(kind: launch.kind, number: launch.number)
    standing.state =
      switch state {
      case .idle, .ended: .absent
      case .starting: .starting
      case .ready: isAsked ? .ending : .ready
      case .waiting: .dead
      }
    standing.pid = process?.pid ?? 0
    standing.startTicks = process?.startTicks ?? 0
    standing.starts = UInt32(clamping: history.starts)
    standing.lastExit = lastExit
    standing.core = launch.core
    standing.node = launch.node
    return standing
  }
}
