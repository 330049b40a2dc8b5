import CTickRing

/// Heartbeats tell an owner that hangs from one that is busy; death is told by the role's lock
/// alone, and an owner that is paused is not dead. Each is a store to the owner's own line: once a
/// turn of the duty cycle, where a clock reading is at hand. An owner that never beats is not said
/// to hang.
public enum Heartbeat {
  /// Silence after which an owner is said to hang, ns.
  public static let silenceMax_ns: UInt64 = 5_000_000_000
  /// Turns of a duty cycle between two beats, where each needs a reading of the clock and none ends
  /// in a sleep. A power of two.
  public static let idleTurns: UInt64 = 256
}

extension TickProducer {
  /// - Parameter monotonic_ns: CLOCK_MONOTONIC.
  @inlinable public mutating func beat(monotonic_ns: UInt64) {
    tickring_producer_beat(&raw, monotonic_ns)
  }
}

extension TickConsumer {
  /// - Parameter monotonic_ns: CLOCK_MONOTONIC.
  @inlinable public mutating func beat(monotonic_ns: UInt64) {
    tickring_consumer_beat(&raw, monotonic_ns)
  }
}

extension RecordProducer {
  /// - Parameter monotonic_ns: CLOCK_MONOTONIC.
  @inlinable public mutating func beat(monotonic_ns: UInt64) {
    tickring_producer_beat(&raw, monotonic_ns)
  }
}

extension RecordConsumer {
  /// - Parameter monotonic_ns: CLOCK_MONOTONIC.
  @inlinable public mutating func beat(monotonic_ns: UInt64) {
    tickring_consumer_beat(&raw, monotonic_ns)
  }
}

extension BroadcastWriter {
  /// - Parameter monotonic_ns: CLOCK_MONOTONIC.
  @inlinable public mutating func beat(monotonic_ns: UInt64) {
    tickring_writer_beat(&raw, monotonic_ns)
  }
}
