import TickRing

/// What an ingester leaves to its successor, in a region of its own: how far each stream is, which
/// instruments are halted or in doubt, and which number each of a relay's has here. All are written
/// where they lie, at no cost, and a successor goes on from them: what the dead one had in hand
/// counts as lost, and nothing else is.
///
/// Thread safety: the ingester's, the one writer of the region.
struct FeedMemory {
  private static let states = TickPublisher.instrumentsMax / 64
  private static let streams = TickPublisher.instrumentsMax / 64
  private static let sequences =
    (SequenceTracker.streamsMax * MemoryLayout<SequenceTracker.Stream>.stride + 63) / 64
  /// Lines of the region.
  static let capacity = 8_192

  private let region: SharedRegion

  /// Takes over the writer's role of a region. Throws if another writer lives.
  init(claiming region: consuming Region) throws(RingError) {
    try region.claimWriter(.state)
    precondition(region.capacity == FeedMemory.capacity, "the region is of another size")
    self.region = SharedRegion(region)
  }

  func states() -> Slab<TickPublisher.InstrumentState> {
    unsafe Slab(in: region, line: 0, count: TickPublisher.instrumentsMax)
  }

  /// Of each instrument's last message.
  func streams() -> Slab<UInt8> {
    unsafe Slab(in: region, line: FeedMemory.states, count: TickPublisher.instrumentsMax)
  }

  func sequences() -> Slab<SequenceTracker.Stream> {
    unsafe Slab(
      in: region, line: FeedMemory.states + FeedMemory.streams,
      count: SequenceTracker.streamsMax)
  }

  /// By the relay's numbers; 0: none.
  func relayedNumbers() -> Slab<UInt32> {
    unsafe Slab(
      in: region, line: FeedMemory.states + FeedMemory.streams + FeedMemory.sequences,
      count: TickPublisher.instrumentsMax)
  }
}
