import CLinux
import TickRing

/// The wall clock as it was once, and from there on CLOCK_MONOTONIC: whoever sets the machine's
/// clock moves it neither forward nor back. For what has to last its time, such as cooldowns.
///
/// - Thread safety: a value.
struct SteadyClock: Equatable, Sendable {
  /// CLOCK_REALTIME less CLOCK_MONOTONIC, ns, modulo 2^64. It means nothing after the next boot.
  let offset_ns: UInt64

  /// From what the wall clock says now.
  init() { self.init(offset_ns: clinux_realtime_ns() &- MonotonicClock.now) }
  init(offset_ns: UInt64) { self.offset_ns = offset_ns }

  /// ns since the Unix epoch, UTC.
  func time(at monotonic_ns: UInt64) -> UInt64 { monotonic_ns &+ offset_ns }

  /// Tells this boot of the machine from others; 0: the kernel does not say.
  static let boot =
    UInt64(SenderRun.currentBoot.filter { $0 != "-" }.prefix(16), radix: 16) ?? 0
}
