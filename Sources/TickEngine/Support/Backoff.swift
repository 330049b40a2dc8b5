import CLinux
import Glibc

/// How a role waits when it finds nothing to do.
public enum WaitPolicy: String, Sendable {
  /// Spins: for a role with a core of its own.
  case spin
  /// Spins a little, then yields, then sleeps: where roles outnumber cores, spinning starves the
  /// very role that is waited for.
  case share
}

/// One role's waiting. `wait` after each turn without work, `reset` after one with.
@usableFromInline
struct Backoff {
  private static let spins = 64
  private static let yields = 256
  private static let sleep_ns = 50_000
  /// Sleeps of that length, some 60 ms of them: whoever found nothing for so long has no traffic
  /// that he could be late for, and sleeps longer. Falling asleep and waking cost a core of a
  /// virtual machine 10 µs, so that the short sleeps are 8 % of it for as long as they last.
  private static let naps = 512
  private static let sleepIdle_ns = 500_000

  let policy: WaitPolicy
  private var turns = 0

  @usableFromInline init(_ policy: WaitPolicy) { self.policy = policy }

  @usableFromInline mutating func reset() { turns = 0 }

  /// Whether the latest wait was a sleep.
  var hasSlept: Bool { policy == .share && turns > Backoff.spins + Backoff.yields }

  @usableFromInline mutating func wait() {
    turns &+= 1
    if policy == .spin || turns <= Backoff.spins { return clinux_pause() }
    let rests = turns - Backoff.spins - Backoff.yields
    if rests <= 0 {
      sched_yield()
    } else {
      let sleep_ns = rests <= Backoff.naps ? Backoff.sleep_ns : Backoff.sleepIdle_ns
      clinux_sleep_until(clinux_monotonic_ns() + UInt64(sleep_ns))
    }
  }
}
