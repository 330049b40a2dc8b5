import TickWire

/// An order in the book.
struct RestingOrder {
  var account: UInt32 = 0
  var userRefNum: UInt32 = 0
  var instrument = 0
  var side = Ouch50.Side.buy
  var priceE4: Int64 = 0
  /// Shares open; 0 in a slot that is free.
  var open: UInt32 = 0
  /// Shares executed, also of the orders that it stands for.
  var executed: UInt32 = 0
  var symbol = Symbol(word: 0)
  var capacity: UInt8 = 0
  var cross: UInt8 = 0
  var clientOrderId = FixedText.blank
  var firm = FixedText.blank
  /// Neighbours in the queue of one side (or the next free slot); -1: none.
  var previous: Int32 = -1
  var next: Int32 = -1
}

/// One side of one instrument: best price first, then oldest first.
struct OrderQueue {
  var head: Int32 = -1
  var tail: Int32 = -1
}

/// The pool of resting orders: all memory is taken at the start; find, take and give back are O(1).
struct RestingOrders {
  private var slots: [RestingOrder]
  private var index: [UInt64: Int32]
  private var free: Int32
  private(set) var count = 0

  init(capacity: Int) {
    precondition(capacity > 0 && capacity < Int(Int32.max))
    slots = Array(repeating: RestingOrder(), count: capacity)
    for slot in slots.indices.dropLast() { slots[slot].next = Int32(slot + 1) }
    index = Dictionary(minimumCapacity: capacity)
    free = 0
  }

  var isFull: Bool { free < 0 }
  var capacity: Int { slots.count }

  subscript(slot: Int32) -> RestingOrder {
    get { slots[Int(slot)] }
    _modify { yield &slots[Int(slot)] }
  }

  func find(account: UInt32, userRefNum: UInt32) -> Int32? {
    index[RestingOrders.key(account, userRefNum)]
  }

  /// Takes a slot and puts the order behind all of its price or better. Traps if the pool is full.
  /// The search starts at the worst price, so that joining the back of the book is O(1); an order
  /// that improves it walks past what it improves on.
  mutating func insert(_ order: RestingOrder, into queue: inout OrderQueue) {
    precondition(free >= 0, "no slot free")
    let slot = free
    free = slots[Int(slot)].next
    var before = queue.tail
    while before >= 0, order.isBetter(than: slots[Int(before)]) {
      before = slots[Int(before)].previous
    }
    let after = before < 0 ? queue.head : slots[Int(before)].next
    slots[Int(slot)] = order
    slots[Int(slot)].previous = before
    slots[Int(slot)].next = after
    if before < 0 { queue.head = slot } else { slots[Int(before)].next = slot }
    if after < 0 { queue.tail = slot } else { slots[Int(after)].previous = slot }
    index[RestingOrders.key(order.account, order.userRefNum)] = slot
    count += 1
  }

  /// Takes the order out of its queue, clears its slot and gives it back.
  mutating func remove(_ slot: Int32, from queue: inout OrderQueue) {
    let order = slots[Int(slot)]
    let (previous, next) = (order.previous, order.next)
    if previous < 0 { queue.head = next } else { slots[Int(previous)].next = next }
    if next < 0 { queue.tail = previous } else { slots[Int(next)].previous = previous }
    index[RestingOrders.key(order.account, order.userRefNum)] = nil
    slots[Int(slot)] = RestingOrder()
    slots[Int(slot)].next = free
    free = slot
    count -= 1
  }

  private static func key(_ account: UInt32, _ userRefNum: UInt32) -> UInt64 {
    UInt64(account) << 32 | UInt64(userRefNum)
  }
}

extension RestingOrder {
  func isBetter(than other: RestingOrder) -> Bool {
    side.isBuy ? priceE4 > other.priceE4 : priceE4 < other.priceE4
  }
}
