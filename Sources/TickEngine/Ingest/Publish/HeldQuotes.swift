import TickRing

/// A quote that waits for room.
struct HeldQuote: BitwiseCopyable {
  /// The words of the two ticks.
  var bid: (UInt64, UInt64, UInt64) = (0, 0, 0)
  var ask: (UInt64, UInt64, UInt64) = (0, 0, 0)
  /// Receive time of its packet, as a commit word carries it.
  var received: UInt32 = 0
  /// The next in the queue: an instrument, or `end`; 0: not in the queue.
  var next: UInt32 = 0
  /// When it began to wait, CLOCK_MONOTONIC, in units of 2^30 ns: some of a second.
  var since: UInt32 = 0
  /// Not so though it is in the queue: it was taken out of turn.
  var isHeld = false

  static let end = UInt32.max

  /// What it is published with: its packet's stamp, or that of half a minute ago if it has waited
  /// for longer. Older ones could be taken for newer, since they come round every 68.7 s.
  func stamp(at now_ns: UInt64) -> UInt32 {
    let waited = UInt32(truncatingIfNeeded: now_ns >> 30) &- since
    return waited < 28 ? received : receiveStamp(monotonic_ns: now_ns &- 30_000_000_000)
  }
}

/// The newest quote of each instrument that waits for room, in the order in which they began to.
///
/// Hot path when a ring is full. Thread: the ingester. A table of one cache line an instrument with
/// the queue running through it: each call is O(1) and allocates nothing; nothing grows.
struct HeldQuotes: ~Copyable {
  private let table: Slab<HeldQuote>
  private var first = HeldQuote.end
  private var last = HeldQuote.end
  /// Quotes held.
  private(set) var count = 0

  /// - Parameter instruments: instrument numbers, 0 included; 0 for a ring that holds none.
  init(instruments: Int) { table = Slab(count: instruments, repeating: HeldQuote()) }

  var isEmpty: Bool { count == 0 }

  mutating func contains(_ instrument: UInt32) -> Bool {
    count > 0 && instrument != 0 && table[Int(instrument)].isHeld
  }

  /// Holds a quote in place of an older one of its instrument; whether there was one.
  mutating func hold(_ bid: Tick, _ ask: Tick, of instrument: UInt32, received: UInt32) -> Bool {
    let wasHeld = table[Int(instrument)].isHeld
    table[Int(instrument)].bid = bid.words
    table[Int(instrument)].ask = ask.words
    table[Int(instrument)].received = received
    table[Int(instrument)].since = UInt32(truncatingIfNeeded: MonotonicClock.now >> 30)
    if wasHeld { return true }
    table[Int(instrument)].isHeld = true
    count += 1
    if table[Int(instrument)].next == 0 { append(instrument) }
    return false
  }

  private mutating func append(_ instrument: UInt32) {
    table[Int(instrument)].next = HeldQuote.end
    if last == HeldQuote.end { first = instrument } else { table[Int(last)].next = instrument }
    last = instrument
  }

  /// The instrument whose turn it is; nil if none is held.
  mutating func front() -> UInt32? {
    while first != HeldQuote.end {
      if table[Int(first)].isHeld { return first }
      unlinkFirst()
    }
    return nil
  }

  private mutating func unlinkFirst() {
    let next = table[Int(first)].next
    table[Int(first)].next = 0
    first = next
    if next == HeldQuote.end { last = HeldQuote.end }
  }

  /// Takes an instrument's quote out, in turn or not. It is held.
  mutating func take(_ instrument: UInt32) -> HeldQuote {
    precondition(table[Int(instrument)].isHeld)
    table[Int(instrument)].isHeld = false
    count -= 1
    return table[Int(instrument)]
  }

  /// Forgets all; how many there were.
  mutating func removeAll() -> Int {
    let removed = count
    while let instrument = front() { _ = take(instrument) }
    return removed
  }
}
