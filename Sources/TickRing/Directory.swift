import CTickRing

/// The symbol directory: instrument number to symbol and venue, in shared memory beside the rings.
///
/// Layout: entries of four words. Entry 0 is the directory's own: {version, hash of all entries,
/// 0, instruments}; entry n is instrument n: {symbol, venue, 0, 0}, each name 8 bytes padded with
/// spaces. Entries are never changed or taken back, so an instrument's number is stable.
/// Ordering: the count is stored last (SHARE); a reader trusts entries up to it.
private enum Layout {
  static let version: UInt64 = 1
  static let entryWords = 4
  static let hashWord = 1
  static let countWord = 3
}

/// The one writer, which also finds symbols. Thread: the ingester. Cost of a look-up: one or two
/// cache lines; an entry is added without allocation.
public struct DirectoryWriter: ~Copyable, @unchecked Sendable {
  @usableFromInline let region: Region
  @usableFromInline let words: UnsafeMutablePointer<UInt64>
  /// Open addressing: pairs of symbol and instrument number (0: free).
  @usableFromInline let table: UnsafeMutablePointer<(symbol: UInt64, instrument: UInt64)>
  @usableFromInline let tableMask: Int
  /// Instruments known.
  public private(set) var count = 0
  private let venue: UInt64

  /// - Parameter venue: 8 bytes padded with spaces, for every instrument of this directory.
  public init(claiming region: consuming Region, venue: UInt64) throws(RingError) {
    let code = tickring_claim(&region.raw, TICKRING_PRODUCER, nil)
    guard code == 0 else { throw RingError(code: code, path: region.path) }
    words = region.words
    let slots = region.capacity * 2
    tableMask = slots - 1
    table = .allocate(capacity: slots)
    table.initialize(repeating: (0, 0), count: slots)
    self.venue = venue
    self.region = region
    words[0] = Layout.version
    words[Layout.hashWord] = 0xCBF2_9CE4_8422_2325
    tickring_store_release(words + Layout.countWord, 0)
  }

  deinit { table.deallocate() }

  @inlinable @inline(__always)
  func slot(of symbol: UInt64) -> Int {
    var index = Int(truncatingIfNeeded: (symbol &* 0x9E37_79B9_7F4A_7C15) >> 32) & tableMask
    while table[index].instrument != 0, table[index].symbol != symbol {
      index = (index + 1) & tableMask
    }
    return index
  }

  /// The instrument's number, or nil if the symbol is not in the directory.
  @inlinable
  public func find(_ symbol: UInt64) -> UInt32? {
    let number = table[slot(of: symbol)].instrument
    return number == 0 ? nil : UInt32(truncatingIfNeeded: number)
  }

  /// Finds the symbol or gives it the next number; nil if the directory is full.
  @inlinable
  public mutating func number(of symbol: UInt64) -> UInt32? {
    find(symbol) ?? add(symbol)
  }

  @usableFromInline
  mutating func add(_ symbol: UInt64) -> UInt32? {
    let number = count + 1
    guard number < region.capacity else { return nil }
    let entry = words + number * Layout.entryWords
    entry[0] = symbol
    entry[1] = venue
    table[slot(of: symbol)] = (symbol, UInt64(number))
    var hash = words[Layout.hashWord]
    for word in [symbol, venue] { hash = (hash ^ word) &* 0x100_0000_01B3 }
    words[Layout.hashWord] = hash
    count = number
    tickring_store_release(words + Layout.countWord, UInt64(number))  // SHARE
    return UInt32(number)
  }
}

/// Any reader, of an attachment of its own. Lock-free; sees every instrument whose ticks it can
/// have polled.
public struct DirectoryReader: ~Copyable, @unchecked Sendable {
  private let region: Region
  private let words: UnsafeMutablePointer<UInt64>

  /// Takes over an attachment of the directory's region.
  public init(_ region: consuming Region) {
    words = region.words
    self.region = region
  }

  /// Instruments known so far; never more than the region holds.
  public var count: Int {
    min(Int(clamping: tickring_load_acquire(words + Layout.countWord)), region.capacity - 1)  // SHARE
  }

  /// The symbol's 8 bytes, or nil for instrument 0 and numbers not given yet.
  public func symbol(_ instrument: UInt32) -> UInt64? {
    guard instrument >= 1, Int(instrument) <= count else { return nil }
    return words[Int(instrument) * Layout.entryWords]
  }

  /// The venue's 8 bytes.
  public func venue(_ instrument: UInt32) -> UInt64? {
    guard instrument >= 1, Int(instrument) <= count else { return nil }
    return words[Int(instrument) * Layout.entryWords + 1]
  }
}
