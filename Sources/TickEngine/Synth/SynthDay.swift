/// When a synthetic day's messages are sent: how many in each second, so that they sum to exactly
/// the number asked for.
///
/// A whole day runs from 08:00 to 17:00 New York time, the market being open from 09:30 to 16:00.
/// It has few messages before and after; ten times the usual rate at the open, decaying; a rise
/// into the close; and now and then a second of ten times its neighbours. A feed with few messages
/// has a day that is shorter in all its parts, so that its rates stay those of a market: about
/// `messagesPerSecond` on average.
struct SynthDay: Sendable {
  enum Session: Sendable { case before, regular, after }

  static let messagesPerSecond = 500
  static let secondsMin = 36
  static let secondsMax = 9 * 3_600
  /// 2025-03-03, a Monday, 09:30 in New York: 14:30 UTC.
  static let openTimeSeconds = 1_741_012_200

  let seconds: Int
  let openSecond: Int
  let closeSecond: Int
  let body: Int
  private let weights: [UInt32]
  private let weightTotal: UInt64
  private var weightSoFar: UInt64 = 0
  private var second = 0

  /// A day of `body` messages of the market, in a feed of `messages` in all.
  init(messages: Int, body: Int, random: inout SeededRandom) {
    let wanted = messages / Self.messagesPerSecond
    seconds = min(Self.secondsMax, max(Self.secondsMin, wanted))
    // 90, 390 and 60 minutes of 540.
    openSecond = seconds / 6
    closeSecond = openSecond + seconds * 13 / 18
    self.body = body
    weights = Self.weights(seconds, openSecond, closeSecond, &random)
    weightTotal = weights.reduce(0) { $0 + UInt64($1) }
  }

  /// Exchange time at which `second` begins, seconds since the Unix epoch (UTC).
  func timeSeconds(of second: Int) -> Int { Self.openTimeSeconds - openSecond + second }

  func session(of second: Int) -> Session {
    if second < openSecond { return .before }
    return second < closeSecond ? .regular : .after
  }

  /// Messages of the next second. Each second is asked for once, in order.
  mutating func takeSecond() -> Int {
    let before = share(weightSoFar)
    weightSoFar += UInt64(weights[second])
    second += 1
    return share(weightSoFar) - before
  }

  /// body × weight / weightTotal, without overflow.
  private func share(_ weight: UInt64) -> Int {
    let product = UInt64(body).multipliedFullWidth(by: weight)
    return Int(weightTotal.dividingFullWidth(product).quotient)
  }

  private static func weights(
    _ seconds: Int, _ open: Int, _ close: Int, _ random: inout SeededRandom
  ) -> [UInt32] {
    let halfLifeSeconds = Double(max(1, (close - open) / 40))
    let closingSeconds = max(1, (close - open) / 40)
    var excess = 0.0
    return (0..<seconds).map { second in
      // Half is exp(-ln 2); one step of it, to first order, keeps to exact arithmetic.
      excess = second == open ? 9_000 : excess * (1 - 0.693 / (halfLifeSeconds + 0.35))
      var weight = 1_000 + excess
      if second >= close - closingSeconds { weight *= 3 }
      // Before and after there is little, and in every tenth second nothing at all.
      if second < open || second >= close { weight = random.once(in: 10) ? 0 : 60 }
      weight *= 0.5 + random.unit()
      if random.once(in: 100) { weight *= 10 }
      return UInt32(weight)
    }
  }
}
