import Testing
import TickRing
import TickWire

@testable import TickEngine

/// MD7: the same event in two wire formats, TOPS and DEEP, is the same tick.
@Suite(.timeLimit(.minutes(1))) struct TwoFormatsTests {
  private static let symbols = ["AAA", "BBB", "CCC"]

  /// One market, told in both formats at once.
  private final class Market {
    let tops: FeedBench
    let deep: FeedBench
    private var quotes: [String: (bid: Int64, ask: Int64)] = [:]

    init() throws {
      var options = FeedBench.Options()
      options.symbols = TwoFormatsTests.symbols
      tops = try FeedBench(options)
      options.isDeep = true
      deep = try FeedBench(options)
    }

    func pass(_ nanoseconds: UInt64) {
      tops.clock += nanoseconds
      deep.clock = tops.clock
    }

    func both(_ body: (FeedBench) -> Void) {
      body(tops)
      body(deep)
    }

    /// A price of 0 is an empty side. In DEEP the sides change level by level, and the last one
    /// completes the event.
    func quote(_ symbol: String, _ bid: Int64, _ bidSize: UInt32, _ ask: Int64, _ askSize: UInt32) {
      tops.quote(symbol, bid, ask, bidSize: bidSize, askSize: askSize)
      let last = quotes[symbol] ?? (bid: 0, ask: 0)
      var levels: [(side: BookSide, price: Int64, size: UInt32)] = []
      if last.bid > 0, last.bid != bid { levels.append((.bid, last.bid, 0)) }
      if last.ask > 0, last.ask != ask { levels.append((.ask, last.ask, 0)) }
      if bid > 0 { levels.append((.bid, bid, bidSize)) }
      if ask > 0 { levels.append((.ask, ask, askSize)) }
      for (index, level) in levels.enumerated() {
        deep.level(
          symbol, level.side, level.price, level.size, completes: index + 1 == levels.count)
      }
      quotes[symbol] = (bid, ask)
    }
  }

  /// The record's bytes, as its three words.
  private func records(_ bench: FeedBench) -> [[UInt64]] {
    bench.ticks().map { tick in
      words(
        Tick(
          timestamp: tick.time, symbolId: Series(instrument: tick.instrument, kind: tick.kind).id,
          price: tick.price, quantity: tick.quantity))
    }
  }

  @Test(arguments: [UInt64(1), 2, 3, 4])
  func md7TopsAndDeepGiveTheSameBytes(seed: UInt64) throws {
    let market = try Market()
    var random = SeededRandom(seed: seed)
    var compared = 0
    for step in 1...2_000 {
      market.pass(1 + UInt64(random.below(1_000_000)))
      let symbol = Self.symbols[random.below(3)]
      let price = Int64(random.within(1_000...9_999_999))
      switch random.below(8) {
      case 0:
        let flags: [UInt8] = [0, IexTradeFlags.oddLot, IexTradeFlags.extendedHours]
        let (size, flag) = (UInt32(random.within(1...5_000)), flags[random.below(3)])
        market.both { $0.trade(symbol, price, size: size, flags: flag) }
      case 1:
        let code = Array("HPOT")[random.below(4)]
        market.both { $0.status(symbol, code) }
      case 2:
        market.both { bench in
          bench.send { writer in
            writer.tradeBreak(
              bench.head(symbol), IexTradeFields(size: 9, priceE4: price, tradeId: 1))
          }
        }
      default:
        // Now and then without a bid, or crossed and refused; never the last one again.
        let bid = random.once(in: 9) ? 0 : price
        let ask = random.once(in: 9) ? price - 1 : price + price / 200 + 1
        market.quote(symbol, bid, bid == 0 ? 0 : UInt32(step), ask, UInt32(step))
      }
      let (tops, deep) = (records(market.tops), records(market.deep))
      #expect(tops == deep, "seed \(seed), step \(step)")
      compared += tops.count
    }
    #expect(compared > 2_000 && market.tops.rejected(.crossed) > 0)
    #expect(market.tops.rejected(.crossed) == market.deep.rejected(.crossed))
  }
}
