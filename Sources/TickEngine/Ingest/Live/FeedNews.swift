import TickRing

/// Tells the operator what has befallen a live feed: losses, restarts, what is not of the feed, and
/// a clock that was set. What happens often is told once a second, summed up.
///
/// Thread: the starter's.
struct FeedNews {
  private static let each_ns: UInt64 = 1_000_000_000

  private var next_ns: UInt64 = 0
  private var told: [ControlPage.FeedWord: UInt64] = [:]

  mutating func look(_ control: borrowing ControlPage, now: UInt64, _ observer: ReplayObserver) {
    guard now >= next_ns else { return }
    let news = [
      clock(control), restarts(control), gaps(control), refused(control), bad(control),
      drops(control),
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

  private mutating func bad(_ control: borrowing ControlPage) -> String? {
    more(.bad, control).map { "feed: datagrams damaged, or not of this feed: \($0)" }
  }

  private mutating func drops(_ control: borrowing ControlPage) -> String? {
    more(.kernelDrops, control).map {
      "feed: datagrams that the kernel had no room for: \($0); is the ingester without a core, or"
        + " net.core.rmem_max too small?"
    }
  }

  private mutating func refused(_ control: borrowing ControlPage) -> String? {
    more(.refusedForAge, control).map {
      "feed: quotes and trades refused for their age: \($0); is this machine's clock right?"
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
