import CTickRing

/// The symbol directory: instrument number to symbol and venue, in shared memory beside the rings.
///
/// Layout: entries of four words. Entry 0 is the directory's own: {version, hash of all entries,
/// 0, instruments}; entry n is instrument n: {symbol, venue, 0, 0}, each name 8 bytes padded with
/// spaces. Entries are never changed or taken back, so an instrument's number is stable, also when
/// a writer dies and another takes over.
/// Ordering: the count is stored last (SHARE); a reader trusts entries up to it.
private enum Layout {
  static let hashStart: UInt64 = 0xCBF2_9CE4_8422_2325
  static let version: UInt64 = 1
  static let entryWords = 4
  static let hashWord = 1
  static let countWord = 3
  /// Of the writer's look-up table, which is its own.
  static let tableSlotsMin = 4096
}

/// The one writer, which also finds symbols. Thread: the ingester. Cost of a look-up: one or two
/// cache lines; an entry is added without allocation.
public struct DirectoryWriter: ~Copyable, @unchecked Sendable {
  @usableFromInline let region: Region
  @usableFromInline let words: UnsafeMutablePointer<UInt64>
  /// Open addressing: pairs of symbol and instrument number (0: free). All of it is allocated at
  /// the start, but only as much is used as keeps it half empty, so that it stays in the cache.
  @usableFromInline let table: UnsafeMutablePointer<(symbol: UInt64, instrument: UInt64)>
  @usableFromInline var tableMask: Int
  private let tableSlotsMax: Int
  private let limit: Int
  /// Instruments known.
  public private(set) var count = 0
  private let venue: UInt64

  /// Takes over the directory's region, with the instruments that it already has.
  /// - Parameter venue: 8 bytes padded with spaces, for every instrument that this writer adds.
  public init(claiming region: consuming Region, venue: UInt64) throws(RingError) {
    try region.claimWriter(.directory)
    words = region.words
    limit = min(region.capacity - 1, Int(Series.instrumentMax))
    tableSlotsMax = region.capacity * 2
    tableMask = min(tableSlotsMax, Layout.tableSlotsMin) - 1
    table = .allocate(capacity: tableSlotsMax)
    table.initialize(repeating: (0, 0), count: tableSlotsMax)
    self.venue = venue
    self.region = region
    resume()
  }

  /// Learns what a writer before this one added. The hash is made anew: it may have died between
  /// the hash and the count.
  private mutating func resume() {
    let isSame = words[0] == Layout.version
    count = isSame ? min(Int(clamping: words[Layout.countWord]), limit) : 0
    words[0] = Layout.version
    var hash = Layout.hashStart
    for number in 1..<(count + 1) {
      let entry = words + number * Layout.entryWords
      if entry[1] == venue { index(entry[0], number) }
      hash = mix(mix(hash, entry[0]), entry[1])
    }
    words[Layout.hashWord] = hash
    tickring_store_release(words + Layout.countWord, UInt64(count))  // SHARE
  }

  deinit { table.deallocate() }

  /// Makes `number` findable. The table doubles when it is half full: rare, without allocation.
  private mutating func index(_ symbol: UInt64, _ number: Int) {
    if number * 2 > tableMask, tableMask + 1 < tableSlotsMax {
      tableMask = tableMask * 2 + 1
      table.update(repeating: (0, 0), count: tableMask + 1)
      for known in 1..<number {
        let entry = words + known * Layout.entryWords
        if entry[1] == venue { table[slot(of: entry[0])] = (entry[0], UInt64(known)) }
      }
    }
    table[slot(of: symbol)] = (symbol, UInt64(number))
  }

  /// Where the search for a symbol begins.
  @inlinable @inline(__always)
  func home(of symbol: UInt64) -> Int {
    Int(truncatingIfNeeded: (symbol &* 0x9E37_79B9_7F4A_7C15) >> 32) & tableMask
  }

  @inlinable @inline(__always)
  func slot(of symbol: UInt64) -> Int {
    var index = home(of: symbol)
    while table[index].instrument != 0, table[index].symbol != symbol {
      index = (index + 1) & tableMask
    }
    return index
  }

