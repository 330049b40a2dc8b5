/// The orders of a pool as two kinds of list: all of them, and those of each instrument. Links lie
/// in the orders; heads here. A head or link is a place plus 1; 0 is the end.
///
/// Thread: the sender's. Every change O(1), of at most four lines beside the order's own.
struct OpenOrders: ~Copyable {
  private(set) var first: UInt32 = 0
  private let firstOf: Slab<UInt32>

  init(instruments: Int) { firstOf = Slab(count: instruments, repeating: 0) }

  /// The newest order of an instrument.
  func first(of instrument: UInt32) -> UInt32 {
    Int(instrument) < firstOf.count ? firstOf[Int(instrument)] : 0
  }

  mutating func insert(_ number: UInt32, in pool: borrowing OrderPool) {
    let link = UInt32(pool.place(number)) + 1
    let slot = OpenOrders.slot(pool[number].instrument, firstOf.count)
    pool[number].links = OrderLinks(after: first, sameAfter: firstOf[slot])
    if first != 0 { pool[atPlace: Int(first) - 1].links.before = link }
    if firstOf[slot] != 0 { pool[atPlace: Int(firstOf[slot]) - 1].links.sameBefore = link }
    first = link
    firstOf[slot] = link
  }

  mutating func remove(_ number: UInt32, from pool: borrowing OrderPool) {
    let links = pool[number].links
    let slot = OpenOrders.slot(pool[number].instrument, firstOf.count)
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

  /// Instruments beyond the table share the first list: none of them passes the gate.
  private static func slot(_ instrument: UInt32, _ count: Int) -> Int {
    Int(instrument) < count ? Int(instrument) : 0
  }
}
