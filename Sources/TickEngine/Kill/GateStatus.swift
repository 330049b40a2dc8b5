import CLinux
import TickRing

/// How one instance's kill switch stands: what the state directory says, what the page says, and
/// what the kernel says of the sender.
public struct GateStatus: Sendable {
  public enum Page: Equatable, Sendable {
    /// No sender has run since the machine was booted.
    case absent
    case unusable(String)
    case word(GateWord)
  }

  public enum Life: String, Codable, Sendable { case none, running, stopped, gone }

  public let instance: String
  public let standing: GateStanding
  public let page: Page
  /// 0: the page names none.
  public internal(set) var senderPid: Int32 = 0
  public internal(set) var senderLife = Life.none
  /// Whether it has acknowledged the word that the page has now.
  public internal(set) var hasAcknowledged = false
  /// The generation for which it may send.
  public internal(set) var senderGeneration: UInt64 = 0
  public internal(set) var isConnected = false
  /// nil: it cannot be told, or there never was a sender.
  public internal(set) var told: KillPage.Told?
  /// The dead-man limit and the silence so far, ns; limit 0: none.
  public internal(set) var deadManLimit_ns: UInt64 = 0
  public internal(set) var silence_ns: UInt64 = 0

  /// Whether orders may leave: the directory says so, and the page, if there is one, agrees.
  public var isArmed: Bool {
    guard let generation = standing.armedGeneration else { return false }
    switch page {
    case .absent: return true
    case .unusable: return false
    case .word(let word): return word.generation == generation
    }
  }

  /// Why it is tripped; nil: it is armed.
  public var reason: TripReason? {
    if isArmed { return nil }
    if standing.armedGeneration == nil { return standing.reason }
    if case .word(let word) = page { return word.reason ?? .unknown }
    return .unknown
  }

  /// The sender that runs though it may never send: it began before the instance was armed as it is
  /// now. nil: there is none, or the instance is not armed.
  public var shutSenderPid: Int32? {
    guard isArmed, senderLife == .running || senderLife == .stopped,
      senderGeneration != standing.armedGeneration
    else { return nil }
    return senderPid
  }

  /// Whether the page was shut after the last arming, and the directory does not know yet.
  public var isUnwritten: Bool {
    guard let generation = standing.armedGeneration, case .word(let word) = page,
      word.generation == nil, word.raw != 0
    else { return false }
    // While an arming is under way, the page has the word of an older trip.
    return senderGeneration == generation || word.time_ns >= standing.record?.time_ns ?? 0
  }
}

extension KillSwitch {
  /// Looks; changes nothing.
  public func status() -> GateStatus {
    let standing = state.standing(of: instance)
    do throws(KillError) {
      let page = try KillPage.observe(instance, ringDirectory: ringDirectory)
      return status(standing, page)
    } catch {
      var found: GateStatus.Page = .unusable(error.description)
      if case .absent = error { found = .absent }
      var status = GateStatus(instance: instance, standing: standing, page: found)
      if let run = state.run(of: instance) {
        status.senderPid = run.pid
        status.senderLife = KillSwitch.life(run.pid, run.start_ticks)
      }
      return status
    }
  }

  private func status(_ standing: GateStanding, _ page: borrowing KillPage) -> GateStatus {
    let word = page.gate
    var status = GateStatus(instance: instance, standing: standing, page: .word(word))
    if let sender = page.sender(), sender.pid != 0 {
      status.senderPid = sender.pid
      status.senderLife = KillSwitch.life(sender.pid, sender.startTicks)
      status.senderGeneration = sender.generation
      status.isConnected = KillSwitch.isConnected(sender, status.senderLife)
    }
    status.hasAcknowledged = word.generation == nil && page.acknowledged.word == word
    status.told = KillSwitch.patientlyTold(page)
    let (beat_ns, limit_ns) = page.watch
    status.deadManLimit_ns = limit_ns
    let now_ns = clinux_monotonic_ns()
    status.silence_ns = now_ns - min(now_ns, beat_ns)
    return status
  }

  /// A sender that runs says so itself. Of one that is stopped, which cannot say that it was cut
  /// off, the kernel is asked.
  private static func isConnected(
    _ sender: KillPage.SenderIdentity, _ life: GateStatus.Life
  ) -> Bool {
    guard let socket = sender.socket, life != .gone else { return false }
    guard life == .stopped else { return true }
    return SenderProcess(pid: sender.pid, startTicks: sender.startTicks)
      .isConnected(socket, inode: sender.socketInode) ?? true
  }

  /// A sender that lost its core in the middle of telling gets some turns of the scheduler.
  private static func patientlyTold(_ page: borrowing KillPage) -> KillPage.Told? {
    for _ in 0..<30 {
      if let told = page.told() { return told }
      clinux_sleep_until(clinux_monotonic_ns() + 1_000_000)
    }
    return nil
  }

  private static func life(_ pid: Int32, _ startTicks: UInt64) -> GateStatus.Life {
    switch SenderProcess(pid: pid, startTicks: startTicks).life {
    case .running: .running
    case .stopped: .stopped
    case .gone: .gone
    }
  }

  /// Writes a trip that so far is in the page alone: the sender's own, or a dead man's. For whoever
  /// watches, off the hot path: the sender's starter, the watchdog. nil: there was nothing to do.
  @discardableResult
  public func keepTrip() throws(StateFailure) -> GateRecord? {
    let status = status()
    guard status.isUnwritten, case .word(let word) = status.page else { return nil }
    let code = word.reason ?? .unknown
    return try state.trip(
      instance, code, who: "sender pid \(status.senderPid)", reason: code.name,
      time_ns: word.time_ns)
  }
}
