/// Orders of a predecessor that had to make room for earlier ones, which the venue tells of first:
/// kept until the venue names them, too, or has said all. Each is a guest in a line of the pool as
/// well, for a successor, unless every line is taken.
///
/// Thread: the sender's. No allocation after `init`. An order is evicted once at most: named, it
/// stays. Found by its place, which is no other evicted order's.
struct EvictedOrders: ~Copyable {
  /// In the order in which they went. Number 0: it is back.
  private let orders: Slab<WorkingOrder>
  /// By place in the pool: which of them, plus 1.
  private let slots: Slab<UInt32>
  private var used = 0
  /// Where the search for a free line went last.
  private var nextLine = 0
  private(set) var count = 0

  /// - Parameters:
  ///   - capacity: orders that the predecessor left.
  ///   - places: of the pool.
  init(capacity: Int, places: Int) {
    orders = Slab(count: capacity, repeating: WorkingOrder())
    slots = Slab(count: capacity > 0 ? places : 0, repeating: 0)
  }

  /// An order makes room at its place.
  mutating func keep(_ order: WorkingOrder, in pool: borrowing OrderPool) {
    guard used < orders.count else { return }
    let place = pool.place(order.userRefNum)
    orders[used] = order
    used += 1
    count += 1
    slots[place] = UInt32(used)
    lodge(used - 1, in: pool)
  }

  /// An order that the venue names now. Its line is free again by `forget`, once the order is in
  /// its own or has ended.
  mutating func take(_ number: UInt32, at place: Int) -> WorkingOrder? {
    guard let slot = slot(of: number, at: place) else { return nil }
    let order = orders[slot]
    orders[slot].userRefNum = 0
    count -= 1
    return order
  }

  /// The first of those that the venue has never heard of: from number `next` on.
  func first(from next: UInt32) -> WorkingOrder? {
    guard count > 0 else { return nil }
    for slot in 0..<used {
      let number = orders[slot].userRefNum
      if number != 0, number >= next { return orders[slot] }
    }
    return nil
  }

  /// Wants those cancelled that are meant; whether there is one. Looks at each.
  @discardableResult
  mutating func wantCancels(
    in pool: borrowing OrderPool, _ isMeant: (WorkingOrder) -> Bool
  ) -> Bool {
    guard count > 0 else { return false }
    var isOne = false
    for slot in 0..<used where orders[slot].userRefNum != 0 && isMeant(orders[slot]) {
      orders[slot].isCancelAsked = true
      if orders[slot].lodging != 0 { pool[atPlace: orders[slot].lodging].isCancelAsked = true }
      isOne = true
    }
    return isOne
  }

  private func slot(of number: UInt32, at place: Int) -> Int? {
    guard count > 0, slots[place] > 0 else { return nil }
    let slot = Int(slots[place]) - 1
    return orders[slot].userRefNum == number ? slot : nil
  }

  // MARK: Lines of the pool

  /// The guest in a line has to make room itself.
  mutating func move(from line: Int, in pool: borrowing OrderPool) {
    let number = pool[atPlace: line].userRefNum
    guard let slot = slot(of: number, at: pool.place(number)) else { return }
    lodge(slot, in: pool)
    pool.forget(atPlace: line)
  }

  /// Writes an order into a free line that is no evicted order's own.
  private mutating func lodge(_ slot: Int, in pool: borrowing OrderPool) {
    orders[slot].lodging = 0
    for _ in 1..<pool.places {
      nextLine = nextLine + 1 < pool.places ? nextLine + 1 : 1
      guard pool.isFree(nextLine), slots[nextLine] == 0 else { continue }
      pool.keep(orders[slot], atPlace: nextLine)
      orders[slot].lodging = nextLine
      return
    }
  }
}
