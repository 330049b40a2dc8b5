import TickRing
import TickWire

/// An order that is out: one line of the pool.
struct WorkingOrder: BitwiseCopyable {
  var orderId: UInt64 = 0
  /// Its limit: as it was asked for, whatever better price the venue shows it at; the venue's if
  /// that is worse.
  var priceE4: Int64 = 0
  /// 0: the line is free.
  var userRefNum: UInt32 = 0
  /// Shares that it may have in all, and those that have filled: of one that replaced another, with
  /// those of the other.
  var quantity: UInt32 = 0
  var filled: UInt32 = 0
  /// Shares that can still fill.
  var open: UInt32 = 0
  /// Shares that the risk gate counts as open for it: with a replacement under way, the larger.
  var reserved: UInt32 = 0
  /// The replacement that is asked for; of a replacement, the order that it is for. 0: none.
  var partner: UInt32 = 0
  /// Reference price at the decision less the order's price, 1e-4; saturating.
  var referenceOffsetE4: Int32 = 0
  /// Places of its neighbours in the list of all orders and in that of its instrument, plus 1.
  var links = OrderLinks()
  var worker: UInt8 = 0
  var strategy: UInt8 = 0
  /// The state's number; the high bit: a sale that is marked short; the next: it is stopped.
  private var marked: UInt8 = 0
  fileprivate var bits: UInt8 = 0

  init() {}
  init(userRefNum: UInt32) { self.userRefNum = userRefNum }
}

/// The two lists that an order is in.
struct OrderLinks: BitwiseCopyable {
  var before: UInt32 = 0
  var after: UInt32 = 0
  var sameBefore: UInt32 = 0
  var sameAfter: UInt32 = 0
}

extension WorkingOrder {
  private func bit(_ mask: UInt8) -> Bool { bits & mask != 0 }
  private mutating func set(_ mask: UInt8, _ value: Bool) {
    bits = value ? bits | mask : bits & ~mask
  }

  var isBuy: Bool {
    get { bit(1) }
    set { set(1, newValue) }
  }
  /// Whether this price is one that its limit rules out.
  func isThroughLimit(_ priceE4: Int64) -> Bool {
    Self.isThrough(limit: self.priceE4, priceE4, isBuy: isBuy)
  }
  static func isThrough(limit limitE4: Int64, _ priceE4: Int64, isBuy: Bool) -> Bool {
    isBuy ? priceE4 > limitE4 : priceE4 < limitE4
  }
  /// The venue has said that it has it.
  var isAccepted: Bool {
    get { bit(2) }
    set { set(2, newValue) }
  }
  /// Somebody wants it cancelled, or a cancel is under way.
  var isCancelAsked: Bool {
    get { bit(4) }
    set { set(4, newValue) }
  }
  var isCancelSent: Bool {
    get { bit(8) }
    set { set(8, newValue) }
  }
  /// It stands for a replacement that the venue has not confirmed; `partner` is what it is for.
  var isReplacement: Bool {
    get { bit(16) }
    set { set(16, newValue) }
  }
  var isImmediate: Bool {
    get { bit(32) }
    set { set(32, newValue) }
  }
  var isKillIfPartial: Bool {
    get { bit(64) }
    set { set(64, newValue) }
  }
  var timeInForce: TimeInForce { isKillIfPartial ? .fok : isImmediate ? .ioc : .day }
  /// The worker that asked for it runs: it is told what becomes of it.
  var isHeard: Bool {
    get { bit(128) }
    set { set(128, newValue) }
  }

  /// Of one that had to make room, which is in no list: the line of the pool that it is a guest in;
  /// 0: none.
  var lodging: Int {
    get { Int(links.before) }
    set { links = OrderLinks(before: UInt32(newValue)) }
  }

  /// Whether it lacks what every order has that was sent.
  var isHalfWritten: Bool {
    orderId == 0 || quantity == 0 || !OrderOrigin.isStrategy(strategy) || priceE4 <= 0
      || life == .free
  }
  var instrument: UInt32 { UInt32(truncatingIfNeeded: orderId >> 32) }
  var origin: OrderOrigin { OrderOrigin(orderId: orderId, strategy: strategy) }
  var side: UInt8 { (isBuy ? OrderSide.buy : .sell).rawValue }
  var state: UInt8 {
    get { marked & 0x3F }
    set { marked = marked & 0xC0 | newValue }
  }
  var life: OrderState { OrderState(rawValue: state) ?? .free }
  var isShort: Bool {
    get { marked & 0x80 != 0 }
    set { marked = newValue ? marked | 0x80 : marked & ~0x80 }
  }
  /// A breaker, a kill or its worker's death is to end it: a cancel that the venue refuses is asked
  /// for again.
  var isStopped: Bool {
    get { marked & 0x40 != 0 }
    set { marked = newValue ? marked | 0x40 : marked & ~0x40 }
  }
  /// The reference price that the strategy decided by, 1e-4.
  var referenceE4: Int64 { priceE4 &+ Int64(referenceOffsetE4) }

  mutating func remember(referenceE4: Int64) {
    referenceOffsetE4 = Int32(clamping: referenceE4 &- priceE4)
  }

  /// What an order may have in all of which so much has filled and so much is to be open.
  static func whole(_ filled: UInt32, _ open: UInt32) -> UInt32 {
    let (sum, overflow) = filled.addingReportingOverflow(open)
    return overflow ? .max : sum
  }

  /// Becomes the order that it was before it had to make room.
  mutating func resume(_ order: WorkingOrder) {
    let number = userRefNum
    self = order
    userRefNum = number
    links = OrderLinks()
    partner = 0
  }

  /// Becomes what the venue accepted, with so many shares open; whether that is something else than
  /// was sent.
  mutating func adopt(_ side: Ouch50.Side?, _ open: UInt32, _ priceE4: Int64) -> Bool {
    let isBuy = side?.isBuy ?? self.isBuy
    let isShort = side?.isShort ?? self.isShort
    let quantity = WorkingOrder.whole(filled, open)
    let isOther =
      (isBuy, isShort, quantity, priceE4)
      != (self.isBuy, self.isShort, self.quantity, self.priceE4)
    if isBuy != self.isBuy || isThroughLimit(priceE4) { self.priceE4 = priceE4 }
    (self.isBuy, self.isShort, self.quantity) = (isBuy, isShort, quantity)
    self.open = open
    return isOther
  }
}
