import Testing
import TickRing

@testable import TickEngine

/// RM8: orders in any sliding second of the capture's time.
@Suite(.timeLimit(.minutes(1))) struct RateTests {
  private let second: UInt64 = 1_000_000_000

  private func bench(_ max: Int) throws -> GateBench {
    try GateBench { $0.ordersPerSecondMax = max }
  }

  @Test func theLastAllowedPassesAndOneMoreTrips() throws {
    let bench = try bench(5)
    for _ in 0..<5 { #expect(bench.judge(100) == nil) }
    #expect(!bench.isTripped)
    let decision = bench.judge(GateBench.order(100, at: bench.now))
    #expect(decision.reason == .rate && decision.limit == 5 && decision.value == 6)
    #expect(bench.isTripped)
  }

  @Test func aTrippedGateStaysTripped() throws {
    let bench = try bench(1)
    #expect(bench.judge(100) == nil && bench.judge(100) == .rate)
    bench.now += 3_600 * second
    #expect(bench.judge(100) == .killed)
    bench.beginSession(1)
    #expect(bench.judge(100) == .killed)
  }

  @Test func exactlyOneSecondLaterThereIsRoomAgain() throws {
    let bench = try bench(3)
    for _ in 0..<3 { #expect(bench.judge(100) == nil) }
    bench.now += second
    for _ in 0..<3 { #expect(bench.judge(100) == nil) }
    bench.now += second - 1
    #expect(bench.judge(100) == .rate)
  }

  @Test func theSecondSlides() throws {
    let bench = try bench(2)
    for offset: UInt64 in [0, 600, 1_000, 1_600, 2_000] {
      bench.now = GateBench.start + offset * 1_000_000
      #expect(bench.judge(100) == nil)
    }
    bench.now = GateBench.start + 2_599 * 1_000_000
    #expect(bench.judge(100) == .rate)
  }

  /// An order with an old time makes no room for itself, nor for those after it.
  @Test func timeGoingBackwardsGainsNothing() throws {
    let bench = try bench(2)
    bench.now += 10 * second
    #expect(bench.judge(100) == nil)
    bench.now -= 5 * second
    #expect(bench.judge(100) == nil)
    bench.now -= 5 * second
    #expect(bench.judge(100) == .rate)
  }

  /// What another check refuses was an order asked for all the same.
  @Test func refusedOrdersCount() throws {
    let bench = try bench(2)
    #expect(bench.judge(.nan) == .price && bench.judge(100, quantity: 0) == .quantity)
    #expect(bench.judge(100) == .rate)
  }

  @Test func aNewSessionBeginsItsClockAnew() throws {
    let bench = try bench(2)
    bench.now += second
    for _ in 0..<2 { #expect(bench.judge(100) == nil) }
    bench.beginSession(1)
    bench.now -= second
    for _ in 0..<2 { #expect(bench.judge(100) == nil) }
    #expect(bench.judge(100) == .rate)
  }

  /// Against every time kept and counted.
  @Test(arguments: 1...10)
  func theWindowIsThatOfABruteForceCount(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let max = random.within(1...20)
    var window = RateWindow(max: max)
    var admitted: [UInt64] = []
    var (now, newest): (UInt64, UInt64) = (second, 0)
    for _ in 0..<2_000 {
      now += UInt64(random.within(0...120)) * 1_000_000
      let time = random.once(in: 10) ? now - UInt64(random.within(0...900)) * 1_000_000 : now
      newest = Swift.max(newest, time)
      let inWindow = admitted.filter { newest - $0 < second }.count
      let isAdmitted = window.admit(time)
      #expect(isAdmitted == (inWindow < max))
      if isAdmitted { admitted.append(newest) }
    }
    #expect(admitted.count > 100)
  }
}
