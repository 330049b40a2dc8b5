import TickRing

/// What came in on a feed. Plain words with one writer, the ingester; read after it has stopped.
public struct FeedCounts: Sendable {
  /// Datagrams of the feed, heartbeats included.
  public var packets: UInt64 = 0
  public var heartbeats: UInt64 = 0
  /// Messages after arbitration, each once, those of unknown type included.
  public var messages: UInt64 = 0
  public var unknown: UInt64 = 0
  /// Of a relay's messages, those that name an instrument.
  public var entries: UInt64 = 0
  /// Datagrams whose header cannot be true, and messages that cannot be read, or contradict an
  /// earlier one.
  public var malformed: UInt64 = 0
  /// Gap events, and the messages never seen in them.
  public var gaps: UInt64 = 0
  public var missing: UInt64 = 0
  /// Datagrams seen before, whole or in part.
  public var duplicates: UInt64 = 0
  public var overlaps: UInt64 = 0
  /// Packets that came after they had been given up as missing; among the duplicates.
  public var late: UInt64 = 0
  /// Requests, for what is missing or whether the server answers, and the messages that they
  /// brought.
  public var requests: UInt64 = 0
  public var recovered: UInt64 = 0
  /// Packets out of order that found no room, left to be asked for again.
  public var unheld: UInt64 = 0
  /// Packets that cannot be true: of a far place, another session or another stream that no second
  /// packet agreed with, or of a place in which another was proven to lie; dropped.
  public var implausible: UInt64 = 0
  /// Messages that a recording of messages cannot hold (empty ones), or did not get.
  public var unrecorded: UInt64 = 0
  /// Sequences that began anew inside one session.
  public var restarts: UInt64 = 0
  /// Streams that went on under another session.
  public var sessionChanges: UInt64 = 0
  /// Datagrams that are not of the feed.
  public var foreign: UInt64 = 0
  /// Datagrams of streams beyond the number that is followed at once.
  public var untracked: UInt64 = 0
  /// Price levels that found no room in the books.
  public var booksFull: UInt64 = 0
}

/// Why a message was refused publication (MD4). Books, status and directory see it all the same.
public enum TickRejection: Int, CaseIterable, Sendable {
  case stale, future, crossed, locked, wideSpread, badPrice, unknownSymbol, directoryFull
  /// Of relayed ticks: no name of the instrument has come; a bid or an ask without the other.
  case unnamed, halfQuote

  public var name: String {
    switch self {
    case .stale: "stale"
    case .future: "future"
    case .crossed: "crossed"
    case .locked: "locked"
    case .wideSpread: "wide_spread"
    case .badPrice: "bad_price"
    case .unknownSymbol: "unknown_symbol"
    case .directoryFull: "directory_full"
    case .unnamed: "unnamed"
    case .halfQuote: "half_quote"
    }
  }
}

/// What went out as ticks. One writer, the ingester.
public struct TickCounts: Sendable {
  /// Ticks, each once however many workers it went to.
  public var published: UInt64 = 0
  /// Further copies of ticks that more than one worker got.
  public var copies: UInt64 = 0
  /// By kind.
  public var byKind = InlineArray<16, UInt64>(repeating: 0)
  /// Messages refused, by `TickRejection`.
  public var rejected = InlineArray<10, UInt64>(repeating: 0)
  /// Over all trade messages decoded: shares, and price times shares in units of 1e-4.
  public var tradeVolume: UInt64 = 0
  public var tradeNotionalE4: Int128 = 0
  /// Ticks of instruments that no worker takes: not published, but to taps.
  public var unsubscribed: UInt64 = 0
  /// Ticks that a ring did not take because the run was failing.
  public var abandoned: UInt64 = 0

  /// Ticks of one kind.
  public func count(_ kind: TickKind) -> UInt64 { byKind[Int(kind.rawValue)] }
}
