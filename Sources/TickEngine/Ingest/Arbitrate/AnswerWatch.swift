/// Whether the request server answers. It is silent when nothing has answered any request during
/// one whole wait for a hole; then a hole is waited for no longer than without a server, until
/// anything comes from it again. Where nothing answers for what is missing, it is asked for the
/// newest message there is: a server that has only forgotten the old ones answers that; and as long
/// as it is silent ever more seldom, for it may be gone for good.
///
/// Off the hot path. Time is given, never read.
struct AnswerWatch: BitwiseCopyable {
  /// How often a silent server is asked whether it answers again: at first, and in the end.
  static let silentProbe_ns: UInt64 = 100_000_000
  static let silentProbe_ns_max: UInt64 = 1_000_000_000

  private(set) var isSilent = false
  /// When it fell silent, or answered again; so many times.
  private(set) var changes: UInt64 = 0
  /// The first request since anything was answered, while something is missing; 0: none.
  private var unanswered_ns: UInt64 = 0
  private var probed_ns: UInt64 = 0
  private var silentSince_ns: UInt64 = 0
  private var heard_ns: UInt64 = 0

  /// A line brings something behind a hole, or a second copy.
  @inline(__always)
  mutating func noteLine(_ now: UInt64) { heard_ns = now }

  mutating func noteRequest(_ now: UInt64) {
    if unanswered_ns == 0 { unanswered_ns = max(1, now) }
  }

  mutating func noteAnswer() {
    unanswered_ns = 0
    if isSilent { changes += 1 }
    isSilent = false
  }

  /// Another stream, or lines that come back: what was silent before proves nothing of now.
  mutating func forgive() { noteAnswer() }

  /// Nothing is missing any more: what was asked for has come otherwise, or was given up.
  mutating func forgetRequests() { unanswered_ns = 0 }

  /// The wait for a hole that was asked for is over. Who was away while it lasted has not asked for
  /// long, and judges nobody; nor does who heard no line either: the network was away.
  mutating func noteGivenUp(_ now: UInt64, _ limits: RecoveryLimits) {
    let most_ns = limits.patience_ns - limits.patience_ns / 4
    let isHeard = now <= heard_ns || now - heard_ns <= most_ns
    guard !isSilent, isHeard, isUnanswered(for: most_ns, now) else { return }
    isSilent = true
    changes += 1
    silentSince_ns = now
    probed_ns = now
  }

  /// Whether to ask for the newest message now; it is asked for then.
  mutating func takeProbe(_ now: UInt64, _ limits: RecoveryLimits) -> Bool {
    let each_ns = isSilent ? silentEach_ns(now) : max(limits.retry_ns, limits.patience_ns / 16)
    guard isSilent || isUnanswered(for: limits.patience_ns / 2, now),
      now >= probed_ns &+ each_ns
    else { return false }
    probed_ns = now
    return true
  }

  /// A tenth of the time for which it has been silent, within bounds.
  private func silentEach_ns(_ now: UInt64) -> UInt64 {
    let silence_ns = now > silentSince_ns ? now - silentSince_ns : 0
    return min(max(silence_ns / 10, AnswerWatch.silentProbe_ns), AnswerWatch.silentProbe_ns_max)
  }

  private func isUnanswered(for time_ns: UInt64, _ now: UInt64) -> Bool {
    unanswered_ns != 0 && now > unanswered_ns && now - unanswered_ns >= time_ns
  }
}
