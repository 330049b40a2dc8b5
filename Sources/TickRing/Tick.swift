import CTickRing

/// What a tick says: the low four bits of its `symbolId`.
public enum TickKind: UInt8, Sendable, CaseIterable {
  case trade = 0
  /// A trade that sets no last price: odd lot, extended hours, non-printable.
  case tradeNoLast = 1
  case tradeBreak = 2
  case auction = 3
  /// A quote is a bid and then an ask, committed together.
  case bid = 4
  case ask = 5
  /// A change of state; `quantity` is a `StatusCode`.
  case status = 6

  public var name: String {
    switch self {
    case .trade: "trade"
    case .tradeNoLast: "trade_no_last"
    case .tradeBreak: "trade_break"
    case .auction: "auction"
    case .bid: "bid"
    case .ask: "ask"
    case .status: "status"
    }
  }
}

/// The code of a status tick, carried in its quantity. The table is that of `tickring_record.h`.
public enum StatusCode: UInt32, Sendable {
  case trading = 1
  case halted = 2
  case paused = 3
  case orderAcceptance = 4
  case venueHalted = 5
  case venueTrading = 6
  case gap = 16
  case restart = 17
  case stale = 18
  case degraded = 19
  case recovered = 20
  case invalidQuote = 21
}

/// An instrument's number and a kind, as the record's `symbol_id` carries them.
@frozen
public struct Series: Hashable, Sendable {
  public let id: UInt32

  /// The largest instrument number: 28 bits.
  public static let instrumentMax: UInt32 = 0x0FFF_FFFF

  @inlinable public init(id: UInt32) { self.id = id }
  @inlinable public init(instrument: UInt32, kind: TickKind) {
    precondition(instrument <= Series.instrumentMax)
    id = instrument << 4 | UInt32(kind.rawValue)
  }

  /// 0 is the whole feed.
  @inlinable public var instrument: UInt32 { id >> 4 }
  /// nil for the reserved kinds, which a later version may send: skip them.
  @inlinable public var kind: TickKind? { TickKind(rawValue: UInt8(id & 0xF)) }
}

/// One tick: `MarketDataRecord` as three words in registers, and the commit word it came with.
@frozen
public struct Tick: Sendable {
  @usableFromInline var raw: tickring_tick

  @inlinable public init() { raw = tickring_tick() }
  @inlinable init(raw: tickring_tick) { self.raw = raw }

  /// - Parameters:
  ///   - timestamp: exchange time, ns since the Unix epoch, UTC.
  ///   - price: quote currency.
  ///   - quantity: shares.
  @inlinable
  public init(timestamp: UInt64, symbolId: UInt32, price: Double, quantity: UInt32) {
    let words = tickring_words_of(timestamp, symbolId, price, quantity)
    raw = tickring_tick(word: words.word, commit: 0)
  }

  /// Exchange time of the event, ns since the Unix epoch, UTC.
  @inlinable public var timestamp: UInt64 { raw.word.0 }
  @inlinable public var symbolId: UInt32 { UInt32(truncatingIfNeeded: raw.word.1) }
  @inlinable public var series: Series { Series(id: symbolId) }
  /// Quote currency.
  @inlinable public var price: Double {
    Double(bitPattern: raw.word.1 >> 32 | raw.word.2 << 32)
  }
  /// Shares; for a status tick its code.
  @inlinable public var quantity: UInt32 { UInt32(truncatingIfNeeded: raw.word.2 >> 32) }

  /// The record's 24 bytes as three little-endian words.
  @inlinable public var words: (UInt64, UInt64, UInt64) { raw.word }
  @inlinable public init(words: (UInt64, UInt64, UInt64)) {
    raw = tickring_tick(word: words, commit: 0)
  }

  /// When the packet came in, CLOCK_MONOTONIC, ns, in steps of 16. A tick has the low bits of that,
  /// which come round every 68.7 s: of all times that it may mean, the one nearest to another.
  ///
  /// - Parameter reference_ns: a time within 34 s of it, such as when the tick before came in, or
  ///   when the ring was last seen empty. That of the look at the tick is none, where ticks may
  ///   have waited.
  @inlinable
  public func received(near reference_ns: UInt64) -> UInt64 {
    let stamp = UInt32(truncatingIfNeeded: raw.commit >> 32)
    let ahead = Int32(bitPattern: stamp &- UInt32(truncatingIfNeeded: reference_ns >> 4))
    return reference_ns & ~15 &+ UInt64(bitPattern: Int64(ahead) << 4)
  }
}
