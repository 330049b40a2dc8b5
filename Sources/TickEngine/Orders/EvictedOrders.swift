/// Orders of a predecessor that had to make room for earlier ones, which the venue tells of first,
/// and replacements that it had asked for: kept until the venue names them, too, or has said all.
/// Each is a guest in a line of the pool as well, for a successor, unless no line is found free.
///
/// Thread: the sender's. No allocation after `init`. An order is evicted once at most: named, it
/// stays. Found by its place, which is no other evicted order's. Cost: whatever happens, in all not
/// more than a few looks for each line of the pool and each order; but by id, a look at each.
struct EvictedOrders: ~Copyable {
  /// In the order in which they went. Number 0: it is back.
  private let orders: Slab<WorkingOrder>
  /// By place in the pool: which of them, plus 1.
  private let slots: Slab<UInt32>
  private var used = 0
  /// Where the search for a free line went last, and how many lines it may look at yet.
  private var nextLine = 0
  private var looks: Int
  private static let looksEach = 16
  /// What was asked for last as what the venue never heard of, and how far the search for it went.
  private var sought: (next: UInt32, passed: Int) = (0, 0)
  private(set) var count = 0

  /// - Parameters:
  ///   - capacity: orders that the predecessor left.
  ///   - places: of the pool.
  init(capacity: Int, places: Int) {
    orders = Slab(count: capacity, repeating: WorkingOrder())
    slots = Slab(count: capacity > 0 ? places : 0, repeating: 0)
    looks = 2 * places
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

  /// One that the venue names, where it is still away.
  func find(_ number: UInt32, at place: Int) -> WorkingOrder? {
    slot(of: number, at: place).map { orders[$0] }
  }

  /// A strategy's order, not a replacement of it.
  func find(_ orderId: UInt64) -> WorkingOrder? {
    guard count > 0 else { return nil }
    for slot in 0..<used where isOrder(slot) && orders[slot].orderId == orderId {
      return orders[slot]
    }
    return nil
  }

  /// The first of those that the venue, which has said all, has never heard of: numbers from `next`
  /// on, and replacements, which it would have named. Let each be taken before the next.
  mutating func first(from next: UInt32) -> WorkingOrder? {
    if sought.next != next { sought = (next, 0) }
    while count > 0, sought.passed < used {
      let order = orders[sought.passed]
      if order.userRefNum >= next || order.isReplacement, order.userRefNum != 0 { return order }
      sought.passed += 1
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
    for slot in 0..<used where isOrder(slot) && isMeant(orders[slot]) {
      orders[slot].isCancelAsked = true
      if orders[slot].lodging != 0 { pool[atPlace: orders[slot].lodging].isCancelAsked = true }
      isOne = true
    }
    return isOne
  }

  /// What is meant is stopped.
  mutating func stop(in pool: borrowing OrderPool, _ isMeant: (WorkingOrder) -> Bool) {
    guard count > 0 else { return }
    for slot in 0..<used where orders[slot].userRefNum != 0 && isMeant(orders[slot]) {
      orders[slot].isStopped = true
      if orders[slot].lodging != 0 { pool[atPlace: orders[slot].lodging].isStopped = true }
    }
  }

  /// Of a replacement nothing is wanted: it becomes what its original is to become.
  private func isOrder(_ slot: Int) -> Bool {
    orders[slot].userRefNum != 0 && !orders[slot].isReplacement
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

  /// Writes an order into a free line that is no evicted order's own. Where every line is taken all
  /// are looked at once or twice, and then some for each order: not all for each.
  private mutating func lodge(_ slot: Int, in pool: borrowing OrderPool) {
    orders[slot].lodging = 0
    looks += EvictedOrders.looksEach
    for _ in 1..<min(pool.places, looks) {
      looks -= 1
      nextLine = nextLine + 1 < pool.places ? nextLine + 1 : 1
      guard pool.isFree(nextLine), slots[nextLine] == 0 else { continue }
      pool.keep(orders[slot], atPlace: nextLine)
      orders[slot].lodging = nextLine
      return
    }
  }
}
