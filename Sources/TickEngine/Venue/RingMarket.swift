import TickRing
import TickWire

/// The venue's market, out of a tick ring and its directory.
///
/// Thread: the venue's. The directory is read as it grows: a symbol is found once any tick of it
/// can have been polled.
public struct RingMarket: VenueMarket, ~Copyable {
  private var ticks: TickConsumer
  private let directory: DirectoryReader
  private var numbers: [Symbol: UInt32] = [:]
  private var known: UInt32 = 0
  /// The bid tick that waits for its ask.
  private var bidE4: Int64 = 0
  private var bidSize: UInt32 = 0

  /// Takes over the consumer's end of a ring and an attachment of its directory.
  public init(ticks: consuming TickConsumer, directory: consuming DirectoryReader) {
    self.ticks = ticks
    self.directory = directory
  }

  public mutating func drain<Sink: VenueSink & ~Copyable>(
    into engine: inout MatchingEngine<Sink>, atMost limit: Int
  ) -> Int {
    var tick = Tick()
    var count = 0
    while count < limit, ticks.poll(&tick) {
      apply(tick, to: &engine)
      count += 1
    }
    return count
  }

  private mutating func apply<Sink: VenueSink & ~Copyable>(
    _ tick: Tick, to engine: inout MatchingEngine<Sink>
  ) {
    let instrument = tick.series.instrument
    let priceE4 = RingMarket.priceE4(tick.price)
    switch tick.series.kind {
    case .bid: (bidE4, bidSize) = (priceE4, tick.quantity)
    case .ask:
      engine.quote(
        instrument: instrument, bidE4: bidE4, bidSize: bidSize, askE4: priceE4,
        askSize: tick.quantity)
    case .trade, .tradeNoLast:
      engine.trade(instrument: instrument, priceE4: priceE4, size: tick.quantity)
    case .status where instrument != 0:
      if let isHalted = RingMarket.isHalted(tick.quantity) {
        engine.status(instrument: instrument, halted: isHalted)
      }
    default: break
    }
  }

  private static func priceE4(_ price: Double) -> Int64 {
    Int64(max(0, min((price * 10_000).rounded(), 9e15)))
  }

  private static func isHalted(_ code: UInt32) -> Bool? {
    switch StatusCode(rawValue: code) {
    case .trading, .venueTrading: false
    case .halted, .paused, .orderAcceptance, .venueHalted: true
    default: nil
    }
  }

  public mutating func instrument(for symbol: Symbol) -> UInt32? {
    while Int(known) < directory.count {
      known += 1
      if let word = directory.symbol(known) { numbers[Symbol(word: word)] = known }
    }
    return numbers[symbol]
  }

  /// Ticks polled so far.
  var polled: UInt64 { ticks.polled }
}
