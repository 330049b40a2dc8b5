import TickRing
import TickWire

/// Where an order is in its life, as far as this sender knows.
enum OrderState: UInt8 {
  case free = 0
  /// Handed to the kernel, not answered.
  case inFlight
  /// Accepted by the venue and open.
  case live
}

/// An order that has left, 64 bytes.
struct WorkingOrder: BitwiseCopyable {
  var orderId: UInt64 = 0
  var priceE4: Int64 = 0
  var userRefNum: UInt32 = 0
  var quantity: UInt32 = 0
  var filled: UInt32 = 0
  /// Shares that can still fill.
  var open: UInt32 = 0
  var worker: UInt32 = 0
  var state = OrderState.free.rawValue
  var side: UInt8 = 0
  var strategy: UInt8 = 0
  var isCancelSent = false
  /// The latest match numbers: a fill that is told twice counts once.
  var matches: (UInt64, UInt64, UInt64) = (0, 0, 0)
}

extension WorkingOrder {
  /// Whether a fill is not one of the latest, told again.
  func isNew(match: UInt64) -> Bool {
    filled == 0 || (match != matches.0 && match != matches.1 && match != matches.2)
  }

  /// Becomes what the venue accepted; whether that is something else than was sent.
  mutating func adopt(_ side: Ouch50.Side, _ quantity: UInt32, _ priceE4: Int64) -> Bool {
    let accepted = (side.isBuy ? OrderSide.buy : .sell).rawValue
    let isOther = (accepted, quantity, priceE4) != (self.side, self.quantity, self.priceE4)
    (self.side, self.quantity, self.priceE4) = (accepted, quantity, priceE4)
    open = quantity
    return isOther
  }

  mutating func remember(match: UInt64) {
    // The first fill leaves nothing of the zeroes that an unused order holds.
    matches = filled == 0 ? (match, match, match) : (match, matches.0, matches.1)
  }
}

/// What the pool refuses. Typed, so that throwing one allocates nothing.
enum OrderPoolError: Error {
  /// As many orders out as the pool holds.
  case exhausted
  /// Not an order that is out: given back twice, or a reference of before.
  case notTaken
}

/// Preallocated orders, found by UserRefNum with one cache miss: an order's place is its number
/// modulo the pool's size. Numbers only rise, as OUCH demands, and pass over a number whose place
/// is still taken by an old order.
///
/// Hot path. Thread: the sender's. `take` looks at one place unless old orders lie in the way: the
/// table has twice as many places as orders, so two looks on average. No allocation.
struct OrderPool: ~Copyable {
  private let orders: Slab<WorkingOrder>
  private let mask: Int
  let capacity: Int
  private(set) var count = 0
  private var lastUserRefNum: UInt32

  /// - Parameters:
  ///   - capacity: orders that may be out at once.
  ///   - firstUserRefNum: the lowest number to give, from 1.
  init(capacity: Int, firstUserRefNum: UInt32 = 1) {
    precondition(capacity > 0 && firstUserRefNum > 0)
    lastUserRefNum = firstUserRefNum - 1
    var places = 2
    while places < capacity * 2 { places *= 2 }
    self.capacity = capacity
    mask = places - 1
    orders = Slab(count: places, repeating: WorkingOrder())
  }

  /// Whether there is an order to take, and a number for it.
  var hasRoom: Bool { count < capacity && lastUserRefNum < UInt32.max - UInt32(mask) }

  /// Takes a cleared order with the next UserRefNum.
  mutating func take() throws(OrderPoolError) -> UInt32 {
    guard hasRoom else { throw .exhausted }
    repeat { lastUserRefNum += 1 } while orders[place(lastUserRefNum)].userRefNum != 0
    orders[place(lastUserRefNum)] = WorkingOrder(userRefNum: lastUserRefNum)
    count += 1
    return lastUserRefNum
  }

  /// Gives an order back, cleared.
  mutating func giveBack(_ userRefNum: UInt32) throws(OrderPoolError) {
    guard contains(userRefNum) else { throw .notTaken }
    orders[place(userRefNum)] = WorkingOrder()
    count -= 1
  }

  func contains(_ userRefNum: UInt32) -> Bool {
    userRefNum != 0 && orders[place(userRefNum)].userRefNum == userRefNum
  }

  /// The order of a number that the pool `contains`.
  subscript(userRefNum: UInt32) -> WorkingOrder {
    _read {
      precondition(contains(userRefNum), "no such order is out")
      yield orders[place(userRefNum)]
    }
    nonmutating _modify {
      precondition(contains(userRefNum), "no such order is out")
      yield &orders[place(userRefNum)]
    }
  }

  /// Places, for a walk over all orders; 0 where none is.
  var places: Int { mask + 1 }
  func userRefNum(atPlace index: Int) -> UInt32 { orders[index].userRefNum }

  private func place(_ userRefNum: UInt32) -> Int { Int(userRefNum) & mask }
}
