import Foundation
import Testing

/// A report as any other program reads it: by the schema's names, not by our types.
struct JSONValue {
  private let value: Any?

  private init(_ value: Any?) { self.value = value }

  init(_ text: String) throws { value = try JSONSerialization.jsonObject(with: Data(text.utf8)) }

  init(file: String) throws {
    try self.init(String(contentsOfFile: file, encoding: .utf8))
  }

  subscript(names: String...) -> JSONValue {
    names.reduce(self) { JSONValue(($0.value as? [String: Any])?[$1]) }
  }

  /// nil if it is absent, and no integer.
  var count: UInt64? { (value as? NSNumber)?.uint64Value }
  var number: Double? { (value as? NSNumber)?.doubleValue }
  var text: String? { value as? String }
  var flag: Bool? { value as? Bool }
  var list: [JSONValue] { (value as? [Any])?.map { JSONValue($0) } ?? [] }
  var counts: [String: UInt64] {
    (value as? [String: NSNumber])?.mapValues(\.uint64Value) ?? [:]
  }
}

/// A replay that ended, with its report.
struct ReplayResult {
  let process: Command.Result
  let report: JSONValue

  /// Runs a replay to its end and reads its report. `arguments` begin with the captures.
  static func of(
    _ arguments: [String], environment: [String: String] = [:], within seconds: Double = 120,
    status: Int32 = 0
  ) throws -> ReplayResult {
    let result = try Command.run(
      ["replay"] + arguments + ["--json", "-"], environment: environment, within: seconds)
    try #require(result.status == status, "\(arguments): \(result.error)")
    return ReplayResult(process: result, report: try JSONValue(result.output))
  }

  func orders(_ name: String) -> UInt64 { report["orders", name].count ?? .max }

  /// The equations that hold for every run that ended.
  func expectConsistent() {
    let orders = report["orders"]
    let rejected = orders["risk_rejected"].counts.values.reduce(0, +)
    #expect(self.orders("requested") == rejected + self.orders("unsent") + self.orders("sent"))
    #expect(
      self.orders("sent")
        == self.orders("acked") + self.orders("venue_rejected") + self.orders("in_flight"))
    for ring in report["rings"].list {
      #expect(ring["published"].count == ring["polled"].count, "\(ring["name"].text ?? "")")
    }
  }
}
