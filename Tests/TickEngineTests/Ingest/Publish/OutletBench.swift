import TickRing

@testable import TickEngine

/// One outlet on a real ring, with a consumer that polls when it is told to. Every tick offered has
/// a time of its own, one after the other, so that whatever is polled is known by it.
final class OutletBench {
  var outlet: TickOutlet
  let control: ControlPage
  private let region: SharedRegion
  private let consumers: Slab<TickConsumer>
  /// What the ring was to take, in order.
  private(set) var offered: [SeenTick] = []
  private var time: UInt64 = 0

  init(_ policy: SlowConsumerPolicy, capacity: Int = 64, hasConsumer: Bool = true) throws {
    let regions = ReplayRegions(directory: "/dev/shm")
    let region = try regions.make(.ticks, capacity: capacity)
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    control = ControlPage(try page.attach())
    outlet = TickOutlet(
      try TickProducer(claiming: region.attach()), policy: policy, waitPolicy: .share)
    consumers = try Slab<TickConsumer>(count: hasConsumer ? 1 : 0) { _ in
      try TickConsumer(claiming: region.attach())
    }
    self.region = region
  }

  /// For a bench made without one.
  func claimConsumer() throws -> TickConsumer { try TickConsumer(claiming: region.attach()) }

  var counts: OutletCounts { outlet.counts }

  private func tick(_ instrument: UInt32, _ kind: TickKind, quantity: UInt32) -> Tick {
    let tick = Tick(
      timestamp: time, symbolId: Series(instrument: instrument, kind: kind).id, price: 0,
      quantity: quantity)
    offered.append(SeenTick(tick))
    return tick
  }

  /// The time of the tick, or of the pair.
  @discardableResult
  func trade(_ instrument: UInt32 = 1) -> UInt64 {
    time += 1
    let trade = tick(instrument, .trade, quantity: 1)
    if !outlet.publish(trade, received: 0) {
      outlet.publishSlowly(trade, of: instrument, received: 0, control: control)
    }
    return time
  }

  @discardableResult
  func quote(_ instrument: UInt32 = 1) -> UInt64 {
    time += 1
    let bid = tick(instrument, .bid, quantity: 1)
    let ask = tick(instrument, .ask, quantity: 1)
    if !outlet.publishQuote(bid, ask, received: 0) {
      outlet.publishQuoteSlowly(bid, ask, of: instrument, received: 0, control: control)
    }
    return time
  }

  @discardableResult
  func status(_ instrument: UInt32 = 1, _ code: StatusCode = .halted) -> UInt64 {
    time += 1
    let status = tick(instrument, .status, quantity: code.rawValue)
    outlet.publishStatus(status, of: instrument, received: 0, control: control)
    return time
  }

  func idle() { outlet.idle(received: 0) }

  /// Polls up to `count` ticks.
  func poll(_ count: Int = .max) -> [SeenTick] {
    var seen: [SeenTick] = []
    var tick = Tick()
    while seen.count < count, consumers[0].poll(&tick) { seen.append(SeenTick(tick)) }
    return seen
  }

  /// Polls until nothing is kept back any more.
  func drain() -> [SeenTick] {
    var seen: [SeenTick] = []
    repeat {
      seen += poll()
      idle()
    } while outlet.isKeepingBack
    return seen + poll()
  }
}

extension SeenTick {
  /// A gap that the outlet told of: the benches offer none themselves, but where they say so.
  var isGap: Bool {
    instrument == 0 && kind == .status && quantity == StatusCode.gap.rawValue
  }
  var isQuote: Bool { kind == .bid || kind == .ask }
}
