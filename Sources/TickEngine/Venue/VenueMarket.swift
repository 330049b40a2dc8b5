import TickWire

/// The market that the venue's orders trade against. Used by the venue's one thread only.
public protocol VenueMarket: ~Copyable {
  /// Tells the engine of at most `limit` market updates that have come meanwhile, in order, by
  /// `quote`, `trade` and `status`. Returns how many there were; 0: nothing new. Must not block.
  mutating func drain<Sink: VenueSink & ~Copyable>(
    into engine: inout MatchingEngine<Sink>, atMost limit: Int
  ) -> Int

  /// The number under which `drain` speaks of this symbol; nil if there is none (yet).
  mutating func instrument(for symbol: Symbol) -> UInt32?
}
