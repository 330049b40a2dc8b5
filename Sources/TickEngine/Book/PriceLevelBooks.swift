/// Best bid and ask of one instrument, prices in units of 1e-4; size 0: that side is empty.
struct TopOfBook: BitwiseCopyable, Equatable {
  var bidPrice: Int64 = 0
  var askPrice: Int64 = 0
  var bidSize: UInt32 = 0
  var askSize: UInt32 = 0
}

enum BookSide: Int { case bid = 0, ask = 1 }

/// Price-level books of every instrument: aggregate size at each price, best first.
///
/// Hot path. Thread: the ingester. Each side is a sorted list in one preallocated pool; a change
/// walks from the best price, which is where nearly all changes are. No allocation. Failure: false
/// when the pool or the depth allowed is used up; the book is then short of that level.
struct PriceLevelBooks: ~Copyable {
  /// Levels over all books; 16 bytes each.
  static let levelsMax = 1 << 19
  /// Levels of one side: a longer walk would be an attack, not a market.
  static let depthMax = 4096
  private static let none: Int32 = -1

  struct Level: BitwiseCopyable {
    var price: Int64 = 0
    var size: UInt32 = 0
    var next: Int32 = PriceLevelBooks.none
  }

  /// One side of one book.
  struct Side: BitwiseCopyable {
    var head: Int32 = PriceLevelBooks.none
    var depth: Int32 = 0
  }

  private let levels: Slab<Level>
  private let sides: Slab<Side>
  /// Levels given back, as a list; beyond `fresh` none has been used since the last `clear`.
  private var free = PriceLevelBooks.none
  private var fresh: Int32 = 0

  /// - Parameter instruments: instrument numbers are below this.
  init(instruments: Int) {
    levels = Slab(count: PriceLevelBooks.levelsMax, repeating: Level())
    sides = Slab(count: instruments * 2, repeating: Side())
  }

  /// Empties the books of the first `instruments` numbers: all that have been used.
  mutating func clear(instruments: Int) {
    sides.fill(Side(), prefix: instruments * 2)
    free = PriceLevelBooks.none
    fresh = 0
  }

  /// Empties one book, level by level.
  mutating func clear(_ instrument: UInt32) {
    for place in Int(instrument) * 2...Int(instrument) * 2 + 1 {
      var current = sides[place].head
      while current != PriceLevelBooks.none {
        let next = levels[Int(current)].next
        levels[Int(current)].next = free
        free = current
        current = next
      }
      sides[place] = Side()
    }
  }

  /// Sets the size at a price; 0 removes the level.
  mutating func set(_ instrument: UInt32, _ side: BookSide, price: Int64, size: UInt32) -> Bool {
    let place = Int(instrument) * 2 + side.rawValue
    var previous = PriceLevelBooks.none
    var current = sides[place].head
    while current != PriceLevelBooks.none {
      let level = levels[Int(current)]
      if level.price == price { break }
      if side == .bid ? level.price < price : level.price > price {
        current = PriceLevelBooks.none
        break
      }
      previous = current
      current = level.next
    }
    if current != PriceLevelBooks.none {
      if size > 0 {
        levels[Int(current)].size = size
      } else {
        remove(current, after: previous, place)
      }
      return true
    }
    return size == 0 || insert(price, size, after: previous, place)
  }

  private mutating func remove(_ index: Int32, after previous: Int32, _ place: Int) {
    let next = levels[Int(index)].next
    if previous == PriceLevelBooks.none {
      sides[place].head = next
    } else {
      levels[Int(previous)].next = next
    }
    levels[Int(index)].next = free
    free = index
    sides[place].depth -= 1
  }

  private mutating func insert(
    _ price: Int64, _ size: UInt32, after previous: Int32, _ place: Int
  ) -> Bool {
    guard Int(sides[place].depth) < PriceLevelBooks.depthMax, let index = takeLevel() else {
      return false
    }
    sides[place].depth += 1
    let next = previous == PriceLevelBooks.none ? sides[place].head : levels[Int(previous)].next
    levels[Int(index)] = Level(price: price, size: size, next: next)
    if previous == PriceLevelBooks.none {
      sides[place].head = index
    } else {
      levels[Int(previous)].next = index
    }
    return true
  }

  private mutating func takeLevel() -> Int32? {
    if free != PriceLevelBooks.none {
      let index = free
      free = levels[Int(index)].next
      return index
    }
    guard Int(fresh) < levels.count else { return nil }
    fresh += 1
    return fresh - 1
  }

  func top(_ instrument: UInt32) -> TopOfBook {
    var top = TopOfBook()
    let bid = sides[Int(instrument) * 2].head
    let ask = sides[Int(instrument) * 2 + 1].head
    if bid != PriceLevelBooks.none {
      top.bidPrice = levels[Int(bid)].price
      top.bidSize = levels[Int(bid)].size
    }
    if ask != PriceLevelBooks.none {
      top.askPrice = levels[Int(ask)].price
      top.askSize = levels[Int(ask)].size
    }
    return top
  }
}
