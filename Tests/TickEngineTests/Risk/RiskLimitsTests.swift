import Foundation
import Testing

@testable import TickEngine

/// RM13: a limits file is whole and possible, or it is refused.
@Suite struct RiskLimitsTests {
  private static let good: [String: String] = [
    "order_quantity_max": "5000", "order_value_max": "250000.5", "collar_percent": "2.5",
    "orders_per_second_max": "100", "reference_age_max_seconds": "30", "open_orders_max": "1",
  ]

  private func limits(
    _ changes: [String: String] = [:], without: String? = nil
  ) throws -> RiskLimits {
    var fields = RiskLimitsTests.good.merging(changes) { $1 }
    if let without { fields[without] = nil }
    let body = fields.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
    return try RiskLimits(json: Data("{\(body)}".utf8))
  }

  private func refusal(_ changes: [String: String] = [:], without: String? = nil) -> String? {
    do {
      _ = try limits(changes, without: without)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func aWholeFileIsRead() throws {
    let expected = RiskLimits(
      orderQuantityMax: 5_000, orderValueMax: 250_000.5, collarPercent: 2.5,
      ordersPerSecondMax: 100, referenceAgeMaxSeconds: 30, openOrdersMax: 1)
    #expect(try limits() == expected)
  }

  @Test(arguments: good.keys.sorted())
  func aMissingLimitIsNamedAndRefused(name: String) {
    let text = refusal(without: name)
    #expect(text?.contains("\(name) is missing") == true)
  }

  @Test func anUnknownLimitIsNamedAndRefused() {
    #expect(refusal(["order_quantity_maximum": "1"])?.contains("order_quantity_maximum") == true)
  }

  @Test(
    arguments: good.keys.sorted(), ["\"100\"", "null", "true", "false", "[1]", "{}", "-1", "0"])
  func whatIsNoPossibleNumberIsNamedAndRefused(name: String, value: String) {
    #expect(refusal([name: value])?.contains(name) == true)
  }

  @Test(arguments: ["order_quantity_max", "orders_per_second_max", "open_orders_max"])
  func aFractionIsRefusedWhereACountIsNeeded(name: String) {
    #expect(refusal([name: "1.5"])?.contains(name) == true)
    #expect(refusal([name: "1"]) == nil)
  }

  @Test(arguments: [
    ("order_quantity_max", "4294967295", "4294967296"),
    ("order_value_max", "100000000000", "100000000001"), ("order_value_max", "0.01", "0.009"),
    ("collar_percent", "100", "100.1"), ("collar_percent", "0.01", "0.009"),
    ("orders_per_second_max", "1000000", "1000001"),
    ("reference_age_max_seconds", "86400", "86401"),
    ("reference_age_max_seconds", "0.001", "0.0009"), ("open_orders_max", "1048576", "1048577"),
  ])
  func rangesAreClosed(name: String, inside: String, outside: String) {
    #expect(refusal([name: inside]) == nil && refusal([name: outside])?.contains(name) == true)
  }

  @Test(arguments: ["", "{", "[]", "3", "\"limits\"", "null"])
  func whatIsNoJSONObjectIsRefused(text: String) {
    #expect(throws: RiskLimits.Failure.self) { try RiskLimits(json: Data(text.utf8)) }
  }
}
