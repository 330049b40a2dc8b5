/// Where risk states change. Drawdowns in 1e-6 of the peak (5 % is 50,000), compared as integers.
public struct RiskStateLimits: Equatable, Sendable {
  /// Normal -> Warning above this.
  public var warning_ppm: Int64 = 50_000
  /// Normal or Warning -> CircuitBreaker above this.
  public var breaker_ppm: Int64 = 100_000
  /// Warning -> Normal below this.
  public var recovered_ppm: Int64 = 30_000
  /// How long a cooldown lasts.
  public var cooldown_ns: UInt64 = 15 * 60 * 1_000_000_000
  /// The new trip of a day that kills; 1: the first.
  public var tripsMax: UInt32 = 3
  /// When a trading day begins, seconds after New York's midnight.
  public var tradingDayStart_seconds = 0

  public init() {}

  /// Limits that cannot be kept, in a sentence that says what to do.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    public let description: String
  }

  /// Throws unless 0 < recovered <= warning < breaker <= 100 %, and the rest can be.
  public func check() throws(Failure) {
    guard recovered_ppm > 0, recovered_ppm <= warning_ppm, warning_ppm < breaker_ppm,
      breaker_ppm <= 1_000_000
    else {
      throw Failure(
        description: "recovered_percent, warning_percent and breaker_percent must rise in this"
          + " order, above 0 and up to 100")
    }
    guard cooldown_ns > 0 else {
      throw Failure(description: "cooldown_minutes: a number above 0 is needed")
    }
    guard tripsMax > 0 else {
      throw Failure(description: "trips_max: a whole number above 0 is needed")
    }
    guard (0..<86_400).contains(tradingDayStart_seconds) else {
      throw Failure(description: "trading_day_start: seconds of a day, 0 to 86,399, are needed")
    }
  }
}
