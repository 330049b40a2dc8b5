import TickRing

/// Tells the operator what has befallen a live feed: losses, restarts, what is not of the feed, a
/// clock that was set, a request server that answers nothing, a worker that takes nothing. What
/// happens often is told once a second, summed up.
///
/// Thread: the starter's.
struct FeedNews {
  private static let each_ns: UInt64 = 1_000_000_000

  /// For so long after a wait ends, ticks may be too old because of it.
  private static let waitAftermath_ns: UInt64 = 5_000_000_000

  private var next_ns: UInt64 = 0
  /// Whom the ingester waits for, as the control page has it, and since when; when it was seen to.
  private var waitsFor: UInt64 = 0
  private var waitsSince_ns: UInt64 = 0
  private var waited_ns: UInt64 = 0
  private var isServerSilent = false
  private var told: [ControlPage.FeedWord: UInt64] = [:]

  mutating func look(_ control: borrowing ControlPage, now: UInt64, _ observer: ReplayObserver) {
    if let text = wait(control, now) { observer.note(text) }
    guard now >= next_ns else { return }
    let news = [
      clock(control), restarts(control), sessions(control), server(control), tooLong(control),
      gaps(control),
      refused(control, now), unnamed(control), halfQuotes(control), bad(control), drops(control),
    ].compactMap { $0 }
    guard !news.isEmpty else { return }
    next_ns = now + FeedNews.each_ns
    for text in news { observer.note(text) }
  }

  /// How many more there are than were told of; nil if none.
  private mutating func more(_ word: ControlPage.FeedWord, _ control: borrowing ControlPage)
    -> UInt64?
  {
    let count = control.read(word)
    defer { told[word] = count }
    let before = told[word] ?? 0
    return count > before ? count - before : nil
  }

  private mutating func gaps(_ control: borrowing ControlPage) -> String? {
    let gaps = more(.gaps, control) ?? 0
    return more(.missing, control).map { "feed: messages lost: \($0), in gaps: \(gaps)" }
  }

  private mutating func restarts(_ control: borrowing ControlPage) -> String? {
    more(.restarts, control).map { "feed: the sequence began anew, times: \($0)" }
  }

  private mutating func sessions(_ control: borrowing ControlPage) -> String? {
    more(.sessionChanges, control).map { "feed: another session began, times: \($0)" }
  }

  private mutating func server(_ control: borrowing ControlPage) -> String? {
    let isSilent = control.read(.serverChanges) % 2 == 1
    defer { isServerSilent = isSilent }
    guard isSilent != isServerSilent else { return nil }
    return isSilent
      ? "requests: nobody answers; until somebody does, what is missing is given up after the wait"
        + " for the lines alone"
      : "requests: what is missing is waited for again"
  }

  /// Not summed up: who waits says nothing else meanwhile.
  private mutating func wait(_ control: borrowing ControlPage, _ now: UInt64) -> String? {
    let next = control.read(.waitsFor)
    if next != 0 { waited_ns = now }
    guard next != waitsFor else { return nil }
    let (before, since_ns) = (waitsFor, waitsSince_ns)
    waitsFor = next
    guard next != 0 else {
      return "\(FeedNews.name(before)) takes its ticks again, after"
        + " \(DurationText.text(nanoseconds: now &- since_ns))"
    }
    waitsSince_ns = control.read(.waitsSince_ns)
    return "\(FeedNews.name(next)) has taken no tick for"
      + " \(DurationText.text(nanoseconds: now &- waitsSince_ns)), and the feed waits for it:"
      + " its policy is wait"
  }

  private static func name(_ code: UInt64) -> String {
    let taps = UInt64(ControlPage.capacity)
    return code < taps ? "worker \(code - 1)" : "tap \(code - taps)"
  }

  private mutating func unnamed(_ control: borrowing ControlPage) -> String? {
    more(.unnamed, control).map {
      "feed: ticks refused, as no name of their instrument has come: \($0); the relay tells all"
        + " names again within some 5 s; --requests, and a longer --retain there, lose fewer"
    }
  }

  private mutating func halfQuotes(_ control: borrowing ControlPage) -> String? {
    more(.halfQuotes, control).map {
      "feed: ticks refused, as the other half of their quote did not come: \($0)"
    }
  }

  private mutating func bad(_ control: borrowing ControlPage) -> String? {
    more(.bad, control).map { "feed: datagrams damaged, or not of this feed: \($0)" }
  }

  /// Before the gaps that they leave.
  private mutating func tooLong(_ control: borrowing ControlPage) -> String? {
    more(.tooLong, control).map {
      "feed: datagrams dropped as longer than --max-datagram: \($0); raise it, if they are the"
        + " feed's"
    }
  }

  private mutating func drops(_ control: borrowing ControlPage) -> String? {
    more(.kernelDrops, control).map {
      "feed: datagrams that the kernel had no room for: \($0); is the ingester without a core, or"
        + " net.core.rmem_max too small?"
    }
  }

  private mutating func refused(_ control: borrowing ControlPage, _ now: UInt64) -> String? {
    let hasWaited = waited_ns != 0 && now &- waited_ns < FeedNews.waitAftermath_ns
    let cause =
      hasWaited
      ? "they came while it waited"
      : "is this machine's clock right? What keeps the times of another day needs --max-age off"
    return more(.refusedForAge, control).map {
      "feed: quotes and trades refused for their age: \($0); \(cause)"
    }
  }

  private mutating func clock(_ control: borrowing ControlPage) -> String? {
    guard more(.clockSteps, control) != nil else { return nil }
    let step_ns = Int64(bitPattern: control.read(.clockStep_ns))
    return "clock: set \(step_ns < 0 ? "back" : "forward") by"
      + " \(DurationText.text(nanoseconds: step_ns.magnitude)); prices are stale until a packet is"
      + " fresh by it"
  }
}
