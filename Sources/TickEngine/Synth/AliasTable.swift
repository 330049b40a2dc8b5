/// Draws an index with given weights in constant time: Walker's alias method, built as Vose does.
/// Construction uses exactly rounded arithmetic only, so that one seed draws alike everywhere.
struct AliasTable: Sendable {
  private var thresholds: [Double]
  private var aliases: [Int]

  /// Traps if `weights` is empty. Weights must be positive.
  init(weights: [Double]) {
    precondition(!weights.isEmpty)
    let total = weights.reduce(0, +)
    thresholds = weights.map { $0 * Double(weights.count) / total }
    aliases = Array(weights.indices)
    var small = weights.indices.filter { thresholds[$0] < 1 }
    var large = weights.indices.filter { thresholds[$0] >= 1 }
    while let poor = small.popLast() {
      // Rounding may leave a poor column without a rich one: it then keeps itself.
      guard let rich = large.last else { thresholds[poor] = 1; continue }
      aliases[poor] = rich
      thresholds[rich] -= 1 - thresholds[poor]
      if thresholds[rich] < 1 { small.append(large.removeLast()) }
    }
  }

  func draw(_ random: inout SeededRandom) -> Int {
    let column = random.below(thresholds.count)
    return random.unit() < thresholds[column] ? column : aliases[column]
  }
}