  /// Asks for what `find` will read of a symbol. 4,000 symbols are 128 KB: the kernel's packets
  /// push them out of the core's caches, and a miss costs more than all else that a message does.
  @inlinable @inline(__always)
  public func expect(_ symbol: UInt64) { tickring_prefetch(table + home(of: symbol)) }

  /// The instrument's number, or nil if the symbol is not in the directory.
  @inlinable @inline(__always)
  public func find(_ symbol: UInt64) -> UInt32? {
    let number = table[slot(of: symbol)].instrument
    return number == 0 ? nil : UInt32(truncatingIfNeeded: number)
  }

  /// The symbol's 8 bytes, or nil for instrument 0 and numbers not given yet.
  public func symbol(_ instrument: UInt32) -> UInt64? {
    guard instrument >= 1, Int(instrument) <= count else { return nil }
    return words[Int(instrument) * Layout.entryWords]
  }

  /// Finds the symbol or gives it the next number; nil if the directory is full.
  @inlinable
  public mutating func number(of symbol: UInt64) -> UInt32? {
    find(symbol) ?? add(symbol)
  }

  /// The same for an instrument of any venue, as a relay tells of them. Of another venue than this
  /// writer's it is looked for among all entries: once for each instrument, not for each tick.
  public mutating func number(of symbol: UInt64, venue: UInt64) -> UInt32? {
    guard venue != self.venue else { return number(of: symbol) }
    for number in 1..<(count + 1) {
      let entry = words + number * Layout.entryWords
      if entry[0] == symbol, entry[1] == venue { return UInt32(number) }
    }
    return add(symbol, venue)
  }

  @usableFromInline
  mutating func add(_ symbol: UInt64) -> UInt32? { add(symbol, venue) }

  private mutating func add(_ symbol: UInt64, _ venue: UInt64) -> UInt32? {
    let number = count + 1
    guard number <= limit else { return nil }
    let entry = words + number * Layout.entryWords
    entry[0] = symbol
    entry[1] = venue
    if venue == self.venue { index(symbol, number) }
    words[Layout.hashWord] = mix(mix(words[Layout.hashWord], symbol), venue)
    count = number
    tickring_store_release(words + Layout.countWord, UInt64(number))  // SHARE
    return UInt32(number)
  }
}

/// One step of FNV-1a, a word at a time.
private func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 { (hash ^ word) &* 0x100_0000_01B3 }

/// Any reader, of an attachment of its own. Lock-free; sees every instrument whose ticks it can
/// have polled.
public struct DirectoryReader: ~Copyable, @unchecked Sendable {
  private let region: Region
  private let words: UnsafeMutablePointer<UInt64>

  /// Takes over an attachment of the directory's region, of kind `.directory`.
  public init(_ region: consuming Region) {
    precondition(region.raw.kind == RegionKind.directory.rawValue)
    words = region.words
    self.region = region
  }

  /// Instruments known so far; never more than the region holds.
  public var count: Int {
    let told = Int(clamping: tickring_load_acquire(words + Layout.countWord))  // SHARE
    return min(told, region.capacity - 1)
  }

  /// The symbol's 8 bytes, or nil for instrument 0 and numbers not given yet.
  public func symbol(_ instrument: UInt32) -> UInt64? {
    guard instrument >= 1, Int(instrument) <= count else { return nil }
    return words[Int(instrument) * Layout.entryWords]
  }

  /// Fetches the line that `symbol` will read. Any number will do.
  @inline(__always)
  public func prefetch(_ instrument: UInt32) {
    guard Int(instrument) < region.capacity else { return }
    tickring_prefetch(words + Int(instrument) &* Layout.entryWords)
  }

  /// The venue's 8 bytes.
  public func venue(_ instrument: UInt32) -> UInt64? {
    guard instrument >= 1, Int(instrument) <= count else { return nil }
    return words[Int(instrument) * Layout.entryWords + 1]
  }
}
