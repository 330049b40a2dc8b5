import TickRing

/// What a person may ask of a running sender's risk states. The raw value travels in a word.
public enum RiskAction: UInt8, CaseIterable, Sendable {
  /// Ends a cooldown that has lasted its time (RS6).
  case reset = 1
  /// Makes the present equity the peak (RS1).
  case rebase
  /// Switches a strategy on again that executed too often (RM9).
  case enable
  /// Begins to look into the kill of a strategy; the next restart ends it (RS8).
  case recover

  public var name: String {
    switch self {
    case .reset: "reset"
    case .rebase: "rebase"
    case .enable: "enable"
    case .recover: "recover"
    }
  }
}

/// One request of a person's, in one word, so that nothing of it can be half written: who asks
/// puts it there by compare and exchange, the sender takes it by another, and whoever asked in vain
/// withdraws it by a third. So it is done once, and only while somebody waits for it.
///
/// From the top: two bits of phase, six of the action, eight of the subject, 48 of a number that
/// each request has one more of. Who asks, and why, is in the state directory before it is asked.
struct RiskRequest: Equatable, Sendable {
  enum Phase: UInt64 {
    /// Nobody has asked for anything so far.
    case none, asked, taken, over
  }

  let raw: UInt64

  static let numberMask: UInt64 = 1 << 48 - 1

  init(raw: UInt64) { self.raw = raw }

  init(_ action: RiskAction, _ subject: UInt8, after last: RiskRequest) {
    let number = (last.number &+ 1) & RiskRequest.numberMask
    let what = UInt64(action.rawValue) << 56 | UInt64(subject) << 48
    raw = Phase.asked.rawValue << 62 | what | number
  }

  var phase: Phase { Phase(rawValue: raw >> 62) ?? .none }
  var number: UInt64 { raw & RiskRequest.numberMask }
  /// nil: no build of ours asks for that.
  var action: RiskAction? { RiskAction(rawValue: UInt8(truncatingIfNeeded: raw >> 56) & 0x3F) }
  /// 0: the instance; else the strategy.
  var subject: UInt8 { UInt8(truncatingIfNeeded: raw >> 48) }

  func became(_ phase: Phase) -> RiskRequest {
    RiskRequest(raw: raw & (1 << 62 - 1) | phase.rawValue << 62)
  }
}

/// What a sender says of a request.
public struct RiskAnswer: Equatable, Sendable {
  /// nil: it was done.
  public var refusal: RiskRefusal?
  /// Before and after; the same where it was refused, and where only the peak changed.
  public var old = RiskState.normal
  public var new = RiskState.normal
  /// Units of 1e-4; nil: it could not be computed.
  public var equityE4: Int64?
  /// (peak - equity) / peak in 1e-6; nil: there is none to speak of.
  public var drawdown_ppm: Int64?

  init() {}
}

// MARK: On the page

extension KillPage {
  private static let requestLine = 10
  private static let answerLine = 34
  private static let answers: UInt64 = 4

  private enum Answer {
    static let number = 1
    /// Of the refusal, 0 if there is none; then the states, from bits 8 and 16; bit 24: equity is
    /// known; bit 25: the drawdown is.
    static let outcome = 2
    static let first = 3
    static let second = 4
    static let equity = 5
    static let drawdown = 6
  }

  borrowing func request() -> RiskRequest {
    RiskRequest(raw: lines.acquire(KillPage.requestLine, 0))
  }

  /// Changes the request's word if it is still `old`.
  borrowing func change(_ old: RiskRequest, to new: RiskRequest) -> Bool {
    lines.exchange(KillPage.requestLine, 0, expected: old.raw, new.raw) == old.raw
  }

  /// The sender that it was meant for is another one now: it is not done.
  borrowing func dropRequest() {
    for _ in 0..<1_000 {
      let last = request()
      guard last.phase == .asked || last.phase == .taken else { return }
      if change(last, to: last.became(.over)) { return }
    }
  }

