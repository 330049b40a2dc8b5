/// How many orders the senders of an instance have counted in their rate, and when: a second of
/// orders goes on over a sender's death (RM8).
///
/// In the gate's page, 64 samples a second, each one word: the number of its 64th of a second since
/// the machine's boot, above the low half of the count at that time. What is between two samples
/// counts at the end of the later one's 64th: too late rather than too early, so that a successor
/// may let through less than is allowed, and never more.
enum RateTrail {
  static let sample_ns = RateWindow.second_ns / 64
  /// One and a half seconds.
  static let samples = 96
  fileprivate static let line = 40

  /// Orders that counted at one time.
  struct Step: Equatable {
    /// CLOCK_MONOTONIC ns, or the reader's now if that is earlier.
    var at_ns: UInt64
    var count: Int
  }

  /// The steps of the second before `now`, from a trail and the count at its end.
  static func steps(_ words: [UInt64], count: UInt64, now: UInt64) -> [Step] {
    let present = now / sample_ns
    let number = { (word: UInt64) in word >> 32 }
    let known = words.filter { $0 != 0 && number($0) <= present }.sorted()
    let first = present - min(present, RateWindow.second_ns / sample_ns + 1)
    // What the second began with; of a trail that begins within it, with nothing.
    var before = known.last { number($0) <= first } ?? known.first ?? count
    var steps: [Step] = []
    for word in known where number(word) > number(before) {
      steps.append(Step(at_ns: min(now, (number(word) + 1) * sample_ns), from: before, to: word))
      before = word
    }
    steps.append(Step(at_ns: now, from: before, to: count))
    return steps.filter { $0.count > 0 }
  }
}

extension RateTrail.Step {
  /// Low halves of counts, modulo 2^32.
  fileprivate init(at_ns: UInt64, from before: UInt64, to count: UInt64) {
    self.at_ns = at_ns
    self.count = Int(Int32(truncatingIfNeeded: count &- before))
  }
}

extension KillPage {
  /// Orders that counted in the rate, of all senders of the instance.
  borrowing func counted() -> UInt64 { lines.load(KillPage.messagesLine, 2) }
  borrowing func tell(counted: UInt64) { lines.release(KillPage.messagesLine, 2, counted) }

  /// Keeps the count as it is at `now`, CLOCK_MONOTONIC ns.
  borrowing func sample(counted: UInt64, at now: UInt64) {
    let number = now / RateTrail.sample_ns
    let place = Int(number % UInt64(RateTrail.samples))
    lines.release(RateTrail.line + place / 8, place % 8, number << 32 | counted & 0xFFFF_FFFF)
  }

  borrowing func rateSteps(at now: UInt64) -> [RateTrail.Step] {
    var words: [UInt64] = []
    for place in 0..<RateTrail.samples {
      words.append(lines.acquire(RateTrail.line + place / 8, place % 8))
    }
    return RateTrail.steps(words, count: counted(), now: now)
  }
}
