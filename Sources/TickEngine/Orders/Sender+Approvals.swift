import CLinux
import TickRing

/// What a person asks of the risk states of a sender that runs (RS6, RS8, RM9). Who and why are on
/// record before the request comes; the checks are made here, at a turn of the sender's.
extension Sender {
  mutating func answerRequest() {
    guard let request = kill.takeRequest() else { return }
    var answer = RiskAnswer()
    let subject = request.subject
    answer.old = risk.state(of: subject)
    do throws(RiskRefusal) { try grant(request) } catch { answer.refusal = error }
    answer.new = risk.state(of: subject)
    answer.equityE4 = risk.equityE4(of: subject)
    answer.drawdown_ppm = risk.drawdown_ppm(of: subject)
    // Told before it is answered: whoever asked may look at once.
    tellState(MonotonicClock.now)
    kill.answer(request, answer)
  }

  private mutating func grant(_ request: RiskRequest) throws(RiskRefusal) {
    let (subject, approval) = (request.subject, RiskApproval.onRecord)
    guard subject <= gate.throttles.count else { throw .noSuchStrategy }
    // What is held, and so equity, is not known before the venue has told it.
    if isSuccessor || risk.isToldInPart, request.action == .reset || request.action == .rebase {
      throw .notReconciled
    }
    switch request.action {
    case .reset:
      guard !isShut else { throw .killed }
      _ = try risk.reset(subject, approval, at: marketTime)
    case .rebase: _ = try risk.rebase(subject, approval, at: marketTime)
    case .enable:
      guard subject > 0 else { throw .noSuchStrategy }
      guard gate.isOff(strategy: subject) else { throw .notOff }
      gate.set(strategy: subject, off: false)
    case .recover:
      guard subject > 0 else { throw .resumeInstead }
      _ = try risk.recover(subject, approval, at: marketTime)
    case nil: throw .noSuchStrategy
    }
    act()
    // A recovery that only its drawdown held up.
    if request.action == .rebase, isReconciled { endRecoveries() }
  }

  /// Whether this run's venue has said all, and nothing is in doubt.
  private var isReconciled: Bool { link == .steady || link == .none }

  /// The venue's word is had: kills that a person looked into before this run began are over.
  mutating func endRecoveries() {
    risk.reconciled(at: marketTime)
    act()
  }
}
