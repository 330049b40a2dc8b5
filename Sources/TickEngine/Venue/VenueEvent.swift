import TickWire

/// A request to enter an order, as it came off the wire and with its instrument looked up.
public struct VenueOrderRequest: Equatable, Sendable {
  public var userRefNum: UInt32
  /// nil: a byte that is no side.
  public var side: Ouch50.Side?
  /// Shares.
  public var quantity: UInt32
  public var symbol: Symbol
  /// nil: the venue does not know the symbol.
  public var instrument: UInt32?
  /// In units of 0.0001.
  public var priceE4: UInt64
  /// nil: a byte that is none.
  public var timeInForce: Ouch50.TimeInForce?
  public var clientOrderId: FixedText
  /// Execute at least this many at once, or nothing; 0: no such wish. Immediate-or-cancel only.
  public var minimumQuantity: UInt32
  public var display: UInt8
  public var capacity: UInt8
  public var sweep: UInt8
  public var cross: UInt8
  /// Blank: the account's own.
  public var firm: FixedText

  public init(
    userRefNum: UInt32, side: Ouch50.Side?, quantity: UInt32, symbol: Symbol, instrument: UInt32?,
    priceE4: UInt64, timeInForce: Ouch50.TimeInForce?, clientOrderId: FixedText = .blank,
    minimumQuantity: UInt32 = 0, display: UInt8 = Ouch50.displayVisible,
    capacity: UInt8 = Ouch50.capacityPrincipal, sweep: UInt8 = Ouch50.sweepNotEligible,
    cross: UInt8 = Ouch50.crossContinuous, firm: FixedText = .blank
  ) {
    self.userRefNum = userRefNum
    self.side = side
    self.quantity = quantity
    self.symbol = symbol
    self.instrument = instrument
    self.priceE4 = priceE4
    self.timeInForce = timeInForce
    self.clientOrderId = clientOrderId
    self.minimumQuantity = minimumQuantity
    self.display = display
    self.capacity = capacity
    self.sweep = sweep
    self.cross = cross
    self.firm = firm
  }

  public init(_ message: Ouch50.EnterOrder, instrument: UInt32?) {
    self.init(
      userRefNum: message.userRefNum, side: message.side, quantity: message.quantity,
      symbol: message.symbol, instrument: instrument, priceE4: message.priceE4,
      timeInForce: message.timeInForce, clientOrderId: message.clientOrderId,
      minimumQuantity: message.appendage.u32(.minimumQuantity) ?? 0, display: message.display,
      capacity: message.capacity, sweep: message.sweep, cross: message.cross,
      firm: VenueOrderRequest.firm(message.appendage))
  }
}

extension VenueOrderRequest {
  private static func firm(_ options: Ouch50.Appendage) -> FixedText {
    guard let name = options.value(.firm), name.count == Ouch50.firmLength else { return .blank }
    return FixedText(name, at: 0, count: Ouch50.firmLength)
  }
}

/// A request to replace a live order. Side, symbol, capacity and cross stay the original's.
public struct VenueReplaceRequest: Equatable, Sendable {
  public var originalUserRefNum: UInt32
  public var userRefNum: UInt32
  /// Shares that may be executed in all: of the new order, of the original, and of those that this
  /// replaced. What was executed already is not open any more.
  public var quantity: UInt32
  public var priceE4: UInt64
  public var timeInForce: Ouch50.TimeInForce?
  public var clientOrderId: FixedText
  public var display: UInt8
  public var sweep: UInt8

  public init(
    originalUserRefNum: UInt32, userRefNum: UInt32, quantity: UInt32, priceE4: UInt64,
    timeInForce: Ouch50.TimeInForce?, clientOrderId: FixedText = .blank,
    display: UInt8 = Ouch50.displayVisible, sweep: UInt8 = Ouch50.sweepNotEligible
  ) {
    self.originalUserRefNum = originalUserRefNum
    self.userRefNum = userRefNum
    self.quantity = quantity
    self.priceE4 = priceE4
    self.timeInForce = timeInForce
    self.clientOrderId = clientOrderId
    self.display = display
    self.sweep = sweep
  }

  public init(_ message: Ouch50.ReplaceOrder) {
    self.init(
      originalUserRefNum: message.originalUserRefNum, userRefNum: message.userRefNum,
      quantity: message.quantity, priceE4: message.priceE4, timeInForce: message.timeInForce,
      clientOrderId: message.clientOrderId, display: message.display, sweep: message.sweep)
  }
}

/// What the venue tells an account. Each becomes one OUCH message.
public enum VenueEvent: Equatable, Sendable {
  /// The order is in, under the venue's own number.
  case accepted(VenueOrderRequest, orderReference: UInt64)
  /// The order stands where `original` stood.
  case replaced(VenueOrderRequest, original: UInt32, orderReference: UInt64)
  case rejected(userRefNum: UInt32, reason: Ouch50.RejectReason, clientOrderId: FixedText)
  /// A fill; `match` rises by one for every fill of the venue.
  case executed(
    userRefNum: UInt32, quantity: UInt32, priceE4: UInt64, liquidity: UInt8, match: UInt64)
  /// `quantity` shares fewer are open.
  case canceled(userRefNum: UInt32, quantity: UInt32, reason: Ouch50.CancelReason)
  /// The order has this side and this many shares open.
  case modified(userRefNum: UInt32, side: Ouch50.Side, quantity: UInt32)
  /// The cancel will come later; the order may fill until then.
  case cancelPending(userRefNum: UInt32)
  /// The order stays as it is.
  case cancelRefused(userRefNum: UInt32)
  /// Every order that the request meant is cancelled, each told before.
  case massCanceled(VenueMassCancel)
  /// Order entry of the firm is off, or on again.
  case entrySwitched(Ouch50.EntrySwitch.Direction, userRefNum: UInt32, firm: FixedText)
  /// The fill with this match never was; its shares are not open again.
  case broken(
    userRefNum: UInt32, match: UInt64, reason: Ouch50.BrokenReason, clientOrderId: FixedText)
}

/// Where a matching engine puts its events: the server's retained streams, or a test's list. It is
/// called in the middle of matching, so it must neither fail nor call back.
public protocol VenueSink: ~Copyable {
  mutating func emit(_ event: VenueEvent, to account: UInt32)
}
