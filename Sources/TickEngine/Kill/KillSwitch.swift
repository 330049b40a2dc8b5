import CLinux
import Glibc
import TickRing

/// The operator's end of one instance's kill switch.
///
/// A kill shuts the gate first and waits for nobody to do it; then it writes the trip to the state
/// directory, on a thread of its own, while it sees to the sender: which acknowledges, or has its
/// connections reset from outside, or is killed. Every step works without the ones before it.
///
/// Thread safety: a value; any thread.
public struct KillSwitch: Sendable {
  /// How long a sender has to acknowledge, ns.
  public static let patienceDefault_ns: UInt64 = 5_000_000
  /// How long the kernel has to end a process.
  private static let endSeconds = 2.0
  /// Looks for connections that came while others were cut.
  private static let sweepsMax = 5

  public let instance: String
  public let ringDirectory: String
  public let state: StateDirectory

  /// Throws if the name cannot be one.
  public init(
    _ instance: String, ringDirectory: String, state: StateDirectory
  ) throws(KillError) {
    _ = try KillPage.regionName(instance)
    self.instance = instance
    self.ringDirectory = ringDirectory
    self.state = state
  }

  /// Every instance that has a page or a file.
  public static func instances(ringDirectory: String, state: StateDirectory) -> [String] {
    var found = Set(state.instances())
    guard let folder = unsafe opendir(ringDirectory) else { return found.sorted() }
    defer { unsafe closedir(folder) }
    while let entry = unsafe readdir(folder) {
      // The name is a string that ends in 0 within the entry.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      guard name.hasPrefix("tickway."), name.hasSuffix(".gate") else { continue }
      let instance = String(name.dropFirst(8).dropLast(5))
      if InstanceName.isValid(instance) { found.insert(instance) }
    }
    return found.sorted()
  }

  /// The state directory that the sender of an instance obeys, as its page says; nil: it says none.
  public static func stateDirectory(of instance: String, ringDirectory: String) -> StateDirectory? {
    guard let name = try? KillPage.regionName(instance),
      let page = try? KillPage.observe(instance, ringDirectory: ringDirectory),
      let path = page.stateDirectory(),
      let info = try? RegionInfo(directory: ringDirectory, name: name)
    else { return nil }
    return StateDirectory(path: path, owner: info.ownerUid)
  }

  /// Only shuts the gate, if there is one: the first thing for many instances at once.
  public func shut(_ code: TripReason = .operatorKill) {
    if let page = try? KillPage.attach(instance, ringDirectory: ringDirectory) {
      page.shut(code, at: clinux_realtime_ns())
    }
  }

  /// Kills the instance and says what came of it. Never throws: whatever cannot be done is told.
  public func kill(
    _ code: TripReason = .operatorKill, who: String, reason: String,
    patience_ns: UInt64 = KillSwitch.patienceDefault_ns
  ) -> KillOutcome {
    let start_ns = clinux_monotonic_ns()
    var outcome = KillOutcome(instance: instance)
    let told = stop(code, patience_ns: patience_ns, &outcome, since: start_ns) { directories in
      TripWriting(directories, instance, code, who: who, reason: reason)
    }
    told.finish(since: start_ns, &outcome)
    // A sender that was starting may have made its page after the first look, or have opened it.
    if let page = try? KillPage.attach(instance, ringDirectory: ringDirectory),
      outcome.gate == .absent || page.gate.generation != nil
    {
      shut(page, code, &outcome, since: start_ns)
      settle(page, page.gate, patience_ns: patience_ns, &outcome, since: start_ns)
    }
    outcome.sender_ns = max(outcome.sender_ns, 1)
    outcome.done_ns = clinux_monotonic_ns() - start_ns
    return outcome
  }

