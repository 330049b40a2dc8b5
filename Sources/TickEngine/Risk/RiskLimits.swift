import Foundation

/// The limits of the risk gate. Every one must be given for a real venue; `simulation` is for the
/// built-in one.
///
/// The file (`--limits FILE`) is a JSON object with exactly these names; an unknown name, a missing
/// one, or a value that cannot be is an error.
public struct RiskLimits: Equatable, Sendable {
  /// Largest order, shares.
  public var orderQuantityMax: Int
  /// Largest order, price times quantity, quote currency.
  public var orderValueMax: Double
  /// How far a price may be from the reference, percent of it; exactly this passes.
  public var collarPercent: Double
  /// Orders in any sliding second of the capture's time; one more trips the gate.
  public var ordersPerSecondMax: Int
  /// Age up to which a last trade is a reference, seconds of exchange time.
  public var referenceAgeMaxSeconds: Double
  /// Orders that may be open or in flight at once.
  public var openOrdersMax: Int

  /// What a replay against the built-in venue uses when nothing is given.
  public static let simulation = RiskLimits(
    unchecked: 10_000, orderValueMax: 1_000_000, collarPercent: 5, ordersPerSecondMax: 100_000,
    referenceAgeMaxSeconds: 60, openOrdersMax: 65_536)

  /// - Throws: what `check` throws.
  public init(
    orderQuantityMax: Int, orderValueMax: Double, collarPercent: Double, ordersPerSecondMax: Int,
    referenceAgeMaxSeconds: Double, openOrdersMax: Int
  ) throws(Failure) {
    self.init(
      unchecked: orderQuantityMax, orderValueMax: orderValueMax, collarPercent: collarPercent,
      ordersPerSecondMax: ordersPerSecondMax, referenceAgeMaxSeconds: referenceAgeMaxSeconds,
      openOrdersMax: openOrdersMax)
    try check()
  }

  private init(
    unchecked orderQuantityMax: Int, orderValueMax: Double, collarPercent: Double,
    ordersPerSecondMax: Int, referenceAgeMaxSeconds: Double, openOrdersMax: Int
  ) {
    self.orderQuantityMax = orderQuantityMax
    self.orderValueMax = orderValueMax
    self.collarPercent = collarPercent
    self.ordersPerSecondMax = ordersPerSecondMax
    self.referenceAgeMaxSeconds = referenceAgeMaxSeconds
    self.openOrdersMax = openOrdersMax
  }

  /// Limits that cannot be used, in a sentence that says what to do.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// Throws unless every limit is one that the gate can keep: they may have been changed since they
  /// were made. Whoever starts a run calls it.
  public func check() throws(Failure) {
    try LimitRange.orderQuantity.check(Double(orderQuantityMax))
    try LimitRange.orderValue.check(orderValueMax)
    try LimitRange.collar.check(collarPercent)
    try LimitRange.ordersPerSecond.check(Double(ordersPerSecondMax))
    try LimitRange.referenceAge.check(referenceAgeMaxSeconds)
    try LimitRange.openOrders.check(Double(openOrdersMax))
  }

  /// Reads and checks a limits file.
  public init(json data: Data) throws(Failure) {
    guard let fields = try? JSONDecoder().decode([String: LimitField].self, from: data) else {
      throw Failure(
        description: "not a JSON object: one with the name and value of each limit"
          + " is needed")
    }
    var numbers = LimitNumbers(fields)
    self.init(
      unchecked: Int(try numbers.take(.orderQuantity)),
      orderValueMax: try numbers.take(.orderValue), collarPercent: try numbers.take(.collar),
      ordersPerSecondMax: Int(try numbers.take(.ordersPerSecond)),
      referenceAgeMaxSeconds: try numbers.take(.referenceAge),
      openOrdersMax: Int(try numbers.take(.openOrders)))
    try numbers.checkAllTaken()
  }

  /// Name and value of each limit, for the operator.
  public var lines: [(name: String, value: String)] {
    [
      ("order_quantity_max", "\(orderQuantityMax)"), ("order_value_max", "\(orderValueMax)"),
      ("collar_percent", "\(collarPercent)"), ("orders_per_second_max", "\(ordersPerSecondMax)"),
      ("reference_age_max_seconds", "\(referenceAgeMaxSeconds)"),
      ("open_orders_max", "\(openOrdersMax)"),
    ]
  }
}

/// What a limit may be.
private struct LimitRange {
  let name: String
  let range: ClosedRange<Double>
  var isWhole = false

  static let orderQuantity = LimitRange(
    name: "order_quantity_max", range: 1...4_294_967_295, isWhole: true)
  static let orderValue = LimitRange(name: "order_value_max", range: 0.01...100_000_000_000)
  static let collar = LimitRange(name: "collar_percent", range: 0.01...100)
  static let ordersPerSecond = LimitRange(
    name: "orders_per_second_max", range: 1...1_000_000, isWhole: true)
  static let referenceAge = LimitRange(name: "reference_age_max_seconds", range: 0.001...86_400)
  static let openOrders = LimitRange(name: "open_orders_max", range: 1...1_048_576, isWhole: true)

  func check(_ value: Double?) throws(RiskLimits.Failure) {
    // Not a number is in no range.
    if let value, range.contains(value), !isWhole || value.rounded() == value { return }
    throw RiskLimits.Failure(
      description: "limit \(name): a \(isWhole ? "whole " : "")number from \(range.lowerBound) to"
        + " \(range.upperBound) is needed" + (value.map { ", not \($0)" } ?? ""))
  }
}

/// A value of a limits file: nil unless it is a number. (Not by way of `NSNumber`, to which 1 and
/// true are the same on Linux.)
private struct LimitField: Decodable {
  let number: Double?

  init(from decoder: any Decoder) throws {
    number = try? decoder.singleValueContainer().decode(Double.self)
  }
}

/// The numbers of a limits file, taken one by one, so that none is left unread.
private struct LimitNumbers {
  private var fields: [String: LimitField]

  init(_ fields: [String: LimitField]) { self.fields = fields }

  mutating func take(_ limit: LimitRange) throws(RiskLimits.Failure) -> Double {
    guard let field = fields.removeValue(forKey: limit.name) else {
      throw RiskLimits.Failure(
        description: "limit \(limit.name) is missing: every limit must be given; none has a"
          + " default")
    }
    try limit.check(field.number)
    return field.number ?? .nan
  }

  func checkAllTaken() throws(RiskLimits.Failure) {
    guard let name = fields.keys.sorted().first else { return }
    throw RiskLimits.Failure(description: "unknown limit \(name): remove it or correct its name")
  }
}
