import Foundation

/// The limits of the risk gate and of the risk states. Every one must be given for a real venue;
/// `simulation` is for the built-in one.
///
/// The file (`--limits FILE`) is a JSON object with exactly these names; an unknown name, a missing
/// one, or a value that cannot be is an error. Amounts are in the quote currency, and whatever is
/// exactly at its limit passes.
public struct RiskLimits: Equatable, Sendable {
  // MARK: The portfolio

  /// Equity at the start.
  public var portfolioValue = 1_000_000_000.0
  /// One symbol's worst case, percent of equity (RM1); one sector's (RM2).
  public var positionPercent = 20.0
  public var sectorPercent = 40.0
  /// Worst case of all symbols, times equity (RM5).
  public var grossLeverage = 1.5
  /// One symbol's worst case, shares (RM6).
  public var positionQuantityMax = 10_000_000
  /// What a day may lose (RM7).
  public var dailyLossMax = 100_000_000.0

  // MARK: One order

  /// Largest order, percent of the average daily volume (RM3).
  public var advPercent = 10.0
  /// How far a price may be from the reference, percent of it (RM4); in the warning state.
  public var collarPercent = 5.0
  public var collarWarningPercent = 2.5
  /// Age up to which a price is a reference, seconds of exchange time; and how far ahead of the
  /// decision it may be: a replay's ingester runs ahead of its strategies.
  public var referenceAgeMaxSeconds = 60.0
  public var referenceAheadMaxSeconds = 86_400.0
  /// Live: age up to which an order is allowed, seconds from the receive time of what caused it.
  /// What waited longer, for a worker or a sender that stood still, was decided for another market.
  public var orderAgeMaxSeconds = 2.0
  /// Largest order, shares; and price times quantity (RM9).
  public var orderQuantityMax = 10_000
  public var orderValueMax = 1_000_000.0

  // MARK: Many orders

  /// Orders in any sliding second; one more trips the gate (RM8).
  public var ordersPerSecondMax = 100_000
  /// Orders and cancels in a day (RM9).
  public var messagesPerDayMax = 1_000_000_000
  /// Orders that may be open or in flight at once.
  public var openOrdersMax = 65_536
  /// The same order again within so many seconds is refused (RM9); 0: none is looked for.
  public var duplicateWindowSeconds = 0.0
  /// Executions of one strategy within so many seconds; one more switches it off (RM9).
  public var repeatedExecutionsMax = 10_000
  public var repeatedExecutionsSeconds = 1.0
  /// Strategies are numbered from 1 to this.
  public var strategiesMax = 16
  /// Bytes that wait for the venue; with more, no new order leaves (KS2).
  public var unsentBytesMax = 1_048_576

  // MARK: Risk states

  /// Drawdown in percent above which there is a warning (RS2) and a circuit breaker (RS3), and
  /// below which the warning ends (RS4).
  public var warningPercent = 5.0
  public var breakerPercent = 10.0
  public var recoveredPercent = 3.0
  /// How long a cooldown lasts (RS5).
  public var cooldownMinutes = 15.0
  /// The trip of this number in a day is the last (RS7).
  public var tripsMax = 3
  /// When the trading day begins, seconds of the day in New York (RS1).
  public var tradingDayStart = 0

  /// What a replay against the built-in venue uses when nothing is given.
  public static let simulation = RiskLimits()

  private init() {}

  /// Limits that cannot be used, in a sentence that says what to do.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// Throws unless every limit is one that the gate can keep: they may have been changed since they
  /// were made. Whoever starts a run calls it.
  public func check() throws(Failure) {
    for field in RiskLimitField.all { try field.check(field.value(of: self)) }
    guard collarWarningPercent <= collarPercent else {
      throw Failure(
        description: "limit collar_warning_percent: at most collar_percent is needed, which is"
          + " \(collarPercent)")
    }
    guard recoveredPercent <= warningPercent, warningPercent < breakerPercent else {
      throw Failure(
        description: "limits recovered_percent, warning_percent and breaker_percent: each must be"
          + " at most the next, and the breaker above the warning")
    }
    let needed = RepeatedOrders.entriesNeeded(
      ordersPerSecond: ordersPerSecondMax, window_ns: duplicateWindow_ns)
    guard needed <= RepeatedOrders.entriesMax else {
      throw Failure(
        description: "limit duplicate_window_seconds: with orders_per_second_max"
          + " \(ordersPerSecondMax) a window may hold \(needed) orders, more than"
          + " \(RepeatedOrders.entriesMax): lower one of the two")
    }
  }

