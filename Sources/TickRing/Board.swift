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
/// A line's words: {sequence, lastPrice, lastTime, bidPrice, askPrice, quoteTime, suspect, 0}, of
/// `SharedLines`, revised and copied whole. Thread: the ingester writes; any thread reads.
public struct BoardWriter: ~Copyable, Sendable {
  @usableFromInline let lines: SharedLines

  /// Takes over the board's region. Throws if another writer lives. A line that a writer before
  /// this one died in the middle of is forgotten: half a quote is no price.
  public init(claiming region: consuming Region) throws(RingError) {
    lines = try SharedLines(claiming: region, .board)
    for instrument in 0..<lines.count where lines.load(instrument, 0) & 1 == 1 {
      clear(UInt32(instrument))
    }
  }

  @inlinable @inline(__always)
  func write(_ instrument: UInt32, _ body: (SharedLine) -> Void) {
    guard Int(instrument) < lines.count else { return }
    lines.revise(Int(instrument), body)
  }

  /// The last eligible trade: quote currency; exchange time, ns since the Unix epoch.
  @inlinable @inline(__always)
  public func setLast(_ instrument: UInt32, price: Double, time: UInt64) {
    write(instrument) { line in
      line[1] = price.bitPattern
      line[2] = time
    }
  }

  /// Forgets the last trade: it was broken, and is no price that anybody traded at.
  @inlinable
  public func clearLast(_ instrument: UInt32) { setLast(instrument, price: 0, time: 0) }

  /// Both sides at once; a price of 0: that side is empty. Exchange time, ns since the Unix epoch.
  @inlinable @inline(__always)
  public func setQuote(_ instrument: UInt32, bid: Double, ask: Double, time: UInt64) {
    write(instrument) { line in
      line[3] = bid.bitPattern
      line[4] = ask.bitPattern
      line[5] = time
    }
  }

  /// Whether it is halted or its book is in doubt: the gate then has no price of it.
  @inlinable
  public func setSuspect(_ instrument: UInt32, _ suspect: Bool) {
    write(instrument) { line in line[6] = suspect ? 1 : 0 }
  }

  /// Forgets what is known of an instrument.
  public func clear(_ instrument: UInt32) {
    write(instrument) { line in
      for word in 1..<8 { line[word] = 0 }
    }
  }
}

/// A reader of the board, with an attachment of its own.
public struct BoardReader: ~Copyable, Sendable {
  @usableFromInline let lines: SharedLines

  /// Takes over an attachment of the board's region, of kind `.board`.
  public init(_ region: consuming Region) {
    precondition(region.raw.kind == RegionKind.board.rawValue)
    lines = SharedLines(region)
  }

  /// Fetches the instrument's line, which `read` will want soon.
  @inlinable @inline(__always)
  public func prefetch(_ instrument: UInt32) { lines.prefetch(Int(instrument)) }

  /// A consistent copy, or nil for an instrument that the board has no line for, or whose writer
  /// is in the middle of a change for longer than a copy takes (it may be dead): no price, then.
  @inlinable @inline(__always)
  public func read(_ instrument: UInt32) -> BoardEntry? {
    guard Int(instrument) < lines.count, let words = lines.copy(Int(instrument)) else { return nil }
    var entry = BoardEntry()
    entry.lastPrice = Double(bitPattern: words[0])
    entry.lastTime = words[1]
    entry.bidPrice = Double(bitPattern: words[2])
    entry.askPrice = Double(bitPattern: words[3])
    entry.quoteTime = words[4]
    entry.isSuspect = words[5] != 0
    return entry
  }
}
