/// A person's word: who, and why. Without both nothing is reset, rebased or recovered.
public struct RiskApproval: Equatable, Sendable {
  /// Longest text, UTF-8 bytes.
  public static let bytesMax = 256
  public let who: String
  public let why: String

  /// Text that is no name or no reason, in a sentence that says what to do.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    public let description: String
  }

  public init(who: String, why: String) throws(Failure) {
    self.who = try RiskApproval.checked(who, "who approves it")
    self.why = try RiskApproval.checked(why, "why")
  }

  /// Who and why are on record: whoever asked a running sender wrote them to the state directory
  /// before, and whoever resumed an instance when he armed it.
  static let onRecord = RiskApproval(onRecord: "the state directory")

  private init(onRecord place: String) { (who, why) = ("on record in \(place)", "as there") }

  private static func checked(_ text: String, _ what: String) throws(Failure) -> String {
    let scalars = text.unicodeScalars
    guard scalars.contains(where: { !$0.properties.isWhitespace }) else {
      throw Failure(description: "an approval says \(what): give a text")
    }
    guard text.utf8.count <= bytesMax, !scalars.contains(where: { isControl($0) }) else {
      throw Failure(
        description: "an approval says \(what) in one line of at most \(bytesMax) bytes")
    }
    return text
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    let category = scalar.properties.generalCategory
    return category == .control || category == .lineSeparator || category == .paragraphSeparator
  }
}

/// Why a person's wish was refused. Nothing has changed.
public enum RiskRefusal: Error, Equatable, CustomStringConvertible, Sendable {
  /// Only a cooldown is reset.
  case notCoolingDown(RiskState)
  /// The cooldown goes on until this time, ns since the Unix epoch.
  case cooling(until: UInt64)
  /// The drawdown against the peak, in 1e-6, is above the breaker's limit.
  case drawdown(ppm: Int64, max_ppm: Int64)
  /// Equity is unknown or not positive.
  case equity
  /// Only a kill is recovered from.
  case notKilled(RiskState)
  /// A killed subject's peak stays as it was.
  case killed
  /// The venue's positions and this side's differ, or were not compared.
  case notReconciled
  /// There is no such strategy, or it has to be one.
  case noSuchStrategy
  /// Only a strategy that executed too often is enabled.
  case notOff
  /// The instance itself is recovered by resuming it.
  case resumeInstead

  public var description: String {
    switch self {
    case .notCoolingDown(let state):
      "the state is \(state.name), and only cool_down is reset: look at `tickway risk`"
    case .cooling(let until):
      "the cooldown lasts until \(UtcTime(until).text): ask again then"
    case .drawdown(let ppm, let max_ppm):
      "the drawdown is \(ppm) ppm of the peak, above the \(max_ppm) ppm that trip the breaker:"
        + " reduce the exposure, or approve the present equity as the peak (rebase)"
    case .equity:
      "equity is unknown or not positive: find out why before anything trades"
    case .notKilled(let state):
      "the state is \(state.name), and only kill_switch is recovered from"
    case .killed:
      "the kill switch is tripped: recover first"
    case .notReconciled:
      "positions and open orders are not reconciled with the venue's: do that first"
    case .noSuchStrategy:
      "no such strategy: they are numbered from 1 to the limit strategies_max"
    case .notOff:
      "the strategy is not off: only one that executed too often is enabled again"
    case .resumeInstead:
      "an instance that was killed is recovered by `tickway resume` and a restart"
    }
  }
}
