/// The orders of a pool as two kinds of list: all of them, and those of each instrument's sides.
/// Links lie in the orders; heads here. A head or link is a place plus 1; 0 is the end.
///
/// Thread: the sender's. Every change O(1), of at most four lines beside the order's own.
struct OpenOrders: ~Copyable {
  private(set) var first: UInt32 = 0
  private let firstOf: Slab<UInt32>

  init(instruments: Int) { firstOf = Slab(count: instruments * 2, repeating: 0) }

  /// The newest order of an instrument's side. Those of an instrument beyond the table, of which
  /// none passes the gate, are in the first list.
  func first(of instrument: UInt32, isBuy: Bool) -> UInt32 {
    firstOf[OpenOrders.slot(instrument, isBuy, firstOf.count)]
  }

  mutating func insert(_ number: UInt32, in pool: borrowing OrderPool) {
    let link = UInt32(pool.place(number)) + 1
    let slot = OpenOrders.slot(pool[number].instrument, pool[number].isBuy, firstOf.count)
    pool[number].links = OrderLinks(after: first, sameAfter: firstOf[slot])
    if first != 0 { pool[atPlace: Int(first) - 1].links.before = link }
    if firstOf[slot] != 0 { pool[atPlace: Int(firstOf[slot]) - 1].links.sameBefore = link }
    first = link
    firstOf[slot] = link
  }

  mutating func remove(_ number: UInt32, from pool: borrowing OrderPool) {
    let links = pool[number].links
    let slot = OpenOrders.slot(pool[number].instrument, pool[number].isBuy, firstOf.count)
    if links.before != 0 {
      pool[atPlace: Int(links.before) - 1].links.after = links.after
    } else {
      first = links.after
    }
    if links.after != 0 { pool[atPlace: Int(links.after) - 1].links.before = links.before }
    if links.sameBefore != 0 {
      pool[atPlace: Int(links.sameBefore) - 1].links.sameAfter = links.sameAfter
    } else {
      firstOf[slot] = links.sameAfter
    }
    if links.sameAfter != 0 {
      pool[atPlace: Int(links.sameAfter) - 1].links.sameBefore = links.sameBefore
    }
  }

  private static func slot(_ instrument: UInt32, _ isBuy: Bool, _ count: Int) -> Int {
    let slot = Int(instrument) * 2 + (isBuy ? 1 : 0)
    return slot < count ? slot : 0
  }
}
