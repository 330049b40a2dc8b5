import CLinux

/// Writes a trip to the state directories on a thread of its own: a slow disk delays nobody else.
final class TripWriting: RunningThread, @unchecked Sendable {
  /// A disk that has not written by then is one to tell of.
  private static let patience_ns: UInt64 = 5_000_000_000

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
    if !hasBegun { body() }
    let end_ns = clinux_monotonic_ns() + TripWriting.patience_ns
    while hasBegun, !isOver {
      guard clinux_monotonic_ns() < end_ns else {
        abandon()
        outcome.failure = "\(states.map(\.path).joined(separator: ", ")): the disk does not answer"
        return
      }
      clinux_sleep_until(clinux_monotonic_ns() + 50_000)
    }
    join()
    outcome.record = record
    outcome.directories = written
    outcome.failure = failures.isEmpty ? nil : failures.joined(separator: "; ")
    if failures.isEmpty { outcome.persisted_ns = self.end_ns - start_ns }
  }
}
