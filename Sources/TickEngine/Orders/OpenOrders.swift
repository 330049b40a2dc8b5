/// The orders of a pool as two kinds of list: all of them, and those of each instrument's sides.
/// Links lie in the orders; heads here. A head or link is a place plus 1; 0 is the end.
///
/// Of each side there is an edge besides, the highest bid or the lowest offer of ours: a bound that
/// is never on the wrong side of it, and is made exact by whoever looks at the whole list.
///
/// Thread: the sender's. Every change O(1), of at most five lines beside the order's own.
struct OpenOrders: ~Copyable {
  private(set) var first: UInt32 = 0
  /// One side of an instrument.
  struct Side: BitwiseCopyable {
    var edge: Int64
    var first: UInt32 = 0
  }

  /// Of instrument n: sells at 2 n, buys at 2 n + 1; half a line.
  private let sides: Slab<Side>
  /// How many of each strategy are stopped; 0: of all.
  private let stopped: Slab<UInt32>

  init(instruments: Int) {
    sides = Slab(count: instruments * 2) { Side(edge: OpenOrders.noEdge(isBuy: $0 & 1 == 1)) }
    stopped = Slab(count: 256, repeating: 0)
  }

  /// Fetches what is known of an instrument's sides.
  @inline(__always)
  func prefetch(_ instrument: UInt32) { sides.prefetch(slot(instrument, false)) }

  /// The newest order on a side of an instrument.
  func first(of instrument: UInt32, isBuy: Bool) -> UInt32 { sides[slot(instrument, isBuy)].first }

  /// How many are stopped of a strategy or, 0, of all.
  func stoppedCount(of strategy: UInt8) -> UInt32 { stopped[Int(strategy)] }

  /// An order that is in the lists is stopped from now on.
  mutating func stop(_ place: Int, in pool: borrowing OrderPool) {
    guard !pool[atPlace: place].isStopped else { return }
    pool[atPlace: place].isStopped = true
    countStopped(pool[atPlace: place], 1)
  }

  private mutating func countStopped(_ order: WorkingOrder, _ change: Int) {
    guard order.isStopped else { return }
    let strategy = Int(order.strategy)
    stopped[0] = stopped[0].advanced(by: change)
    if strategy > 0 { stopped[strategy] = stopped[strategy].advanced(by: change) }
  }

  /// No order of that side is beyond this price, 1e-4.
  func edge(of instrument: UInt32, isBuy: Bool) -> Int64 { sides[slot(instrument, isBuy)].edge }

  /// What a look at the whole list has shown.
  mutating func set(edge: Int64, of instrument: UInt32, isBuy: Bool) {
    sides[slot(instrument, isBuy)].edge = edge
  }

  /// The edge of a side without orders.
  static func noEdge(isBuy: Bool) -> Int64 { isBuy ? .min : .max }

  /// An order has this price now. One that never rests is no edge.
  mutating func note(_ order: WorkingOrder) {
    guard !order.isImmediate else { return }
    let slot = slot(order.instrument, order.isBuy)
    sides[slot].edge =
      order.isBuy ? max(sides[slot].edge, order.priceE4) : min(sides[slot].edge, order.priceE4)
  }

  mutating func insert(_ number: UInt32, in pool: borrowing OrderPool) {
    let link = UInt32(pool.place(number)) + 1
    let slot = slot(pool[number].instrument, pool[number].isBuy)
    pool[number].links = OrderLinks(after: first, sameAfter: sides[slot].first)
    if first != 0 { pool[atPlace: Int(first) - 1].links.before = link }
    if sides[slot].first != 0 { pool[atPlace: Int(sides[slot].first) - 1].links.sameBefore = link }
    first = link
    sides[slot].first = link
    countStopped(pool[number], 1)
    note(pool[number])
  }

  mutating func remove(_ number: UInt32, from pool: borrowing OrderPool) {
    let links = pool[number].links
    let isBuy = pool[number].isBuy
    countStopped(pool[number], -1)
    let slot = slot(pool[number].instrument, isBuy)
    if links.before != 0 {
      pool[atPlace: Int(links.before) - 1].links.after = links.after
    } else {
      first = links.after
    }
    if links.after != 0 { pool[atPlace: Int(links.after) - 1].links.before = links.before }
    if links.sameBefore != 0 {
      pool[atPlace: Int(links.sameBefore) - 1].links.sameAfter = links.sameAfter
    } else {
      sides[slot].first = links.sameAfter
    }
    if links.sameAfter != 0 {
      pool[atPlace: Int(links.sameAfter) - 1].links.sameBefore = links.sameBefore
    }
    if sides[slot].first == 0 { sides[slot].edge = OpenOrders.noEdge(isBuy: isBuy) }
  }

  /// Instruments beyond the table share the first lists: none of them passes the gate.
  private func slot(_ instrument: UInt32, _ isBuy: Bool) -> Int {
    let number = Int(instrument) * 2 < sides.count ? Int(instrument) : 0
    return number * 2 + (isBuy ? 1 : 0)
  }
}
