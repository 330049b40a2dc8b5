/// Whether a subject may trade, and how (RS2-RS8).
public enum RiskState: UInt8, CaseIterable, Sendable {
  case normal = 0
  /// New exposure is halved (RM12).
  case warning
  /// What works is being cancelled; only orders that reduce exposure pass.
  case circuitBreaker
  /// Everything is cancelled; only orders that reduce exposure pass, until a person resets it.
  case coolDown
  /// Nothing passes.
  case killSwitch
  /// A person looks into a kill; nothing passes until the restart after it is reconciled.
  case recovery

  public var name: String {
    switch self {
    case .normal: "normal"
    case .warning: "warning"
    case .circuitBreaker: "circuit_breaker"
    case .coolDown: "cool_down"
    case .killSwitch: "kill_switch"
    case .recovery: "recovery"
    }
  }

  /// How much is forbidden: the larger, the more.
  private var severity: UInt8 {
    switch self {
    case .normal: 0
    case .warning: 1
    case .coolDown: 2
    case .circuitBreaker: 3
    case .recovery: 4
    case .killSwitch: 5
    }
  }

  /// The one of two that forbids more: an order obeys its strategy's and the instance's.
  @inline(__always)
  public static func stricter(_ one: RiskState, _ other: RiskState) -> RiskState {
    one.severity >= other.severity ? one : other
  }

  /// Whether orders that add exposure may pass.
  public var allowsNewExposure: Bool { self == .normal || self == .warning }
  /// Whether orders that reduce exposure may pass.
  public var allowsReducing: Bool { self != .killSwitch && self != .recovery }
}

/// Why a state changed. The raw value is recorded.
public enum RiskCause: UInt8, CaseIterable, Sendable {
  /// The drawdown rose above the warning's limit.
  case warningDrawdown = 1
  /// The drawdown rose above the breaker's limit.
  case breakerDrawdown
  /// Equity is not positive.
  case equityNotPositive
  /// Equity could not be computed.
  case equityUnknown
  /// The drawdown fell below where a warning ends.
  case recovered
  /// Every order that was open at the trip has ended: the cooldown begins.
  case ordersEnded
  /// The cooldown ended and the drawdown is still above the breaker's limit: no new trip.
  case stillDown
  /// As many trips in a day as kill.
  case tripsMax
  /// A person ended the cooldown.
  case manualReset
  /// A person approved the present equity as the peak. The state stays.
  case rebase
  /// Kills: a fatal error, a person, the order rate (RM8), more orders out than asked for (RM14).
  case fatal, manual, rate, reconciliation
  /// A person began to look into a kill.
  case recovery
  /// Restarted and reconciled after a recovery.
  case restart

  /// What a trip of the gate is to the risk states.
  init(_ trip: TripReason?) {
    self =
      switch trip {
      case .rate: .rate
      case .orderTally, .reconciliation: .reconciliation
      case .operatorKill, .deadMan, .senderSilent, .neverArmed: .manual
      default: .fatal
      }
  }

  /// Whether it is a reason to kill.
  public var isKill: Bool {
    self == .fatal || self == .manual || self == .rate || self == .reconciliation
  }

  public var name: String {
    switch self {
    case .warningDrawdown: "warning_drawdown"
    case .breakerDrawdown: "breaker_drawdown"
    case .equityNotPositive: "equity_not_positive"
    case .equityUnknown: "equity_unknown"
    case .recovered: "recovered"
    case .ordersEnded: "orders_ended"
    case .stillDown: "still_down"
    case .tripsMax: "trips_max"
    case .manualReset: "manual_reset"
    case .rebase: "rebase"
    case .fatal: "fatal"
    case .manual: "manual"
    case .rate: "rate"
    case .reconciliation: "reconciliation"
    case .recovery: "recovery"
    case .restart: "restart"
    }
  }
}

/// One change of a subject's state (RS9), or of its peak.
public struct RiskChange: Equatable, Sendable {
  /// 0: the instance; else the strategy.
  public let subject: UInt8
  public let old: RiskState
  public let new: RiskState
  public let cause: RiskCause
  /// (peak - equity) / peak in 1e-6, rounded down; nil if there is none to speak of: equity could
  /// not be computed, or the day has had no positive one.
  public let drawdown_ppm: Int64?
  /// Units of 1e-4; nil: it could not be computed.
  public let equityE4: Int64?
  /// The peak that the drawdown is measured from, units of 1e-4; 0: none.
  public let peakE4: Int64
  /// New trips of the trading day, this one included.
  public let trips: UInt32
  /// The clock of whoever asked: the capture's in a replay; ns since the Unix epoch.
  public let time: UInt64
}
