import Testing
import TickRing
import TickWire

@testable import TickEngine

extension OrderPool {
  /// A pool in memory that nobody else finds.
  static func unnamed(_ capacity: Int) throws -> OrderPool {
    try OrderPool(
      claiming: Region.createUnnamed(.pool, capacity: OrderPool.slots(capacity)),
      capacity: capacity)
  }
}

/// A pool that an expectation can hold.
private final class Pool {
  private var pool: OrderPool
  init(_ capacity: Int) throws { pool = try OrderPool.unnamed(capacity) }

  func take() throws(OrderPoolError) -> UInt32 { try pool.take() }
  func giveBack(_ number: UInt32) throws(OrderPoolError) { try pool.giveBack(number) }
  func contains(_ number: UInt32) -> Bool { pool.contains(number) }
  var count: Int { pool.count }
  var places: Int { pool.places }
  subscript(number: UInt32) -> WorkingOrder {
    get { pool[number] }
    set { pool[number] = newValue }
  }
  func numbers() -> [UInt32] {
    (0..<pool.places).map { pool.userRefNum(atPlace: $0) }.filter { $0 != 0 }.sorted()
  }
}

/// TK5: the preallocated order pool.
@Suite(.timeLimit(.minutes(1))) struct OrderPoolTests {
  @Test func anOrderIsOneCacheLine() throws {
    #expect(MemoryLayout<WorkingOrder>.size == 64 && MemoryLayout<WorkingOrder>.stride == 64)
  }

  @Test(arguments: [1, 2, 3, 7, 64])
  func theOrderBeyondCapacityIsATypedError(capacity: Int) throws {
    let pool = try Pool(capacity)
    for number in 1...capacity { #expect(try pool.take() == UInt32(number)) }
    #expect(throws: OrderPoolError.exhausted) { try pool.take() }
    #expect(pool.count == capacity)
    try pool.giveBack(1)
    #expect(try pool.take() > UInt32(capacity))
    #expect(throws: OrderPoolError.exhausted) { try pool.take() }
  }

  /// OM3: what a successor could not know in another session keeps it to this one.
  @Test func om3FillsAndOrdersWithoutALineBindToTheSession() throws {
    var pool = try OrderPool.unnamed(4)
    pool.begin(FixedText("FIRST")!, at: 5, next: 1)
    var isBinding = [pool.start.isBinding]
    pool.hasTraded = true
    isBinding.append(pool.start.isBinding)
    (pool.hasTraded, pool.isCrowded) = (false, true)
    isBinding.append(pool.start.isBinding)
    pool.begin(FixedText("SECOND")!, at: 1, next: 9)
    isBinding.append(pool.start.isBinding)
    #expect(isBinding == [false, true, true, false])
    #expect(try pool.numberedBefore == 8 && pool.take() == 9)
  }

  @Test func aDoubleReturnIsRefused() throws {
    let pool = try Pool(4)
    let number = try pool.take()
    try pool.giveBack(number)
    #expect(throws: OrderPoolError.notTaken) { try pool.giveBack(number) }
    #expect(pool.count == 0)
  }

  @Test func whatWasNeverTakenCannotBeGivenBack() throws {
    let pool = try Pool(4)
    _ = try pool.take()
    // Other numbers of the same place too.
    for number: UInt32 in [0, 2, 1 + UInt32(pool.places), .max] {
      #expect(throws: OrderPoolError.notTaken) { try pool.giveBack(number) }
      #expect(!pool.contains(number))
    }
    #expect(pool.count == 1)
  }

  @Test func aReturnedOrderIsCleared() throws {
    let pool = try Pool(1)
    for _ in 0..<20 {
      let number = try pool.take()
      let order = pool[number]
      #expect(order.orderId == 0 && order.quantity == 0 && order.filled == 0 && order.open == 0)
      #expect(order.state == OrderState.free.rawValue && !order.isCancelSent)
      #expect(order.userRefNum == number && order.priceE4 == 0 && !order.isBuy)
      pool[number].orderId = .max
      pool[number].quantity = 7
      pool[number].isCancelSent = true
      try pool.giveBack(number)
    }
  }

  @Test func numbersPassOverAPlaceThatIsStillTaken() throws {
    let pool = try Pool(2)
    let old = try pool.take()
    var numbers: [UInt32] = []
    for _ in 0..<12 {
      let number = try pool.take()
      numbers.append(number)
      try pool.giveBack(number)
    }
    let places = UInt32(pool.places)
    #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
    #expect(numbers.allSatisfy { $0 % places != old % places } && pool.contains(old))
  }

  @Test(arguments: 1...6)
  func ordersAreThoseOfASet(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let capacity = random.within(1...40)
    let pool = try Pool(capacity)
    var model: [UInt32: UInt64] = [:]
    var last: UInt32 = 0
    for step in 0..<3_000 {
      if random.once(in: 2) || model.isEmpty {
        guard model.count < capacity else {
          #expect(throws: OrderPoolError.exhausted) { try pool.take() }
          continue
        }
        let number = try pool.take()
        #expect(number > last)
        last = number
        pool[number].orderId = UInt64(step)
        model[number] = UInt64(step)
      } else {
        let number = model.keys.sorted()[random.below(model.count)]
        #expect(pool[number].orderId == model[number])
        try pool.giveBack(number)
        model[number] = nil
      }
      #expect(pool.count == model.count)
    }
    #expect(pool.numbers() == model.keys.sorted())
  }
}
