import TickWire

/// What becomes of one packet on one line.
struct FaultVerdict: Equatable, Sendable {
  enum Hold: Equatable, Sendable {
    case none
    /// Until so many later packets have gone.
    case behind(Int)
    case forTime(UInt64)
  }

  var isLost = false
  var isInBurst = false
  /// 2: a duplicate follows at once, wherever the packet itself is sent.
  var copies = 1
  var hold = Hold.none
  /// Where bits are flipped is drawn from this; nil: nowhere.
  var corruption: UInt64?
}

/// Draws the faults of one line, packet by packet: the same seed gives the same faults, whatever
/// the clock does. Each packet takes the same number of draws, so that another probability of one
/// fault leaves the choices of the others as they were.
///
/// - Cost: eight draws, about 10 ns; nothing is allocated.
/// - Thread safety: a value; one user.
struct LineFaults: Sendable {
  private let rates: FaultRates
  private var random: SeededRandom
  private var isInBurst = false

  /// Lines with different numbers draw apart.
  init(_ rates: FaultRates, seed: UInt64, line: Int) {
    self.rates = rates
    random = SeededRandom(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(line))
  }

  mutating func next() -> FaultVerdict {
    var verdict = FaultVerdict()
    let isLost = random.unit() < rates.loss
    let beginsBurst = random.unit() < rates.burstLoss
    let endsBurst = random.once(in: FaultRates.burstPacketsMean)
    let isDuplicated = random.unit() < rates.duplicate
    let isReordered = random.unit() < rates.reorder
    let isDelayed = random.unit() < rates.delay
    let isCorrupted = random.unit() < rates.corrupt
    let detail = random.next()

    isInBurst = isInBurst || beginsBurst
    verdict.isInBurst = isInBurst
    verdict.isLost = isInBurst || isLost
    if isInBurst && endsBurst { isInBurst = false }
    if isDuplicated { verdict.copies = 2 }
    if isDelayed {
      let span = UInt64(FaultRates.delay_ns.upperBound - FaultRates.delay_ns.lowerBound)
      verdict.hold = .forTime(UInt64(FaultRates.delay_ns.lowerBound) + detail % (span + 1))
    } else if isReordered {
      verdict.hold = .behind(1 + Int(detail % 3))
    }
    if isCorrupted { verdict.corruption = detail }
    return verdict
  }

  /// Flips 1 to 3 bits in the header (its first 40 bytes), in its lengths and counts, or anywhere.
  static func corrupt(_ packet: MutableBytes, _ detail: UInt64) {
    var random = SeededRandom(seed: detail)
    // IEX-TP has its lengths at 12, MoldUDP64 at 18, and the first message's follows.
    let regions = [0..<40, 12..<22, 0..<packet.count]
    let region = regions[random.below(3)].clamped(to: 0..<packet.count)
    guard !region.isEmpty else { return }
    let first = random.below(region.count * 8)
    flip(packet, region.lowerBound * 8 + first)
    for _ in 0..<random.below(3) {
      let bit = random.below(region.count * 8)
      // The first flip stands: what is counted as damaged is damaged.
      if bit != first { flip(packet, region.lowerBound * 8 + bit) }
    }
  }

  private static func flip(_ packet: MutableBytes, _ bit: Int) {
    packet.put(u8: packet.bytes[bit / 8] ^ 1 << UInt8(bit % 8), at: bit / 8)
  }
}
