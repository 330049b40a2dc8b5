import TickRing
import TickWire

/// What the pool refuses. Typed, so that throwing one allocates nothing.
enum OrderPoolError: Error {
  /// As many orders out as the pool holds.
  case exhausted
  /// Not an order that is out: given back twice, or a reference of before.
  case notTaken
}

/// Preallocated orders in shared memory, found by UserRefNum with one cache miss: an order's place
/// is its number modulo the number of places, a power of two. Numbers only rise, as OUCH demands,
/// and pass over a number whose place is taken still: by an old order, or by one that had to make
/// room elsewhere (`+Guests`).
///
/// Hot path. Thread: the sender's. `take` looks at one place unless others lie in the way: there
/// are at least twice as many places as orders, so two looks on average at most; but a row of old
/// orders is passed at once. No allocation.
///
/// The region outlives the sender, so that a successor finds what was out. Place 0 is no order's:
/// it holds the venue's session that the numbers belong to, how far its messages are told, what
/// was held before it, and whether it brought fills.
struct OrderPool: ~Copyable {
  let orders: SharedSlab<WorkingOrder>
  private let mask: Int
  let capacity: Int
  private(set) var count = 0
  private var lastUserRefNum: UInt32
  /// The highest number that the venue's protocol can say.
  var userRefNumMax = UInt32.max

  /// Slots of the region that a pool of `capacity` orders needs.
  static func slots(_ capacity: Int) -> Int {
    var places = 4
    while places < capacity * 2 { places *= 2 }
    return places
  }

  /// Takes over a region of `slots(capacity)` lines. What a predecessor left in it is there.
  ///
  /// - Parameters:
  ///   - capacity: orders that may be out at once.
  ///   - firstUserRefNum: the lowest number to give, from 1.
  init(
    claiming region: consuming Region, capacity: Int, firstUserRefNum: UInt32 = 1
  ) throws(RingError) {
    precondition(capacity > 0 && firstUserRefNum > 0)
    let orders = try SharedSlab<WorkingOrder>(claiming: region, .pool)
    let places = orders.count
    precondition(places.nonzeroBitCount == 1 && places > capacity, "the region is too small")
    lastUserRefNum = firstUserRefNum - 1
    self.capacity = capacity
    mask = places - 1
    OrderPool.putBack(orders)
    for place in 1..<places where orders[place].userRefNum != 0 {
      count += 1
      lastUserRefNum = max(lastUserRefNum, orders[place].userRefNum)
    }
    self.orders = orders
    lastUserRefNum = max(lastUserRefNum, numberedBefore)
  }

  func isFree(_ place: Int) -> Bool { place != 0 && orders[place].userRefNum == 0 }

  /// The venue's session that the numbers belong to, and the message of it that the first sender of
  /// the pool began with; sequence 0: none yet.
  var origin: (session: FixedText, sequence: UInt64) {
    let (low, high) = (orders[0].quantity, orders[0].filled)
    return (
      FixedText(low: orders[0].orderId, high: UInt64(bitPattern: orders[0].priceE4)),
      UInt64(high) << 32 | UInt64(low)
    )
  }

  /// The last number that the session had seen before the first sender of the pool, for a successor
  /// is told nothing of that.
  var numberedBefore: UInt32 { UInt32(bitPattern: orders[0].referenceOffsetE4) }

  /// Begins a session at a message of it; numbers go on from `next` at least.
  mutating func begin(_ session: FixedText, at sequence: UInt64, next: UInt32) {
    skip(to: next)
    // The sequence last: a sender that dies in between has sent nothing.
    (orders[0].quantity, orders[0].filled, orders[0].partner) = (0, 0, 0)
    orders[0].links = OrderLinks()
    (orders[0].state, orders[0].worker, orders[0].strategy) = (0, 0, 0)
    orders.fence()
    orders[0].orderId = session.low
    orders[0].priceE4 = Int64(bitPattern: session.high)
    orders[0].referenceOffsetE4 = Int32(bitPattern: next - 1)
    orders.fence()
    orders[0].filled = UInt32(truncatingIfNeeded: sequence >> 32)
    orders[0].quantity = UInt32(truncatingIfNeeded: sequence)
  }

  /// The message of the session up to which workers have been told what the venue said; kept as one
  /// word, which a death leaves whole.
  var told: UInt64 {
    get { origin.sequence &+ UInt64(orders[0].partner) }
    nonmutating set {
      orders.fence()
      orders[0].partner = offset(newValue)
    }
  }

  /// From the first message on.
  private func offset(_ sequence: UInt64) -> UInt32 {
    UInt32(clamping: sequence &- min(sequence, origin.sequence))
  }

  /// The message that a worker is being told of, and where its event ring stood before that. While
  /// it is beyond `told`, a successor sees by the ring how much of it has been told.
  var telling: Telling {
    get {
      let links = orders[0].links
      return Telling(
        sequence: origin.sequence &+ UInt64(links.before), worker: Int(links.after >> 24),
        published: links.after & Telling.publishedMask)
    }
    nonmutating set {
      // The sequence last: a sender that dies in between has told nothing of the message.
      orders[0].links.after =
        UInt32(truncatingIfNeeded: newValue.worker) << 24 | newValue.published
      orders.fence()
      orders[0].links.before = offset(newValue.sequence)
      orders.fence()
    }
  }

