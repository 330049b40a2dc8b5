import TickEngine
import TickRing

/// An example to copy: buys what has fallen below its own average, sells what has risen above it.
///
/// It keeps a slow average of each instrument's mid. A mid that is `band_bp` away from it leads to
/// one immediate-or-cancel order at the opposite touch, as long as the position allows. It is meant
/// to show the calls, not to earn money.
struct MeanReversion: Strategy, ~Copyable {
  struct Instrument: BitwiseCopyable {
    /// Quotes seen of this session; the average means nothing before `warmUp`.
    var quotes = 0
    var average = 0.0
    var position: Int64 = 0
    /// Halted on all markets, or on this venue alone: each ends apart.
    var isHalted = false
    var isVenueHalted = false
    /// Whether an order is out: one at a time.
    var isWaiting = false
  }

  private static let warmUp = 20
  private let band: Double
  private let quantity: UInt32
  private let positionMax: Int64
  private let instruments: Slab<Instrument>

  // Everything that needs memory is made here; no call below allocates.
  init(parameters: inout StrategyParameters, context: StrategyContext) throws(StrategyError) {
    // First all that can fail, then the fields: a noncopyable struct is made whole or not at all.
    let bandBp = try parameters.take("band_bp", default: 10.0, in: 0.1...1_000)
    let shares = try parameters.take("quantity", default: 100, in: 1...1_000_000)
    band = bandBp / 10_000
    quantity = UInt32(shares)
    positionMax = Int64(shares) * 10
    instruments = Slab(count: context.instrumentsMax, repeating: Instrument())
  }

  mutating func onSession(_ orders: inout OrderDesk) {
    for index in 0..<instruments.count {
      instruments[index].quotes = 0
      instruments[index].isHalted = false
      instruments[index].isVenueHalted = false
    }
  }

  mutating func onQuote(_ quote: Quote, _ orders: inout OrderDesk) {
    guard quote.hasBothSides else { return }
    let index = Int(quote.instrument)
    let average = learn(quote.mid, index)
    let state = instruments[index]
    guard state.quotes > Self.warmUp, !state.isWaiting else { return }
    guard !state.isHalted, !state.isVenueHalted else { return }
    let shares = Int64(quantity)
    var order = OrderId.none
    if quote.mid < average * (1 - band), state.position + shares <= positionMax {
      order = orders.buy(quote.instrument, quantity: quantity, limit: quote.askPrice, .ioc)
    } else if quote.mid > average * (1 + band), state.position - shares >= -positionMax {
      order = orders.sell(quote.instrument, quantity: quantity, limit: quote.bidPrice, .ioc)
    }
    instruments[index].isWaiting = order != .none
  }

  mutating func onStatus(_ status: Status, _ orders: inout OrderDesk) {
    // Instrument 0 is the whole feed: after a gap or a restart, no price of before can be trusted.
    guard status.instrument != 0 else {
      for index in 0..<instruments.count { instruments[index].quotes = 0 }
      return
    }
    let index = Int(status.instrument)
    switch status.code {
    case .trading: instruments[index].isHalted = false
    case .venueTrading: instruments[index].isVenueHalted = false
    case .venueHalted: instruments[index].isVenueHalted = true
    case .invalidQuote: break  // Its quote is empty now, and it trades on.
    default: instruments[index].isHalted = true  // What is not known is no reason to trade.
    }
  }

  mutating func onEvent(_ event: OrderEvent, _ orders: inout OrderDesk) {
    let index = Int(event.order.instrument)
    instruments[index].position += event.positionChange
    if event.eventKind == .tradeBroken { return }
    // An acknowledged order still waits for its end: filled whole, or canceled.
    let isOpen = event.eventKind == .ack || (event.eventKind == .fill && event.openQuantity > 0)
    instruments[index].isWaiting = isOpen
  }

  /// The average before this mid, which is then taken into it.
  private func learn(_ mid: Double, _ index: Int) -> Double {
    let before = instruments[index].quotes == 0 ? mid : instruments[index].average
    instruments[index].average = before + (mid - before) * 0.05
    instruments[index].quotes += 1
    return before
  }
}

@main
struct Main {
  static func main() throws {
    var options = ReplayOptions(captures: Array(CommandLine.arguments.dropFirst()))
    options.parameters = ["band_bp": "5"]
    let outcome = try Replay.run(MeanReversion.self, options)
    print(ReportText(outcome.report))
  }
}