  /// Thread: the sender's, which has taken the request.
  borrowing func answer(_ request: RiskRequest, _ answer: RiskAnswer) {
    let (code, first, second) = answer.refusal.map { $0.words } ?? (0, 0, 0)
    lines.revise(KillPage.line(request)) { line in
      line[Answer.number] = request.number
      line[Answer.outcome] =
        UInt64(code) | UInt64(answer.old.rawValue) << 8 | UInt64(answer.new.rawValue) << 16
        | (answer.equityE4 == nil ? 0 : 1 << 24) | (answer.drawdown_ppm == nil ? 0 : 1 << 25)
      line[Answer.first] = first
      line[Answer.second] = second
      line[Answer.equity] = UInt64(bitPattern: answer.equityE4 ?? 0)
      line[Answer.drawdown] = UInt64(bitPattern: answer.drawdown_ppm ?? 0)
    }
    _ = change(request, to: request.became(.over))
  }

  /// nil: the sender has not answered it, or so long ago that the answer is gone.
  borrowing func answer(to request: RiskRequest) -> RiskAnswer? {
    guard let words = lines.copy(KillPage.line(request)),
      words[Answer.number - 1] == request.number
    else { return nil }
    let outcome = words[Answer.outcome - 1]
    guard let old = RiskState(rawValue: UInt8(truncatingIfNeeded: outcome >> 8)),
      let new = RiskState(rawValue: UInt8(truncatingIfNeeded: outcome >> 16))
    else { return nil }
    var answer = RiskAnswer()
    (answer.old, answer.new) = (old, new)
    let code = UInt8(truncatingIfNeeded: outcome)
    if code != 0 {
      guard
        let refusal = RiskRefusal(
          code: code, words[Answer.first - 1], words[Answer.second - 1])
      else { return nil }
      answer.refusal = refusal
    }
    if outcome >> 24 & 1 == 1 { answer.equityE4 = Int64(bitPattern: words[Answer.equity - 1]) }
    if outcome >> 25 & 1 == 1 {
      answer.drawdown_ppm = Int64(bitPattern: words[Answer.drawdown - 1])
    }
    return answer
  }

  private static func line(_ request: RiskRequest) -> Int {
    answerLine + Int(request.number % answers)
  }
}

extension KillGate {
  /// What a person asks for, if anybody does: whoever takes it answers it. Now and then.
  mutating func takeRequest() -> RiskRequest? {
    let request = page.request()
    guard request.phase == .asked else { return nil }
    let taken = request.became(.taken)
    return page.change(request, to: taken) ? taken : nil
  }

  mutating func answer(_ request: RiskRequest, _ answer: RiskAnswer) {
    page.answer(request, answer)
  }
}

extension RiskRefusal {
  /// As an answer holds it: a code, and two values.
  var words: (code: UInt8, first: UInt64, second: UInt64) {
    switch self {
    case .notCoolingDown(let state): (1, UInt64(state.rawValue), 0)
    case .cooling(let until): (2, until, 0)
    case .drawdown(let ppm, let most): (3, UInt64(bitPattern: ppm), UInt64(bitPattern: most))
    case .equity: (4, 0, 0)
    case .notKilled(let state): (5, UInt64(state.rawValue), 0)
    case .killed: (6, 0, 0)
    case .notReconciled: (7, 0, 0)
    case .noSuchStrategy: (8, 0, 0)
    case .notOff: (9, 0, 0)
    case .resumeInstead: (10, 0, 0)
    }
  }

  init?(code: UInt8, _ first: UInt64, _ second: UInt64) {
    let state = RiskState(rawValue: UInt8(clamping: first))
    switch code {
    case 1:
      guard let state else { return nil }
      self = .notCoolingDown(state)
    case 2: self = .cooling(until: first)
    case 3:
      self = .drawdown(ppm: Int64(bitPattern: first), max_ppm: Int64(bitPattern: second))
    case 4: self = .equity
    case 5:
      guard let state else { return nil }
      self = .notKilled(state)
    case 6: self = .killed
    case 7: self = .notReconciled
    case 8: self = .noSuchStrategy
    case 9: self = .notOff
    case 10: self = .resumeInstead
    default: return nil
    }
  }
}
