import Glibc
import TickWire

@testable import TickEngine

/// Keeps every event.
struct EventList: VenueSink {
  struct Entry: Equatable {
    let account: UInt32
    let event: VenueEvent
  }
  var entries: [Entry] = []

  mutating func emit(_ event: VenueEvent, to account: UInt32) {
    entries.append(Entry(account: account, event: event))
  }
}

/// A short way to speak to an engine, and to read what it said since last time.
struct Bench: ~Copyable {
  var engine: MatchingEngine<EventList>

  init(limits: MatchingLimits = Bench.limits) {
    engine = MatchingEngine(limits: limits, sink: EventList())
  }

  static var limits: MatchingLimits {
    var limits = MatchingLimits()
    limits.instruments = 8
    limits.restingOrders = 16
    limits.accounts = 4
    return limits
  }

  mutating func quote(
    _ bidE4: Int64, _ bidSize: UInt32, _ askE4: Int64, _ askSize: UInt32, instrument: UInt32 = 1
  ) {
    engine.quote(
      instrument: instrument, bidE4: bidE4, bidSize: bidSize, askE4: askE4, askSize: askSize)
  }

  mutating func enter(
    _ number: UInt32, _ side: Ouch50.Side?, _ quantity: UInt32, at priceE4: UInt64,
    _ timeInForce: Ouch50.TimeInForce? = .day, minimum: UInt32 = 0, instrument: UInt32? = 1,
    cross: UInt8 = Ouch50.crossContinuous, account: UInt32 = 0
  ) {
    let request = VenueOrderRequest(
      userRefNum: number, side: side, quantity: quantity, symbol: Symbol("TEST")!,
      instrument: instrument, priceE4: priceE4, timeInForce: timeInForce, minimumQuantity: minimum,
      cross: cross)
    engine.enter(request, from: account)
  }

  mutating func replace(
    _ original: UInt32, by number: UInt32, _ quantity: UInt32, at priceE4: UInt64,
    _ timeInForce: Ouch50.TimeInForce? = .day
  ) {
    let request = VenueReplaceRequest(
      originalUserRefNum: original, userRefNum: number, quantity: quantity, priceE4: priceE4,
      timeInForce: timeInForce)
    engine.replace(request, from: 0)
  }

  /// What was said since the last call, in short: `A1` accepted, `E1 100@10000R`, `C1 50 I`, …
  mutating func said() -> [String] {
    let result = engine.sink.entries.map(\.event.short)
    engine.sink.entries = []
    return result
  }
}

extension VenueEvent {
  var short: String {
    func letter(_ byte: UInt8) -> String { String(UnicodeScalar(byte)) }
    return switch self {
    case .accepted(let order, _): "A\(order.userRefNum)"
    case .replaced(let order, let original, _): "U\(original)>\(order.userRefNum)"
    case .rejected(let number, let reason, _): "J\(number) \(reason)"
    case .executed(let number, let quantity, let priceE4, let liquidity, _):
      "E\(number) \(quantity)@\(priceE4)\(letter(liquidity))"
    case .canceled(let number, let quantity, let reason):
      "C\(number) \(quantity) \(letter(reason.rawValue))"
    case .modified(let number, let side, let quantity):
      "M\(number) \(letter(side.rawValue))\(quantity)"
    case .cancelPending(let number): "P\(number)"
    case .cancelRefused(let number): "I\(number)"
    case .massCanceled(let request): "X\(request.userRefNum)"
    case .entrySwitched(let direction, let number, _):
      "\(direction == .disable ? "G" : "K")\(number)"
    case .broken(let number, let match, let reason, _):
      "B\(number) \(match) \(letter(reason.rawValue))"
    }
  }
}
