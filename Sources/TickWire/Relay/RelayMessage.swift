/// The messages by which ticks travel between machines, one after another in a MoldUDP64 session.
/// The length tells them apart; integers are little-endian, as the record's are.
///
/// - **A tick**, 24 bytes: the `MarketDataRecord` as it lies in a ring: exchange time u64 @0 (ns
///   since the Unix epoch, UTC), series u32 @8 (instrument × 16 + kind), price f64 @12, quantity
///   u32 @20. When its packet came in is not carried: that is another machine's clock.
/// - **A directory entry**, 21 bytes: `D` @0, instrument u32 @1, symbol[8] @5, venue[8] @13, both
///   padded with spaces. It comes before the first tick of its instrument; instruments are numbered
///   from 1 on, and their entries come in that order, and then again and again in rounds.
///
/// A quote's bid and ask are neighbours in one datagram, the bid first. Whoever joins late asks
/// the request server from sequence 1 on, or waits for a round, and so learns all names.
@frozen
public enum RelayMessage: Equatable, Sendable {
  case tick(RelayTick)
  case entry(RelayEntry)

  /// nil if the message is malformed: of another length or type, a reserved kind of tick, a price
  /// that is no number, an instrument where there can be none, a name that cannot be one.
  @inlinable
  public init?(_ message: Bytes) {
    if let tick = RelayTick(message) {
      self = .tick(tick)
    } else if let entry = RelayEntry(message) {
      self = .entry(entry)
    } else {
      return nil
    }
  }
}

/// A tick as it travels: the record's three words, of which the fields are parts.
@frozen
public struct RelayTick: Equatable, Sendable {
  public static let byteCount = 24
  /// The highest kind that there is; the others of four bits are reserved.
  public static let kindMax: UInt32 = 6
  /// The kind that also instrument 0, the whole feed, has.
  public static let statusKind: UInt32 = 6
  /// The kind that the ask of the same quote follows at once.
  public static let bidKind: UInt32 = 4

  public let word0: UInt64
  public let word1: UInt64
  public let word2: UInt64

  /// Any three words; nothing is checked.
  @inlinable
  public init(words: (UInt64, UInt64, UInt64)) {
    (word0, word1, word2) = words
  }

  /// nil if the message is no tick, or none that a strategy may see.
  @inlinable
  public init?(_ message: Bytes) {
    guard message.count == RelayTick.byteCount else { return nil }
    self.init(words: (message.u64le(0), message.u64le(8), message.u64le(16)))
    guard isSound else { return nil }
  }

  /// Whether kind and instrument go together and the price is a number.
  @inlinable public var isSound: Bool {
    kind <= RelayTick.kindMax && (instrument > 0 || kind == RelayTick.statusKind)
      && price.isFinite
  }

  @inlinable public var words: (UInt64, UInt64, UInt64) { (word0, word1, word2) }
  @inlinable public var series: UInt32 { UInt32(truncatingIfNeeded: word1) }
  @inlinable public var kind: UInt32 { series & 0xF }
  /// 0 is the whole feed.
  @inlinable public var instrument: UInt32 { series >> 4 }
  /// Quote currency.
  @inlinable public var price: Double { Double(bitPattern: word1 >> 32 | word2 << 32) }

  /// The same tick of another number's instrument, as a receiver's directory may number it.
  @inlinable
  public func renumbered(_ instrument: UInt32) -> RelayTick {
    precondition(instrument <= RelayEntry.instrumentMax)
    let series = instrument << 4 | kind
    return RelayTick(words: (word0, word1 & ~0xFFFF_FFFF | UInt64(series), word2))
  }

  /// Writes the 24 bytes at the beginning of `target`, which must hold them.
  @inlinable
  public func encode(into target: MutableBytes) {
    target.put(u64le: word0, at: 0)
    target.put(u64le: word1, at: 8)
    target.put(u64le: word2, at: 16)
  }
}

/// An instrument's number and names, as they travel.
@frozen
public struct RelayEntry: Equatable, Sendable {
  public static let byteCount = 21
  public static let type = UInt8(ascii: "D")
  /// 28 bits, as in a series.
  public static let instrumentMax: UInt32 = 0x0FFF_FFFF

  /// 1 to `instrumentMax`.
  public let instrument: UInt32
  public let symbol: Symbol
  public let venue: Symbol

  @inlinable
  public init(instrument: UInt32, symbol: Symbol, venue: Symbol) {
    precondition(instrument >= 1 && instrument <= RelayEntry.instrumentMax)
    self.instrument = instrument
    self.symbol = symbol
    self.venue = venue
  }

  /// nil if the message is no entry, or its number or names cannot be any.
  @inlinable
  public init?(_ message: Bytes) {
    guard message.count == RelayEntry.byteCount, message[0] == RelayEntry.type else { return nil }
    instrument = message.u32le(1)
    symbol = Symbol(message, at: 5)
    venue = Symbol(message, at: 13)
    guard instrument >= 1, instrument <= RelayEntry.instrumentMax, symbol.isPrintable,
      venue.isPrintable
    else { return nil }
  }

  /// Writes the 21 bytes at the beginning of `target`, which must hold them.
  @inlinable
  public func encode(into target: MutableBytes) {
    target.put(u8: RelayEntry.type, at: 0)
    target.put(u32le: instrument, at: 1)
    target.put(u64le: symbol.word, at: 5)
    target.put(u64le: venue.word, at: 13)
  }
}
