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
  private let halts: Slab<TradingHalt>
  /// Where sessions are counted, if anywhere: a fresh one begins without the market of the last.
  private let control: ControlPage?
  private var session: UInt64 = 0

  /// Takes over the consumer's end of a ring and an attachment of its directory.
  public init(
    ticks: consuming TickConsumer, directory: consuming DirectoryReader,
    control: consuming ControlPage? = nil
  ) {
    self.ticks = ticks
    self.directory = directory
    self.control = control
    halts = Slab(count: TickPublisher.instrumentsMax, repeating: TradingHalt())
  }

  public mutating func drain<Sink: VenueSink & ~Copyable>(
    into engine: inout MatchingEngine<Sink>, atMost limit: Int
  ) -> Int {
    var tick = Tick()
    var count = 0
    while count < limit, ticks.poll(&tick) {
      // The session changes only while the ring is empty.
      if count == 0 { followSession(&engine) }
      apply(tick, to: &engine)
      count += 1
    }
    return count
  }

  private mutating func followSession<Sink: VenueSink & ~Copyable>(
    _ engine: inout MatchingEngine<Sink>
  ) {
    guard let current = control?.read(.session), current != session else { return }
    session = current
    halts.fill(TradingHalt())
    engine.forgetMarket(withHalts: true)
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
    case .status: apply(StatusCode(rawValue: tick.quantity), of: instrument, to: &engine)
    default: break
    }
  }

  private mutating func apply<Sink: VenueSink & ~Copyable>(
    _ code: StatusCode?, of instrument: UInt32, to engine: inout MatchingEngine<Sink>
  ) {
    switch code {
    case .gap, .restart:
      // What was shown before may be there no more: nothing fills until it is shown again.
      if instrument == 0 { engine.forgetMarket(withHalts: false) }
    case .trading, .halted, .paused, .orderAcceptance, .venueHalted, .venueTrading:
      guard instrument != 0, Int(instrument) < halts.count else { return }
      halts[Int(instrument)].take(code)
      engine.status(instrument: instrument, halted: halts[Int(instrument)].isHalted)
    default: break
    }
  }

  private static func priceE4(_ price: Double) -> Int64 {
    Int64(max(0, min((price * 10_000).rounded(), 9e15)))
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
