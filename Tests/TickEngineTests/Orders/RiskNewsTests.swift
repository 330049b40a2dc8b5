import Testing
import TickRing

@testable import TickEngine

/// RS5: that a breaker is out is told to whoever runs the sender, once.
@Suite(.timeLimit(.minutes(1))) struct RiskNewsTests {
  private static let breaker = "the breaker of "

  /// A watch over a region, and what is told of it.
  private final class Bench {
    var watch: RiskWatch
    let news: RiskNews
    var now = GateBench.start

    init(instance: String?, records: [UInt8: RiskRecord] = [:]) throws {
      let limits = RiskLimits.simulation
      var options = PositionOptions(
        equityE4: limits.portfolioE4, strategyEquityE4: limits.portfolioE4)
      options.holdingsMax = 1_024
      let region = SharedRegion(try Region.createUnnamed(.positions, capacity: options.capacity))
      var book = try PositionBook.open(claiming: try region.attach(), options)
      for (strategy, side) in [(UInt8(1), OrderSide.buy), (2, .sell), (3, .buy)] {
        book.fill(
          strategy: strategy, instrument: 1, side: side, quantity: 10_000_000,
          priceE4: 1_000_000, referenceE4: 1_000_000)
      }
      watch = try RiskWatch(limits, positions: book, records: records, at: 0)
      news = RiskNews(region, instance: instance)!
    }

    func move(_ mark: Int64) {
      now += 1
      watch.mark(1, mark)
      watch.observe(at: now) { _ in }
    }

    /// A person lets a subject trade again.
    func reset(_ subject: UInt8) throws {
      now += 1
      _ = watch.ordersEnded(subject, at: now)
      now += RiskLimits.simulation.states.cooldown_ns
      _ = try watch.rebase(subject, RiskStateBench.approval, at: now)
      _ = try watch.reset(subject, RiskStateBench.approval, at: now)
    }

    func told() -> [String] {
      var notes: [String] = []
      for _ in 0..<2 { news.look(ReplayObserver(note: { notes.append($0) })) }
      return notes
    }
  }

  @Test func rs5ABreakerOfTheInstanceAndOfAStrategyIsToldOnce() throws {
    let bench = try Bench(instance: "prod")
    bench.move(1_000_000)
    #expect(bench.told() == [])
    bench.move(890_000)
    let first = bench.told()
    try #require(first.count == 3, "\(first)")
    #expect(first[0].hasPrefix("the breaker of the instance is out (circuit_breaker, "))
    #expect(first[0].contains("drawdown 11.00% now"), "\(first)")
    #expect(first[0].contains("trip 1 of the day") && first[0].contains("`tickway risk prod`"))
    #expect(first[1].hasPrefix(Self.breaker + "strategy 1 ") && first[2].contains("strategy 3 "))
    _ = bench.watch.ordersEnded(0, at: bench.now)
    #expect(bench.told() == [], "its cooldown is no other one")
    // Reset and out again between two looks.
    try bench.reset(0)
    bench.move(700_000)
    let second = bench.told()
    #expect(second.count == 1 && second[0].contains("the instance is out"), "\(second)")
    #expect(second[0].contains("trip 2 of the day"))
  }

  @Test func rs7AStrategyThatIsKilledIsTold() throws {
    let bench = try Bench(instance: nil)
    bench.move(1_000_000)
    for mark: Int64 in [890_000, 780_000] {
      bench.move(mark)
      try bench.reset(1)
    }
    _ = bench.told()
    bench.move(680_000)
    let told = bench.told()
    let kills = told.filter { $0.hasPrefix("strategy 1 is killed (") }
    #expect(kills.count == 1 && kills.first?.contains("`") == false, "\(told)")
    // Its last trip is the kill.
    #expect(!told.contains { $0.hasPrefix(Self.breaker + "strategy 1 ") }, "\(told)")
  }

  /// A second is long: what came within it is told in its order.
  @Test(arguments: [nil, "prod"]) func rs5ABreakerThatAKillCameOverIsToldToo(
    _ name: String?
  ) throws {
    let bench = try Bench(instance: name)
    bench.move(1_000_000)
    bench.move(890_000)
    _ = bench.watch.kill(.rate, at: bench.now)
    let told = bench.told().filter { $0.contains("the instance ") }
    try #require(told.count == (name == nil ? 2 : 1), "\(told)")
    #expect(told[0].hasPrefix(Self.breaker + "the instance is out (circuit_breaker, "))
    #expect(told.last?.hasPrefix("the instance is killed (") == (name == nil))
  }

  @Test func rs7ABreakerBeforeTheTripThatKillsIsToldToo() throws {
    let bench = try Bench(instance: "prod")
    bench.move(1_000_000)
    for mark: Int64 in [890_000, 780_000] {
      bench.move(mark)
      try bench.reset(1)
    }
    bench.move(680_000)
    let told = bench.told().filter { $0.contains("strategy 1 ") }
    try #require(told.count == 2, "\(told)")
    #expect(told[0].hasPrefix(Self.breaker) && told[1].hasPrefix("strategy 1 is killed ("))
  }

  /// A named one's is told with who and why, and not here.
  @Test(arguments: [nil, "prod"]) func ks1ATripOfAnUnnamedInstanceIsTold(_ name: String?) throws {
    let bench = try Bench(instance: name)
    bench.move(1_000_000)
    _ = bench.watch.kill(.rate, at: bench.now)
    let told = bench.told()
    #expect(told.count == (name == nil ? 1 : 0), "\(told)")
    #expect(told.allSatisfy { $0.hasPrefix("the instance is killed") })
  }

  @Test func rs5ABreakerThatAPredecessorLeftIsToldAtTheStart() throws {
    let record = RiskRecord(
      state: RiskState.coolDown.rawValue, trips: 1, peakE4: RiskLimits.simulation.portfolioE4,
      coolDownSince: 0, newest: 0, day: 0)
    let bench = try Bench(instance: "prod", records: [2: record])
    let told = bench.told()
    #expect(told.count == 1 && told[0].hasPrefix(Self.breaker + "strategy 2 is out (cool_down"))
  }
}
