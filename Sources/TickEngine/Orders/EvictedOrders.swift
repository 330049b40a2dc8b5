/// Orders of a predecessor that had to make room for earlier ones, which the venue tells of first:
/// kept until the venue names them, too, or has said all.
///
/// Thread: the sender's. No allocation after `init`. An order is evicted once at most: named, it
/// stays. Found by its place, which is no other evicted order's.
struct EvictedOrders: ~Copyable {
  /// In the order in which they went. Number 0: it is back.
  private let orders: Slab<WorkingOrder>
  /// By place in the pool: which of them, plus 1.
  private let slots: Slab<UInt32>
  private var used = 0
  private(set) var count = 0

  /// - Parameters:
  ///   - capacity: orders that the predecessor left.
  ///   - places: of the pool.
  init(capacity: Int, places: Int) {
    orders = Slab(count: capacity, repeating: WorkingOrder())
    slots = Slab(count: capacity > 0 ? places : 0, repeating: 0)
  }

  mutating func keep(_ order: WorkingOrder, at place: Int) {
    guard used < orders.count else { return }
    orders[used] = order
    used += 1
    count += 1
    slots[place] = UInt32(used)
  }

  /// An order that the venue names now.
  mutating func take(_ number: UInt32, at place: Int) -> WorkingOrder? {
    guard count > 0, slots[place] > 0 else { return nil }
    return take(Int(slots[place]) - 1) { $0.userRefNum == number }
  }

  /// One after the other of those that the venue has never heard of: from number `next` on.
  mutating func take(from next: UInt32) -> WorkingOrder? {
    guard count > 0 else { return nil }
    for slot in 0..<used {
      if let order = take(slot, if: { $0.userRefNum >= next }) { return order }
    }
    return nil
  }

  private mutating func take(_ slot: Int, if isMeant: (WorkingOrder) -> Bool) -> WorkingOrder? {
    let order = orders[slot]
    guard order.userRefNum != 0, isMeant(order) else { return nil }
    orders[slot].userRefNum = 0
    count -= 1
    return order
  }

  /// Wants those cancelled that are meant; whether there is one. Looks at each.
  @discardableResult
  mutating func wantCancels(_ isMeant: (WorkingOrder) -> Bool) -> Bool {
    guard count > 0 else { return false }
    var isOne = false
    for slot in 0..<used where orders[slot].userRefNum != 0 && isMeant(orders[slot]) {
      orders[slot].isCancelAsked = true
      isOne = true
    }
    return isOne
  }
}
