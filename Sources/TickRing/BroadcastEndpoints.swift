import CTickRing

/// Hot path. Threads: the writer's one, and one for each observer. Cache lines: the writer writes
/// slots, its tail and what it announces, reads none of another's; an observer writes none.
/// Ordering: PUBLISH, REVISE and SHARE of tickring_order.h. Cost: a few ns; no system call,
/// allocation or retain. Failure: none for the writer; an observer that is overtaken counts what it
/// lost.

/// The one writer of a broadcast ring, which no observer can slow. Dropping it gives up the role.
@frozen
public struct BroadcastWriter: ~Copyable, @unchecked Sendable {
  @usableFromInline var raw: tickring_writer

  /// Takes over `region`. Throws if another writer lives, or the region is no broadcast ring.
  public init(claiming region: consuming Region) throws(RingError) {
    raw = tickring_writer()  // first, so that what is destroyed on a throw holds nothing
    try region.open(.broadcast, &raw)
  }

  deinit {
    var raw = self.raw
    tickring_writer_close(&raw)
  }

  /// Writes one tick, over the oldest one when the ring has gone round.
  /// - Parameter received: receive time, CLOCK_MONOTONIC ns >> 4 (`receiveStamp`).
  @inlinable
  public mutating func write(_ tick: Tick, received: UInt32) {
    tickring_broadcast(&raw, tickring_words(word: tick.raw.word), received)
  }

  /// Writes `count` ticks, of which `tick(index)` makes each: the faster face for many.
  /// - Parameter received: receive time, CLOCK_MONOTONIC ns >> 4 (`receiveStamp`).
  @inlinable
  public mutating func write(_ count: Int, received: UInt32, _ tick: (Int) -> Tick) {
    let (slots, mask) = (raw.slots, raw.mask)
    var done = 0
    while done < count {
      let part = tickring_begin(&raw, UInt64(truncatingIfNeeded: count &- done))
      let next = raw.next
      var index: UInt64 = 0
      while index < part {
        let words = tick(done &+ Int(truncatingIfNeeded: index)).words
        tickring_put(slots, mask, next &+ index, tickring_words(word: words), received)
        index &+= 1
      }
      tickring_end(&raw, part)
      done &+= Int(truncatingIfNeeded: part)
    }
  }

  /// Ticks written since the region was created.
  @inlinable public var written: UInt64 { raw.next }
  public var capacity: Int { Int(raw.mask) + 1 }
}

/// Where an observer that joins late begins.
public enum BroadcastStart: UInt32, Sendable {
  /// The newest tick that is there.
  case newest = 0
  /// The oldest that is still there.
  case oldest = 1
  /// The first one written from now on.
  case next = 2
}

/// One of any number of observers of a broadcast ring; it writes nothing, so `attachReader` will
/// do. It takes each tick once and in order, or counts it as lost.
@frozen
public struct BroadcastObserver: ~Copyable, @unchecked Sendable {
  @usableFromInline var raw: tickring_observer

  /// Takes over an attachment. Throws if the region is no broadcast ring.
  public init(_ region: consuming Region, from start: BroadcastStart) throws(RingError) {
    raw = tickring_observer()  // first, so that what is destroyed on a throw holds nothing
    try region.require(.broadcast)
    let path = region.path
    var from = region.take()
    let code = tickring_observer_open(&from, tickring_start(rawValue: start.rawValue), &raw)
    guard code == 0 else { throw RingError(code: code, path: path) }
  }

  deinit {
    var raw = self.raw
    tickring_observer_close(&raw)
  }

  /// Takes the next tick; false when there is none. `lost` may have grown either way.
  @inlinable
  public mutating func poll(_ tick: inout Tick) -> Bool { tickring_observe(&raw, &tick.raw) }

  /// Hands up to `count` ticks to `body`, in order, each with its sequence. `lost` may have grown
  /// either way. The faster face for many.
  /// - Returns: how many there were.
  @inlinable
  public mutating func poll(upTo count: Int, _ body: (UInt64, Tick) -> Void) -> Int {
    let (slots, mask, most) = (raw.slots, raw.mask, UInt64(count))
    var tick = tickring_tick()
    for _ in 0..<2 {  // once more where it was overtaken
      let first = raw.next
      var next = first
      while next &- first < most, tickring_observer_take(&raw, slots, mask, next, &tick) {
        body(next, Tick(raw: tick))
        next &+= 1
      }
      raw.next = next
      if next != first || !tickring_observer_lose(&raw) {
        return Int(truncatingIfNeeded: next &- first)
      }
    }
    return 0
  }

  /// Copies as many ticks as are there and fit in `ticks`, in order; how many. The rest of `ticks`
  /// is scratch. `lost` may have grown either way.
  @inlinable
  public mutating func poll(into ticks: UnsafeMutableBufferPointer<Tick>) -> Int {
    guard let first = ticks.baseAddress else { return 0 }
    // A tick is a tickring_tick and nothing else.
    let raws = UnsafeMutableRawPointer(first).assumingMemoryBound(to: tickring_tick.self)
    return Int(
      truncatingIfNeeded: tickring_observe_batch(
        &raw, raws, UInt64(truncatingIfNeeded: ticks.count)))
  }

  /// The sequence that is looked for next; the last tick taken had the one before.
  @inlinable public var next: UInt64 { raw.next }
  /// The sequence at which this observer began: `start + seen + lost == next`, always.
  @inlinable public var start: UInt64 { raw.start }
  /// Ticks taken.
  @inlinable public var seen: UInt64 { raw.next &- raw.start &- raw.lost }
  /// Ticks overwritten before this observer took them. Exact.
  @inlinable public var lost: UInt64 { raw.lost }
  /// Ticks written so far; a look at the writer's own lines, so not for every turn.
  public var written: UInt64 {
    var region = raw.region
    return tickring_written(&region)
  }
  public var capacity: Int { Int(raw.mask) + 1 }
}
