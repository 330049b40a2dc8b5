import TickRing

/// `market-maker`: keeps a day order on each side of an instrument, at the touch, and moves it when
/// the touch has moved. Fills change its position, and at `position_max` it quotes only the side
/// that reduces it. An empty side, a halt, a gap or a restart withdraws its orders.
///
/// What it asks for depends on ticks and fills alone, never on when an ack or a reject arrives, so
/// that without fills the same ticks give the same requests.
///
/// Parameters: `quantity` shares (default 100), `position_max` shares (1000), `requote` in quote
/// currency (0.01): how far the touch must have moved, `interval_ms` (100): at the least between
/// two moves of an instrument, exchange time.
public struct MarketMakerStrategy: Strategy, ~Copyable {
  /// Orders and position of one instrument.
  struct Book: BitwiseCopyable {
    var bid = OrderId.none
    var ask = OrderId.none
    var bidPrice = 0.0
    var askPrice = 0.0
    var position: Int64 = 0
    var movedAt: UInt64 = 0
    var halt = TradingHalt()
  }

  private let quantity: UInt32
  private let positionMax: Int64
  private let requote: Double
  private let interval_ns: UInt64
  private let books: Slab<Book>
  private var isBlind = false

  public init(
    parameters: inout StrategyParameters, context: StrategyContext
  ) throws(StrategyError) {
    let quantity = try parameters.take("quantity", default: 100, in: 1...1_000_000)
    let positionMax = try parameters.take("position_max", default: 1000, in: 1...1_000_000_000)
    let requote = try parameters.take("requote", default: 0.01, in: 0.0001...1_000_000)
    let interval_ms = try parameters.take("interval_ms", default: 100, in: 0...86_400_000)
    self.quantity = UInt32(quantity)
    self.positionMax = Int64(positionMax)
    self.requote = requote
    interval_ns = UInt64(interval_ms) * 1_000_000
    books = Slab(count: context.instrumentsMax, repeating: Book())
  }

  public mutating func onSession(_ orders: inout OrderDesk) {
    for index in 0..<books.count {
      withdraw(index, &orders)
      books[index].halt = TradingHalt()
      books[index].movedAt = 0
    }
  }

  public mutating func onQuote(_ quote: Quote, _ orders: inout OrderDesk) {
    let index = Int(quote.instrument)
    guard quote.hasBothSides, !books[index].halt.isHalted, !isBlind else {
      return withdraw(index, &orders)
    }
    let isNew = books[index].bid == .none || books[index].ask == .none
    let hasMoved =
      abs(quote.bidPrice - books[index].bidPrice) >= requote * 0.999
      || abs(quote.askPrice - books[index].askPrice) >= requote * 0.999
    guard isNew || hasMoved, quote.time >= books[index].movedAt &+ interval_ns else { return }
    books[index].movedAt = quote.time
    moveBid(index, quote, &orders)
    moveAsk(index, quote, &orders)
  }

  private mutating func moveBid(_ index: Int, _ quote: Quote, _ orders: inout OrderDesk) {
    let isAllowed = books[index].position + Int64(quantity) <= positionMax
    let isThere = books[index].bid != .none && quote.bidPrice == books[index].bidPrice
    if isAllowed && isThere { return }
    orders.cancel(books[index].bid)
    books[index].bid = .none
    books[index].bidPrice = quote.bidPrice
    guard isAllowed else { return }
    books[index].bid = orders.buy(
      quote.instrument, quantity: quantity, limit: quote.bidPrice, .day)
  }

  private mutating func moveAsk(_ index: Int, _ quote: Quote, _ orders: inout OrderDesk) {
    let isAllowed = books[index].position - Int64(quantity) >= -positionMax
    let isThere = books[index].ask != .none && quote.askPrice == books[index].askPrice
    if isAllowed && isThere { return }
    orders.cancel(books[index].ask)
    books[index].ask = .none
    books[index].askPrice = quote.askPrice
    guard isAllowed else { return }
    books[index].ask = orders.sell(
      quote.instrument, quantity: quantity, limit: quote.askPrice, .day)
  }

  private mutating func withdraw(_ index: Int, _ orders: inout OrderDesk) {
    orders.cancel(books[index].bid)
    orders.cancel(books[index].ask)
    books[index].bid = .none
    books[index].ask = .none
  }

  public mutating func onStatus(_ status: Status, _ orders: inout OrderDesk) {
    let index = Int(status.instrument)
    guard index != 0 else {
      for index in 0..<books.count { withdraw(index, &orders) }
      return
    }
    books[index].halt.take(status.code)
    if books[index].halt.isHalted { withdraw(index, &orders) }
  }

  public mutating func onEvent(_ event: OrderEvent, _ orders: inout OrderDesk) {
    if event.eventKind == .lost {
      // Fills may be among them: with a position that may be wrong, nothing stays out.
      isBlind = true
      for index in 0..<books.count { withdraw(index, &orders) }
    }
    let index = Int(event.order.instrument)
    guard event.positionChange != 0, index < books.count else { return }
    books[index].position += event.positionChange
    guard event.eventKind == .fill, event.openQuantity == 0 else { return }
    if books[index].bid == event.order { books[index].bid = .none }
    if books[index].ask == event.order { books[index].ask = .none }
  }
}
