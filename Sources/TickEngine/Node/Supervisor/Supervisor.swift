import CLinux
import Foundation

/// What came of a supervised run.
public struct SupervisorOutcome: Sendable {
  /// One set's part.
  public struct SetOutcome: Sendable {
    public let prefix: String
    public let roles: [RoleHistory]
    public let notes: [String]
  }
  /// The signal that ended it; 0: something failed.
  public var signal: Int32 = 0
  /// Why it ended by itself, or not in order.
  public var failure: SupervisorError?
  public var sets: [SetOutcome] = []
}

/// Runs the roles of an instance as processes: starts them in order, watches them, starts again
/// what dies, and ends them in order on SIGTERM or SIGINT. A second such signal hurries the end, a
/// third kills.
///
/// It waits in poll, for signals, notices, ends and what its roles say; meanwhile it costs nothing.
/// Thread: the process' main one. It alone starts roles: the kernel then tells them of its end.
public final class Supervisor {
  private let sets: [SupervisedSet]
  private let channel: ReadyChannel
  private let signals: Int32
  private let observer: SupervisorObserver
  private let watchdog_ns = ServiceNotice.watchdog_ns
  private var outcome = SupervisorOutcome()
  private var signalsTaken = 0
  private var isReady = false
  private var watchdogDue = UInt64.max

  /// Becomes the supervisor of every set, and blocks the signals that it will hear.
  ///
  /// - Parameters:
  ///   - unmake: takes away what `make` makes beside them, where the start fails.
  ///   - make: makes the regions of a set; throws `.exists` where there are some.
  /// - Throws: `SupervisorError`, `RingError`, and what `make` throws. Nothing has been started
  ///   then, and nothing that was made is left.
  public init(
    _ plans: [SetPlan], _ options: SupervisorOptions, observer: SupervisorObserver,
    unmake: (SetPlan) -> Void = { _ in }, make: (SetPlan) throws -> Void
  ) throws {
    let signals = clinux_signals_open()
    guard signals >= 0 else {
      throw SupervisorError.system(what: "signals cannot be heard", code: -signals)
    }
    let channel = try ReadyChannel()
    var environment = ProcessInfo.processInfo.environment
    for name in ["WATCHDOG_USEC", "WATCHDOG_PID"] { environment[name] = nil }
    environment["NOTIFY_SOCKET"] = channel.address
    let environmentOfRoles = environment
    self.signals = signals
    self.channel = channel
    self.observer = observer
    // Every set's memory before the first role of any: what cannot be had, nobody waits for.
    let memories = try Supervisor.memories(
      plans, options, observer, unmake: unmake, make: make)
    sets = zip(plans, memories).map { plan, memory in
      SupervisedSet(plan, memory, options, observer, environment: environmentOfRoles)
    }
  }

  deinit { close(signals) }

  /// Of every set, or of none.
  private static func memories(
    _ plans: [SetPlan], _ options: SupervisorOptions, _ observer: SupervisorObserver,
    unmake: (SetPlan) -> Void, make: (SetPlan) throws -> Void
  ) throws -> [SetMemory] {
    var memories: [SetMemory] = []
    do {
      for plan in plans {
        memories.append(
          try SetMemory.open(plan, options, observer, unmake: unmake, make: make))
      }
    } catch {
      for (plan, memory) in zip(plans, memories) { memory.abandon(plan, options, unmake: unmake) }
      throw error
    }
    return memories
  }

  /// Runs until every role has ended. The regions are still there afterwards.
  public func run() -> SupervisorOutcome {
    if watchdog_ns != nil { watchdogDue = 0 }
    while true {
      let now = MonotonicClock.now
      for set in sets { set.step(at: now) }
      if let failure = sets.compactMap(\.failure).first, outcome.failure == nil {
        outcome.failure = failure
        endAll(at: now)
      }
      tellService(at: now)
      if sets.allSatisfy({ $0.phase == .ended }) { break }
      wait(from: now)
    }
    outcome.sets = sets.map {
      .init(prefix: $0.plan.prefix, roles: $0.roles.map(\.history), notes: $0.notes)
    }
    return outcome
  }

  private func tellService(at now: UInt64) {
    if !isReady, sets.allSatisfy({ $0.phase == .running }) {
      isReady = true
      ServiceNotice.ready("STATUS=every role is ready\n")
      observer.note("ready: every role is")
    }
    guard let watchdog_ns, now >= watchdogDue else { return }
    ServiceNotice.alive()
    watchdogDue = now + watchdog_ns
  }

  /// Waits for whatever comes first, and takes what has come. Ends are seen by the next step.
  private func wait(from now: UInt64) {
    let processes = sets.flatMap(\.roles).compactMap(\.process)
    let wanted =
      [signals, channel.descriptor] + processes.map(\.descriptor)
      + processes.map(\.errors).filter { $0 >= 0 }
    var polled = wanted.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let due = min(sets.compactMap { $0.deadline(after: now) }.min() ?? .max, watchdogDue)
    // Rounded up, so that it is not woken just before; in turns, since a deadline may be far. What
    // is due already was not done by the step before: it is looked at again, but not in a spin.
    let wait_ms = due <= now ? 1 : min((due - now + 999_999) / 1_000_000, 60_000)
    _ = unsafe poll(&polled, nfds_t(polled.count), Int32(wait_ms))
    while case let signal = clinux_signals_next(signals), signal != 0 { take(signal) }
    while let notice = channel.next() {
      let time = MonotonicClock.now
      _ = sets.contains { $0.take(notice, at: time) }
    }
    for role in sets.flatMap(\.roles) { role.passOn() }
  }

  private func take(_ signal: Int32) {
    let now = MonotonicClock.now
    guard signal != SIGHUP else {
      observer.note("SIGHUP: the reference file is read anew when it changes; nothing to do")
      return
    }
    signalsTaken += 1
    switch signalsTaken {
    case 1:
      outcome.signal = signal
      observer.note("ending in order; the same signal again hurries")
      endAll(at: now)
    case 2:
      observer.note("hurrying")
      for set in sets { set.hurry(at: now) }
    default:
      observer.note("killing")
      for set in sets { set.killAll() }
    }
  }

  private func endAll(at now: UInt64) {
    ServiceNotice.stopping()
    for set in sets { set.beginEnd(at: now) }
  }

  /// Removes the regions of every set; for when all of it has been looked at.
  ///
  /// - Parameter first: what else goes, while no other start of the same names can begin.
  public func removeRegions(directory: String, first: () -> Void = {}) {
    func remove() {
      first()
      for set in sets { SetRegions.remove(set.plan.prefix, directory: directory) }
    }
    // Without the lock rather than not at all: while the tables are there, they keep others out.
    do { try StartLock.holding(directory) { remove() } } catch { remove() }
  }
}
