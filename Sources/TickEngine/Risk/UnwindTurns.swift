/// Whose turn it is to reduce, while the instance's breaker is out: strategies that hold something
/// unwind one after the other, so that they do not all sell into the same fall.
///
/// Pure. O(1), but for the search of the next holder: at most one look at each strategy, once a
/// turn. No allocation after init. Thread: the sender's. Times as in `RiskStates`.
struct UnwindTurns: ~Copyable {
  private let turn_ns: UInt64
  /// Whether each strategy holds anything; index 0 is none.
  private let holds: Slab<Bool>
  /// Whose turn it is; 0: nobody's.
  private(set) var holder: UInt8 = 0
  private var since: UInt64 = 0
  private var newest: UInt64 = 0

  /// - Parameters:
  ///   - strategiesMax: strategies are 1 ... strategiesMax.
  ///   - turn_ns: how long one strategy has the turn while others wait.
  init(strategiesMax: Int, turn_ns: UInt64) {
    precondition((1...255).contains(strategiesMax) && turn_ns > 0)
    self.turn_ns = turn_ns
    holds = Slab(count: strategiesMax + 1, repeating: false)
  }

  /// Says whether a strategy holds a position, of whichever instrument: after each of its fills.
  mutating func note(_ strategy: UInt8, isFlat: Bool) {
    guard strategy > 0, Int(strategy) < holds.count else { return }
    holds[Int(strategy)] = !isFlat
  }

  /// Whether a strategy's reducing order may go now. A strategy that holds nothing has no turn.
  mutating func permits(_ strategy: UInt8, at now: UInt64) -> Bool {
    newest = max(newest, now)
    guard strategy > 0, Int(strategy) < holds.count, holds[Int(strategy)] else { return false }
    if holder == 0 {
      begin(strategy)
    } else if !holds[Int(holder)] || newest - since >= turn_ns {
      pass()
    }
    return holder == strategy
  }

  /// The turn goes to the next by number that holds something, which may be the same again.
  private mutating func pass() {
    for step in 1..<holds.count {
      let next = (Int(holder) - 1 + step) % (holds.count - 1) + 1
      if holds[next] { return begin(UInt8(next)) }
    }
  }

  private mutating func begin(_ strategy: UInt8) {
    holder = strategy
    since = newest
  }

  /// The breaker is over: the next unwinding begins anew.
  mutating func reset() { holder = 0 }
}
