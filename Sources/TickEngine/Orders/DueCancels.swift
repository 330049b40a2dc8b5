/// The orders that somebody wants cancelled and for which no cancel was sent, oldest wish first: so
/// that finding them costs nothing where thousands of others rest.
///
/// Links lie here, by the order's place in the pool; place 0, which is no order's, is before the
/// first and after the last. Thread: the sender's. Every change O(1), of at most three entries.
struct DueCancels: ~Copyable {
  struct Links: BitwiseCopyable {
    var before: UInt32 = 0
    var after: UInt32 = 0
  }

  private let links: Slab<Links>
  private(set) var count = 0

  init(places: Int) { links = Slab(count: places, repeating: Links()) }

  /// The place of the one that has waited longest; 0: there is none.
  var first: Int { after(0) }
  /// The one after it; 0: it is the last.
  func after(_ place: Int) -> Int { Int(links[place].after) }

  /// Whether an order is among them: the first alone has none before it.
  func contains(_ place: Int) -> Bool { links[place].before != 0 || first == place }

  /// An order is among them from now on; one that is already keeps its turn.
  mutating func insert(_ place: Int) {
    guard !contains(place) else { return }
    let last = links[0].before
    links[place] = Links(before: last, after: 0)
    links[Int(last)].after = UInt32(place)
    links[0].before = UInt32(place)
    count += 1
  }

  /// An order is not among them any more, if it was.
  mutating func remove(_ place: Int) {
    guard contains(place) else { return }
    let own = links[place]
    links[Int(own.before)].after = own.after
    links[Int(own.after)].before = own.before
    links[place] = Links()
    count -= 1
  }
}
