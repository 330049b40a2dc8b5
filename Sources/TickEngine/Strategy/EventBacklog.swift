import TickRing

/// A worker's event ring, and those events of it that were drained while the worker waited for
/// room in its order ring: they are handed out first, in their order.
///
/// Thread: the worker's. Bounded: what finds no room in the backlog stays in the ring.
@usableFromInline
struct EventBacklog: ~Copyable {
  static let capacity = 4096

  private var ring: EventConsumer
  private let events: Slab<OrderEvent>
  private var first = 0
  private var count = 0

  init(_ ring: consuming EventConsumer) {
    self.ring = ring
    events = Slab(count: EventBacklog.capacity, repeating: OrderEvent())
  }

  /// Drains the ring as far as there is room.
  @usableFromInline mutating func fill() {
    var event = OrderEvent()
    while count < events.count, ring.poll(&event) {
      events[(first + count) % events.count] = event
      count += 1
    }
  }

  /// The next event, oldest first.
  @usableFromInline mutating func poll(_ event: inout OrderEvent) -> Bool {
    guard count > 0 else { return ring.poll(&event) }
    event = events[first]
    first = (first + 1) % events.count
    count -= 1
    return true
  }

  @usableFromInline mutating func beat(_ now: UInt64) { ring.beat(monotonic_ns: now) }

  /// Events taken from the ring.
  var polled: UInt64 { ring.polled }
}
