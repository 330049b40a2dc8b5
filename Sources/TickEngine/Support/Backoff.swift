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

  let policy: WaitPolicy
  private var turns = 0

  @usableFromInline init(_ policy: WaitPolicy) { self.policy = policy }

  @usableFromInline mutating func reset() { turns = 0 }

  /// Whether the latest wait was a sleep.
  var hasSlept: Bool { policy == .share && turns > Backoff.spins + Backoff.yields }

  @usableFromInline mutating func wait() {
    turns &+= 1
    if policy == .spin || turns <= Backoff.spins { return clinux_pause() }
    if turns <= Backoff.spins + Backoff.yields {
      sched_yield()
    } else {
      clinux_sleep_until(clinux_monotonic_ns() + UInt64(Backoff.sleep_ns))
    }
  }
}
