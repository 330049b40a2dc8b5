import CTickRing

/// Hot path. Thread: one, the owner. Cache lines written: slots; the producer's line when full.
/// Read: the consumer's head when no room is known. Ordering: PUBLISH, RETURN of tickring_order.h.
/// Cost: a few ns; no system call, allocation or retain. Failure: false, when full; nothing is
/// written then, and the policy is the caller's.

/// The one producer of a tick ring. Dropping it gives up the role.
@frozen
public struct TickProducer: ~Copyable, @unchecked Sendable {
  @usableFromInline var raw: tickring_producer

  /// Takes over `region`. Throws if another producer lives, or the region is no tick ring.
  public init(claiming region: consuming Region) throws(RingError) {
    raw = tickring_producer()  // first, so that what is destroyed on a throw holds nothing
    try region.open(.ticks, &raw)
  }

  deinit {
    var raw = self.raw
    tickring_producer_close(&raw)
  }

  /// Publishes one tick.
  /// - Parameters:
  ///   - received: receive time, CLOCK_MONOTONIC ns >> 4 (`receiveStamp`).
  ///   - spare: slots that must still be free after it: kept for what matters more.
  @inlinable
  public mutating func publish(_ tick: Tick, received: UInt32, sparing spare: UInt32 = 0) -> Bool {
    tickring_publish_sparing(&raw, tickring_words(word: tick.raw.word), received, spare)
  }

  /// Publishes two ticks that appear together; false when there is no room for both, which a ring
  /// of one slot never has.
  @inlinable
  public mutating func publish(
    _ first: Tick, _ second: Tick, received: UInt32, sparing spare: UInt32 = 0
  ) -> Bool {
    tickring_publish_pair_sparing(
      &raw, tickring_words(word: first.raw.word), tickring_words(word: second.raw.word), received,
      spare)
  }

  /// Claims up to `count` slots: how many are granted, 0 when full. A claim that is not committed
  /// leaves no trace, and the next one grants the same slots again.
  @inlinable
  public mutating func claim(_ count: Int) -> Int {
    Int(truncatingIfNeeded: tickring_claim(&raw, UInt64(count)))
  }

  /// Writes the tick in slot `index` of the claim, which stays invisible until the commit.
  @inlinable
  public mutating func set(_ index: Int, to tick: Tick) {
    tickring_set(
      &raw, UInt64(truncatingIfNeeded: index), tickring_words(word: tick.raw.word))
  }

  /// Commits the first `count` slots of the claim: they appear together. More than were granted is
  /// a programmer's error, and traps if they are more than are known to be free.
  /// - Parameter received: receive time, CLOCK_MONOTONIC ns >> 4 (`receiveStamp`).
  @inlinable
  public mutating func commit(_ count: Int, received: UInt32) {
    tickring_commit(&raw, UInt64(count), received)
  }

  /// Whether `count` slots are free; asks the consumer's lines only when they seem not to be. What
  /// fits then fits until it is published.
  @inlinable
  public mutating func hasRoom(_ count: Int) -> Bool {
    tickring_has_room(&raw, UInt64(truncatingIfNeeded: count))
  }

  /// Whether anybody holds the consumer's role, in any process: the kernel's word. A system call,
  /// some 300 ns.
  public var hasConsumer: Bool {
    var region = raw.region
    return tickring_role_is_held(&region, TICKRING_CONSUMER)
  }

  /// Claims, writes and commits in one: up to `count` ticks that appear together, of which
  /// `tick(index)` makes each. Where a batch has a loop of its own this is the faster face: it
  /// reads the endpoint once a batch, not once a tick.
  /// - Parameter received: receive time, CLOCK_MONOTONIC ns >> 4 (`receiveStamp`).
  /// - Returns: how many were published; 0 when full.
  @inlinable
  public mutating func publish(upTo count: Int, received: UInt32, _ tick: (Int) -> Tick) -> Int {
    let granted = claim(count)
    if granted == 0 { return 0 }
    let (slots, mask, next) = (raw.slots, raw.mask, raw.next)
    let first = tick(0)
    if granted > 1 {  // the first line last: tickring_publish_each says why
      let second = tickring_words(word: tick(1).words)
      var index = 2
      while index < granted {
        let sequence = next &+ UInt64(truncatingIfNeeded: index)
        tickring_place(slots, mask, sequence, tickring_words(word: tick(index).words), received)
        index &+= 1
      }
      tickring_place(slots, mask, next &+ 1, second, received)
    }
    set(0, to: first)
    tickring_commit_placed(&raw, UInt64(truncatingIfNeeded: granted), received)
    return granted
  }

