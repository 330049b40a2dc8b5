import CTickRing

/// 64-byte lines of a region that is no ring: the board, orders that are out, positions, a gate, a
/// ledger.
///
/// What a line holds is its user's; whoever puts more than one word that belong together into a
/// line writes them with `revise` and reads them with `copy`: word 0 is then a sequence, odd while
/// the line is written. Single words are whole by themselves.
///
/// - Thread safety: each word has one writer; any thread reads. Every access is atomic.
@frozen
public struct SharedLines: ~Copyable, @unchecked Sendable {
  @usableFromInline let region: Region
  @usableFromInline let words: UnsafeMutablePointer<UInt64>
  public let count: Int

  /// Takes over an attachment for reading, or for words whose one writer is settled otherwise.
  public init(_ region: consuming Region, _ kind: RegionKind) throws(RingError) {
    try region.require(kind)
    self.init(region)
  }

  /// Takes over an attachment as the one writer of the region. Throws if another lives.
  public init(claiming region: consuming Region, _ kind: RegionKind) throws(RingError) {
    try region.claimWriter(kind)
    self.init(region)
  }

  /// Of a region that was looked at.
  init(_ region: consuming Region) {
    words = region.words
    count = region.capacity
    self.region = region
  }

  /// The region's file, for whoever asks who writes it.
  public var path: String { region.path }

  /// Where all of them lie.
  ///
  /// - Safety: valid as long as this lives; what is in it is read and written by the calls here.
  @unsafe public var memory: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: words, count: count * 64)
  }

  @inlinable @inline(__always)
  func at(_ line: Int, _ word: Int) -> UnsafeMutablePointer<UInt64> {
    precondition(line >= 0 && line < count && word >= 0 && word < 8, "no such word")
    return words + (line &* 8 &+ word)
  }

  /// Word 0...7 of a line, relaxed: for its own writer, or where nothing else hangs on it.
  @inlinable @inline(__always)
  public func load(_ line: Int, _ word: Int) -> UInt64 { tickring_load_relaxed(at(line, word)) }

  /// The same, stored relaxed.
  @inlinable @inline(__always)
  public func store(_ line: Int, _ word: Int, _ value: UInt64) {
    tickring_store_relaxed(at(line, word), value)
  }

  /// An acquire load: what was stored before the `release` of this value is seen after it.
  @inlinable @inline(__always)
  public func acquire(_ line: Int, _ word: Int) -> UInt64 {
    tickring_load_acquire(at(line, word))  // SHARE
  }

  /// A release store: what was stored before it is seen by whoever acquires it.
  @inlinable @inline(__always)
  public func release(_ line: Int, _ word: Int, _ value: UInt64) {
    tickring_store_release(at(line, word), value)  // SHARE
  }

  /// Stores `value` if the word is `expected`; what the word was. For words of several writers.
  public func exchange(_ line: Int, _ word: Int, expected: UInt64, _ value: UInt64) -> UInt64 {
    tickring_compare_exchange(at(line, word), expected, value)  // SHARE
  }

  /// Fetches a line that will be read soon. Any number; nothing waits.
  @inlinable @inline(__always)
  public func prefetch(_ line: Int) { tickring_prefetch(words + line &* 8) }

  /// Writes words 1...7 of a line as one. Thread: the line's one writer.
  @inlinable @inline(__always)
  public func revise(_ line: Int, _ body: (SharedLine) -> Void) {
    let first = at(line, 0)
    let writing = tickring_load_relaxed(first) | 1
    tickring_store_relaxed(first, writing)
    tickring_fence_release()  // REVISE
    body(SharedLine(words: first))
    tickring_store_release(first, writing &+ 1)  // SHARE
  }

  /// Words 1...7 of a line as one writing left them (at 0...6), or nil if its writer is in the
  /// middle of a change for longer than a copy takes: it may be dead.
  @inlinable @inline(__always)
  public func copy(_ line: Int) -> InlineArray<7, UInt64>? {
    let first = at(line, 0)
    for _ in 0..<1000 {
      let before = tickring_load_acquire(first)  // SHARE
      var copied = InlineArray<7, UInt64>(repeating: 0)
      for word in 0..<7 { copied[word] = tickring_load_relaxed(first + (word + 1)) }
      tickring_fence_acquire()  // REVISE
      if before & 1 == 0, tickring_load_relaxed(first) == before { return copied }
      tickring_pause()
    }
    return nil
  }
}

/// A line in the middle of `revise`.
@frozen
public struct SharedLine {
  @usableFromInline let words: UnsafeMutablePointer<UInt64>
  @inlinable init(words: UnsafeMutablePointer<UInt64>) { self.words = words }

  /// Word 1...7.
  @inlinable @inline(__always)
  public subscript(word: Int) -> UInt64 {
    get { tickring_load_relaxed(words + check(word)) }
    nonmutating set { tickring_store_relaxed(words + check(word), newValue) }
  }

  @inlinable @inline(__always)
  func check(_ word: Int) -> Int {
    precondition(word > 0 && word < 8, "no such word")
    return word
  }
}
