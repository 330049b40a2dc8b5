/// Whose an order is, where no line of the pool says so any more: by its strategy and instrument,
/// as `StrategyContext` and `OwnInstruments` give them to workers.
struct OrderOwners {
  /// Workers of the run; 0: not known.
  var workers = 0
  /// Whether they share the instruments out and are one strategy; otherwise worker n is strategy
  /// n + 1.
  var areSharing = true

  /// Strategies are 1 to this, if workers are as they are told to be.
  var strategies: Int { areSharing ? min(workers, 1) : workers }

  /// `.max`: nobody's that is known.
  func worker(of orderId: UInt64, strategy: UInt8) -> UInt8 {
    guard workers > 0 else { return .max }
    let worker = areSharing ? Int(orderId >> 32) % workers : Int(strategy) - 1
    return (0..<workers).contains(worker) ? UInt8(truncatingIfNeeded: worker) : .max
  }
}
