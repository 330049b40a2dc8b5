import Foundation
import Testing

/// What `tickway venue --json` says at its end.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct VenueReportTests {
  @Test func theTruthOfEachAccountIsWritten() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 60_000)
    let path = scratch["venue.json"]
    let venue = try RunningVenue([
      "--capture", day, "--pace", "max", "--seed", "9", "--partial-fills", "0.5", "--json", path,
    ])
    let result = try ReplayResult.of([
      day, "--strategy", "momentum", "--venue", venue.address, "--limits", try scratch.limits(),
    ])
    let end = try venue.end()
    #expect(end.status == 0 && end.output.contains("faults    seed 9, cuts 0,"))
    let report = try JSONValue(file: path)
    #expect(report["schema"].text == "tickway.venue/1")
    #expect(report["faults", "seed"].count == 9 && report["faults", "partial_fills"].number == 0.5)
    #expect(report["sessions", "logins"].count == 1 && report["cancels_on_disconnect"].flag == true)
    let account = try #require(report["accounts"].list.first)
    let orders = account["orders"].list
    #expect(UInt64(orders.count) == result.orders("sent"))
    let executed = orders.reduce(0) { $0 + ($1["executed"].count ?? 0) }
    #expect(executed > 0 && executed == report["orders", "shares"].count)
    #expect(report["fault_counts", "partial_fills"].count ?? 0 > 0)
    #expect(account["duplicates"].count == 0 && account["cash_overflows"].count == 0)
    for order in orders where order["rejected"].flag == false {
      let parts = ["open", "executed", "broken", "withdrawn"].map { order[$0].count ?? 0 }
      #expect(parts.reduce(0, +) == order["quantity"].count)
    }
  }

  @Test func onStandardOutputThereIsNothingButTheReport() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 1_000)
    let running = try Command.start([
      "venue", "--capture", day, "--pace", "max", "--cancel-on-disconnect", "off", "--json", "-",
    ])
    #expect(eventually(within: 10) { running.error.hasPrefix("listening on ") })
    running.signal(SIGTERM)
    let result = try running.wait(within: 5)
    let report = try JSONValue(result.output)
    #expect(report["cancels_on_disconnect"].flag == false && report["accounts"].list.isEmpty)
  }
}
