import Testing
import TickRing

@testable import TickEngine

/// SE3 under any mix of ticks and of a consumer's stops: what is polled is judged against what was
/// offered.
@Suite(.timeLimit(.minutes(2))) struct SlowConsumerModelTests {
  private struct Run {
    var offered: [SeenTick]
    var seen: [SeenTick]
    var counts: OutletCounts
  }

  /// A seeded run; the consumer stops for long, then polls in bursts, and takes all at the end.
  private func run(
    _ policy: SlowConsumerPolicy, capacity: Int, seed: UInt64, steps: Int = 20_000
  ) throws -> Run {
    var random = SeededRandom(seed: seed)
    let bench = try OutletBench(policy, capacity: capacity)
    var seen: [SeenTick] = []
    var eagerness: UInt64 = 0
    for step in 0..<steps {
      if step % 500 == 0 { eagerness = random.next() % 5 }
      let instrument = UInt32(random.next() % 12) + 1
      switch random.next() % 20 {
      case 0..<13: bench.quote(instrument)
      case 13..<18: bench.trade(instrument)
      case 18: bench.status(instrument)
      default: bench.idle()
      }
      if eagerness > 0 { seen += bench.poll(Int(random.next() % eagerness)) }
      if random.next() % 400 == 0 { seen += bench.poll() }
    }
    seen += bench.drain()
    return Run(offered: bench.offered, seen: seen, counts: bench.counts)
  }

  private static let cases: [(SlowConsumerPolicy, Int, UInt64)] = {
    var cases: [(SlowConsumerPolicy, Int, UInt64)] = []
    for policy in [SlowConsumerPolicy.drop, .conflate] {
      for capacity in [16, 32, 64, 256] {
        for seed: UInt64 in 1...4 { cases.append((policy, capacity, seed)) }
      }
    }
    return cases
  }()

  @Test(arguments: cases)
  func se3EveryTickIsPolledConflatedOrLost(
    policy: SlowConsumerPolicy, capacity: Int, seed: UInt64
  ) throws {
    let run = try run(policy, capacity: capacity, seed: seed)
    let polled = run.seen.filter { !$0.isGap }.count
    let gaps = run.seen.count - polled
    #expect(UInt64(polled) + run.counts.conflated + run.counts.lost == UInt64(run.offered.count))
    #expect(run.counts.held == 0 && run.counts.gapsTold == UInt64(gaps))
    #expect(run.counts.committed == UInt64(run.seen.count))
    #expect(run.counts.full > 0 && run.counts.lost + run.counts.conflated > 0)
    if policy == .drop { #expect(run.counts.conflated == 0 && gaps > 0) }
  }

  @Test(arguments: cases)
  func noPairIsTornAndNoSeriesReordered(
    policy: SlowConsumerPolicy, capacity: Int, seed: UInt64
  ) throws {
    let run = try run(policy, capacity: capacity, seed: seed)
    var times: [UInt32: UInt64] = [:]
    var bid: SeenTick?
    for tick in run.seen where !tick.isGap {
      let series = Series(instrument: tick.instrument, kind: tick.kind).id
      #expect(times[series, default: 0] < tick.time)
      times[series] = tick.time
      let isPair = bid.map { $0.instrument == tick.instrument && $0.time == tick.time } ?? false
      #expect((tick.kind == .ask) == isPair)
      bid = tick.kind == .bid ? tick : nil
    }
    #expect(bid == nil)
    if policy == .drop {
      let all = run.seen.filter { !$0.isGap }.map(\.time)
      #expect(all == all.sorted())
    }
  }

  /// Between the last tick before a loss and the first one after it there is a gap.
  @Test(arguments: cases)
  func everyLossIsToldBeforeTheNextTick(
    policy: SlowConsumerPolicy, capacity: Int, seed: UInt64
  ) throws {
    let run = try run(policy, capacity: capacity, seed: seed)
    // Under `conflate` quotes are never lost, and may come late: the others keep their order.
    let isJudged: (SeenTick) -> Bool = { policy == .drop || !$0.isQuote }
    let offered = run.offered.filter(isJudged).map(\.time)
    var next = 0
    var isTold = true
    for tick in run.seen {
      if tick.isGap {
        isTold = true
        continue
      }
      guard isJudged(tick) else { continue }
      if offered[next] != tick.time { #expect(isTold, "ticks before \(tick.time) lost silently") }
      while offered[next] < tick.time { next += 1 }
      #expect(offered[next] == tick.time)
      next += 1
      isTold = false
    }
    if next < offered.count { #expect(isTold) }
  }

  @Test(arguments: cases.filter { $0.0 == .conflate })
  func theNewestQuoteOfEachInstrumentIsThereAtTheEnd(
    policy: SlowConsumerPolicy, capacity: Int, seed: UInt64
  ) throws {
    let run = try run(policy, capacity: capacity, seed: seed)
    for instrument: UInt32 in 1...12 {
      let last = run.offered.last { $0.instrument == instrument && $0.isQuote }
      #expect(run.seen.last { $0.instrument == instrument && $0.isQuote } == last)
    }
  }
}
