import CLinux

/// CLOCK_MONOTONIC: the clock of receive and publish times, the same in every process.
public enum MonotonicClock {
  /// ns; about 20 ns to read, no system call.
  @inlinable public static var now: UInt64 { clinux_monotonic_ns() }

  /// Sleeps to shortly before `deadline`, then spins: a sleeping thread wakes tens of
  /// microseconds late.
  static func wait(until deadline: UInt64) {
    let margin_ns: UInt64 = 60_000
    var time = now
    if deadline > time + margin_ns { clinux_sleep_until(deadline - margin_ns) }
    while true {
      time = now
      if time >= deadline { return }
    }
  }
}