  /// Shuts the gate, begins writing, sees to the sender. The disk is not touched before the gate
  /// is shut: it may hang.
  private func stop(
    _ code: TripReason, patience_ns: UInt64, _ outcome: inout KillOutcome, since start_ns: UInt64,
    _ writing: ([StateDirectory]) -> TripWriting
  ) -> TripWriting {
    var run: SenderRun?
    var isSecondLook = false
    while true {
      do throws(KillError) {
        let page = try KillPage.attach(instance, ringDirectory: ringDirectory)
        let word = shut(page, code, &outcome, since: start_ns)
        let trip = writing(directories)
        trip.begin()
        settle(page, word, patience_ns: patience_ns, &outcome, since: start_ns)
        return trip
      } catch {
        if !isSecondLook { run = state.run(of: instance) }
        if case .absent = error {
          // Whoever has noted a run has made its page before: it has just started, or lost it.
          if run != nil, !isSecondLook {
            isSecondLook = true
            continue
          }
          outcome.isKnown = state.standing(of: instance).isKnown || run != nil
        } else {
          outcome.gate = .unusable(error.description)
        }
        let trip = writing([state])
        trip.begin()
        settleWithoutPage(run, &outcome)
        outcome.sender_ns = clinux_monotonic_ns() - start_ns
        return trip
      }
    }
  }

  /// Ours, and that of the sender if it obeys another one.
  private var directories: [StateDirectory] {
    let other = KillSwitch.stateDirectory(of: instance, ringDirectory: ringDirectory)
    guard let other, other.path != state.path else { return [state] }
    return [state, other]
  }

  @discardableResult
  private func shut(
    _ page: borrowing KillPage, _ code: TripReason, _ outcome: inout KillOutcome,
    since start_ns: UInt64
  ) -> GateWord {
    let before = page.gate
    let word = page.shut(code, at: clinux_realtime_ns())
    outcome.shut_ns = clinux_monotonic_ns() - start_ns
    outcome.gate = before.reason.map { .wasShut($0) } ?? .shut
    if before.raw == 0 { outcome.gate = .shut }
    return word
  }

  // MARK: The sender

  private func settle(
    _ page: borrowing KillPage, _ word: GateWord, patience_ns: UInt64,
    _ outcome: inout KillOutcome, since start_ns: UInt64
  ) {
    defer { outcome.sender_ns = clinux_monotonic_ns() - start_ns }
    let identity = page.sender()
    guard let meant = meant(identity) else {
      outcome.sender = .none
      return
    }
    outcome.senderPid = meant.pid
    let process = SenderProcess(pid: meant.pid, startTicks: meant.startTicks)
    let isSeen = process.life != .gone
    guard isSeen || isRoleHeld else {
      outcome.sender = .none
      return
    }
    if hasAcknowledged(page, word, process, patience_ns: patience_ns, &outcome) {
      outcome.sender = .acknowledged
      outcome.acknowledged_ns = page.acknowledged.monotonic_ns &- start_ns
      outcome.openOrders = page.told()?.openOrders ?? 0
      return
    }
    outcome.openOrders = page.told()?.openOrders ?? 0
    outcome.sender =
      isSeen
      ? cutOff(process, identity)
      : .beyondReach(
        "its role is held by a process that cannot be seen: one that it left, or"
          + " itself in another container")
  }

  /// The process that is meant: what it says itself, else whoever has its role.
  private func meant(_ identity: KillPage.SenderIdentity?) -> (pid: Int32, startTicks: UInt64)? {
    if let identity, identity.pid != 0 { return (identity.pid, identity.startTicks) }
    guard isRoleHeld,
      let owner = try? RegionInfo(
        directory: ringDirectory, name: KillPage.regionName(instance)
      ).producer
    else { return nil }
    let pid = Int32(clamping: owner.pid)
    var state = clinux_process_state()
    guard unsafe clinux_process_look(pid, &state) == 0 else { return (pid, 0) }
    return (pid, state.start_ticks)
  }

