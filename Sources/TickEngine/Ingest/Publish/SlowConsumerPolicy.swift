/// What becomes of ticks that a ring has no room for (SE3).
///
/// Whatever is not delivered is counted by the ring's outlet, and a loss is told in-band: a status
/// tick of instrument 0 with code `gap`, in this ring alone, lies where the lost ticks would.
///
/// `drop` and `conflate` keep slots free: the last sixteenth of the ring takes status and gaps
/// alone, and `conflate` lets no quote into the last quarter.
public enum SlowConsumerPolicy: String, Codable, Sendable, CaseIterable {
  /// The ingester waits for room: nothing is lost, and a slow consumer slows all the others. For
  /// replays, recordings and taps. A ring without a consumer is not waited for: its ticks are lost.
  case wait
  /// Ticks are lost, a quote as a pair, until there is room again for an eighth of the ring.
  case drop
  /// Of each instrument's quotes only the newest is kept, and published as soon as there is room.
  /// Trades, breaks and status take the slots kept free, and are lost only when these are full too.
  case conflate

  /// Slots that a ring under `drop` or `conflate` has at least.
  public static let capacityMin = 16
}
