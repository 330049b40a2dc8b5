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

  /// One beat. Throws if there is no page to beat in.
  public func beat(limit_ns: UInt64?) throws(KillError) -> String {
    let page = try KillPage.attach(
      killSwitch.instance, ringDirectory: killSwitch.ringDirectory)
    page.beat(monotonic_ns: clinux_monotonic_ns(), limit_ns: limit_ns)
    return describe(page.gate, page.watch.limit_ns)
  }

  /// No limit from here on.
  public func letGo() throws(KillError) -> String {
    try beat(limit_ns: 0)
  }

  /// Beats until SIGINT or SIGTERM. The page is looked up by name each time, so that one that is
  /// made anew is followed; one that is not there yet is waited for.
  ///
  /// - Parameter say: hears of each change.
  public func watch(limit_ns: UInt64?, say: (String) -> Void) throws(KillError) {
    clinux_block_stop_signals()
    var last = ""
    while true {
      var text: String
      var interval_ns = Watchdog.intervalMax_ns
      do throws(KillError) {
        text = try beat(limit_ns: limit_ns)
        let page = try KillPage.observe(
          killSwitch.instance, ringDirectory: killSwitch.ringDirectory)
        let inForce_ns = page.watch.limit_ns
        if inForce_ns > 0 { interval_ns = min(interval_ns, inForce_ns / Watchdog.beatsPerLimit) }
      } catch {
        guard case .absent = error else { throw error }
        text = "no gate yet: waiting for the sender"
      }
      if let note = kept() { text += "; \(note)" }
      if text != last { say(text) }
      last = text
      if clinux_wait_stop_signal(Int32(max(10, interval_ns / 1_000_000))) != 0 { return }
    }
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