  private var isRoleHeld: Bool {
    guard let name = try? KillPage.regionName(instance),
      let info = try? RegionInfo(directory: ringDirectory, name: name)
    else { return false }
    return info.producer.isAlive
  }

  /// Whether the sender acknowledged the word in time. One that is stopped gets no time.
  private func hasAcknowledged(
    _ page: borrowing KillPage, _ word: GateWord, _ process: borrowing SenderProcess,
    patience_ns: UInt64, _ outcome: inout KillOutcome
  ) -> Bool {
    let end_ns = clinux_monotonic_ns() + patience_ns
    var turn = 0
    while page.acknowledged.word != word {
      // Another kill may have come in between; the sender then acknowledges its word.
      let isAnother = page.gate != word && page.gate.generation == nil
      if isAnother && page.acknowledged.word == page.gate { return true }
      if clinux_monotonic_ns() >= end_ns { return false }
      if turn % 16 == 0 {
        let life = process.life
        outcome.senderWasStopped = life == .stopped
        // One that cannot be seen from here may answer all the same.
        if life == .stopped || (life == .gone && !isRoleHeld) {
          return page.acknowledged.word == word
        }
      }
      turn += 1
      // The sender may need this very core.
      if turn < 8 { sched_yield() } else { clinux_sleep_until(clinux_monotonic_ns() + 20_000) }
    }
    return true
  }

  private func cutOff(
    _ process: borrowing SenderProcess, _ identity: KillPage.SenderIdentity?
  ) -> KillOutcome.Sender {
    var all = SenderProcess.Cut()
    if let identity, let socket = identity.socket {
      all = process.abort(socket, inode: identity.socketInode)
    }
    // It may have another by now, or one that it has not told yet.
    for _ in 0..<KillSwitch.sweepsMax {
      let more = process.abortAll()
      all.aborted += more.aborted
      all.discardedBytes += more.discardedBytes
      all.obstacle = more.obstacle
      if more.aborted == 0 { break }
    }
    guard let obstacle = all.obstacle, process.life != .gone else {
      return all.aborted > 0
        ? .cutOff(connections: all.aborted, discardedBytes: all.discardedBytes) : .unconnected
    }
    return end(process, obstacle)
  }

  private func end(
    _ process: borrowing SenderProcess, _ why: String
  ) -> KillOutcome.Sender {
    guard let problem = process.end(within: KillSwitch.endSeconds) else { return .ended(why) }
    return .beyondReach("\(why); \(problem)")
  }

  /// The gate cannot tell it to stop, so only its end will do.
  private func settleWithoutPage(_ run: SenderRun?, _ outcome: inout KillOutcome) {
    var candidates: [(pid: Int32, startTicks: UInt64)] = []
    if let run { candidates.append((run.pid, run.start_ticks)) }
    // A page that is there by now is of a sender that just starts: it is looked at again later.
    if outcome.gate != .absent, let holder = meant(nil),
      !candidates.contains(where: { $0.pid == holder.pid })
    {
      candidates.append(holder)
    }
    for candidate in candidates {
      let process = SenderProcess(pid: candidate.pid, startTicks: candidate.startTicks)
      guard process.life != .gone else { continue }
      outcome.senderPid = candidate.pid
      outcome.senderWasStopped = process.life == .stopped
      _ = process.abortAll()
      outcome.sender = end(process, outcome.gate == .absent ? "it has no page" : "its page is lost")
      if !outcome.sender.isStopped { return }
    }
    guard case .unusable(let why) = outcome.gate, outcome.sender == .none else { return }
    let name = (try? KillPage.regionName(instance)) ?? ""
    let isSeen = (try? RegionInfo(directory: ringDirectory, name: name)) != nil
    if isRoleHeld { outcome.sender = .beyondReach("a sender that nobody knows has its role") }
    if !isSeen { outcome.sender = .beyondReach("whether a sender runs cannot be seen: \(why)") }
  }
}
