/// What is done to the packets of one line: probabilities per packet, 0 to 1.
public struct FaultRates: Equatable, Sendable {
  /// Dropped, each packet by itself.
  public var loss = 0.0
  /// A burst of losses begins; its length is geometric with a mean of `burstPacketsMean`.
  public var burstLoss = 0.0
  /// Sent twice, the same bytes one behind the other.
  public var duplicate = 0.0
  /// Sent after the next 1 to 3 packets, if they come within `swap_ns`.
  public var reorder = 0.0
  /// Held back by 1 to 20 ms.
  public var delay = 0.0
  /// 1 to 3 bits flipped.
  public var corrupt = 0.0

  public init() {}

  public static let burstPacketsMean = 8
  /// A packet that waits for others to overtake it waits no longer.
  static let swap_ns: UInt64 = 5_000_000
  static let delay_ns: ClosedRange<Int> = 1_000_000...20_000_000

  /// Whether nothing is done at all.
  var isNone: Bool { self == FaultRates() }
}

/// A fault's probability for line A and line B: `0.05`, `a:0.05`, `b:0.1`.
public struct FaultShare: Equatable, Sendable {
  /// nil: not said.
  public let a: Double?
  public let b: Double?

  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let last = parts.last,
      let value = FaultShare.probability(last)
    else { return nil }
    switch parts.count == 2 ? parts[0] : "" {
    case "": (a, b) = (value, value)
    case "a": (a, b) = (value, nil)
    case "b": (a, b) = (nil, value)
    default: return nil
    }
    if parts.count == 2 && parts[0].isEmpty { return nil }
  }

  /// A number from 0 to 1; nil for anything else.
  public static func probability(_ text: some StringProtocol) -> Double? {
    guard let value = Double(text), (0...1).contains(value) else { return nil }
    return value
  }
}
