import TickRing
import TickWire

/// A trading strategy: what a worker runs on its core, one call after another on one thread.
///
/// A strategy is a `~Copyable` struct with all its state in it; make tables in `init` (see `Slab`)
/// and nothing afterwards: calls happen on the hot path, where nothing allocates, locks, formats or
/// blocks. Every method has a default that does nothing. Same ticks and events in the same order
/// must lead to the same orders: no wall clock, no hash order, no unseeded randomness.
///
/// ```swift
/// struct Sniper: Strategy, ~Copyable {
///   init(parameters: inout StrategyParameters, context: StrategyContext) throws(StrategyError) {}
///   mutating func onTrade(_ trade: Trade, _ orders: inout OrderDesk) {
///     orders.buy(trade.instrument, quantity: 100, limit: trade.price, .ioc)
///   }
/// }
/// ```
public protocol Strategy: ~Copyable {
  /// Takes its parameters (`--param k=v`); one that is left over is an error.
  init(parameters: inout StrategyParameters, context: StrategyContext) throws(StrategyError)

  /// A market begins anew: prices, quotes and halts of before are gone. Positions and orders stay.
  mutating func onSession(_ orders: inout OrderDesk)
  /// Best bid and ask have changed; called after both ticks of the pair.
  mutating func onQuote(_ quote: Quote, _ orders: inout OrderDesk)
  mutating func onTrade(_ trade: Trade, _ orders: inout OrderDesk)
  /// A state has changed: of one instrument, or of the whole feed (instrument 0).
  mutating func onStatus(_ status: Status, _ orders: inout OrderDesk)
  /// What became of an order of this strategy.
  mutating func onEvent(_ event: OrderEvent, _ orders: inout OrderDesk)
  /// The exchange time asked for with `setTimer` has come.
  mutating func onTimer(_ time: UInt64, _ orders: inout OrderDesk)

  /// Not to be implemented: the worker's loop, compiled for this strategy. Being a requirement
  /// with a default, it is made in the module of the strategy, where its calls can be inlined,
  /// however far from here that is.
  static func loop(_ worker: inout Worker<Self>)
}

extension Strategy where Self: ~Copyable {
  @inlinable public static func loop(_ worker: inout Worker<Self>) { worker.loop() }

  @inlinable public mutating func onSession(_ orders: inout OrderDesk) {}
  @inlinable public mutating func onQuote(_ quote: Quote, _ orders: inout OrderDesk) {}
  @inlinable public mutating func onTrade(_ trade: Trade, _ orders: inout OrderDesk) {}
  @inlinable public mutating func onStatus(_ status: Status, _ orders: inout OrderDesk) {}
  @inlinable public mutating func onEvent(_ event: OrderEvent, _ orders: inout OrderDesk) {}
  @inlinable public mutating func onTimer(_ time: UInt64, _ orders: inout OrderDesk) {}
}

/// Best bid and ask of an instrument. A side of price 0 and quantity 0 is empty.
@frozen
public struct Quote: BitwiseCopyable, Sendable {
  public var instrument: UInt32 = 0
  public var bidQuantity: UInt32 = 0
  public var askQuantity: UInt32 = 0
  /// Quote currency.
  public var bidPrice = 0.0
  public var askPrice = 0.0
  /// Exchange time, ns since the Unix epoch, UTC.
  public var time: UInt64 = 0

  @inlinable public init() {}
  @inlinable public var hasBothSides: Bool { bidQuantity > 0 && askQuantity > 0 }
  @inlinable public var mid: Double { (bidPrice + askPrice) / 2 }
}

@frozen
public struct Trade: Sendable {
  public let instrument: UInt32
  /// Shares.
  public let quantity: UInt32
  /// Quote currency.
  public let price: Double
  /// Exchange time, ns since the Unix epoch, UTC.
  public let time: UInt64
  /// `trade`, `tradeNoLast`, `tradeBreak` or `auction`.
  public let kind: TickKind

  @inlinable
  init(_ tick: Tick, _ kind: TickKind) {
    instrument = tick.series.instrument
    quantity = tick.quantity
    price = tick.price
    time = tick.timestamp
    self.kind = kind
  }
}

@frozen
public struct Status: Sendable {
  /// 0: the whole feed.
  public let instrument: UInt32
  /// nil for a code of a later version: treat it as bad news.
  public let code: StatusCode?
  /// Exchange time, ns since the Unix epoch, UTC.
  public let time: UInt64

  @inlinable
  init(_ tick: Tick) {
    instrument = tick.series.instrument
    code = StatusCode(rawValue: tick.quantity)
    time = tick.timestamp
  }
}

/// Where a strategy runs.
public struct StrategyContext: Sendable {
  /// Number of this worker, from 0, and how many there are.
  public let worker: Int
  public let workers: Int
  /// Instrument numbers are below this; a table of this size needs no check.
  public let instrumentsMax: Int
  /// What each worker gets; empty: all share the instruments.
  let subscriptions: [Subscription]

  init(worker: Int, workers: Int, instrumentsMax: Int, subscriptions: [Subscription] = []) {
    self.worker = worker
    self.workers = workers
    self.instrumentsMax = instrumentsMax
    self.subscriptions = subscriptions
  }

  /// By which the risk gate, positions and cancels tell strategies apart. Workers that share the
  /// instruments are one strategy; with subscriptions, which may overlap, each is its own.
  var strategy: UInt8 { subscriptions.isEmpty ? 1 : UInt8(worker + 1) }
}

/// A strategy that cannot start, in a sentence for the operator.
public struct StrategyError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// The parameters given with `--param k=v`, taken one by one.
public struct StrategyParameters: Sendable {
  private var values: [String: String]

  public init(_ values: [String: String]) { self.values = values }

  /// The value of `key`, which must lie in `range`.
  public mutating func take(
    _ key: String, default standard: Double, in range: ClosedRange<Double>
  ) throws(StrategyError) -> Double {
    guard let text = values.removeValue(forKey: key) else { return standard }
    guard let value = Double(text), range.contains(value) else {
      throw StrategyError(
        "parameter \(key)=\(text): a number from \(range.lowerBound) to \(range.upperBound)"
          + " is needed")
    }
    return value
  }

  public mutating func take(
    _ key: String, default standard: Int, in range: ClosedRange<Int>
  ) throws(StrategyError) -> Int {
    guard let text = values.removeValue(forKey: key) else { return standard }
    guard let value = Int(text), range.contains(value) else {
      throw StrategyError(
        "parameter \(key)=\(text): a whole number from \(range.lowerBound) to"
          + " \(range.upperBound) is needed")
    }
    return value
  }

  /// Throws if something is left that no `take` asked for.
  func checkAllTaken() throws(StrategyError) {
    guard !values.isEmpty else { return }
    throw StrategyError(
      "unknown parameter \(values.keys.sorted().joined(separator: ", ")): see the strategy's"
        + " documentation")
  }
}
