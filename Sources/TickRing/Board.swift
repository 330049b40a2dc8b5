import CTickRing

/// The latest prices of one instrument. A time of 0 says that there is no such price.
@frozen
public struct BoardEntry: Sendable {
  /// Last eligible trade, quote currency; exchange time, ns since the Unix epoch.
  public var lastPrice = 0.0
  public var lastTime: UInt64 = 0
  /// Best bid and ask, quote currency; 0: that side is empty.
  public var bidPrice = 0.0
  public var askPrice = 0.0
  public var quoteTime: UInt64 = 0
  /// Whether the instrument is halted or its book is in doubt.
  public var isSuspect = false

  @inlinable public init() {}
}

/// The board: the latest prices of every instrument in shared memory, one 64-byte line each, for
/// those who ask now and then and need no history: the risk gate's reference price.
///
/// Layout of a line: {sequence, lastPrice, lastTime, bidPrice, askPrice, quoteTime, suspect, 0}.
/// A seqlock: the one writer makes the sequence odd, writes, makes it even; a reader copies and
/// looks again. Thread: the ingester writes; any thread reads.
public struct BoardWriter: ~Copyable, @unchecked Sendable {
  let region: Region
  @usableFromInline let words: UnsafeMutablePointer<UInt64>
  @usableFromInline let capacity: Int

  /// Takes over the board's region. Throws if another writer lives. A line that a writer before
  /// this one died in the middle of is forgotten: half a quote is no price.
  public init(claiming region: consuming Region) throws(RingError) {
    try region.claimWriter(.board)
    words = region.words
    capacity = region.capacity
    self.region = region
    for instrument in 0..<capacity where tickring_load_relaxed(words + instrument * 8) & 1 == 1 {
      clear(UInt32(instrument))
    }
  }

  @inlinable @inline(__always)
  func write(_ instrument: UInt32, _ body: (UnsafeMutablePointer<UInt64>) -> Void) {
    guard Int(instrument) < capacity else { return }
    let line = words + Int(instrument) * 8
    let writing = tickring_load_relaxed(line) | 1
    tickring_store_relaxed(line, writing)
    tickring_fence_release()
    body(line)
    tickring_store_release(line, writing &+ 1)  // SHARE
  }

  @inlinable
  public func setLast(_ instrument: UInt32, price: Double, time: UInt64) {
    write(instrument) { line in
      tickring_store_relaxed(line + 1, price.bitPattern)
      tickring_store_relaxed(line + 2, time)
    }
  }

  /// Forgets the last trade: it was broken, and is no price that anybody traded at.
  @inlinable
  public func clearLast(_ instrument: UInt32) { setLast(instrument, price: 0, time: 0) }

  @inlinable
  public func setQuote(_ instrument: UInt32, bid: Double, ask: Double, time: UInt64) {
    write(instrument) { line in
      tickring_store_relaxed(line + 3, bid.bitPattern)
      tickring_store_relaxed(line + 4, ask.bitPattern)
      tickring_store_relaxed(line + 5, time)
    }
  }

  @inlinable
  public func setSuspect(_ instrument: UInt32, _ suspect: Bool) {
    write(instrument) { line in tickring_store_relaxed(line + 6, suspect ? 1 : 0) }
  }

  /// Forgets what is known of an instrument.
  public func clear(_ instrument: UInt32) {
    write(instrument) { line in
      for word in 1..<8 { tickring_store_relaxed(line + word, 0) }
    }
  }
}

/// A reader of the board, with an attachment of its own.
public struct BoardReader: ~Copyable, @unchecked Sendable {
  private let region: Region
  @usableFromInline let words: UnsafeMutablePointer<UInt64>

  /// Takes over an attachment of the board's region, of kind `.board`.
  public init(_ region: consuming Region) {
    precondition(region.raw.kind == RegionKind.board.rawValue)
    words = region.words
    self.region = region
  }

  /// Fetches the instrument's line, which `read` will want soon.
  @inlinable @inline(__always)
  public func prefetch(_ instrument: UInt32) {
    tickring_prefetch(words + Int(instrument) * 8)
  }

  /// A consistent copy, or nil for an instrument that the board has no line for, or whose writer
  /// is in the middle of a change for longer than a copy takes (it may be dead): no price, then.
  public func read(_ instrument: UInt32) -> BoardEntry? {
    guard Int(instrument) < region.capacity else { return nil }
    let line = words + Int(instrument) * 8
    for _ in 0..<1000 {
      let before = tickring_load_acquire(line)  // SHARE
      var entry = BoardEntry()
      entry.lastPrice = Double(bitPattern: tickring_load_relaxed(line + 1))
      entry.lastTime = tickring_load_relaxed(line + 2)
      entry.bidPrice = Double(bitPattern: tickring_load_relaxed(line + 3))
      entry.askPrice = Double(bitPattern: tickring_load_relaxed(line + 4))
      entry.quoteTime = tickring_load_relaxed(line + 5)
      entry.isSuspect = tickring_load_relaxed(line + 6) != 0
      tickring_fence_acquire()
      if before & 1 == 0, tickring_load_relaxed(line) == before { return entry }
      tickring_pause()
    }
    return nil
  }
}
