/// How fast captures are published.
public enum PublishPace: Equatable, Sendable {
  /// As fast as the kernel takes them.
  case max
  /// Times the capture's own speed, by absolute deadlines.
  case times(Double)
  /// Messages per second, open loop: the capture's times do not count.
  case messagesPerSecond(Double)

  /// `max`, a factor such as `1x` or `0.5x`, or a rate such as `300000/s`.
  public init?(_ text: String) {
    if text.hasSuffix("/s") {
      guard let rate = Double(text.dropLast(2)), rate.isFinite, rate >= 0.001, rate <= 1e9
      else { return nil }
      self = .messagesPerSecond(rate)
      return
    }
    switch ReplayPace(text) {
    case .max: self = .max
    case .times(let factor): self = .times(factor)
    case nil: return nil
    }
  }

  /// As it is written on the command line.
  var text: String {
    switch self {
    case .max: "max"
    case .times(let factor): "\(factor)x"
    case .messagesPerSecond(let rate): "\(rate)/s"
    }
  }
}

/// The shape of an open loop: each period begins with a window in which messages come at a
/// multiple of the mean rate; the rest of the period is that much slower, so that the mean stays.
public struct PublishBursts: Equatable, Sendable {
  public let window_ms: Double
  public let factor: Double
  public let period_ms: Double

  /// `10ms:10`, in each second 10 ms at ten times the rate; `10ms:10:100ms`, in each 100 ms: then
  /// nothing is left for the time between, and all comes in bursts.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let window = Self.milliseconds(parts[0]),
      let factor = Double(parts[1]), factor.isFinite, factor >= 1
    else { return nil }
    let period = parts.count == 3 ? Self.milliseconds(parts[2]) : 1_000
    guard let period, window < period, window * factor <= period * (1 + 1e-9) else { return nil }
    window_ms = window
    self.factor = factor
    period_ms = period
  }

  private static func milliseconds(_ text: Substring) -> Double? {
    guard text.hasSuffix("ms"), let value = Double(text.dropLast(2)), value > 0, value <= 1e6
    else { return nil }
    return value
  }
}

/// When each message of an open loop is due: a pure function, so that nothing accumulates.
struct RateSchedule: Sendable {
  private let messages_ns: Double
  private let period_ns: Double
  private let window_ns: Double
  private let factor: Double

  init(messagesPerSecond: Double, bursts: PublishBursts?) {
    messages_ns = messagesPerSecond / 1e9
    period_ns = (bursts?.period_ms ?? 1_000) * 1e6
    window_ns = (bursts?.window_ms ?? 0) * 1e6
    factor = bursts?.factor ?? 1
  }

  /// Nanoseconds after the start, for the message with `index` messages before it.
  func time_ns(ofMessage index: UInt64) -> UInt64 {
    let inPeriod = messages_ns * period_ns
    let period = (Double(index) / inPeriod).rounded(.down)
    let place = Double(index) - period * inPeriod
    let inWindow = messages_ns * factor * window_ns
    var offset = place / (messages_ns * factor)
    if place >= inWindow {
      // At least one part in 2^53 is left where all comes in bursts.
      let rest = max(inPeriod - inWindow, .leastNormalMagnitude)
      offset = window_ns + (place - inWindow) / rest * (period_ns - window_ns)
    }
    return UInt64(period * period_ns + min(offset, period_ns))
  }
}
