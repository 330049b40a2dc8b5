import TickRing

/// One decision of the sender: what was asked, what came of it, and the values that every check
/// looked at, as it was made. For `tickway explain`; new orders and replacements alike. (Cancels
/// pass every check, and are no decisions.)
///
/// 336 bytes, little-endian, no padding; the number before a field is its offset. What no check
/// came to is 0. Prices and amounts ending in `E4` are in units of 1e-4 of the quote currency.
/// Versioned: a layout that is changed gets another `version`.
///
/// In a ring it is six records of 56 bytes, committed together (`DecisionPiece`).
public struct DecisionEvent: BitwiseCopyable, Sendable {
  public static let byteCount = 336
  public static let currentVersion: UInt8 = 1

  /// @0 From 1, in the order decided; those that were lost are counted, too.
  public var number: UInt64 = 0
  /// @8 As in the request.
  public var orderId: UInt64 = 0
  /// @16 Exchange time of what caused the request, ns since the Unix epoch: the gate's clock.
  public var exchangeTime: UInt64 = 0
  /// @24 Receive time of the packet that caused it, CLOCK_MONOTONIC ns.
  public var received_ns: UInt64 = 0
  /// @32 When the sender took it up, CLOCK_MONOTONIC ns.
  public var taken_ns: UInt64 = 0
  /// @40 The limit asked for, quote currency.
  public var price = 0.0
  /// @48, @56 Of a refusal: the limit and the value, as in the rejection event.
  public var limit = 0.0
  public var value = 0.0
  /// @64 Bit n: check n was made.
  public var reached: UInt64 = 0
  /// @72 Shares asked for; @76 shares that may be sent.
  public var quantity: UInt32 = 0
  public var allowedQuantity: UInt32 = 0
  /// @80
  public var version = DecisionEvent.currentVersion
  /// @81 An `OrderAction`; @82 an `OrderSide`; @83 a `TimeInForce`: raw, as asked for.
  public var action: UInt8 = 0
  public var side: UInt8 = 0
  public var timeInForce: UInt8 = 0
  /// @84, @85 Who asked.
  public var strategy: UInt8 = 0
  public var worker: UInt8 = 0
  /// @86 A `DecisionOutcome`; @87 a `RiskReason`, 0: none.
  public var outcome: UInt8 = 0
  public var reason: UInt8 = 0
  /// @88 The `RiskCheck` that refused; 0: none did.
  public var check: UInt8 = 0
  /// @89 The `RiskState` judged by: the stricter one of the strategy's (@90), the instance's (@91).
  public var state: UInt8 = 0
  public var strategyState: UInt8 = 0
  public var instanceState: UInt8 = 0
  /// @92 What had shut the gate (`DecisionShut`).
  public var shut: UInt8 = 0
  /// @93 Where the reference price came from (`ReferenceKind`).
  public var referenceKind: UInt8 = 0
  /// @94 How the sender stood with its venue: a `Sender.Link`'s raw value.
  public var link: UInt8 = 0
  /// @95 The instrument's sector, by its number in the reference data.
  public var sector: UInt8 = 0
  /// @96 What was open of the order to be replaced.
  public var replacedOpen: UInt32 = 0
  /// @100 `DecisionFlags`.
  public var flags: UInt32 = 0
  /// @104 The price of the order to be replaced.
  public var replacedPriceE4: Int64 = 0
  /// @112 The limit asked for.
  public var priceE4: Int64 = 0
  /// @120 Shares that it might have and still only reduce; -1: none.
  public var room: Int64 = 0
  /// @128, @136, @144 Orders asked for, allowed and out (RM14).
  public var asked: UInt64 = 0
  public var allowed: UInt64 = 0
  public var out: UInt64 = 0
  /// @152 Age of the order that is orders_per_second_max before this one; `.max`: there were not so
  /// many yet (RM8).
  public var rateAge_ns: UInt64 = 0
  /// @160 Price times quantity, of the larger ones of old and new.
  public var orderValueE4: Int64 = 0
  /// @168 Largest order by volume (RM3), @176 largest position of the symbol (RM6), shares.
  public var volumeMax: Int64 = 0
  public var positionMax: Int64 = 0
  /// @184 The reference price; @192 its exchange time, ns since the Unix epoch, 0: the day before.
  public var referenceE4: Int64 = 0
  public var referenceTime: UInt64 = 0
  /// @200 Messages of the day before this one.
  public var messages: Int64 = 0
  /// @208 Age of the same order; `.max`: there was none within the window.
  public var duplicateAge_ns: UInt64 = 0
  /// @216 The symbol's position, @224, @232 its open buys and sells, shares; @240 its mark.
  public var position: Int64 = 0
  public var openBuy: Int64 = 0
  public var openSell: Int64 = 0
  public var markE4: Int64 = 0
  /// @248 The position's size if all of the order's side fills, this order with it, shares; @256
  /// what it is worth then.
  public var worstSize: Int64 = 0
  public var worstValueE4: Int64 = 0
  /// @264, @272 Worst case of the sector and of all, this order with it; at the ends of the integer
  /// if they are beyond.
  public var sectorE4: Int64 = 0
  public var grossE4: Int64 = 0
  /// @280 Equity of the instance; @288 what the day has lost.
  public var equityE4: Int64 = 0
  public var lossE4: Int64 = 0
  /// @296, @300 Instruments held without a mark, and beyond counting.
  public var unmarked: UInt32 = 0
  public var uncountable: UInt32 = 0
  /// @304 Orders in the pool; @308 of them in doubt.
  public var openOrders: UInt32 = 0
  public var inDoubt: UInt32 = 0
  /// @312 Bytes that waited for the venue.
  public var unsentBytes: UInt64 = 0
  /// @320 The best price on the other side that an order of our own may have: one at it or beyond
  /// it matches. At the ends of the integer: there is none.
  public var ownPriceE4: Int64 = 0
  /// @328 What the account's ledger has handed to this sender; -1: there is no ledger.
  public var creditE4: Int64 = 0

