/// Finds the UserRefNum of a strategy's order: open addressing, with backward-shift deletion, so
/// that no look-up ever passes tombstones. Thread: the sender's. No allocation.
struct OrderIndex: ~Copyable {
  struct Entry: BitwiseCopyable {
    /// 0: free. An order id is never 0: its low half counts from 1.
    var orderId: UInt64 = 0
    var userRefNum: UInt32 = 0
  }

  private let entries: Slab<Entry>
  private let mask: Int

  /// - Parameter capacity: entries that may be there at once.
  init(capacity: Int) {
    var places = 2
    while places < capacity * 2 { places *= 2 }
    mask = places - 1
    entries = Slab(count: places, repeating: Entry())
  }

  private func home(_ orderId: UInt64) -> Int {
    Int(truncatingIfNeeded: (orderId &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
  }

  private func place(_ orderId: UInt64) -> Int {
    var index = home(orderId)
    while entries[index].orderId != 0, entries[index].orderId != orderId {
      index = (index + 1) & mask
    }
    return index
  }

  /// Fetches the line where the look for an order id begins: of all that the sender reads for an
  /// order this is the one that is least likely to be near.
  @inline(__always)
  func prefetch(_ orderId: UInt64) { entries.prefetch(home(orderId)) }

  func find(_ orderId: UInt64) -> UInt32? {
    guard orderId != 0 else { return nil }
    let entry = entries[place(orderId)]
    return entry.orderId == 0 ? nil : entry.userRefNum
  }

  mutating func insert(_ orderId: UInt64, _ userRefNum: UInt32) {
    precondition(orderId != 0)
    entries[place(orderId)] = Entry(orderId: orderId, userRefNum: userRefNum)
  }

  mutating func remove(_ orderId: UInt64) {
    guard orderId != 0 else { return }
    var hole = place(orderId)
    guard entries[hole].orderId != 0 else { return }
    var index = hole
    while true {
      index = (index + 1) & mask
      let entry = entries[index]
      if entry.orderId == 0 { break }
      // An entry may move into the hole unless its home lies behind the hole.
      let distance = (index - home(entry.orderId)) & mask
      if distance >= (index - hole) & mask {
        entries[hole] = entry
        hole = index
      }
    }
    entries[hole] = Entry()
  }
}
