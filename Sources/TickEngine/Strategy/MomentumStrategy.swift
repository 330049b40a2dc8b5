import TickRing

/// `momentum`: takes liquidity in the direction of a move. When the last price of an instrument
/// has moved by `threshold_bp` from where it stood at the last signal, it sends an immediate-or-
/// cancel order at the opposite touch, as long as its position allows.
///
/// Parameters: `threshold_bp` (default 20), `quantity` shares (100), `position_max` shares (1000).
public struct MomentumStrategy: Strategy, ~Copyable {
  private let threshold: Double
  private let quantity: UInt32
  private let positionMax: Int64
  /// Price at the last signal, by instrument; 0: none yet.
  private let anchors: Slab<Double>
  private let quotes: Slab<Quote>
  private let positions: Slab<Int64>
  private var isBlind = false
  private let halts: Slab<TradingHalt>

  public init(
    parameters: inout StrategyParameters, context: StrategyContext
  ) throws(StrategyError) {
    let thresholdBp = try parameters.take("threshold_bp", default: 20.0, in: 0.1...10_000)
    let quantity = try parameters.take("quantity", default: 100, in: 1...1_000_000)
    let positionMax = try parameters.take("position_max", default: 1000, in: 1...1_000_000_000)
    threshold = thresholdBp / 10_000
    self.quantity = UInt32(quantity)
    self.positionMax = Int64(positionMax)
    anchors = Slab(count: context.instrumentsMax, repeating: 0)
    quotes = Slab(count: context.instrumentsMax, repeating: Quote())
    positions = Slab(count: context.instrumentsMax, repeating: 0)
    halts = Slab(count: context.instrumentsMax, repeating: TradingHalt())
  }

  public mutating func onSession(_ orders: inout OrderDesk) {
    anchors.fill(0)
    quotes.fill(Quote())
    halts.fill(TradingHalt())
  }

  public mutating func onQuote(_ quote: Quote, _ orders: inout OrderDesk) {
    quotes[Int(quote.instrument)] = quote
  }

  public mutating func onTrade(_ trade: Trade, _ orders: inout OrderDesk) {
    guard trade.kind == .trade, !isBlind else { return }
    let index = Int(trade.instrument)
    let anchor = anchors[index]
    guard anchor > 0 else {
      anchors[index] = trade.price
      return
    }
    let move = trade.price / anchor - 1
    guard abs(move) >= threshold else { return }
    anchors[index] = trade.price
    guard !halts[index].isHalted else { return }
    let quote = quotes[index]
    if move > 0, quote.askQuantity > 0, positions[index] + Int64(quantity) <= positionMax {
      orders.buy(trade.instrument, quantity: quantity, limit: quote.askPrice, .ioc)
    } else if move < 0, quote.bidQuantity > 0, positions[index] - Int64(quantity) >= -positionMax {
      orders.sell(trade.instrument, quantity: quantity, limit: quote.bidPrice, .ioc)
    }
  }

  public mutating func onStatus(_ status: Status, _ orders: inout OrderDesk) {
    guard status.instrument != 0 else {
      // A gap or a restart: what we knew of prices is worth nothing.
      anchors.fill(0)
      return quotes.fill(Quote())
    }
    halts[Int(status.instrument)].take(status.code)
  }

  public mutating func onEvent(_ event: OrderEvent, _ orders: inout OrderDesk) {
    // Fills may be among the lost: with a position that may be wrong, nothing more is asked for.
    if event.eventKind == .lost { isBlind = true }
    guard event.positionChange != 0 else { return }
    positions[Int(event.order.instrument)] += event.positionChange
  }
}
