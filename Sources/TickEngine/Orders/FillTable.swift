/// The latest fills by match number: a fill that is told twice counts once, and one that the venue
/// breaks is known even after its order has ended.
///
/// Hot path. Thread: the sender's. One cache miss a look-up; no allocation. Bounded: a fill is
/// forgotten when others have taken all the eight places that it may have.
struct FillTable: ~Copyable {
  struct Fill: BitwiseCopyable {
    var match: UInt64 = 0
    var orderId: UInt64 = 0
    var priceE4: Int64 = 0
    /// The order's limit.
    var limitE4: Int64 = 0
    var referenceE4: Int64 = 0
    var userRefNum: UInt32 = 0
    /// 0: the place is free.
    var quantity: UInt32 = 0
    /// Order in which fills came, to replace the oldest.
    var age: UInt32 = 0
    var worker: UInt8 = 0
    var strategy: UInt8 = 0
    var side: UInt8 = 0
    var isHeard = false
  }

  private static let ways = 8
  private let fills: Slab<Fill>
  private let mask: Int
  private var age: UInt32 = 0

  /// - Parameter capacity: a power of two.
  init(capacity: Int) {
    precondition(capacity >= FillTable.ways && capacity.nonzeroBitCount == 1)
    fills = Slab(count: capacity, repeating: Fill())
    mask = capacity - 1
  }

  private func home(_ match: UInt64) -> Int {
    Int(truncatingIfNeeded: (match &* 0x9E37_79B9_7F4A_7C15) >> 40) & mask & ~(FillTable.ways - 1)
  }

  /// A fill is known by its order and its match number. nil: not, or no longer.
  func find(_ userRefNum: UInt32, _ match: UInt64) -> Int? {
    let first = home(match)
    for place in first..<first + FillTable.ways
    where fills[place].quantity != 0 && fills[place].match == match
      && fills[place].userRefNum == userRefNum
    {
      return place
    }
    return nil
  }

  subscript(place: Int) -> Fill { fills[place] }

  mutating func insert(_ fill: Fill) {
    let first = home(fill.match)
    var oldest = first
    for place in first..<first + FillTable.ways {
      if fills[place].quantity == 0 {
        oldest = place
        break
      }
      if age &- fills[place].age > age &- fills[oldest].age { oldest = place }
    }
    age &+= 1
    fills[oldest] = fill
    fills[oldest].age = age
  }

  /// Forgets a fill that was broken.
  mutating func remove(at place: Int) { fills[place] = Fill() }
}
