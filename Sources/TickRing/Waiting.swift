import CTickRing

/// How a consumer waits while there is nothing to poll; what each costs is in `tickring_wait.h`.
@frozen
public struct ConsumerWait: Sendable {
  @usableFromInline var raw = tickring_wait_options()

  /// Looks without end: for a role whose core is its own.
  public static var spin: ConsumerWait { ConsumerWait(TICKRING_WAIT_SPIN) }
  /// Looks for a while, then gives the core away between looks.
  public static var yield: ConsumerWait { ConsumerWait(TICKRING_WAIT_YIELD) }

  /// Looks for a while, then sleeps in the kernel until the producer's `wake`.
  /// - Parameters:
  ///   - slice_ns: longest sleep at a time, after which the ring and the producer's life are looked
  ///     at; it bounds what a missed wake-up costs.
  ///   - isExact: no wake-up is missed, for a few microseconds at each falling asleep and an
  ///     interrupt on the producer's core; its process has called `prepareWake`.
  public static func sleep(slice_ns: UInt64 = 1_000_000, isExact: Bool = false) -> ConsumerWait {
    var policy = ConsumerWait(TICKRING_WAIT_SLEEP)
    policy.raw.slice_ns = slice_ns
    policy.raw.is_exact = isExact
    return policy
  }

  /// Once at the start of a producer's process; false if this kernel has no such thing.
  @discardableResult
  public static func prepareWake() -> Bool { tickring_wake_prepare() }

  private init(_ policy: tickring_wait_policy) { raw.policy = policy.rawValue }

  /// The options for one wait. 0: without end.
  @usableFromInline func options(timeout_ns: UInt64) -> tickring_wait_options {
    var options = raw
    options.timeout_ns = timeout_ns
    return options
  }
}

/// What ended a wait.
public enum WaitOutcome: UInt32, Sendable {
  /// There is something to poll.
  case ready = 0
  case timeout = 1
  /// Nothing is left to poll, and the producer, which there has been, is gone.
  case producerGone = 2

  init(_ raw: tickring_wait_result) {
    self = WaitOutcome(rawValue: raw.rawValue) ?? .timeout
  }
}

extension TickConsumer {
  /// Waits until there is something to poll, the producer is gone, or the time is over (0: never).
  /// Meanwhile it beats for a consumer that has beaten before; one that never did is left so.
  public mutating func wait(_ policy: ConsumerWait, timeout_ns: UInt64 = 0) -> WaitOutcome {
    var options = policy.options(timeout_ns: timeout_ns)
    return WaitOutcome(tickring_wait(&raw, &options))
  }
}

extension RecordConsumer {
  /// As `TickConsumer.wait`.
  public mutating func wait(_ policy: ConsumerWait, timeout_ns: UInt64 = 0) -> WaitOutcome {
    var options = policy.options(timeout_ns: timeout_ns)
    return WaitOutcome(tickring_wait(&raw, &options))
  }
}

extension TickProducer {
  /// Wakes the consumer if it sleeps; at the end of each batch, where consumers may. True: it did.
  @inlinable @discardableResult
  public mutating func wake() -> Bool { tickring_wake(&raw) }
}

extension RecordProducer {
  /// As `TickProducer.wake`.
  @inlinable @discardableResult
  public mutating func wake() -> Bool { tickring_wake(&raw) }
}
