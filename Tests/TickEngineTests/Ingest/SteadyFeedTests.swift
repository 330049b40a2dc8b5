import Testing
import TickRing
import TickWire

@testable import TickEngine

/// MD5, MD6: sessions that drop and come back, and the load that must lose nothing, in the market's
/// time. `Tests/Live/interface-down` and `Tests/Live/open-loop` play both by the clock.
@Suite(.timeLimit(.minutes(2))) struct SteadyFeedTests {
  private static let second: UInt64 = 1_000_000_000

  private func bench(_ change: (inout FeedBench.Options) -> Void) throws -> FeedBench {
    var options = FeedBench.Options()
    change(&options)
    return try FeedBench(options)
  }

  // MARK: A session that drops

  /// What the venue sent meanwhile is missing, to the message, and nothing else is: who takes what,
  /// how instruments are numbered and which are halted.
  @Test(arguments: [UInt64(0), 1, 2, 5_000])
  func md5AfterADropTheSequenceAndTheSubscriptionsGoOn(missed: UInt64) throws {
    let bench = try bench {
      $0.workers = 2
      $0.subscriptions = [.symbols([Symbol("AAA")!]), .symbols([Symbol("BBB")!])]
    }
    for symbol in ["AAA", "BBB"] { bench.trade(symbol, 10_000) }
    bench.status("BBB", "H")
    _ = (bench.ticks(0), bench.ticks(1))
    let before = bench.counts.messages
    bench.feed.decoder.feedChanged(to: .stale, time: bench.clock)
    bench.clock += 6 * 3_600 * Self.second
    bench.stream.firstSequence += missed
    bench.feed.decoder.feedChanged(to: .live, time: bench.clock)
    for symbol in ["BBB", "AAA"] { bench.trade(symbol, 10_010) }
    let counts = bench.counts
    #expect(counts.missing == missed && counts.gaps == (missed > 0 ? 1 : 0))
    #expect(counts.messages == before + 2 && counts.duplicates == 0)
    #expect(counts.restarts == 0 && counts.sessionChanges == 0)
    for (ring, instrument) in [(0, UInt32(1)), (1, 2)] {
      let ticks = bench.ticks(ring)
      let trade = SeenTick(instrument, .trade, bench.clock, 1.001, 10)
      #expect(ticks.filter { $0.kind == .trade } == [trade])
      let isToldOfAGap = ticks.contains { $0.quantity == StatusCode.gap.rawValue }
      #expect(isToldOfAGap == (missed > 0))
    }
    #expect(try bench.entry(2).isSuspect && !bench.entry(1).isSuspect)
  }

  // MARK: Load

  /// Quotes in packets of twenty, as many as the venue sends in that time.
  private func play(_ quotes: Int, per step_ns: UInt64, _ bench: FeedBench) {
    for packet in 0..<quotes / 20 {
      bench.clock += 20 * step_ns
      bench.send { writer in
        for message in 0..<20 {
          writer.quote(
            bench.head("S\((packet * 20 + message) % 997)"), bidSize: 1, bidPriceE4: 10_000,
            askPriceE4: 10_010, askSize: 1)
        }
      }
    }
  }

  private func expectAllOf(_ quotes: UInt64, _ bench: FeedBench, polled: Int) {
    let ring = bench.feed.decoder.publisher.ringState(0).counts
    #expect(ring.lost == 0 && ring.conflated == 0 && ring.full == 0 && polled == Int(2 * quotes))
    #expect(bench.counts.messages == quotes && bench.counts.missing == 0)
    #expect(bench.rejectedInAll == 0)
  }

  /// 300,000 quotes/s in bursts of 10 ms at ten times that, to a worker that comes by once a burst.
  @Test func md6BurstsAtTenTimesTheRateLoseNothing() throws {
    let bench = try bench {
      $0.policies = [.conflate]
      $0.ringCapacity = IngestOptions.ringCapacityDefault
    }
    var polled = 0
    for _ in 0..<5 {
      play(30_000, per: 333, bench)
      polled += bench.ticks().count
      bench.clock += Self.second / 10
    }
    expectAllOf(150_000, bench, polled: polled)
  }

  /// A worker that is without its core for three tenths of a second at that rate.
  @Test func md6ThreeTenthsOfASecondWaitForTheirWorker() throws {
    let bench = try bench {
      $0.policies = [.conflate]
      $0.ringCapacity = IngestOptions.ringCapacityDefault
    }
    play(90_000, per: 3_333, bench)
    expectAllOf(90_000, bench, polled: bench.ticks().count)
  }
}
