import Foundation
import Testing
import TickMetrics

@testable import TickEngine

@Suite struct ReportTests {
  @Test func theJSONIsExactlyTheSchema() throws {
    let printed = try JSONSerialization.jsonObject(
      with: Data(try JSONText.encode(Report.filled()).utf8))
    let golden = try JSONSerialization.jsonObject(with: Data(goldenReport.utf8))
    #expect(try #require(printed as? NSDictionary) == #require(golden as? NSDictionary))
  }

  @Test func whatIsPrintedReadsBackEqual() throws {
    let report = Report.filled()
    let data = Data(try JSONText.encode(report).utf8)
    #expect(try JSONDecoder().decode(Report.self, from: data) == report)
  }

  @Test func aFreshReportHasEveryFieldOfTheSchema() throws {
    let data = Data(try JSONText.encode(Report()).utf8)
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(json["schema"] as? String == "tickway.report/1")
    func keys(_ name: String) -> Set<String> { Set((json[name] as? [String: Any] ?? [:]).keys) }
    #expect(
      keys("capture").isSuperset(of: [
        "files", "packets", "bytes", "cut_tail", "truncated", "ignored",
      ]))
    #expect(
      keys("feed") == [
        "packets", "heartbeats", "messages", "by_type", "unknown", "malformed", "gaps", "missing",
        "duplicates", "overlaps", "restarts",
      ])
    #expect(
      keys("ticks").isSuperset(of: [
        "published", "trade", "bid", "ask", "status", "rejected", "trade_volume", "trade_notional",
      ]))
    #expect(
      keys("orders") == [
        "requested", "risk_rejected", "unsent", "sent", "acked", "venue_rejected", "filled",
        "partially_filled", "cancels_sent", "canceled", "in_flight", "open",
      ])
    #expect(json["rings"] is [Any])
    #expect(json["latency_ns"] is [String: Any])
    #expect(json["machine"] is [String: Any])
  }

  @Test(
    arguments: [
      (0, "0.0000"), (1, "0.0001"), (-1, "-0.0001"), (9_999, "0.9999"), (10_000, "1.0000"),
      (693_942_768_200, "69394276.8200"), (-123_400, "-12.3400"),
      (92_233_720_368_547_758_079_999, "9223372036854775807.9999"),
    ] as [(Int128, String)])
  func aNotionalHasExactlyFourDecimals(units: Int128, text: String) throws {
    let notional = Notional(tenThousandths: units)
    #expect(notional.description == text)
    #expect(Notional(text) == notional)
    let printed = try JSONText.encode([notional])
    #expect(try JSONDecoder().decode([Notional].self, from: Data(printed.utf8)) == [notional])
    let decoded = try JSONDecoder().decode([Notional].self, from: Data("[\(text)]".utf8))
    #expect(decoded == [notional])
  }

  @Test(arguments: ["", "-", ".", "1.", ".5", "1.23456", "1e4", "--1", "+1", "1.-2", "nan"])
  func whatIsNoAmountIsRefused(text: String) { #expect(Notional(text) == nil) }
}
