/// What the sender tells the gate of orders that passed it. Each is O(1), without allocation.
extension RiskGate {
  /// An allowed order is to be sent: `quantity` shares of it are open from now on; of a
  /// replacement, those that it has more than what it replaces.
  public mutating func opened(
    _ instrument: UInt32, strategy: UInt8, _ side: OrderSide, _ quantity: UInt32
  ) {
    list(instrument)
    exposure.opened(instrument, strategy: strategy, side, quantity)
  }

  /// Open quantity ended unfilled: cancelled, rejected, replaced by less.
  public mutating func closed(
    _ instrument: UInt32, strategy: UInt8, _ side: OrderSide, _ quantity: UInt32
  ) {
    exposure.closed(instrument, strategy: strategy, side, quantity)
  }

  /// Open quantity became position, and the strategy has executed once more (RM9); `isNew` false:
  /// of before this process, told again.
  public mutating func filled(
    _ instrument: UInt32, strategy: UInt8, _ side: OrderSide, _ quantity: UInt32, now: UInt64,
    isNew: Bool = true
  ) {
    list(instrument)
    exposure.filled(instrument, strategy: strategy, side, quantity)
    if isNew, strategy > 0, Int(strategy) <= throttles.count {
      throttles[Int(strategy) - 1].executed(at: now)
    }
  }

  /// A fill was undone: the shares are neither held nor open any more.
  public mutating func broken(
    _ instrument: UInt32, strategy: UInt8, _ side: OrderSide, _ quantity: UInt32
  ) {
    list(instrument)
    exposure.broken(instrument, strategy: strategy, side, quantity)
  }

  /// Shares held otherwise than by an order of this sender's, below zero if sold short.
  public mutating func hold(_ instrument: UInt32, strategy: UInt8, _ quantity: Int64) {
    list(instrument)
    exposure.hold(instrument, strategy: strategy, quantity)
  }

  /// The price that an instrument is valued at from now on, 1e-4.
  public mutating func mark(_ instrument: UInt32, _ priceE4: Int64) {
    exposure.mark(instrument, priceE4)
  }

  /// Before the first exposure of an instrument: it is in its sector, and has a price at least from
  /// the day before, if there is one.
  @inline(__always)
  private mutating func list(_ instrument: UInt32) {
    let index = Int(instrument)
    guard index < exposure.instruments, !exposure.lines[index].isListed else { return }
    follow(instrument)
    if exposure.lines[index].markE4 == 0 {
      exposure.mark(instrument, line(instrument).previousCloseE4)
    }
  }

  // MARK: Strategies

  /// Whether the strategy is off: it executed too often (RM9), or was told to.
  public func isOff(strategy: UInt8) -> Bool {
    strategy == 0 || Int(strategy) > throttles.count || throttles[Int(strategy) - 1].isOff
  }

  /// Strategies that are off: bit n - 1 is strategy n.
  var strategiesOff: UInt64 {
    var bits: UInt64 = 0
    for index in 0..<min(64, throttles.count) where throttles[index].isOff { bits |= 1 << index }
    return bits
  }

  /// Switches a strategy off, or, on a person's word, on again.
  public mutating func set(strategy: UInt8, off: Bool) {
    guard strategy > 0, Int(strategy) <= throttles.count else { return }
    throttles[Int(strategy) - 1].set(off: off)
  }
}
