/// A limit's name in the file, what it may be, and where it is kept.
struct RiskLimitField: Sendable {
  private enum Place: Sendable {
    case count(any WritableKeyPath<RiskLimits, Int> & Sendable)
    case measure(any WritableKeyPath<RiskLimits, Double> & Sendable)
  }

  let name: String
  let range: ClosedRange<Double>
  private let place: Place

  private init(
    _ name: String, _ range: ClosedRange<Double>,
    _ path: any WritableKeyPath<RiskLimits, Double> & Sendable
  ) {
    (self.name, self.range, place) = (name, range, .measure(path))
  }

  /// A whole number.
  private init(
    _ name: String, count range: ClosedRange<Double>,
    _ path: any WritableKeyPath<RiskLimits, Int> & Sendable
  ) {
    (self.name, self.range, place) = (name, range, .count(path))
  }

  static let all = [
    RiskLimitField("portfolio_value", 1...100_000_000_000, \.portfolioValue),
    RiskLimitField("position_percent", 0.01...1_000, \.positionPercent),
    RiskLimitField("sector_percent", 0.01...10_000, \.sectorPercent),
    RiskLimitField("gross_leverage", 0.01...100, \.grossLeverage),
    RiskLimitField("position_quantity_max", count: 1...1e12, \.positionQuantityMax),
    RiskLimitField("daily_loss_max", 0.01...100_000_000_000, \.dailyLossMax),
    RiskLimitField("adv_percent", 0.01...100, \.advPercent),
    RiskLimitField("collar_percent", 0.01...100, \.collarPercent),
    RiskLimitField("collar_warning_percent", 0.01...100, \.collarWarningPercent),
    RiskLimitField("reference_age_max_seconds", 0.001...86_400, \.referenceAgeMaxSeconds),
    RiskLimitField("reference_ahead_max_seconds", 0.001...86_400, \.referenceAheadMaxSeconds),
    RiskLimitField("order_age_max_seconds", 0.001...25, \.orderAgeMaxSeconds),
    RiskLimitField("order_quantity_max", count: 1...4_294_967_295, \.orderQuantityMax),
    RiskLimitField("order_value_max", 0.01...100_000_000_000, \.orderValueMax),
    RiskLimitField("orders_per_second_max", count: 1...1_000_000, \.ordersPerSecondMax),
    RiskLimitField("messages_per_day_max", count: 1...1e12, \.messagesPerDayMax),
    RiskLimitField("open_orders_max", count: 1...1_048_576, \.openOrdersMax),
    RiskLimitField("duplicate_window_seconds", 0...3_600, \.duplicateWindowSeconds),
    RiskLimitField("repeated_executions_max", count: 1...100_000, \.repeatedExecutionsMax),
    RiskLimitField("repeated_executions_seconds", 0.001...86_400, \.repeatedExecutionsSeconds),
    RiskLimitField("strategies_max", count: 1...64, \.strategiesMax),
    RiskLimitField("unsent_bytes_max", count: 1...1_073_741_824, \.unsentBytesMax),
    RiskLimitField("warning_percent", 0.01...100, \.warningPercent),
    RiskLimitField("breaker_percent", 0.01...99.99, \.breakerPercent),
    RiskLimitField("recovered_percent", 0.01...100, \.recoveredPercent),
    RiskLimitField("cooldown_minutes", 0.001...1_440, \.cooldownMinutes),
    RiskLimitField("trips_max", count: 1...1_000, \.tripsMax),
    RiskLimitField("trading_day_start", count: 0...86_399, \.tradingDayStart),
  ]

  private var isWhole: Bool {
    if case .count = place { true } else { false }
  }

  func check(_ value: Double?) throws(RiskLimits.Failure) {
    // Not a number is in no range.
    if let value, range.contains(value), !isWhole || value.rounded() == value { return }
    throw RiskLimits.Failure(
      description: "limit \(name): a \(isWhole ? "whole " : "")number from \(range.lowerBound) to"
        + " \(range.upperBound) is needed" + (value.map { ", not \($0)" } ?? ""))
  }

  func value(of limits: RiskLimits) -> Double {
    switch place {
    case .count(let path): Double(limits[keyPath: path])
    case .measure(let path): limits[keyPath: path]
    }
  }

  func text(of limits: RiskLimits) -> String {
    switch place {
    case .count(let path): "\(limits[keyPath: path])"
    case .measure(let path): "\(limits[keyPath: path])"
    }
  }

  /// - Parameter value: one that `check` lets pass.
  func set(_ value: Double, in limits: inout RiskLimits) {
    switch place {
    case .count(let path): limits[keyPath: path] = Int(value)
    case .measure(let path): limits[keyPath: path] = value
    }
  }
}
