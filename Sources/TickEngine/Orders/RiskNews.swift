import TickRing

/// Tells of breakers (RS5), of the instance and of each strategy, as they come out, once each; of a
/// strategy that is killed; and of an instance without a name, whose trips nobody else tells.
///
/// Thread: the starter's, now and then. Reads the positions region as any observer does.
final class RiskNews {
  /// What was told of a subject.
  private struct Seen {
    var state = RiskState.normal
    /// The same, or what a kill came over.
    var stage = RiskState.normal
    var trips: UInt32 = 0
    var day: Int64 = 0
  }

  private let lines: SharedLines
  private let strategies: Int
  /// nil: it has no name.
  private let instance: String?
  private var seen: [Seen]

  /// Before the sender runs: a breaker that its predecessor left is told at the first look. nil:
  /// there are no positions to look at.
  init?(_ region: SharedRegion?, instance: String?) {
    guard let region, let untouched = try? region.attach(untouched: true),
      let lines = try? SharedLines(untouched, .positions),
      let strategies = try? PositionReading.strategies(of: lines)
    else { return nil }
    seen = (0...strategies).map { subject in
      let risk = PositionReading.risk(lines, subject: subject)
      return Seen(trips: risk?.trips ?? 0, day: risk?.day ?? 0)
    }
    self.lines = lines
    self.strategies = strategies
    self.instance = instance
  }

  func look(_ observer: ReplayObserver) {
    for subject in 0...strategies {
      // In the middle of a change: at the next look.
      guard let risk = PositionReading.risk(lines, subject: subject),
        let state = RiskState(rawValue: risk.state)
      else { continue }
      let last = seen[subject]
      let stage = state.allowsReducing ? state : RiskState(rawValue: risk.interrupted) ?? .normal
      seen[subject] = Seen(state: state, stage: stage, trips: risk.trips, day: risk.day)
      // One that a person has reset since the last look has been out, too; so has one that a kill
      // came over. Any other kill may be a trip itself.
      let isTrip = state == .killSwitch && !isOut(stage)
      let trips = Int(risk.trips) - (isTrip ? 1 : 0)
      let isNew = trips > (risk.day == last.day ? Int(last.trips) : 0)
      if isNew || isOut(stage) && !isOut(last.stage) {
        observer.note(breaker(of: subject, isOut(stage) ? stage : state, risk))
      }
      if state == .killSwitch, last.state != .killSwitch, subject > 0 || instance == nil {
        observer.note(kill(of: subject, risk))
      }
    }
  }

  private func isOut(_ state: RiskState) -> Bool { state == .circuitBreaker || state == .coolDown }

  private func breaker(of subject: Int, _ state: RiskState, _ risk: RiskRecord) -> String {
    let (who, whose) = names(subject)
    return "the breaker of \(who) is out (\(state.name), drawdown \(drawdown(subject, risk)) now,"
      + " trip \(risk.trips) of the day): \(whose) open orders are cancelled, and only what reduces"
      + " exposure passes until a person resets it\(advice)"
  }

  private func kill(of subject: Int, _ risk: RiskRecord) -> String {
    let (who, _) = names(subject)
    return "\(who) is killed (drawdown \(drawdown(subject, risk)) now, trip \(risk.trips) of the"
      + " day): no order of it leaves\(advice)"
  }

  private func names(_ subject: Int) -> (who: String, whose: String) {
    subject == 0 ? ("the instance", "all") : ("strategy \(subject)", "its")
  }

  private var advice: String { instance.map { "; see `tickway risk \($0)`" } ?? "" }

  private func drawdown(_ subject: Int, _ risk: RiskRecord) -> String {
    let sums = PositionReading.wholeSums(lines, PositionLines.subject(subject))
    let drawdown = PositionReading.subject(lines, subject, risk, sums).drawdown_ppm
    return drawdown.map { "\(DecimalText.text($0 / 100, decimals: 2))%" } ?? "unknown"
  }
}
