import Foundation
import TickEngine

/// The risk states told once more, slowly and in another way: the whole day's history is kept, and
/// every question is answered from it. Percents are whole, amounts small, days from the system's
/// time zones.
struct RiskStateModel {
  private(set) var state = RiskState.normal
  /// What a kill came over and only a person's reset ends.
  private var pending: RiskState?
  /// Since the trading day began.
  private var equities: [Int?] = []
  private var tripTimes: [UInt64] = []
  private var coolingUntil: UInt64 = 0
  private var dayEnd: UInt64 = 0
  private let calendar: Calendar

  init(equity: Int?, at now: UInt64) {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(identifier: "America/New_York")!
    self.calendar = calendar
    observe(equity, at: now)
  }

  var trips: Int { tripTimes.count }
  var peak: Int { max(0, equities.compactMap { $0 }.max() ?? 0) }

  /// nil: worse than any drawdown.
  private func isDown(percent: Int) -> Bool {
    guard let latest = equities.last, let equity = latest, equity > 0 else { return true }
    return 100 * (peak - equity) > percent * peak
  }

  private var isUp: Bool {
    guard let latest = equities.last, let equity = latest, equity > 0 else { return false }
    return 100 * (peak - equity) < 3 * peak
  }

  mutating func pass(to now: UInt64) {
    guard now >= dayEnd else { return }
    let date = Date(timeIntervalSince1970: Double(now / 1_000_000_000))
    let next = calendar.startOfDay(for: calendar.startOfDay(for: date) + 30 * 3_600)
    dayEnd = UInt64(next.timeIntervalSince1970) * 1_000_000_000
    equities = equities.suffix(1)
    tripTimes = []
  }

  mutating func observe(_ equity: Int?, at now: UInt64) {
    pass(to: now)
    equities.append(equity)
    let isCalm = state == .normal || state == .warning
    if isCalm, isDown(percent: 10) {
      tripTimes.append(now)
      state = tripTimes.count < 3 ? .circuitBreaker : .killSwitch
    } else if state == .normal, isDown(percent: 5) {
      state = .warning
    } else if state == .warning, isUp {
      state = .normal
    } else if state == .coolDown, now >= coolingUntil, isDown(percent: 10) {
      state = .circuitBreaker
    }
  }

  mutating func ordersEnded(at now: UInt64) {
    pass(to: now)
    guard state == .circuitBreaker else { return }
    state = .coolDown
    coolingUntil = now + 900_000_000_000
  }

  mutating func reset(_ equity: Int?, at now: UInt64) {
    pass(to: now)
    equities.append(equity)
    guard state == .coolDown, now >= coolingUntil, !isDown(percent: 10) else { return }
    state = isDown(percent: 5) ? .warning : .normal
  }

  mutating func rebase(_ equity: Int?, at now: UInt64) {
    pass(to: now)
    equities.append(equity)
    if state != .killSwitch, let equity, equity > 0 { equities = [equity] }
  }

  mutating func kill(at now: UInt64) {
    pass(to: now)
    if state == .circuitBreaker || state == .coolDown { pending = state }
    state = .killSwitch
  }

  mutating func recover(at now: UInt64) {
    pass(to: now)
    if state == .killSwitch { state = .recovery }
  }

  mutating func restart(_ equity: Int?, isReconciled: Bool, at now: UInt64) {
    pass(to: now)
    equities.append(equity)
    guard state == .recovery, isReconciled else { return }
    if let old = pending {
      (state, pending) = (old, nil)
      return
    }
    guard !isDown(percent: 10) else { return }
    state = isDown(percent: 5) ? .warning : .normal
  }
}