  public init() {}

  init(_ request: OrderRequest, worker: Int, taken_ns: UInt64) {
    orderId = request.order_id
    exchangeTime = request.decision_time
    received_ns = request.received_ns
    self.taken_ns = taken_ns
    price = request.price
    quantity = request.quantity
    action = request.action
    side = request.side
    timeInForce = request.time_in_force
    strategy = request.strategy
    self.worker = UInt8(truncatingIfNeeded: worker)
  }
}

/// What came of a request. The raw value is recorded.
public enum DecisionOutcome: UInt8, CaseIterable, Sendable {
  /// It passed every check and was put into the send buffer.
  case allowed = 1
  /// A check refused it.
  case refused
  /// It passed the gate, and there is no venue to send it to.
  case unsent
  /// Nobody judged it any more: the run ended.
  case undecided
  /// A replacement of an order that had ended, or was being changed already.
  case idle

  public var name: String { "\(self)" }
}

/// What had shut the gate, as bits of `DecisionEvent.shut`.
public struct DecisionShut: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// The instance's gate page: not armed, or tripped by whomever.
  public static let page = DecisionShut(rawValue: 1)
  /// The operator's word on the control page.
  public static let word = DecisionShut(rawValue: 2)
  /// The gate itself has tripped.
  public static let tripped = DecisionShut(rawValue: 4)
}

/// Yes or no of a decision, as bits of `DecisionEvent.flags`.
public struct DecisionFlags: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let isReplacement = DecisionFlags(rawValue: 1)
  /// A sale of which the worst case is a short position.
  public static let isShort = DecisionFlags(rawValue: 1 << 1)
  public static let isReducing = DecisionFlags(rawValue: 1 << 2)
  /// Something was not counted right, and all exposure is in doubt.
  public static let isBroken = DecisionFlags(rawValue: 1 << 3)
  /// The kernel took less than there was; it holds more than it may.
  public static let isBehind = DecisionFlags(rawValue: 1 << 4)
  public static let isClogged = DecisionFlags(rawValue: 1 << 5)
}

/// Where a reference price came from (RM4). The raw value is recorded.
public enum ReferenceKind: UInt8, CaseIterable, Sendable {
  case lastTrade = 1, mid, previousClose

  public var name: String {
    switch self {
    case .lastTrade: "last trade"
    case .mid: "mid"
    case .previousClose: "previous close"
    }
  }
}

extension DecisionEvent {
  public var instrument: UInt32 { UInt32(truncatingIfNeeded: orderId >> 32) }
  /// nil: a value that this version does not know.
  public var decisionOutcome: DecisionOutcome? { DecisionOutcome(rawValue: outcome) }
  public var riskReason: RiskReason? { RiskReason(rawValue: reason) }
  public var refusedBy: RiskCheck? { RiskCheck(rawValue: check) }
  public var decisionFlags: DecisionFlags { DecisionFlags(rawValue: flags) }

  public func hasReached(_ check: RiskCheck) -> Bool {
    reached & 1 << UInt64(check.rawValue) != 0
  }

  @inline(__always)
  mutating func set(_ flag: DecisionFlags, if isSet: Bool = true) {
    if isSet { flags |= flag.rawValue }
  }
}