  /// How many events of the message in `telling` its worker's ring held when a successor looked
  /// first; nil: none has looked. The ring moves on for other reasons, and what was found does not.
  var foundTold: Int? {
    get {
      let links = orders[0].links
      return links.sameAfter != 0 && links.sameAfter == links.before ? Int(links.sameBefore) : nil
    }
    nonmutating set {
      orders.fence()
      if let newValue { orders[0].links.sameBefore = UInt32(truncatingIfNeeded: newValue) }
      orders.fence()
      orders[0].links.sameAfter = newValue == nil ? 0 : orders[0].links.before
      orders.fence()
    }
  }

  /// Whether the session brought fills: a successor that met another one would not know of them.
  var hasTraded: Bool {
    get { orders[0].state != 0 }
    nonmutating set { orders[0].state = newValue ? 1 : 0 }
  }

  /// How much of what the session brought could not be true, as far as that has tripped; from 255
  /// on no more is told apart.
  var strangeHeard: UInt8 {
    get { orders[0].strategy }
    nonmutating set { orders[0].strategy = newValue }
  }

  /// Whether orders that are out had to make room for earlier ones.
  var isCrowded: Bool {
    get { orders[0].worker != 0 }
    nonmutating set {
      orders[0].worker = newValue ? 1 : 0
      orders.fence()
    }
  }

  struct Telling {
    /// Of a ring's count as much as tells a few events apart.
    static let publishedMask: UInt32 = 0xFF_FFFF
    /// Of one message: a break, that events were lost, and what the trade is now.
    static let eventsMax: UInt32 = 3
    var sequence: UInt64 = 0
    var worker = 0
    var published: UInt32 = 0

    init(sequence: UInt64 = 0, worker: Int = 0, published: UInt32 = 0) {
      self.sequence = sequence
      self.worker = worker
      self.published = published
    }
  }

  /// What was held before the first order of the session (`OpeningPositions.fingerprint`); 0:
  /// nothing. A successor that was told otherwise would count fills twice, or not at all.
  var opening: UInt64 {
    get { UInt64(orders[0].reserved) << 32 | UInt64(orders[0].open) }
    nonmutating set {
      orders[0].reserved = UInt32(truncatingIfNeeded: newValue >> 32)
      orders[0].open = UInt32(truncatingIfNeeded: newValue)
    }
  }

  /// From where the venue has to tell what became of what is out, and of all that its senders did.
  /// What was before them, and with a new pool everything, is not theirs to act on.
  var start: SessionStart {
    guard origin.sequence != 0 else { return .newest }
    // The predecessor may have been asking whether all is told.
    return SessionStart(
      session: origin.session, sequence: origin.sequence,
      isBinding: count > 0 || hasTraded || isCrowded,
      unanswered: 1, told: told)
  }

  /// Numbers go on from here at least: the venue has seen those before.
  mutating func skip(to next: UInt32) { lastUserRefNum = max(lastUserRefNum, next &- 1) }

  /// Whether there is an order to take, and a number for it.
  var hasRoom: Bool { count < capacity && hasNumber }

  private var hasNumber: Bool { Int(lastUserRefNum) + mask < Int(userRefNumMax) }

  /// Takes a cleared order with the next UserRefNum.
  mutating func take() throws(OrderPoolError) -> UInt32 {
    guard hasRoom else { throw .exhausted }
    repeat { lastUserRefNum += 1 } while !isFree(place(lastUserRefNum))
    orders[place(lastUserRefNum)] = WorkingOrder(userRefNum: lastUserRefNum)
    count += 1
    orders.prefetch(place(lastUserRefNum &+ 1))
    return lastUserRefNum
  }

  /// Takes an order under a number that the venue says, false if its place is taken. There may be
  /// more of these than `capacity`: those that a predecessor left and what the venue tells of
  /// before them are there at once.
  mutating func take(_ userRefNum: UInt32) -> Bool {
    guard userRefNum != 0, count < mask * 3 / 4, isFree(place(userRefNum)) else { return false }
    orders[place(userRefNum)] = WorkingOrder(userRefNum: userRefNum)
    lastUserRefNum = max(lastUserRefNum, userRefNum)
    count += 1
    return true
  }

  /// The next number, without an order: for a request that is none.
  mutating func takeNumber() -> UInt32? {
    guard hasNumber else { return nil }
    lastUserRefNum += 1
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

  var places: Int { mask + 1 }
  func place(_ userRefNum: UInt32) -> Int { Int(userRefNum) & mask }
  /// The number of the order at a place; 0: none.
  func userRefNum(atPlace place: Int) -> UInt32 {
    isGuest(atPlace: place) ? 0 : orders[place].userRefNum
  }
  /// The order at a place, which is taken.
  subscript(atPlace place: Int) -> WorkingOrder {
    _read { yield orders[place & mask] }
    nonmutating _modify { yield &orders[place & mask] }
  }
}
