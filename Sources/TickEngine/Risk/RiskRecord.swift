/// What of a subject's state outlives its process, in fixed-width words.
public struct RiskRecord: Equatable, Sendable {
  /// A `RiskState`, as found: whoever resumes checks it.
  public var state: UInt8
  public var trips: UInt32
  public var peakE4: Int64
  /// Asker's time, ns since the Unix epoch.
  public var coolDownSince: UInt64
  public var newest: UInt64
  /// The trading day's number.
  public var day: Int64
  /// The state that workers were told of last; nil: it is not known that they were told another.
  public var told: RiskState?
  /// The breaker or cooldown that a kill came over, a `RiskState`, as found; 0: none.
  public var interrupted: UInt8 = 0
  /// Equity when the trading day began (RM7), units of 1e-4; `.max`: not known, so that any loss
  /// may have been.
  public var dayStartE4: Int64 = .max

  /// A record that can be no subject's.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    public let subject: UInt8
    public var description: String {
      let whose = subject == 0 ? "the instance" : "strategy \(subject)"
      return "the risk state of \(whose) cannot be: look at the positions yourself, then remove"
        + " the region"
    }
  }
}
