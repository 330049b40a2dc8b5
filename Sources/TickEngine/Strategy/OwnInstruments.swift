import TickRing
import TickWire

/// The instruments that a worker gets ticks of, and may trade; and which numbers its orders of them
/// have.
///
/// Workers that share the instruments out have each its own, and number their orders from 1 on.
/// Where subscriptions are given, several workers may trade one instrument, so each has a range of
/// numbers: the worker's in the upper 6 of the 32 bits, its orders from 1 on in the lower 26.
///
/// Hot path. Thread: the worker's. Cost: a load; a symbol that was subscribed to by name is looked
/// for once, by halving. No allocation after the start.
@usableFromInline
struct OwnInstruments: ~Copyable {
  /// Of 32 bits, those below the worker's number.
  static let numberBits: UInt32 = 26

  /// The order number before the first, and how many there are.
  let numbers: (base: UInt32, count: UInt32)
  private let takesAll: Bool
  /// How many workers share, and this one's place among them; 0 if it does not.
  private let sharers: Int
  private let place: Int
  /// Sorted.
  private let symbols: Slab<UInt64>
  /// What is known of each instrument.
  private let known: Slab<Standing>

  enum Standing: UInt8 { case unknown, own, foreign }

  /// - Parameter subscriptions: one for each worker; empty: all share.
  init(worker: Int, of workers: Int, _ subscriptions: [Subscription], instrumentsMax: Int) {
    precondition(subscriptions.isEmpty || subscriptions.count == workers)
    let isShared = subscriptions.isEmpty
    let bits = OwnInstruments.numberBits
    let base = isShared ? 0 : UInt32(worker) << bits
    numbers = (base, isShared ? .max : 1 << bits - 1)
    let all = isShared ? Array(repeating: Subscription.share, count: workers) : subscriptions
    let sharing = all.indices.filter { all[$0] == .share }
    takesAll = all[worker] == .all
    place = sharing.firstIndex(of: worker) ?? 0
    sharers = all[worker] == .share ? sharing.count : 0
    var names: [UInt64] = []
    if case .symbols(let symbols) = all[worker] { names = symbols.map(\.word).sorted() }
    symbols = Slab(count: names.count) { names[$0] }
    known = Slab(count: names.isEmpty ? 0 : instrumentsMax, repeating: .unknown)
  }

  /// Whether the worker gets the instrument's ticks. A number that names no symbol so far is none
  /// of a worker's that subscribed to names.
  @inline(__always)
  func contains(_ instrument: UInt32, _ directory: borrowing DirectoryReader) -> Bool {
    if sharers > 0 { return Int(instrument) % sharers == place }
    return takesAll || isListed(instrument, directory)
  }

  private func isListed(_ instrument: UInt32, _ directory: borrowing DirectoryReader) -> Bool {
    guard Int(instrument) < known.count else { return false }
    if known[Int(instrument)] == .unknown {
      guard let symbol = directory.symbol(instrument) else { return false }
      known[Int(instrument)] = lists(symbol) ? .own : .foreign
    }
    return known[Int(instrument)] == .own
  }

  private func lists(_ symbol: UInt64) -> Bool {
    var (low, high) = (0, symbols.count)
    while low < high {
      let middle = (low + high) / 2
      if symbols[middle] < symbol { low = middle + 1 } else { high = middle }
    }
    return low < symbols.count && symbols[low] == symbol
  }
}
