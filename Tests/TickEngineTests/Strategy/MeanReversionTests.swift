import Testing
import TickRing

@testable import MeanReversion
@testable import TickEngine

/// The example that users copy.
@Suite(.timeLimit(.minutes(1))) struct MeanReversionTests {
  private typealias Bench = WorkerBench<MeanReversion>

  /// One that knows the average of instrument 1.
  private func bench() throws -> Bench {
    let bench = try Bench()
    for _ in 0..<30 { bench.quote(1, 10, 10.02) }
    #expect(bench.asked() == [])
    return bench
  }

  @Test func itBuysWhatHasFallen() throws {
    let bench = try bench()
    bench.quote(1, 9, 9.02)
    #expect(bench.asked() == ["buy 100 @ 9.02 ioc 1#1"])
  }

  @Test(arguments: [StatusCode.halted, .paused, .orderAcceptance, .venueHalted])
  func itAsksForNothingThatIsHalted(code: StatusCode) throws {
    let bench = try bench()
    bench.status(1, code)
    bench.quote(1, 9, 9.02)
    #expect(bench.asked() == [])
    bench.status(1, code == .venueHalted ? .venueTrading : .trading)
    bench.quote(1, 8, 8.02)
    #expect(bench.asked() == ["buy 100 @ 8.02 ioc 1#1"])
  }

  @Test func aRefusedQuoteIsNoHalt() throws {
    let bench = try bench()
    bench.status(1, .invalidQuote)
    bench.quote(1, 0, 0, bidSize: 0, askSize: 0)
    bench.quote(1, 9, 9.02)
    #expect(bench.asked() == ["buy 100 @ 9.02 ioc 1#1"])
  }

  /// After a gap no price of before can be trusted.
  @Test func itLearnsAnewAfterAGap() throws {
    let bench = try bench()
    bench.status(0, .gap)
    bench.quote(1, 9, 9.02)
    #expect(bench.asked() == [])
  }
}
