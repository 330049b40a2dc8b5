/// How many orders the senders of an instance have counted in their rate, and when: a second of
/// orders goes on over a sender's death (RM8).
///
/// In the gate's page, a word for each of the latest 64ths of a second: its number since the
/// machine's boot, above the low half of the count at its end. An order is taken to be of the end
/// of its 64th: too late rather than too early.
enum RateTrail {
  static let each_ns = RateWindow.second_ns / 64
  /// One and a half seconds.
  static let words = 96
  fileprivate static let line = 40

  /// Orders that counted at one time.
  struct Step: Equatable {
    /// CLOCK_MONOTONIC ns, or the reader's now if that is earlier.
    var at_ns: UInt64
    var count: Int
  }

  /// What a successor begins with.
  struct Legacy: Equatable {
    /// Of the second before it, oldest first.
    var steps: [Step] = []
    /// The count, modulo 2^32, and the newest 64th of which one was told; 0: none was.
    var counted: UInt32 = 0
    var newest: UInt64 = 0
  }

  static func read(_ words: [UInt64], at now: UInt64) -> Legacy {
    let present = now / each_ns
    // In 64ths, of which a word has the low half: those of a time to come are very old.
    let age = { (word: UInt64) in UInt32(truncatingIfNeeded: present &- word >> 32) }
    let count = { (word: UInt64) in UInt32(truncatingIfNeeded: word) }
    let trail = words.filter { $0 != 0 && age($0) < 1 << 31 }.sorted { age($0) > age($1) }
    // What the second began with; where the instance itself began within it, with nothing.
    let base = trail.last { age($0) > RateWindow.second_ns / each_ns }
    var legacy = Legacy(counted: base.map(count) ?? 0)
    for word in trail where age(word) <= RateWindow.second_ns / each_ns {
      let end_ns = (present &- UInt64(age(word)) &+ 1) &* each_ns
      let counted = Int(Int32(truncatingIfNeeded: count(word) &- legacy.counted))
      legacy.counted = count(word)
      if counted > 0 { legacy.steps.append(Step(at_ns: min(now, end_ns), count: counted)) }
    }
    legacy.newest = trail.last.map { present &- UInt64(age($0)) } ?? 0
    return legacy
  }
}

extension KillPage {
  /// Keeps the count of a 64th of a second.
  borrowing func tell(counted: UInt32, in number: UInt64) {
    let place = Int(number % UInt64(RateTrail.words))
    lines.release(RateTrail.line + place / 8, place % 8, number << 32 | UInt64(counted))
  }

  borrowing func rateTrail(at now: UInt64) -> RateTrail.Legacy {
    var words: [UInt64] = []
    for place in 0..<RateTrail.words {
      words.append(lines.acquire(RateTrail.line + place / 8, place % 8))
    }
    return RateTrail.read(words, at: now)
  }
}
