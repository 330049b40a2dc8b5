/// Which decisions somebody asks for. What is nil is not asked.
public struct DecisionSelection: Sendable {
  /// A name by which an order is asked for (`RecordedDecision.isNamed`).
  public var order: String?
  public var strategy: UInt8?
  public var symbol: String?
  public var reason: RiskReason?
  public var isRejected = false
  /// The last of those that match, so many.
  public var last: Int?

  public init() {}

  /// Whether anything is asked for: of a file without a question there is a summary.
  public var isAny: Bool {
    order != nil || strategy != nil || symbol != nil || reason != nil || isRejected || last != nil
  }

  public func matches(_ decision: RecordedDecision) -> Bool {
    let event = decision.event
    return (strategy == nil || event.strategy == strategy)
      && (reason == nil || event.riskReason == reason)
      && (!isRejected || event.decisionOutcome == .refused)
      && (symbol == nil || decision.symbolText == symbol)
      && (order.map { decision.isNamed($0) } ?? true)
  }
}

/// A file of decisions, read through once: those asked for, and counts of all.
public struct DecisionSearch: Sendable {
  public let context: DecisionContext
  /// The last of those that match, oldest first.
  public private(set) var found: [RecordedDecision] = []
  public private(set) var matched = 0
  public private(set) var recorded: UInt64 = 0
  public private(set) var lost: UInt64 = 0
  public private(set) var end = DecisionFileEnd.cut
  public private(set) var outcomes: [DecisionOutcome: UInt64] = [:]
  public private(set) var reasons: [RiskReason: UInt64] = [:]
  public private(set) var strategies: Set<UInt8> = []
  /// Exchange times of the first and the latest, ns since the Unix epoch.
  public private(set) var firstTime: UInt64?
  public private(set) var lastTime: UInt64?

  /// - Parameter max: most decisions kept, if the selection does not say.
  public init(_ reader: consuming DecisionReader, _ selection: DecisionSelection, max most: Int) {
    context = reader.context
    var reader = reader
    let keep = max(0, selection.last ?? most)
    while let decision = reader.next() {
      count(decision.event)
      guard selection.matches(decision) else { continue }
      matched += 1
      found.append(decision)
      // Half of it is old: so each is moved once.
      if found.count / 2 > keep { found.removeFirst(found.count - keep) }
    }
    found.removeFirst(max(0, found.count - keep))
    (recorded, lost, end) = (reader.recorded, reader.lost, reader.end ?? .cut)
  }

  private mutating func count(_ event: DecisionEvent) {
    if let outcome = event.decisionOutcome { outcomes[outcome, default: 0] += 1 }
    if let reason = event.riskReason { reasons[reason, default: 0] += 1 }
    strategies.insert(event.strategy)
    if firstTime == nil { firstTime = event.exchangeTime }
    lastTime = event.exchangeTime
  }
}
