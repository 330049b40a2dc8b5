import Foundation
import Glibc
import Testing

/// `--positions FILE`, `--var-every` and `tickway var --recorded`, with processes.
@Suite(.serialized, .timeLimit(.minutes(4))) struct OpeningPositionsCommandTests {
  private let scratch = Scratch()

  private func positions(_ rows: String...) throws -> String {
    let text = (["symbol,strategy,shares,average_price"] + rows + ["end,\(rows.count)", ""])
    return try scratch.write(text.joined(separator: "\n"), to: "positions-\(rows.count).csv")
  }

  /// Shares and value of what is held of ZZZZ, by the positions region.
  private func held() -> UInt64? {
    guard let shown = try? Command.run(["positions", "prod", "--json"] + scratch.places.prefix(2)),
      shown.status == 0, let value = try? JSONValue(shown.output)
    else { return nil }
    return value["positions"].list.first {
      $0["symbol"].text == "ZZZZ" && $0["strategy"].count == nil
    }?["position"].count
  }

  /// RC1: the venue tells every fill of its session again; what was held before is told once.
  @Test func pt1ARestartedSenderCountsWhatWasHeldOnce() throws {
    let day = try scratch.synth(messages: 200_000)
    try scratch.arm("prod")
    let venue = try RunningVenue(["--capture", day, "--pace", "max"])
    let file = try positions("ZZZZ,1,1000,50.25")
    let arguments =
      [
        "replay", day, "--strategy", "market-maker", "--venue", venue.address, "--instance", "prod",
        "--limits", try scratch.limits(openOrders: 4_096), "--reconnect", "10",
      ] + scratch.places
    let first = try Command.start(arguments + ["--positions", file, "--pace", "20x"])
    #expect(eventually(within: 30) { held() == 1_000 }, "\(first.error)")
    usleep(500_000)
    first.signal(SIGKILL)
    _ = try first.wait(within: 10)
    let other = try positions("ZZZZ,1,1000,50.25", "AAAA,1,5,1")
    let refused = try Command.run(arguments + ["--positions", other])
    #expect(refused.status == 64 && refused.error.contains("other positions"), "\(refused.error)")
    let forgotten = try Command.run(arguments)
    #expect(forgotten.status == 64 && forgotten.error.contains("other positions"))
    // What the dead one left is not to be taken for its successor's.
    try FileManager.default.removeItem(atPath: scratch["tickway.prod.positions"])
    let second = try Command.start(arguments + ["--positions", file, "--pace", "20x"])
    #expect(eventually(within: 30) { held() == 1_000 }, "\(second.error)")
    // From here on a signal ends the run in its order.
    #expect(eventually(within: 30) { second.error.contains("risk limits (given)") })
    second.signal(SIGINT)
    #expect(try second.wait(within: 60).status == 130)
    #expect(try venue.end().status == 0)
  }

  @Test func aPositionsFileThatCannotBeIsRefusedBeforeAnythingRuns() throws {
    let day = try scratch.synth(messages: 5_000)
    func run(_ file: String, _ more: String...) throws -> Command.Result {
      try Command.run(
        ["replay", day, "--strategy", "market-maker", "--positions", file] + more)
    }
    let twice = try run(positions("AAAA,1,5,1", "AAAA,1,6,1"))
    #expect(twice.status == 78 && twice.error.contains("stands in line 2 already"), "\(twice)")
    #expect(try run(positions("AAAA,1,5,nan")).status == 78)
    #expect(try run(scratch["no.csv"]).status == 66)
    let symbols = try scratch.write("BBBB\n", to: "symbols")
    let unknown = try run(positions("AAAA,1,5,1"), "--symbols", symbols)
    #expect(unknown.status == 64 && unknown.error.contains("AAAA is not among the symbols"))
    let strategy = try run(positions("AAAA,17,5,1"))
    #expect(strategy.status == 64 && strategy.error.contains("strategies_max"))
  }

  @Test func vr1ARunPublishesItsValueAtRiskFromRecordedTicks() throws {
    let day = try scratch.synth(messages: 100_000, symbols: 20)
    let recorded = scratch["day.ticks"]
    let run = ["replay", day, "--strategy", "market-maker"]
    #expect(try Command.run(run + ["--record", recorded]).status == 0)
    let symbol = try scratch.text("day.ticks.symbols.csv").split(separator: "\n")[8]
      .split(separator: ",")[1]
    let once = try Command.run([
      "var", "--recorded", recorded, "--recorded-interval", "5", "--value", "\(symbol)=1000",
    ])
    #expect(once.status == 0 && once.output.contains("value at risk 0.95: "), "\(once)")
    try scratch.arm("prod")
    let timed = try Command.start(
      run + [
        "--instance", "prod", "--pace", "20x", "--var-every", "0.05", "--recorded", recorded,
        "--recorded-interval", "5", "--json", scratch["run.json"],
      ] + scratch.places)
    let isShown = eventually(within: 30) {
      let places = scratch.places.prefix(2)
      let shown = try? Command.run(["positions", "prod", "--json"] + places).output
      guard let shown, let report = try? JSONValue(shown) else { return false }
      // Something was filled, and is judged by enough returns.
      return report["value_at_risk", "value"].number ?? 0 > 0
        && report["value_at_risk", "observations"].count ?? 0 > 5
    }
    #expect(isShown, "\(timed.error)")
    timed.signal(SIGINT)
    let end = try timed.wait(within: 60)
    #expect(end.status == 130 && end.output.contains("value at risk 95.00%"), "\(end)")
    let positions = try JSONValue(file: scratch["run.json"])["positions"]
    #expect(positions["value_at_risk", "value"].number ?? 0 > 0)
    #expect(positions["value_at_risk", "observations"].count ?? 0 > 5)
    #expect(positions["instance", "slippage_bps_e2"].number != nil)
  }

  @Test func vr1WhatAValueAtRiskCannotBeHadFromIsRefused() throws {
    let day = try scratch.synth(messages: 5_000)
    let run = ["replay", day, "--strategy", "market-maker"]
    let returns = try scratch.write("AA,BB\n0.01,0.02\n0.02,0.01\n", to: "returns.csv")
    #expect(try Command.run(run + ["--var-every", "1"]).status == 64)
    #expect(try Command.run(run + ["--returns", returns]).status == 64)
    #expect(try Command.run(run + ["--returns", returns, "--var-every", "0"]).status == 64)
    let both = ["--returns", returns, "--recorded", returns, "--var-every", "1"]
    #expect(try Command.run(run + both).status == 64)
    let none = try Command.run(
      ["replay", day, "--returns", returns, "--var-every", "1"])
    #expect(none.status == 64 && none.error.contains("--strategy"), "\(none.error)")
    #expect(try Command.run(["var", "--recorded", scratch["no"], "--value", "A=1"]).status == 65)
    // Positions in what has no returns: unknown, and said so, and the run goes on.
    let unknown = try Command.run(run + ["--returns", returns, "--var-every", "1"])
    #expect(unknown.status == 0)
    #expect(unknown.output.contains("value at risk 95.00%"))
  }
}
