import Testing
import TickRing
import TickWire

@testable import TickEngine

/// A market out of a ring whose other end is in the test's hands, and an engine that it moves.
private final class RingBench {
  private var ticks: TickProducer
  private var market: RingMarket
  private var bench: Bench
  let control: ControlPage

  init() throws {
    let regions = ReplayRegions(directory: "/dev/shm")
    let ring = try regions.make(.ticks, capacity: 64)
    let names = try regions.make(.directory, capacity: 16)
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    ticks = try TickProducer(claiming: ring.attach())
    control = ControlPage(try page.attach())
    market = RingMarket(
      ticks: try TickConsumer(claiming: ring.attach()),
      directory: DirectoryReader(try names.attach()), control: ControlPage(try page.attach()))
    bench = Bench()
  }

  func tick(_ instrument: UInt32, _ kind: TickKind, _ price: Double, _ quantity: UInt32) {
    let tick = Tick(
      timestamp: 1, symbolId: Series(instrument: instrument, kind: kind).id, price: price,
      quantity: quantity)
    precondition(ticks.publish(tick, received: 0))
    _ = market.drain(into: &bench.engine, atMost: 64)
  }

  func quote(_ bid: Double, _ ask: Double) {
    tick(1, .bid, bid, 100)
    tick(1, .ask, ask, 100)
  }

  func status(_ instrument: UInt32, _ code: StatusCode) {
    tick(instrument, .status, 0, code.rawValue)
  }

  /// What an order to buy ten at any price, at once or not at all, is told.
  func buy(_ number: UInt32) -> [String] {
    bench.enter(number, .buy, 10, at: 1_000_000, .immediateOrCancel)
    return bench.said()
  }
}

@Suite struct RingMarketTests {
  /// An instrument's own halt and the venue's end apart.
  @Test func theEndOfOneHaltIsNotTheEndOfTheOther() throws {
    let bench = try RingBench()
    bench.quote(10, 10.01)
    bench.status(1, .halted)
    bench.status(1, .venueHalted)
    bench.status(1, .venueTrading)
    #expect(bench.buy(1) == ["J1 halted"])
    bench.status(1, .trading)
    #expect(bench.buy(2) == ["A2", "E2 10@100100R"])
  }

  /// What was shown before a gap or a restart may be there no more.
  @Test(arguments: [StatusCode.gap, .restart])
  func nothingFillsAtATouchThatIsInDoubt(_ code: StatusCode) throws {
    let bench = try RingBench()
    bench.quote(10, 10.01)
    bench.status(0, code)
    #expect(bench.buy(1) == ["A1", "C1 10 I"])
    bench.quote(10, 10.02)
    #expect(bench.buy(2) == ["A2", "E2 10@100200R"])
  }

  /// The last day's touch and halts are not those of the next.
  @Test func aFreshSessionBeginsWithoutAMarket() throws {
    let bench = try RingBench()
    bench.quote(10, 10.01)
    bench.status(1, .halted)
    bench.control.write(.session, 1)
    bench.tick(2, .trade, 5, 10)
    #expect(bench.buy(1) == ["A1", "C1 10 I"])
  }
}
