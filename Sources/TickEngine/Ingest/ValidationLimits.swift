/// What a message must pass to be published (MD4). The defaults are the requirement's.
public struct ValidationLimits: Sendable {
  /// Refused from this age on: receive time (or the capture's) less the venue's sending time, ns.
  public var age_ns: UInt64 = 1_000_000_000
  /// Refused when the venue's sending time is later than this ahead, ns.
  public var ahead_ns: UInt64 = 1_000_000_000
  /// Refused from this spread on, in units of 1e-4 of the bid (100 is 1 %).
  public var spread_e4: Int64 = 100
  /// Whether bid = ask is published.
  public var allowsLocked = false
  /// Prices above this are nonsense: 1e-4 of the quote currency.
  public var price_e4: Int64 = 10_000_000_000_000

  public init() {}
}

/// How old a packet is, judged once for all its messages.
enum PacketFreshness { case fresh, stale, future }

extension ValidationLimits {
  /// - Parameters:
  ///   - clock: what age is judged by, ns since the Unix epoch.
  ///   - sendTime: the venue's sending time, ns since the Unix epoch.
  func freshness(at clock: UInt64, sendTime: UInt64) -> PacketFreshness {
    if clock >= sendTime { return clock - sendTime >= age_ns ? .stale : .fresh }
    return sendTime - clock > ahead_ns ? .future : .fresh
  }

  /// Why a quote may not be published; nil if it may. An empty side is exempt.
  @inline(__always)
  func refusal(of top: TopOfBook, _ freshness: PacketFreshness) -> TickRejection? {
    switch freshness {
    case .fresh: break
    case .stale: return .stale
    case .future: return .future
    }
    guard top.bidPrice >= 0, top.bidPrice <= price_e4, top.askPrice >= 0, top.askPrice <= price_e4
    else { return .badPrice }
    guard top.bidSize > 0, top.askSize > 0 else { return nil }
    if top.bidPrice > top.askPrice { return .crossed }
    if top.bidPrice == top.askPrice { return allowsLocked ? nil : .locked }
    // In integers, so that the boundary is exact; prices are bounded, so nothing overflows.
    let spread = top.askPrice - top.bidPrice
    return spread * 10_000 >= top.bidPrice * spread_e4 ? .wideSpread : nil
  }
}
