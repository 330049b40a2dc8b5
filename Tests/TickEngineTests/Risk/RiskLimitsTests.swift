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
    let expected = try RiskLimits(
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

  // MARK: Limits that code makes

  private static let changes:
    [(name: String, change: @Sendable (inout RiskLimits, Double) -> Void)] = [
      ("order_value_max", { $0.orderValueMax = $1 }), ("collar_percent", { $0.collarPercent = $1 }),
      ("reference_age_max_seconds", { $0.referenceAgeMaxSeconds = $1 }),
    ]
  private static let counts: [(name: String, change: @Sendable (inout RiskLimits, Int) -> Void)] = [
    ("order_quantity_max", { $0.orderQuantityMax = $1 }),
    ("orders_per_second_max", { $0.ordersPerSecondMax = $1 }),
    ("open_orders_max", { $0.openOrdersMax = $1 }),
  ]

  private func refusal(_ limits: RiskLimits) -> String? {
    do throws(RiskLimits.Failure) {
      try limits.check()
      _ = try RiskLimits(
        orderQuantityMax: limits.orderQuantityMax, orderValueMax: limits.orderValueMax,
        collarPercent: limits.collarPercent, ordersPerSecondMax: limits.ordersPerSecondMax,
        referenceAgeMaxSeconds: limits.referenceAgeMaxSeconds, openOrdersMax: limits.openOrdersMax)
      return nil
    } catch { return error.description }
  }

  @Test func theSimulationsLimitsAreInOrder() { #expect(refusal(RiskLimits.simulation) == nil) }

  @Test(
    arguments: changes.indices,
    [0, -0.0, -1, .nan, .signalingNaN, .infinity, -.infinity, 1e300, .leastNonzeroMagnitude])
  func aMeasureThatNoGateCanKeepIsRefused(index: Int, value: Double) {
    var limits = RiskLimits.simulation
    let (name, change) = RiskLimitsTests.changes[index]
    change(&limits, value)
    #expect(refusal(limits)?.contains(name) == true)
  }

  @Test(arguments: counts.indices, [0, -1, .min, .max])
  func aCountThatNoGateCanKeepIsRefused(index: Int, value: Int) {
    var limits = RiskLimits.simulation
    let (name, change) = RiskLimitsTests.counts[index]
    change(&limits, value)
    #expect(refusal(limits)?.contains(name) == true)
  }

  @Test func aRunWithLimitsThatCannotBeDoesNotStart() {
    var options = ReplayOptions(captures: ["/nowhere"])
    options.limits = .simulation
    options.limits?.collarPercent = .nan
    let error = #expect(throws: ReplayError.self) { try Replay.run(CountingStrategy.self, options) }
    #expect(error?.description.contains("collar_percent") == true)
  }

  @Test(arguments: ["", "{", "[]", "3", "\"limits\"", "null"])
  func whatIsNoJSONObjectIsRefused(text: String) {
    #expect(throws: RiskLimits.Failure.self) { try RiskLimits(json: Data(text.utf8)) }
  }
}
