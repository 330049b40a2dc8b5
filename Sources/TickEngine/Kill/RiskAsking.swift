import CLinux
import TickRing

/// A line of the state directory's log: what a person asked of a sender's risk states.
struct RiskRequestRecord: Codable, Equatable, Sendable {
  static let format = "tickway.risk/1"

  var format = RiskRequestRecord.format
  var instance: String
  /// nil: the instance itself.
  var strategy: UInt8?
  /// A `RiskAction`'s name.
  var action: String
  /// `asked`, then what came of it.
  var outcome: String
  var who: String
  var reason: String
  /// ISO 8601, UTC; the same as `time_ns` says.
  var time: String
  /// ns since the Unix epoch.
  var time_ns: UInt64
}

/// Why nothing came of a request.
public enum RiskAskingError: Error, CustomStringConvertible, Sendable {
  /// No sender of this name runs.
  case noSender(String)
  /// The sender is stopped, or has ended.
  case dead(pid: Int32, isStopped: Bool)
  /// The sender runs and did not take it in time: nothing was changed.
  case unacknowledged(pid: Int32)
  /// It took it, and did not say what came of it.
  case unanswered(pid: Int32)
  /// Somebody else's request is under way.
  case busy
  /// The sender looked at it and refused: nothing was changed.
  case refused(RiskRefusal, RiskAnswer)
  /// Who and why could not be written down, or what came of it could not.
  case state(StateFailure, isDone: Bool)
  case page(KillError)

  public var description: String {
    switch self {
    case .noSender(let text): "no sender runs here: \(text)"
    case .dead(let pid, let isStopped):
      isStopped
        ? "the sender, pid \(pid), is stopped: let it go on, or end it; nothing was changed"
        : "the sender, pid \(pid), has ended: its states are its successor's; nothing was changed"
    case .unacknowledged(let pid):
      "the sender, pid \(pid), did not take it in time: look at what it does; nothing was changed"
    case .unanswered(let pid):
      "the sender, pid \(pid), took it and has not answered: look at `tickway risk`"
    case .busy: "somebody else's request is under way: ask again"
    case .refused(let refusal, _): "\(refusal)"
    case .state(let failure, let isDone):
      isDone
        ? "done, but that is not on record: \(failure)"
        : "not asked, since it cannot be put on record: \(failure)"
    case .page(let error): "\(error)"
    }
  }
}

extension KillSwitch {
  /// How long a sender that is busy, or shares its core, has to take a request, ns.
  public static let askingPatience_ns: UInt64 = 5_000_000_000

  /// Asks the sender that runs to change a subject's risk state, and waits for its answer. Who and
  /// why are on record before it is asked, and what came of it after.
  ///
  /// - Parameters:
  ///   - subject: 0: the instance; else the strategy.
  ///   - patience_ns: for the sender to take it, and once more to answer it.
  public func ask(
    _ action: RiskAction, of subject: UInt8, _ approval: RiskApproval,
    patience_ns: UInt64 = KillSwitch.askingPatience_ns
  ) throws(RiskAskingError) -> RiskAnswer {
    let page: KillPage
    do throws(KillError) {
      page = try KillPage.attach(instance, ringDirectory: ringDirectory)
    } catch {
      if case .absent(let text) = error { throw .noSender(text) }
      throw .page(error)
    }
    let sender = try living(page)
    try note(action, subject, approval, "asked", isDone: false)
    do throws(RiskAskingError) {
      let request = try place(action, subject, page, sender, patience_ns)
      let answer = try waited(for: request, page, sender, patience_ns)
      if let refusal = answer.refusal { throw .refused(refusal, answer) }
      try note(
        action, subject, approval, "done: \(answer.old.name) -> \(answer.new.name)", isDone: true)
      return answer
    } catch {
      if case .state = error { throw error }
      // What was not done needs no record to be safe.
      let outcome = if case .unanswered = error { "not known" } else { "not done" }
      try? note(action, subject, approval, "\(outcome): \(error)", isDone: false)
      throw error
    }
  }

  private func living(
    _ page: borrowing KillPage
  ) throws(RiskAskingError) -> KillPage.SenderIdentity {
    guard let identity = page.sender(), identity.pid != 0 else {
      throw .noSender("its gate names none")
    }
    try check(identity)
    return identity
  }

  private func check(_ identity: KillPage.SenderIdentity) throws(RiskAskingError) {
    switch SenderProcess(pid: identity.pid, startTicks: identity.startTicks).life {
    case .running: return
    case .stopped: throw .dead(pid: identity.pid, isStopped: true)
    case .gone: throw .dead(pid: identity.pid, isStopped: false)
    }
  }

  /// Puts the request on the page, once no other is under way there.
  private func place(
    _ action: RiskAction, _ subject: UInt8, _ page: borrowing KillPage,
    _ sender: KillPage.SenderIdentity, _ patience_ns: UInt64
  ) throws(RiskAskingError) -> RiskRequest {
    let end_ns = clinux_monotonic_ns() + patience_ns
    while true {
      let last = page.request()
      if last.phase == .none || last.phase == .over {
        let request = RiskRequest(action, subject, after: last)
        if page.change(last, to: request) { return request }
      }
      guard clinux_monotonic_ns() < end_ns else { throw .busy }
      try check(sender)
      clinux_sleep_until(clinux_monotonic_ns() + 1_000_000)
    }
  }

  private func waited(
    for request: RiskRequest, _ page: borrowing KillPage, _ sender: KillPage.SenderIdentity,
    _ patience_ns: UInt64
  ) throws(RiskAskingError) -> RiskAnswer {
    var end_ns = clinux_monotonic_ns() + patience_ns
    var isTaken = false
    while true {
      if let answer = page.answer(to: request) { return answer }
      let now = page.request()
      // Another sender has begun meanwhile, and dropped it.
      if now.number != request.number || now.phase == .over {
        if let answer = page.answer(to: request) { return answer }
        throw .unanswered(pid: sender.pid)
      }
      var failure: RiskAskingError?
      do throws(RiskAskingError) { try check(sender) } catch { failure = error }
      if failure == nil, clinux_monotonic_ns() >= end_ns {
        failure = isTaken ? .unanswered(pid: sender.pid) : .unacknowledged(pid: sender.pid)
      }
      if let failure {
        // Not taken so far, it is not done any more.
        if page.change(request, to: request.became(.over)) { throw failure }
        // Taken: whether it was done, or will be, cannot be said.
        guard !isTaken else { throw .unanswered(pid: sender.pid) }
        isTaken = true
        end_ns = clinux_monotonic_ns() + patience_ns
      }
      clinux_sleep_until(clinux_monotonic_ns() + 500_000)
    }
  }

  private func note(
    _ action: RiskAction, _ subject: UInt8, _ approval: RiskApproval, _ outcome: String,
    isDone: Bool
  ) throws(RiskAskingError) {
    let now = clinux_realtime_ns()
    let record = RiskRequestRecord(
      instance: instance, strategy: subject == 0 ? nil : subject, action: action.name,
      outcome: outcome, who: approval.who, reason: approval.why,
      time: UtcTime(now).text(decimals: 3), time_ns: now)
    do throws(StateFailure) { try state.log(record) } catch {
      throw .state(error, isDone: isDone)
    }
  }
}
