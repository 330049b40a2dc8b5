/// What became of the ticks that one ring was to take. One writer, the ingester.
///
/// `committed - gapsTold + conflated + lost + held` is what was offered to the ring.
public struct OutletCounts: Sendable, Equatable {
  public var policy = SlowConsumerPolicy.wait
  /// Ticks published to the ring, gaps told included.
  public var committed: UInt64 = 0
  /// Times that the ring was found full: each lasts until everything kept back is published.
  public var full: UInt64 = 0
  /// Quote ticks that a newer quote of their instrument replaced, or that a gap, a restart or the
  /// silence of the feed made void, before there was room.
  public var conflated: UInt64 = 0
  /// Quote ticks that waited for room and were published then.
  public var late: UInt64 = 0
  /// Quote ticks waiting for room now.
  public var held: UInt64 = 0
  /// Ticks for which there was no room, and never will be.
  public var lost: UInt64 = 0
  /// Of these, what the policy `wait` gave up because the run was failing.
  public var abandoned: UInt64 = 0
  /// Status ticks `gap` that told the ring's consumer of a loss.
  public var gapsTold: UInt64 = 0
  /// Whether a loss is not told yet, because there is no room even for that.
  public var isGapOwed = false

  public init() {}

  /// Ticks that were to reach the consumer: polled, lost and conflated come to this, once nothing
  /// is held and all is polled.
  public var published: UInt64 { committed + conflated + lost + held }
}
