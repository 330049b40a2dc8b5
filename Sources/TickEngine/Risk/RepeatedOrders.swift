/// Finds an order that was sent a moment ago in every detail: strategy, instrument, side, price and
/// quantity (RM9). Exact: no order in the window is forgotten.
///
/// Hot path. Thread: the sender's. No allocation. One line of the table of heads read and written,
/// one entry written; older entries are read only while they are in the window. Entries are a ring
/// in order of time, chained by number from the newest of each head: what is older than the window
/// ends a chain, so nothing has to be removed. RM8 bounds how many orders a window can hold, and
/// the ring has room for as many.
struct RepeatedOrders: ~Copyable {
  /// Entries at most: what a window may hold.
  static let entriesMax = 1_048_576
  static let headsMax = 16_384

  private let entries: Slab<SentOrder>
  private let entryMask: UInt64
  /// Number of the newest entry of each chain.
  private let heads: Slab<UInt64>
  private let headMask: UInt64
  private let window_ns: UInt64
  /// Numbers begin at 1; those up to `ended` are older than the window.
  private var newestNumber: UInt64 = 0
  private var ended: UInt64 = 0
  private var newest: UInt64 = 0

  /// Orders that a window may hold, by the limit of each second.
  static func entriesNeeded(ordersPerSecond: Int, window_ns: UInt64) -> Int {
    let seconds = (window_ns + RateWindow.second_ns - 1) / RateWindow.second_ns
    return ordersPerSecond.multipliedReportingOverflow(by: Int(seconds)).partialValue
  }

  /// - Parameter window_ns: 0: none are looked for.
  init(ordersPerSecond: Int, window_ns: UInt64) {
    let needed = RepeatedOrders.entriesNeeded(
      ordersPerSecond: ordersPerSecond, window_ns: window_ns)
    precondition(needed <= RepeatedOrders.entriesMax, "more orders than a window may hold")
    var slots = 1
    while slots < needed { slots *= 2 }
    entries = Slab(count: slots, repeating: SentOrder())
    entryMask = UInt64(slots - 1)
    let headSlots = min(slots, RepeatedOrders.headsMax)
    heads = Slab(count: headSlots, repeating: 0)
    headMask = UInt64(headSlots - 1)
    self.window_ns = window_ns
  }

  @inline(__always)
  func prefetch(_ order: OrderDetails) { heads.prefetch(Int(order.hash & headMask)) }

  /// Age of the same order, if it was sent within the window, ns; exactly the window is over.
  @inline(__always)
  mutating func find(_ order: OrderDetails, at time: UInt64) -> UInt64? {
    guard window_ns > 0 else { return nil }
    newest = max(newest, time)
    while ended < newestNumber, newest - entries[place(ended + 1)].time >= window_ns { ended += 1 }
    var number = heads[Int(order.hash & headMask)]
    while number > ended {
      let entry = entries[place(number)]
      if entry.order == order { return newest - entry.time }
      number = entry.previous
    }
    return nil
  }

  /// Remembers an order that is sent, after `find`, at the same time.
  @inline(__always)
  mutating func add(_ order: OrderDetails) {
    guard window_ns > 0 else { return }
    newestNumber += 1
    let head = Int(order.hash & headMask)
    entries[place(newestNumber)] = SentOrder(order: order, time: newest, previous: heads[head])
    heads[head] = newestNumber
    entries.prefetch(place(newestNumber + 1))
    // What was overwritten is no longer there to be found.
    if newestNumber - ended > entryMask + 1 { ended = newestNumber - entryMask - 1 }
  }

  /// Forgets the order that was added last, and no other.
  mutating func removeLast(_ order: OrderDetails) {
    guard newestNumber > ended, entries[place(newestNumber)].order == order else { return }
    heads[Int(order.hash & headMask)] = entries[place(newestNumber)].previous
    newestNumber -= 1
  }

  /// A fresh session: its clock begins anew.
  mutating func reset() {
    ended = newestNumber
    newest = 0
  }

  @inline(__always)
  private func place(_ number: UInt64) -> Int { Int(number & entryMask) }
}

/// All that makes two orders the same.
struct OrderDetails: Equatable, BitwiseCopyable {
  var first: UInt64 = 0
  var second: UInt64 = 0

  @inline(__always)
  init(instrument: UInt32, strategy: UInt8, side: UInt8, priceE4: Int64, quantity: UInt32) {
    // Prices have at most 44 bits.
    first = UInt64(instrument) << 32 | UInt64(quantity)
    second = UInt64(bitPattern: priceE4) << 16 | UInt64(strategy) << 8 | UInt64(side)
  }

  init() {}

  @inline(__always)
  fileprivate var hash: UInt64 {
    let mixed = (first &* 0x9E37_79B9_7F4A_7C15) ^ (second &* 0xC2B2_AE3D_27D4_EB4F)
    return (mixed ^ mixed >> 29) &* 0x9E37_79B9_7F4A_7C15 >> 32
  }
}

/// An order that was sent, in the ring of `RepeatedOrders`.
struct SentOrder: BitwiseCopyable {
  var order = OrderDetails()
  var time: UInt64 = 0
  /// Number of the entry before it in its chain; 0: none.
  var previous: UInt64 = 0
}
