/// How an instance, or one strategy of it, may trade (RS1–RS9).
public enum RiskState: UInt8, CaseIterable, Sendable {
  case normal = 0
  /// New exposure is halved (RM12).
  case warning
  /// Nothing but what reduces exposure; what is open is cancelled (RS5).
  case circuitBreaker
  /// After the breaker, for a time: as the breaker.
  case coolDown
  /// Nothing leaves (RS8).
  case killSwitch
  /// A person is at it; nothing leaves until restart and reconciliation.
  case recovery
}
