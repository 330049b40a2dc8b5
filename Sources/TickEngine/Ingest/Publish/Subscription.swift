import TickRing
import TickWire

/// Which instruments' ticks a worker gets; chosen at start. What concerns the whole feed comes to
/// every worker.
public enum Subscription: Sendable, Equatable {
  /// Its part: workers with this subscription divide all instruments among them, by number.
  case share
  case all
  /// These symbols, as the venue writes them.
  case symbols([Symbol])

  /// One for each worker, a share where none is given; empty if none is given at all.
  static func each(of workers: Int, _ given: [Int: Subscription]) -> [Subscription] {
    given.isEmpty ? [] : (0..<workers).map { given[$0] ?? .share }
  }
}

/// A symbol that workers asked for, and their rings.
struct ListedSymbol: BitwiseCopyable {
  var symbol: UInt64
  var rings: UInt64
}

/// Each instrument's rings, as a word with a bit for each.
///
/// Hot path. Thread: the ingester. Cost: a load. A new instrument's word is found without
/// allocation, by halving among the symbols listed.
struct SubscriptionTable: ~Copyable {
  /// Workers and taps together.
  static let ringsMax = 64

  private let rings: Slab<UInt64>
  /// Sorted by symbol.
  private let listed: Slab<ListedSymbol>
  /// Rings that take every instrument: taps too.
  private let takers: UInt64
  /// The workers that share.
  private let sharers: Slab<UInt8>
  let workerMask: UInt64

  init(_ subscriptions: [Subscription], rings count: Int) {
    let workers = subscriptions.count
    precondition(workers > 0 && workers <= count && count <= SubscriptionTable.ringsMax)
    workerMask = SubscriptionTable.mask(below: workers)
    takers = subscriptions.indices.reduce(
      SubscriptionTable.mask(below: count) & ~SubscriptionTable.mask(below: workers)
    ) { subscriptions[$1] == .all ? $0 | 1 << UInt64($1) : $0 }
    let sharing = subscriptions.indices.filter { subscriptions[$0] == .share }
    sharers = Slab(count: sharing.count) { UInt8(sharing[$0]) }
    var bySymbol: [UInt64: UInt64] = [:]
    for (worker, subscription) in subscriptions.enumerated() {
      guard case .symbols(let symbols) = subscription else { continue }
      for symbol in symbols { bySymbol[symbol.word, default: 0] |= 1 << UInt64(worker) }
    }
    let sorted = bySymbol.sorted { $0.key < $1.key }
    listed = Slab(count: sorted.count) {
      ListedSymbol(symbol: sorted[$0].key, rings: sorted[$0].value)
    }
    rings = Slab(count: TickPublisher.instrumentsMax, repeating: 0)
    // What a relay tells of the whole feed concerns every ring.
    rings[0] = SubscriptionTable.mask(below: count)
  }

  private static func mask(below count: Int) -> UInt64 {
    count == 64 ? .max : 1 << UInt64(count) - 1
  }

  /// The rings that take an instrument's ticks.
  @inline(__always)
  subscript(instrument: UInt32) -> UInt64 { rings[Int(instrument)] }

  /// To be called before the first tick of an instrument.
  mutating func add(_ instrument: UInt32, symbol: UInt64) {
    var mask = takers | ringsListing(symbol)
    if sharers.count > 0 { mask |= 1 << UInt64(sharers[Int(instrument) % sharers.count]) }
    rings[Int(instrument)] = mask
  }

  private func ringsListing(_ symbol: UInt64) -> UInt64 {
    var (low, high) = (0, listed.count)
    while low < high {
      let middle = (low + high) / 2
      if listed[middle].symbol < symbol { low = middle + 1 } else { high = middle }
    }
    return low < listed.count && listed[low].symbol == symbol ? listed[low].rings : 0
  }
}
