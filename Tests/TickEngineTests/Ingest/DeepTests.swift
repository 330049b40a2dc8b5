import Testing
import TickRing
import TickWire

@testable import TickEngine

/// DEEP price levels to ticks.
@Suite(.timeLimit(.minutes(1))) struct DeepTests {
  @Test func onlyACompleteEventIsPublished() throws {
    let bench = try FeedBench.deep()
    bench.level("AAA", .bid, 10_000, 1, completes: false)
    bench.level("AAA", .ask, 10_010, 2, completes: false)
    #expect(bench.ticks().isEmpty)
    bench.level("AAA", .bid, 10_001, 3)
    #expect(bench.ticks() == bench.pair(1, 10_001, 10_010, 3, 2))
  }

  @Test func theTopIsPublishedOnlyWhenItChanges() throws {
    let bench = try FeedBench.deep()
    bench.level("AAA", .bid, 10_000, 5)
    _ = bench.ticks()
    bench.level("AAA", .bid, 9_990, 5)
    bench.level("AAA", .bid, 9_990, 0)
    bench.level("AAA", .bid, 10_000, 5)
    #expect(bench.ticks().isEmpty)
    bench.level("AAA", .bid, 10_000, 6)
    #expect(bench.ticks() == bench.pair(1, 10_000, 0, 6, 0))
  }

  /// A level that finds no room leaves a book whose top may be wrong: the gate must not trust it.
  @Test func aBookThatIsFullIsSuspect() throws {
    let bench = try FeedBench.deep()
    // Downwards, so that the top, and with it the ring, is told once.
    for level in 0..<Int64(PriceLevelBooks.depthMax) { bench.level("AAA", .bid, 8_000 - level, 5) }
    _ = bench.ticks()
    #expect(try !bench.entry(1).isSuspect)
    bench.level("AAA", .bid, 9_000, 5)
    #expect(try bench.entry(1).isSuspect && bench.counts.booksFull == 1)
  }

  @Test func removingTheBestLevelBringsTheNext() throws {
    let bench = try FeedBench.deep()
    bench.level("AAA", .bid, 10_000, 5)
    bench.level("AAA", .bid, 10_010, 7)
    bench.level("AAA", .bid, 10_010, 0)
    bench.level("AAA", .bid, 10_000, 0)
    #expect(bench.ticks().filter { $0.kind == .bid }.map(\.price) == [1, 1.001, 1, 0])
  }

  /// MD4: refused tops still build the book, and do not hide the next good one.
  @Test func aCrossedBookIsEmptiedOnceAndComesBackWhole() throws {
    let bench = try FeedBench.deep()
    bench.level("AAA", .bid, 10_000, 5)
    bench.level("AAA", .ask, 10_010, 5)
    _ = bench.ticks()
    bench.level("AAA", .bid, 10_020, 5)
    #expect(bench.ticks() == bench.withdrawn(1) && bench.rejected(.crossed) == 1)
    bench.level("AAA", .bid, 9_000, 5)
    #expect(bench.ticks().isEmpty && bench.rejected(.crossed) == 1)
    bench.level("AAA", .bid, 10_020, 0)
    #expect(bench.ticks() == bench.pair(1, 10_000, 10_010, 5, 5))
  }

  @Test func aTopRefusedForAgeIsToldWithTheNextFreshEvent() throws {
    let bench = try FeedBench.deep()
    bench.level("AAA", .bid, 10_000, 5)
    _ = bench.ticks()
    bench.age = 1_000_000_000
    bench.level("AAA", .bid, 10_001, 5)
    #expect(bench.ticks() == bench.withdrawn(1) && bench.rejected(.stale) == 1)
    bench.age = 0
    bench.level("AAA", .bid, 9_000, 5)
    #expect(bench.ticks() == bench.pair(1, 10_001, 0, 5, 0))
  }

  @Test func levelsOfOneInstrumentLeaveTheOthersAlone() throws {
    let bench = try FeedBench.deep()
    bench.level("AAA", .bid, 10_000, 5)
    bench.level("BBB", .bid, 20_000, 6)
    bench.level("AAA", .bid, 10_000, 0)
    #expect(
      bench.ticks()
        == bench.pair(1, 10_000, 0, 5, 0) + bench.pair(2, 20_000, 0, 6, 0) + bench.empty(1))
  }

  @Test func aRestartEmptiesTheBooks() throws {
    let bench = try FeedBench.deep()
    bench.level("AAA", .bid, 10_000, 5)
    _ = bench.ticks()
    bench.clock += 1
    bench.stream.firstSequence = 1
    bench.level("AAA", .ask, 10_010, 5)
    #expect(
      bench.ticks() == [.status(0, .restart, bench.clock)] + bench.pair(1, 0, 10_010, 0, 5))
  }

  /// Seeded updates of a few instruments; what is published is the model's top after each event.
  @Test(arguments: 1...8)
  func publishedTopsAreThoseOfAModel(seed: UInt64) throws {
    let bench = try FeedBench.deep()
    var random = SeededRandom(seed: seed)
    var bids = [[Int64: UInt32]](repeating: [:], count: 3)
    var asks = bids
    var last = [[SeenTick]](repeating: [], count: 3)
    for _ in 0..<600 {
      let (number, isBid) = (random.below(3), random.once(in: 2))
      // Bids below asks, and all within 1 %: every top passes validation.
      let price = Int64(isBid ? random.within(100_000...100_400) : random.within(100_401...100_800))
      let size = random.once(in: 3) ? 0 : UInt32(random.within(1...9))
      let completes = !random.once(in: 4)
      if isBid { bids[number][price] = size } else { asks[number][price] = size }
      bench.level("S\(number)", isBid ? .bid : .ask, price, size, completes: completes)
      let instrument = try #require(bench.number(of: "S\(number)"))
      guard completes else {
        #expect(bench.ticks().isEmpty)
        continue
      }
      let bid = bids[number].filter { $0.value > 0 }.max { $0.key < $1.key }
      let ask = asks[number].filter { $0.value > 0 }.min { $0.key < $1.key }
      let top = bench.pair(
        instrument, bid?.key ?? 0, ask?.key ?? 0, bid?.value ?? 0, ask?.value ?? 0)
      let isNew = last[number].isEmpty ? (bid != nil || ask != nil) : last[number] != top
      #expect(bench.ticks() == (isNew ? top : []))
      last[number] = top
    }
    #expect(bench.rejectedInAll == 0 && bench.counts.booksFull == 0)
  }
}

extension FeedBench {
  fileprivate func number(of symbol: String) -> UInt32? {
    (1...UInt32(max(1, instruments))).first { self.symbol($0) == Symbol(symbol) }
  }
}
