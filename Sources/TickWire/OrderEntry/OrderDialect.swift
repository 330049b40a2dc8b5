/// The protocols in which a session can speak of orders, behind one interface: requests in,
/// `OrderAnswer` out. A switch over an enum; no existential, no allocation.
///
/// What a dialect cannot say is refused: the encoders return nil and write nothing that means
/// anything. They trap unless `messageLengthMax` bytes fit the target.
@frozen
public enum OrderDialect: UInt8, Sendable, CaseIterable {
  case ouch50
  case ouch42

  /// `ouch50` or `ouch42`.
  public init?(name: String) {
    guard let dialect = OrderDialect.allCases.first(where: { "\($0)" == name }) else { return nil }
    self = dialect
  }

  /// The letters are the same in both.
  public typealias Side = Ouch50.Side

  /// How long an order stands: what both dialects can say.
  @frozen
  public enum TimeInForce: UInt8, Sendable, CaseIterable {
    /// Until the market closes.
    case day
    /// With a minimum quantity of the whole order: fill or kill.
    case immediateOrCancel
  }

  /// Enough for any message that is encoded here, in bytes.
  public static let messageLengthMax = 128
  /// The largest order, in shares: OUCH allows fewer than a million.
  public static let quantityMax: UInt32 = 999_999

  /// What the venue's message says.
  @inlinable
  public func decode(_ message: Bytes) -> OrderAnswer {
    switch self {
    case .ouch50: Ouch50.answer(message)
    case .ouch42: Ouch42.answer(message)
    }
  }

  /// Whether this is a limit price that the dialect can say. 200,000.00 and the largest 32-bit
  /// number mean a market order to the venue, and OUCH 4.2 ends below them.
  @inlinable
  public func canSay(priceE4: Int64) -> Bool {
    switch self {
    case .ouch50: priceE4 > 0 && priceE4 != 2_000_000_000 && priceE4 != 0x7FFF_FFFF
    case .ouch42: priceE4 > 0 && priceE4 <= 1_999_999_900
    }
  }

  /// Orders are numbered from 1 to this in a session.
  @inlinable
  public var userRefNumMax: UInt32 {
    switch self {
    case .ouch50: .max
    case .ouch42: Ouch42.Token.userRefNumMax
    }
  }

  @inlinable
  func canSay(userRefNum: UInt32) -> Bool { userRefNum > 0 && userRefNum <= userRefNumMax }

  @inlinable
  func canSay(_ userRefNum: UInt32, _ quantity: UInt32, _ minimumQuantity: UInt32) -> Bool {
    canSay(userRefNum: userRefNum) && quantity > 0 && quantity <= OrderDialect.quantityMax
      && minimumQuantity <= quantity
  }

  /// Whose the order is that the venue's message names; nil where the dialect does not say it.
  @inlinable
  public func origin(of message: Bytes) -> OrderOrigin? {
    switch self {
    case .ouch50:
      let id =
        Ouch50.Accepted(message)?.clientOrderId ?? Ouch50.Replaced(message)?.clientOrderId
        ?? Ouch50.Rejected(message)?.clientOrderId
      return id.flatMap { OrderOrigin($0) }
    case .ouch42:
      let token = Ouch42.Accepted(message)?.token ?? Ouch42.Rejected(message)?.token
      return token.flatMap { OrderOrigin(tag: $0.tag) }
    }
  }

  /// Of what was accepted; nil of any other message.
  @inlinable
  public func symbol(of message: Bytes) -> Symbol? {
    switch self {
    case .ouch50: Ouch50.Accepted(message)?.symbol
    case .ouch42: Ouch42.Accepted(message)?.symbol
    }
  }
}

/// Requests. Each returns the message's length, or nil where the dialect cannot say it. `origin`
/// goes with an order to the venue, and is the same in every request that names the order.
extension OrderDialect {
  /// A new order. Numbers rise strictly within a session, in whichever kind of request they are.
  @inlinable
  public func enter(
    into target: MutableBytes, userRefNum: UInt32, side: Side, quantity: UInt32, symbol: Symbol,
    priceE4: Int64, timeInForce: TimeInForce, minimumQuantity: UInt32 = 0,
    origin: OrderOrigin? = nil
  ) -> Int? {
    guard canSay(userRefNum, quantity, minimumQuantity), canSay(priceE4: priceE4) else {
      return nil
    }
    switch self {
    case .ouch50:
      return Ouch50.EnterOrder.encode(
        into: target, userRefNum: userRefNum, side: side, quantity: quantity, symbol: symbol,
        priceE4: UInt64(priceE4), timeInForce: Ouch50.TimeInForce(timeInForce),
        clientOrderId: origin?.text ?? .blank, minimumQuantity: minimumQuantity)
    case .ouch42:
      return Ouch42.EnterOrder.encode(
        into: target, token: Ouch42.Token(userRefNum, of: origin), side: side, quantity: quantity,
        symbol: symbol, priceE4: UInt32(priceE4), timeInForce: Ouch42.TimeInForce(timeInForce),
        minimumQuantity: minimumQuantity)
    }
  }

