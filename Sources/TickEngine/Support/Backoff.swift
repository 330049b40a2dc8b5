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
  /// And a second of those, for whoever found nothing in all of it: what it costs to be idle is
  /// how often one wakes.
  private static let sleepsIdle = 2_000
  private static let sleepLong_ns = 1_000_000
  /// Whoever gives the core away to a thread that computes gets it back when that one's slice is
  /// over: Linux 6.18 takes 5 ms for one yield, 90 ms for sixteen, and lets the next sleeps end up
  /// to 8 ms late. A yield that takes longer than roles do is therefore the last for a minute; who
  /// sleeps instead is woken in time, since he has not had his share.
  private static let yieldMax_ns: UInt64 = 1_000_000
  private static let yieldPause_ns: UInt64 = 60_000_000_000

  let policy: WaitPolicy
  private var turns = 0
  /// CLOCK_MONOTONIC: from when on it yields.
  private var yieldsFrom: UInt64 = 0

  @usableFromInline init(_ policy: WaitPolicy) { self.policy = policy }

  @usableFromInline mutating func reset() { turns = 0 }

  /// Whether the latest wait was a sleep.
  @usableFromInline var hasSlept: Bool {
    policy == .share && turns > Backoff.spins + Backoff.yields
  }

  @usableFromInline mutating func wait() {
    turns &+= 1
    if policy == .spin || turns <= Backoff.spins { return clinux_pause() }
    let now = clinux_monotonic_ns()
    if turns <= Backoff.spins + Backoff.yields, now >= yieldsFrom {
      sched_yield()
      return hasYielded(from: now, to: clinux_monotonic_ns())
    }
    turns = max(turns, Backoff.spins + Backoff.yields + 1)
    let rests = turns - Backoff.spins - Backoff.yields
    clinux_sleep_until(now + UInt64(Backoff.sleep_ns(rests)))
  }

  /// How long the n-th sleep in a row is, from 1.
  static func sleep_ns(_ rests: Int) -> Int {
    if rests <= naps { return sleep_ns }
    return rests <= naps + sleepsIdle ? sleepIdle_ns : sleepLong_ns
  }

  mutating func hasYielded(from start: UInt64, to end: UInt64) {
    if end - start > Backoff.yieldMax_ns { yieldsFrom = end + Backoff.yieldPause_ns }
  }
}
