import CLinux

/// Writes a trip to the state directories on a thread of its own: a slow disk delays nobody else.
final class TripWriting: RunningThread, @unchecked Sendable {
  private let states: [StateDirectory]
  private let instance: String
  private let code: TripReason
  private let who: String
  private let reason: String
  private let time_ns = clinux_realtime_ns()
  private var hasBegun = false
  // The thread's until it is joined.
  private var record: GateRecord?
  private var written: [String] = []
  private var failures: [String] = []
  private var end_ns: UInt64 = 0

  init(
    _ states: [StateDirectory], _ instance: String, _ code: TripReason, who: String, reason: String
  ) {
    self.states = states
    self.instance = instance
    self.code = code
    self.who = who
    self.reason = reason
  }

  override var name: String { "trip" }

  override func body() {
    for state in states {
      do throws(StateFailure) {
        let last = try state.trip(instance, code, who: who, reason: reason, time_ns: time_ns)
        record = record ?? last
        written.append(state.path)
      } catch {
        failures.append(error.description)
      }
    }
    end_ns = clinux_monotonic_ns()
  }

  /// Without a thread to be had, `finish` does it.
  func begin() { hasBegun = (try? start()) != nil }

  func finish(since start_ns: UInt64, _ outcome: inout KillOutcome) {
    if hasBegun { join() } else { body() }
    outcome.record = record
    outcome.directories = written
    outcome.failure = failures.isEmpty ? nil : failures.joined(separator: "; ")
    if failures.isEmpty { outcome.persisted_ns = end_ns - start_ns }
  }
}
