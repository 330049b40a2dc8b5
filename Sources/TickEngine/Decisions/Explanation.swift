import TickWire

/// A decision, check by check, in words for a person: what was asked, the limit and the value of
/// each check as the gate had them at that moment, and which one decided.
///
/// Says what is recorded and computes no check anew. Of any event, also one that no gate ever made.
public struct Explanation: Sendable {
  public enum Verdict: String, CaseIterable, Sendable {
    case passed, failed
    /// Not made, though later ones were: it is not asked of such an order.
    case exempt
    /// A check before it refused, or none was made at all.
    case notReached = "not_reached"
  }

  public struct Line: Sendable {
    public let check: RiskCheck
    public let verdict: Verdict
    /// nil: there is none to speak of.
    public let limit: String?
    /// nil: not looked at.
    public let value: String?
  }

  public let decision: RecordedDecision
  /// Every check, in the order in which they are made.
  public let lines: [Line]

  public init(_ decision: RecordedDecision, _ context: DecisionContext) {
    self.decision = decision
    let event = decision.event
    let words = CheckWords(event: event, context: context)
    let last = RiskCheck.allCases.lastIndex { event.hasReached($0) } ?? -1
    lines = RiskCheck.allCases.enumerated().map { index, check in
      let verdict: Verdict =
        if event.hasReached(check) {
          event.refusedBy == check ? .failed : .passed
        } else {
          index < last || event.hasPassedGate ? .exempt : .notReached
        }
      let isMade = verdict == .passed || verdict == .failed
      return Line(
        check: check, verdict: verdict, limit: words.limit(check),
        value: isMade ? words.value(check) : nil)
    }
  }

  /// The check that refused; nil: none did.
  public var deciding: Line? { lines.first { $0.verdict == .failed } }
}

extension DecisionEvent {
  /// Whether it passed whatever was asked of it.
  fileprivate var hasPassedGate: Bool {
    decisionOutcome == .allowed || decisionOutcome == .unsent
  }
}

extension RecordedDecision {
  /// The names of an order: its number, decimal; as `--orders` has it; and as the venue has it.
  public var orderNames: [String] {
    [
      "\(event.orderId)", "\(symbolText):\(UInt32(truncatingIfNeeded: event.orderId))",
      clientOrderId,
    ]
  }

  /// Whether the order has this name, or a token of OUCH 4.2 says that it is this order's. A text
  /// that may be a client order id is one.
  public func isNamed(_ name: String) -> Bool {
    if orderNames.contains(name) { return true }
    guard let token = Ouch42.Token(name), let text = FixedText(name), OrderOrigin(text) == nil
    else { return false }
    return OrderOrigin(tag: token.tag) == origin
  }

  /// The client order id that goes to the venue.
  public var clientOrderId: String { origin.text.text }

  private var origin: OrderOrigin {
    OrderOrigin(orderId: event.orderId, strategy: event.strategy)
  }

  /// The symbol; `#7` for an instrument that has none.
  public var symbolText: String { symbol?.text ?? "#\(event.instrument)" }
}
