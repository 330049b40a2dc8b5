import TickMetrics
import TickRing
import TickWire

@testable import TickEngine

/// A worker between rings whose other ends are in the test's hands.
final class WorkerBench<S: Strategy & ~Copyable> {
  var worker: Worker<S>
  var ticks: TickProducer
  var events: EventProducer
  let control: ControlPage
  private var requests: OrderConsumer
  private let histograms = HistogramStorage(count: 2)
  /// Exchange time of the next tick.
  var now: UInt64 = 1_000_000_000_000

  init(
    parameters: [String: String] = [:], tickSlots: Int = 1 << 10, orderSlots: Int = 1 << 10,
    eventSlots: Int = 1 << 10, worker number: Int = 0, workers: Int = 1,
    subscriptions: [Subscription] = [], symbols: [String] = []
  ) throws {
    let regions = ReplayRegions(directory: "/dev/shm")
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    let names = try regions.make(.directory, capacity: 16)
    var numbers = try DirectoryWriter(claiming: names.attach(), venue: 0)
    for symbol in symbols { _ = numbers.number(of: Symbol(symbol)!.word) }
    let tickRing = try regions.make(.ticks, capacity: tickSlots)
    let orderRing = try regions.make(.orders, capacity: orderSlots)
    let eventRing = try regions.make(.events, capacity: eventSlots)
    control = ControlPage(try page.attach())
    ticks = try TickProducer(claiming: tickRing.attach())
    events = try EventProducer(claiming: eventRing.attach())
    requests = try OrderConsumer(claiming: orderRing.attach())
    let context = StrategyContext(
      worker: number, workers: workers, instrumentsMax: TickPublisher.instrumentsMax,
      subscriptions: subscriptions)
    let desk = OrderDesk(
      orders: try OrderProducer(claiming: orderRing.attach()), journal: nil,
      backlog: EventBacklog(try EventConsumer(claiming: eventRing.attach())),
      latency: histograms[0], control: ControlPage(try page.attach()),
      directory: DirectoryReader(try names.attach()), context: context, waitPolicy: .share)
    var values = StrategyParameters(parameters)
    worker = Worker(
      try S(parameters: &values, context: context), number: number,
      ticks: try TickConsumer(claiming: tickRing.attach()), desk: desk, merge: nil,
      control: ControlPage(try page.attach()), delivery: histograms[1], waitPolicy: .share)
    try values.checkAllTaken()
  }

  func pollTicks() -> Int { worker.pollTicks() }
  func pollEvents() -> Int { worker.pollEvents() }
  func isFinished() -> Bool { worker.isFinished() }

  // MARK: In

  func publish(
    _ instrument: UInt32, _ kind: TickKind, _ price: Double, _ quantity: UInt32,
    received_ns: UInt64 = MonotonicClock.now
  ) {
    let tick = Tick(
      timestamp: now, symbolId: Series(instrument: instrument, kind: kind).id, price: price,
      quantity: quantity)
    precondition(ticks.publish(tick, received: receiveStamp(monotonic_ns: received_ns)))
  }

  /// One tick, and the worker's turn on it.
  func tick(_ instrument: UInt32, _ kind: TickKind, _ price: Double, _ quantity: UInt32) {
    publish(instrument, kind, price, quantity)
    _ = worker.pollTicks()
  }

  func quote(
    _ instrument: UInt32, _ bid: Double, _ ask: Double, bidSize: UInt32 = 500,
    askSize: UInt32 = 500
  ) {
    publish(instrument, .bid, bid, bidSize)
    publish(instrument, .ask, ask, askSize)
    _ = worker.pollTicks()
  }

  func trade(_ instrument: UInt32, _ price: Double, kind: TickKind = .trade) {
    tick(instrument, kind, price, 10)
  }

  func status(_ instrument: UInt32, _ code: StatusCode) {
    tick(instrument, .status, 0, code.rawValue)
  }

  func event(
    _ kind: OrderEventKind, _ order: OrderId, _ side: OrderSide, quantity: UInt32 = 100,
    open: UInt32 = 0
  ) {
    var event = OrderEvent.none
    event.kind = kind.rawValue
    event.order_id = order.raw
    event.side = side.rawValue
    event.quantity = quantity
    event.value = Double(open)
    precondition(events.publish(event))
    _ = worker.pollEvents()
  }

  // MARK: Out

  /// Requests since last asked, as `buy 100 @ 10.0 day 1#1` and `cancel 1#1`.
  func asked(atMost count: Int = .max) -> [String] {
    var asked: [String] = []
    var request = OrderRequest()
    while asked.count < count, requests.poll(&request) { asked.append(WorkerBench.text(request)) }
    return asked
  }

  private static func text(_ request: OrderRequest) -> String {
    let order = OrderId(raw: request.order_id)
    let name = "\(order.instrument)#\(order.number)"
    guard request.action == OrderAction.new.rawValue else { return "cancel \(name)" }
    let side = OrderSide(rawValue: request.side)!
    let timeInForce = TimeInForce(rawValue: request.time_in_force)!
    return "\(side) \(request.quantity) @ \(request.price) \(timeInForce) \(name)"
  }

  /// An order's name.
  func order(_ instrument: UInt32, _ number: UInt32) -> OrderId {
    OrderId(raw: UInt64(instrument) << 32 | UInt64(number))
  }
}
