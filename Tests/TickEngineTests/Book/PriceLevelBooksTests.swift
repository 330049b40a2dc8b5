import Testing

@testable import TickEngine

/// Books that an expectation can hold.
private final class Books {
  private var books: PriceLevelBooks
  init(instruments: Int) { books = PriceLevelBooks(instruments: instruments) }

  func set(_ instrument: Int, _ side: BookSide, _ price: Int64, _ size: UInt32) -> Bool {
    books.set(UInt32(instrument), side, price: price, size: size)
  }

  func top(_ instrument: Int) -> TopOfBook { books.top(UInt32(instrument)) }
  func clear(instruments: Int) { books.clear(instruments: instruments) }
}

@Suite(.timeLimit(.minutes(1))) struct PriceLevelBooksTests {
  /// Asks one side for its levels, best first, by taking them away.
  private func levels(
    _ books: Books, _ instrument: Int, _ side: BookSide
  ) -> [Int64: UInt32] {
    var found: [Int64: UInt32] = [:]
    while true {
      let top = books.top(instrument)
      let (price, size) = side == .bid ? (top.bidPrice, top.bidSize) : (top.askPrice, top.askSize)
      guard size > 0 else { return found }
      #expect(found.keys.allSatisfy { side == .bid ? $0 > price : $0 < price })
      found[price] = size
      #expect(books.set(instrument, side, price, 0))
    }
  }

  @Test(arguments: 1...6)
  func booksAreThoseOfADictionary(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let books = Books(instruments: 4)
    var model = [[Int64: UInt32]](repeating: [:], count: 8)
    for _ in 0..<4_000 {
      let instrument = random.below(4)
      let side: BookSide = random.once(in: 2) ? .bid : .ask
      let price = Int64(random.within(-20...60))
      let size = random.once(in: 3) ? 0 : UInt32(random.within(1...1_000))
      let isDone = books.set(instrument, side, price, size)
      #expect(isDone)
      model[instrument * 2 + side.rawValue][price] = size == 0 ? nil : size
      let top = books.top(instrument)
      let bid = model[instrument * 2].max { $0.key < $1.key }
      let ask = model[instrument * 2 + 1].min { $0.key < $1.key }
      #expect(top.bidPrice == bid?.key ?? 0 && top.bidSize == bid?.value ?? 0)
      #expect(top.askPrice == ask?.key ?? 0 && top.askSize == ask?.value ?? 0)
    }
    for instrument in 0..<4 {
      for side in [BookSide.bid, .ask] {
        let found = levels(books, instrument, side)
        #expect(found == model[instrument * 2 + side.rawValue])
      }
    }
  }

  @Test func removingWhatIsNotThereChangesNothing() {
    let books = Books(instruments: 2)
    #expect(books.set(1, .bid, 100, 0))
    #expect(books.set(1, .bid, 100, 5))
    for price: Int64 in [99, 101] { #expect(books.set(1, .bid, price, 0)) }
    let top = books.top(1)
    #expect(top == TopOfBook(bidPrice: 100, bidSize: 5))
  }

  @Test func depthIsBoundedWhereverALevelIsAdded() {
    let books = Books(instruments: 2)
    let depth = Int64(PriceLevelBooks.depthMax)
    for price in 1...depth { #expect(books.set(1, .bid, price * 2, 1)) }
    // At the far end, in the middle and before the best: there is no room for one more.
    for price in [1, depth + 1, depth * 2 + 1] {
      #expect(!books.set(1, .bid, price, 1))
    }
    #expect(books.set(1, .ask, depth * 3, 1) && books.set(0, .bid, 1, 1))
    // What is there can be changed and removed to the last.
    #expect(books.set(1, .bid, 2, 9))
    let found = levels(books, 1, .bid)
    #expect(found.count == Int(depth) && found[2] == 9)
  }

  @Test func anExhaustedPoolRefusesUntilALevelIsGivenBack() {
    let perSide = PriceLevelBooks.depthMax
    let sides = PriceLevelBooks.levelsMax / perSide
    let books = Books(instruments: sides / 2 + 1)
    // From the worst price up: each level becomes the best, so nothing is walked.
    for side in 0..<sides {
      for step in 1...perSide {
        let isBid = side % 2 == 0
        let price = Int64(isBid ? step : perSide - step + 1)
        if !books.set(side / 2, isBid ? .bid : .ask, price, 1) {
          Issue.record("level \(step) of side \(side) found no room")
          return
        }
      }
    }
    let last = sides / 2
    #expect(!books.set(last, .bid, 5, 1))
    #expect(books.set(0, .bid, Int64(perSide), 0))
    #expect(books.set(last, .bid, 5, 1) && !books.set(last, .bid, 6, 1))
    books.clear(instruments: last + 1)
    let top = books.top(last)
    #expect(top == TopOfBook() && books.set(last, .bid, 6, 1))
  }
}