  /// Reads and checks a limits file.
  public init(json data: Data) throws(Failure) {
    guard let values = try? JSONDecoder().decode([String: LimitValue].self, from: data) else {
      throw Failure(
        description: "not a JSON object: one with the name and value of each limit is needed")
    }
    self.init()
    for field in RiskLimitField.all {
      guard let value = values[field.name] else {
        throw Failure(
          description: "limit \(field.name) is missing: every limit must be given; none has a"
            + " default")
      }
      try field.check(value.number)
      field.set(value.number ?? .nan, in: &self)
    }
    let names = Set(RiskLimitField.all.map(\.name))
    if let name = values.keys.sorted().first(where: { !names.contains($0) }) {
      throw Failure(description: "unknown limit \(name): remove it or correct its name")
    }
    try RiskLimits.checkThatNoneIsTwice(in: data, names.count)
    try check()
  }

  /// Of two values of one name the decoder takes either, without a word. The names are all the text
  /// that there is, for the values are numbers.
  private static func checkThatNoneIsTwice(in data: Data, _ count: Int) throws(Failure) {
    guard data.count(where: { $0 == UInt8(ascii: "\"") }) != 2 * count else { return }
    let text = String(decoding: data, as: UTF8.self)
    let name = names.first { text.ranges(of: "\"\($0)\"").count > 1 }
    let limit = name.map { "limit \($0)" } ?? "a limit"
    throw Failure(description: "\(limit) is given twice: remove one of the two")
  }

  /// All limits, as a file names them.
  public static var names: [String] { RiskLimitField.all.map(\.name) }

  /// Throws unless this limit may have this value.
  public static func check(_ name: String, _ value: Double) throws(Failure) {
    guard let field = RiskLimitField.all.first(where: { $0.name == name }) else {
      throw Failure(description: "unknown limit \(name): remove it or correct its name")
    }
    try field.check(value)
  }

  /// Of values that were checked one by one: nil unless every limit is among them. Whether they
  /// agree with each other, `check` says.
  public init?(_ values: [String: Double]) {
    self.init()
    for field in RiskLimitField.all {
      guard let value = values[field.name], (try? field.check(value)) != nil else { return nil }
      field.set(value, in: &self)
    }
  }

  /// Name and value of each limit, for the operator.
  public var lines: [(name: String, value: String)] {
    RiskLimitField.all.map { ($0.name, $0.text(of: self)) }
  }

  /// A limits file with these.
  public var json: String {
    "{" + lines.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  // MARK: In the gate's units

  /// Amounts in units of 1e-4.
  /// What the senders of an account may have in all (RM5), of the equity at the start.
  var creditE4: Int64 {
    let leverage = FixedPoint.units(grossLeverage, each: 10_000)
    return max(1, Int64(clamping: Int128(portfolioE4) * Int128(leverage) / 10_000))
  }
  var portfolioE4: Int64 { FixedPoint.units(portfolioValue, each: 10_000) }
  var duplicateWindow_ns: UInt64 { RiskLimits.ns(duplicateWindowSeconds) }

  static func ns(_ seconds: Double) -> UInt64 { UInt64(seconds * 1_000_000_000) }
}

/// A value of a limits file: nil unless it is a number. (Not by way of `NSNumber`, to which 1 and
/// true are the same on Linux.)
private struct LimitValue: Decodable {
  let number: Double?

  init(from decoder: any Decoder) throws {
    number = try? decoder.singleValueContainer().decode(Double.self)
  }
}