  /// Counts a publish that found no room, in the region's header. Counted once an episode, so that
  /// waiting does not inflate it.
  @inlinable public mutating func countFull() { tickring_count_full(&raw) }

  /// Ticks published since the region was created.
  @inlinable public var published: UInt64 { raw.next }
  /// Times that no room was found.
  public var full: UInt64 { raw.header.pointee.full }
  public var capacity: Int { Int(raw.mask) + 1 }
  /// How many of those published the consumer has advanced past.
  @inlinable public var advanced: UInt64 { tickring_load_acquire(&raw.header.pointee.position) }
}

/// The one consumer of a tick ring. Dropping it gives up the role.
@frozen
public struct TickConsumer: ~Copyable, @unchecked Sendable {
  @usableFromInline var raw: tickring_consumer

  /// Takes over `region`. Throws if another consumer lives, or the region is no tick ring.
  public init(claiming region: consuming Region) throws(RingError) {
    raw = tickring_consumer()  // first, so that what is destroyed on a throw holds nothing
    try region.open(.ticks, &raw)
  }

  deinit {
    var raw = self.raw
    tickring_consumer_close(&raw)
  }

  /// Takes the next tick; false when there is none.
  @inlinable
  public mutating func poll(_ tick: inout Tick) -> Bool { tickring_poll(&raw, &tick.raw) }

  /// Whether there is nothing to poll now.
  @inlinable public mutating func isEmpty() -> Bool { tickring_is_empty(&raw) }

  /// How many ticks are published ahead, up to `count`; none of them is advanced past.
  @inlinable
  public mutating func peek(_ count: Int) -> Int {
    Int(truncatingIfNeeded: tickring_peek(&raw, UInt64(count)))
  }

  /// Tick `index` of those peeked at.
  @inlinable
  public mutating func peeked(_ index: Int) -> Tick {
    let slot = tickring_peeked(&raw, UInt64(truncatingIfNeeded: index)).pointee
    return Tick(raw: tickring_tick(word: slot.record, commit: slot.word))
  }

  /// Advances past the first `count` of those peeked at: the producer may overwrite them. Traps on
  /// more than were found.
  @inlinable public mutating func advance(_ count: Int) { tickring_advance(&raw, UInt64(count)) }

  /// Peeks, reads and advances in one: hands up to `count` ticks to `body`, in order, each with its
  /// index. Where a batch has a loop of its own this is the faster face: it reads the endpoint once
  /// a batch, not once a tick. The producer hears of the room at each eighth of the capacity, and
  /// when all have been handed over. What a consumer that dies in here was handed since then its
  /// successor is handed again: at most `min(count, max(1, capacity / 8))`.
  /// - Returns: how many there were.
  @inlinable
  public mutating func poll(upTo count: Int, _ body: (Int, Tick) -> Void) -> Int {
    let (slots, mask, first) = (raw.slots, raw.mask, raw.next)
    let last = first &+ UInt64(count)
    var next = first
    var tick = tickring_tick()
    repeat {
      let end = tickring_part_end(&raw, last)
      while next != end {
        if !tickring_look(slots, mask, next, &tick) {
          return Int(truncatingIfNeeded: tickring_poll_stop(&raw, first, next))
        }
        body(Int(truncatingIfNeeded: next &- first), Tick(raw: tick))
        next &+= 1
      }
      tickring_pass(&raw, next &- raw.next)
    } while next != last
    return count
  }

  /// Whether somebody holds the producer's role, in any process, and does not hang: the kernel's
  /// word, and the owner's last heartbeat. A system call, some 300 ns.
  /// - Parameter monotonic_ns: CLOCK_MONOTONIC.
  public func hasProducer(monotonic_ns: UInt64) -> Bool {
    var region = raw.region
    guard tickring_role_is_held(&region, TICKRING_PRODUCER) else { return false }
    let beat_ns = tickring_load_relaxed(&raw.header.pointee.producer_heartbeat_ns)
    return beat_ns == 0 || monotonic_ns <= beat_ns &+ Heartbeat.silenceMax_ns
  }

  /// Ticks polled since the region was created.
  @inlinable public var polled: UInt64 { raw.next }
  public var capacity: Int { Int(raw.mask) + 1 }
}

/// CLOCK_MONOTONIC ns as a commit word carries it: units of 16 ns, modulo 2^32.
@inlinable
public func receiveStamp(monotonic_ns: UInt64) -> UInt32 { tickring_stamp(monotonic_ns) }
