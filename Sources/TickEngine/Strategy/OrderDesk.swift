import TickMetrics
import TickRing
import TickWire

/// Names an order for its whole life: instrument number << 32 | n, the n-th of that instrument;
/// where workers have subscriptions, n is the worker's number << 26 | the n-th of that worker.
@frozen
public struct OrderId: Hashable, BitwiseCopyable, Sendable {
  public let raw: UInt64
  @inlinable public init(raw: UInt64) { self.raw = raw }
  /// No order.
  @inlinable public static var none: OrderId { OrderId(raw: 0) }
  @inlinable public var instrument: UInt32 { UInt32(truncatingIfNeeded: raw >> 32) }
  @inlinable public var number: UInt32 { UInt32(truncatingIfNeeded: raw) }
}

/// What an order does; the raw value travels in the rings.
public enum OrderSide: UInt8, Sendable {
  case buy = 1, sell = 2
}

/// What a request asks for; the raw value travels in the rings.
public enum OrderAction: UInt8, Sendable {
  case new = 1, cancel, replace, cancelStrategy, cancelSymbol, cancelAll
}

/// How long an order stands; the raw value travels in the rings.
public enum TimeInForce: UInt8, Sendable {
  case day = 1
  /// Immediate or cancel: what does not fill at once is cancelled.
  case ioc = 2
  /// Fill or kill: all of it at once, or nothing.
  case fok = 3
}

/// What became of an order; the raw value travels in the rings.
public enum OrderEventKind: UInt8, Sendable {
  case ack = 1, fill, canceled, riskReject, venueReject, unsent, lost
  /// A cancel or a replacement is refused: the order is as it was, and may be cancelled again.
  case cancelReject
  /// The venue broke the trade `match_id`, which was told as a fill; the order stays as it is. If
  /// it corrects the trade, what the trade is now follows as another fill.
  case tradeBroken
  /// The order has another price and size now.
  case replaced
  /// The venue changed the order by itself.
  case restated
  /// The trading state: `reason` is the state's number.
  case state
}

extension OrderEvent {
  @inlinable public var eventKind: OrderEventKind? { OrderEventKind(rawValue: kind) }
  @inlinable public var order: OrderId { OrderId(raw: order_id) }
  @inlinable public var orderSide: OrderSide? { OrderSide(rawValue: side) }
  /// What it does to a position, in shares, a sale below 0: of a fill, or of one that is undone.
  @inlinable public var positionChange: Int64 {
    let shares = orderSide == .buy ? Int64(quantity) : -Int64(quantity)
    return eventKind == .fill ? shares : eventKind == .tradeBroken ? -shares : 0
  }
  /// Shares still open after an ack, fill or cancel.
  @inlinable public var openQuantity: UInt32 { UInt32(max(0, min(value, 4_294_967_295))) }
}

/// Where a strategy leaves its orders. Requests go into the worker's order ring at once; what
/// becomes of them comes back as events.
///
/// Hot path. Thread: the worker's. Lines written: one slot of the order ring. No allocation.
/// Failure: a full ring is waited for, while the worker's events are drained, so that no cycle of
/// waits can form. After the feed's end, and for an instrument that this worker gets no ticks of,
/// an order is refused with `OrderId.none`.
@frozen
public struct OrderDesk: ~Copyable {
  @usableFromInline var orders: OrderProducer
  /// A second copy of every request, for `--orders`.
  @usableFromInline var journal: OrderProducer?
  /// Orders asked for so far, of each instrument.
  @usableFromInline var counters: Slab<UInt32>
  @usableFromInline var backlog: EventBacklog
  @usableFromInline let latency: LatencyHistogram
  @usableFromInline let control: ControlPage
  @usableFromInline let waitPolicy: WaitPolicy
  @usableFromInline let directory: DirectoryReader
  @usableFromInline let own: OwnInstruments
  @usableFromInline let strategy: UInt8
  /// Empties the order ring when it is full, where nobody else does: in a rerun.
  @usableFromInline var sink: RequestSink?

  /// Exchange time of the tick or event being handled, ns since the Unix epoch, UTC.
  @inlinable public var time: UInt64 { now }
  @usableFromInline var now: UInt64 = 0
  /// Receive and poll time of that tick, CLOCK_MONOTONIC ns.
  @usableFromInline var received_ns: UInt64 = 0
  @usableFromInline var polled_ns: UInt64 = 0
  @usableFromInline var timer: UInt64 = .max
  @usableFromInline var isOpen = true
  /// Orders asked for on instruments of another worker, and refused: their numbers would be given
  /// twice, and their strategy sees none of their ticks. And those after a worker's last number.
  @usableFromInline var misdirected: UInt64 = 0
  /// Requests published.
  @usableFromInline var requests: UInt64 = 0

  init(
    orders: consuming OrderProducer, journal: consuming OrderProducer?,
    backlog: consuming EventBacklog, latency: LatencyHistogram, control: consuming ControlPage,
    directory: consuming DirectoryReader, context: StrategyContext, waitPolicy: WaitPolicy,
    numbers: consuming Slab<UInt32>? = nil
  ) {
    self.orders = orders
    self.journal = journal
    self.backlog = backlog
    self.latency = latency
    self.control = control
    self.directory = directory
    let own = OwnInstruments(
      worker: context.worker, of: context.workers, context.subscriptions,
      instrumentsMax: context.instrumentsMax)
    counters = numbers ?? Slab(count: TickPublisher.instrumentsMax, repeating: 0)
    self.own = own
    self.waitPolicy = waitPolicy
    strategy = context.strategy
  }

