import CLinux

/// The operator's side of the dead man: beats in the page, looks at the gate, and writes down a
/// trip that only the page knows.
///
/// Thread safety: one thread.
public struct Watchdog {
  /// Beats in a limit, and the longest time between two.
  private static let beatsPerLimit: UInt64 = 4
  private static let intervalMax_ns: UInt64 = 500_000_000

  private let killSwitch: KillSwitch

  public init(_ killSwitch: KillSwitch) { self.killSwitch = killSwitch }

  /// What a beat found.
  public struct Beat: Sendable {
    public let text: String
    /// Whether no order leaves.
    public let isShut: Bool
  }

  /// One beat. Throws if there is no page to beat in.
  public func beat(limit_ns: UInt64?) throws(KillError) -> Beat {
    let page = try KillPage.attach(
      killSwitch.instance, ringDirectory: killSwitch.ringDirectory)
    page.beat(monotonic_ns: clinux_monotonic_ns(), limit_ns: limit_ns)
    let gate = page.gate
    return Beat(text: describe(gate, page.watch.limit_ns), isShut: gate.generation == nil)
  }

  /// No limit from here on.
  public func letGo() throws(KillError) -> Beat {
    try beat(limit_ns: 0)
  }

  /// Beats until SIGINT or SIGTERM. The page is looked up by name each time, so that one that is
  /// made anew is followed; one that is not there yet is waited for.
  ///
  /// - Parameter say: hears of each change.
  /// - Parameter senderSilence_ns: how long an armed sender that runs may tell nothing of itself
  ///   before it is killed; nil: for ever.
  public func watch(
    limit_ns: UInt64?, senderSilence_ns: UInt64? = nil, say: (String) -> Void
  ) throws(KillError) {
    clinux_block_stop_signals()
    var last = ""
    var heard_ns = clinux_monotonic_ns()
    while true {
      var text: String
      var interval_ns = Watchdog.intervalMax_ns
      do throws(KillError) {
        text = try beat(limit_ns: limit_ns).text
        let page = try KillPage.observe(
          killSwitch.instance, ringDirectory: killSwitch.ringDirectory)
        let inForce_ns = page.watch.limit_ns
        if inForce_ns > 0 { interval_ns = min(interval_ns, inForce_ns / Watchdog.beatsPerLimit) }
      } catch {
        guard case .absent = error else { throw error }
        text = "no gate yet: waiting for the sender"
      }
      if let max_ns = senderSilence_ns, let note = killSilent(max_ns, heard_ns: &heard_ns) {
        say(note)
      }
      if let note = kept() { text += "; \(note)" }
      if text != last { say(text) }
      last = text
      if clinux_wait_stop_signal(Int32(max(10, interval_ns / 1_000_000))) != 0 { return }
    }
  }

  /// Kills a sender that hangs, with all that this takes; what came of it.
  ///
  /// - Parameter heard_ns: when the sender was last known to tell, CLOCK_MONOTONIC. One that was
  ///   stopped in the middle of telling can be read no more, and so falls silent, too.
  private func killSilent(_ max_ns: UInt64, heard_ns: inout UInt64) -> String? {
    let status = killSwitch.status()
    let now_ns = clinux_monotonic_ns()
    let isThere = status.senderLife == .running || status.senderLife == .stopped
    guard status.isArmed, isThere else {
      heard_ns = now_ns
      return nil
    }
    heard_ns = max(heard_ns, min(now_ns, status.told?.told_ns ?? 0))
    guard now_ns - heard_ns > max_ns else { return nil }
    let seconds = Double((now_ns - heard_ns) / 1_000_000) / 1e3
    let outcome = killSwitch.kill(
      .senderSilent, who: "watchdog",
      reason: "pid \(status.senderPid) told nothing for \(seconds) s")
    let verdict = outcome.isConfirmed ? "no order leaves it any more" : "IT MAY STILL SEND"
    return "sender silent for \(seconds) s: killed; \(verdict)"
  }

  /// What there is to say of a trip that is not on disk.
  private func kept() -> String? {
    do throws(StateFailure) {
      _ = try killSwitch.keepTrip()
      return nil
    } catch { return "the trip cannot be written: \(error)" }
  }

  private func describe(_ gate: GateWord, _ limit_ns: UInt64) -> String {
    let limit = limit_ns == 0 ? "no dead-man limit" : "dead-man limit \(Double(limit_ns) / 1e9) s"
    guard let reason = gate.reason else { return "open, \(limit)" }
    return "SHUT (\(reason.name)), \(limit)"
  }
}