  /// A live order gives way to a new one under a new number; side and instrument stay. `quantity`
  /// is what may be executed in all, of the new order and of those that it stands for.
  @inlinable
  public func replace(
    into target: MutableBytes, userRefNum old: UInt32, by new: UInt32, quantity: UInt32,
    priceE4: Int64, timeInForce: TimeInForce = .day, minimumQuantity: UInt32 = 0,
    origin: OrderOrigin? = nil
  ) -> Int? {
    guard canSay(new, quantity, minimumQuantity), old > 0, old < new, canSay(priceE4: priceE4)
    else { return nil }
    switch self {
    case .ouch50:
      return Ouch50.ReplaceOrder.encode(
        into: target, originalUserRefNum: old, userRefNum: new, quantity: quantity,
        priceE4: UInt64(priceE4), timeInForce: Ouch50.TimeInForce(timeInForce),
        clientOrderId: origin?.text ?? .blank, minimumQuantity: minimumQuantity)
    case .ouch42:
      return Ouch42.ReplaceOrder.encode(
        into: target, replacing: Ouch42.Token(old, of: origin),
        token: Ouch42.Token(new, of: origin), quantity: quantity, priceE4: UInt32(priceE4),
        timeInForce: Ouch42.TimeInForce(timeInForce),
        minimumQuantity: minimumQuantity)
    }
  }

  /// Cancels an order down to `quantityLeft` shares: the size that is to remain, not the reduction.
  @inlinable
  public func cancel(
    into target: MutableBytes, userRefNum: UInt32, quantityLeft: UInt32 = 0,
    origin: OrderOrigin? = nil
  ) -> Int? {
    guard canSay(userRefNum: userRefNum), quantityLeft <= OrderDialect.quantityMax else {
      return nil
    }
    switch self {
    case .ouch50:
      return Ouch50.CancelOrder.encode(
        into: target, userRefNum: userRefNum, quantity: quantityLeft)
    case .ouch42:
      return Ouch42.CancelOrder.encode(
        into: target, token: Ouch42.Token(userRefNum, of: origin), quantity: quantityLeft)
    }
  }

  /// Another marking of a sale, or fewer shares, without losing the place in the queue.
  @inlinable
  public func modify(
    into target: MutableBytes, userRefNum: UInt32, side: Side, quantity: UInt32,
    origin: OrderOrigin? = nil
  ) -> Int? {
    guard canSay(userRefNum, quantity, 0) else { return nil }
    switch self {
    case .ouch50:
      return Ouch50.ModifyOrder.encode(
        into: target, userRefNum: userRefNum, side: side, quantity: quantity)
    case .ouch42:
      return Ouch42.ModifyOrder.encode(
        into: target, token: Ouch42.Token(userRefNum, of: origin), side: side, quantity: quantity)
    }
  }

  /// Cancels all orders of a firm (blank: the account's own), or those of one symbol. Uses up a
  /// number, as does every request below but the query. OUCH 5.0 only.
  @inlinable
  public func massCancel(
    into target: MutableBytes, userRefNum: UInt32, firm: FixedText = .blank, symbol: Symbol? = nil
  ) -> Int? {
    guard self == .ouch50, userRefNum > 0 else { return nil }
    return Ouch50.MassCancel.encode(
      into: target, userRefNum: userRefNum, firm: firm, symbol: symbol)
  }

  /// The venue is to take no order of the firm any more; what rests, rests. OUCH 5.0 only.
  @inlinable
  public func disableOrderEntry(
    into target: MutableBytes, userRefNum: UInt32, firm: FixedText = .blank
  ) -> Int? {
    guard self == .ouch50, userRefNum > 0 else { return nil }
    return Ouch50.EntrySwitch.encode(.disable, into: target, userRefNum: userRefNum, firm: firm)
  }

  /// OUCH 5.0 only.
  @inlinable
  public func enableOrderEntry(
    into target: MutableBytes, userRefNum: UInt32, firm: FixedText = .blank
  ) -> Int? {
    guard self == .ouch50, userRefNum > 0 else { return nil }
    return Ouch50.EntrySwitch.encode(.enable, into: target, userRefNum: userRefNum, firm: firm)
  }

  /// Asks which number the venue will take next. OUCH 5.0 only.
  @inlinable
  public func accountQuery(into target: MutableBytes) -> Int? {
    guard self == .ouch50 else { return nil }
    return Ouch50.AccountQuery.encode(into: target)
  }
}

extension Ouch50.TimeInForce {
  @inlinable
  init(_ timeInForce: OrderDialect.TimeInForce) {
    self = timeInForce == .day ? .day : .immediateOrCancel
  }
}

extension Ouch42.Token {
  @inlinable
  init(_ userRefNum: UInt32, of origin: OrderOrigin?) {
    self.init(userRefNum, tag: origin?.tag ?? 0)
  }
}

extension Ouch42.TimeInForce {
  @inlinable
  init(_ timeInForce: OrderDialect.TimeInForce) {
    self = timeInForce == .day ? .marketHours : .immediateOrCancel
  }
}
