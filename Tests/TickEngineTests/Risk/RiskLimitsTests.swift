import Foundation
import Testing

@testable import TickEngine

/// RM13: a limits file is whole and possible, or it is refused.
@Suite struct RiskLimitsTests {
  private static let good: [String: String] = [
    "portfolio_value": "1000000", "position_percent": "20", "sector_percent": "40",
    "gross_leverage": "1.5", "position_quantity_max": "100000", "daily_loss_max": "50000",
    "adv_percent": "10", "collar_percent": "2.5", "collar_warning_percent": "0.01",
    "reference_age_max_seconds": "30", "reference_ahead_max_seconds": "1",
    "order_age_max_seconds": "0.25",
    "order_quantity_max": "5000", "order_value_max": "250000.5", "orders_per_second_max": "100",
    "messages_per_day_max": "100000", "open_orders_max": "1", "duplicate_window_seconds": "0.5",
    "repeated_executions_max": "50", "repeated_executions_seconds": "10",
    "strategies_max": "16", "unsent_bytes_max": "65536", "warning_percent": "5",
    "breaker_percent": "10", "recovered_percent": "3", "cooldown_minutes": "15",
    "trips_max": "3", "trading_day_start": "14400",
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
    var expected = RiskLimits.simulation
    expected.portfolioValue = 1_000_000
    expected.positionQuantityMax = 100_000
    expected.dailyLossMax = 50_000
    expected.collarPercent = 2.5
    expected.collarWarningPercent = 0.01
    expected.referenceAgeMaxSeconds = 30
    expected.referenceAheadMaxSeconds = 1
    expected.orderAgeMaxSeconds = 0.25
    expected.orderQuantityMax = 5_000
    expected.orderValueMax = 250_000.5
    expected.ordersPerSecondMax = 100
    expected.messagesPerDayMax = 100_000
    expected.openOrdersMax = 1
    expected.duplicateWindowSeconds = 0.5
    expected.repeatedExecutionsMax = 50
    expected.repeatedExecutionsSeconds = 10
    expected.unsentBytesMax = 65_536
    expected.tradingDayStart = 14_400
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
    arguments: good.keys.sorted(), ["\"100\"", "null", "true", "false", "[1]", "{}", "-1"])
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

  @Test(arguments: [
    ("collar_warning_percent", "2.5", "2.51"), ("recovered_percent", "5", "5.01"),
    ("breaker_percent", "5.01", "5"), ("duplicate_window_seconds", "3600", "3600.1"),
    ("trading_day_start", "0", "86400"), ("trips_max", "1", "0"), ("strategies_max", "64", "65"),
  ])
  func limitsThatContradictEachOtherAreRefused(name: String, inside: String, outside: String) {
    #expect(refusal([name: inside]) == nil && refusal([name: outside])?.contains(name) == true)
  }

  /// RM9: the window must be able to hold what RM8 lets pass.
  @Test func aWindowOfMoreOrdersThanAreRememberedIsRefused() {
    let many = ["orders_per_second_max": "524288"]
    #expect(refusal(many.merging(["duplicate_window_seconds": "2"]) { $1 }) == nil)
    let text = refusal(many.merging(["duplicate_window_seconds": "2.1"]) { $1 })
    #expect(text?.contains("duplicate_window_seconds") == true)
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

  /// Whichever of the two is meant, the other may be let pass.
  @Test(arguments: ["order_quantity_max", "order\\u005fquantity_max"])
  func aLimitThatIsGivenTwiceIsRefused(again: String) throws {
    let json = RiskLimits.simulation.json
    #expect(try RiskLimits(json: Data(json.utf8)) == .simulation)
    let twice = json.dropLast() + ",\"\(again)\":1}"
    let error = #expect(throws: RiskLimits.Failure.self) {
      try RiskLimits(json: Data(twice.utf8))
    }
    #expect(error?.description.contains("is given twice: remove one") == true)
    #expect(error?.description.contains("limit order_quantity_max") == !again.contains("u005f"))
  }

  @Test(arguments: ["", "{", "[]", "3", "\"limits\"", "null"])
  func whatIsNoJSONObjectIsRefused(text: String) {
    #expect(throws: RiskLimits.Failure.self) { try RiskLimits(json: Data(text.utf8)) }
  }

  @Test func rs2TheLimitsOfTheStatesAreWholeMillionths() throws {
    #expect(RiskLimits.simulation.states == RiskStateLimits())
    var limits = RiskLimits.simulation
    (limits.recoveredPercent, limits.warningPercent, limits.breakerPercent) = (2.3, 4.1, 100)
    limits.cooldownMinutes = 0.001
    let states = limits.states
    #expect(states.recovered_ppm == 23_000 && states.warning_ppm == 41_000)
    #expect(states.breaker_ppm == 1_000_000 && states.cooldown_ns == 60_000_000)
    try states.check()
  }
}