  /// Asks to buy `quantity` shares at `limit` (quote currency) or better.
  @discardableResult
  public mutating func buy(
    _ instrument: UInt32, quantity: UInt32, limit: Double, _ timeInForce: TimeInForce
  ) -> OrderId {
    request(instrument, .buy, quantity: quantity, limit: limit, timeInForce)
  }

  /// Asks to sell `quantity` shares at `limit` (quote currency) or better.
  @discardableResult
  public mutating func sell(
    _ instrument: UInt32, quantity: UInt32, limit: Double, _ timeInForce: TimeInForce
  ) -> OrderId {
    request(instrument, .sell, quantity: quantity, limit: limit, timeInForce)
  }

  /// Asks to cancel what is open of `order`. Cancelling an order that is done is harmless.
  public mutating func cancel(_ order: OrderId) {
    guard isOpen, order != .none else { return }
    var request = OrderRequest()
    request.order_id = order.raw
    request.target_id = order.raw
    request.action = OrderAction.cancel.rawValue
    publish(request)
  }

  /// Asks to make `order` one of `quantity` open shares at `limit` (quote currency). It keeps its
  /// id; what comes of it is `replaced`, or `cancelReject` with the order as it was. Nothing comes
  /// of it where the order has ended, or a cancel or another replacement of it is under way: then
  /// that is told.
  public mutating func replace(_ order: OrderId, quantity: UInt32, limit: Double) {
    guard isOpen, order != .none else { return }
    var request = OrderRequest()
    request.order_id = order.raw
    request.target_id = order.raw
    request.price = limit
    request.quantity = quantity
    request.action = OrderAction.replace.rawValue
    publish(request)
  }

  /// Asks to cancel all orders of this strategy.
  public mutating func cancelAll() { cancel(scope: .cancelStrategy, instrument: 0) }

  /// Asks to cancel this strategy's orders of an instrument.
  public mutating func cancelAll(of instrument: UInt32) {
    cancel(scope: .cancelSymbol, instrument: instrument)
  }

  private mutating func cancel(scope: OrderAction, instrument: UInt32) {
    guard isOpen else { return }
    var request = OrderRequest()
    request.order_id = UInt64(instrument) << 32
    request.action = scope.rawValue
    publish(request)
  }

  /// Asks for `onTimer` at an exchange time; replaces the timer set before.
  public mutating func setTimer(at time: UInt64) { timer = time }

  /// An instrument's symbol, or nil for instrument 0 and numbers not given.
  public func symbol(_ instrument: UInt32) -> Symbol? {
    directory.symbol(instrument).map(Symbol.init(word:))
  }

  /// Whether this worker gets the instrument's ticks, and may trade it.
  public func owns(_ instrument: UInt32) -> Bool { own.contains(instrument, directory) }

  private mutating func request(
    _ instrument: UInt32, _ side: OrderSide, quantity: UInt32, limit: Double,
    _ timeInForce: TimeInForce
  ) -> OrderId {
    guard isOpen else { return .none }
    // A number outside the table cannot be an instrument: the gate refuses it as unknown.
    let slot = Int(instrument) < counters.count ? Int(instrument) : 0
    guard owns(instrument), counters[slot] < own.numbers.count else {
      misdirected += 1
      return .none
    }
    // Before it is asked for: a number is never given twice, also by a successor.
    counters[slot] += 1
    var request = OrderRequest()
    request.order_id = UInt64(instrument) << 32 | UInt64(own.numbers.base + counters[slot])
    request.price = limit
    request.quantity = quantity
    request.action = OrderAction.new.rawValue
    request.side = side.rawValue
    request.time_in_force = timeInForce.rawValue
    publish(request)
    return OrderId(raw: request.order_id)
  }

  private mutating func publish(_ partial: OrderRequest) {
    var request = partial
    request.decision_time = now
    request.received_ns = received_ns
    request.strategy = strategy
    request.published_ns = MonotonicClock.now
    if !orders.publish(request) { waitAndPublish(request) }
    latency.recordDifference(from: polled_ns, to: request.published_ns)
    requests += 1
    if journal?.publish(request) == false { waitForJournal(request) }
  }

  @usableFromInline mutating func beat(_ now: UInt64) {
    orders.beat(monotonic_ns: now)
    backlog.beat(now)
  }

  @inline(never)
  private mutating func waitAndPublish(_ request: OrderRequest) {
    orders.countFull()
    var backoff = Backoff(waitPolicy)
    while control.read(.failed) == 0 {
      backlog.fill()
      sink?.drain()
      if orders.publish(request) { return }
      backoff.wait()
    }
  }

  @inline(never)
  private mutating func waitForJournal(_ request: OrderRequest) {
    var backoff = Backoff(waitPolicy)
    while control.read(.failed) == 0, journal?.publish(request) == false { backoff.wait() }
  }
}
