import Testing

/// Real days, counted by two independent parsers before.
@Suite(
  .enabled(if: RealCaptures.arePresent, "REAL CAPTURES ARE ABSENT: set TICKWAY_CAPTURES"),
  .timeLimit(.minutes(2)))
struct OracleTests {
  @Test func topsOf20170710IsCountedExactly() throws {
    let report = try ReplayResult.of([RealCaptures.tops]).report
    #expect(report["schema"].text == "tickway.report/1")
    #expect(report["capture", "packets"].count == 13_022)
    #expect(report["capture", "cut_tail"].flag == false)
    let feed = report["feed"]
    #expect(feed["packets"].count == 13_022)
    #expect(feed["heartbeats"].count == 237)
    #expect(feed["messages"].count == 57_674)
    #expect(
      feed["by_type"].counts == [
        "Q": 27_217, "T": 6_390, "A": 642, "H": 7_803, "O": 7_801, "P": 7_802, "S": 6, "D": 10,
        "B": 3,
      ])
    expectNoTrouble(feed)
    let ticks = report["ticks"]
    #expect(ticks["trade"].count == 6_390)
    #expect(ticks["trade_break"].count == 3)
    #expect(ticks["trade_volume"].count == 1_427_907)
    #expect(ticks["trade_notional"].number == 69_394_276.82)
  }

  @Test func deepOf20231002IsCountedExactly() throws {
    let report = try ReplayResult.of([RealCaptures.deep]).report
    #expect(report["capture", "packets"].count == 5_000)
    let feed = report["feed"]
    #expect(feed["heartbeats"].count == 1_264)
    #expect(feed["messages"].count == 48_325)
    for (type, count) in ["8": 1_526, "5": 1_226, "T": 37, "D": 3] as [String: UInt64] {
      #expect(feed["by_type", type].count == count, "\(type)")
    }
    #expect(feed["by_type"].counts.values.reduce(0, +) == 48_325)
    expectNoTrouble(feed)
    #expect(report["ticks", "trade"].count == 37)
    #expect(report["ticks", "trade_volume"].count == 2_947)
    #expect(report["ticks", "trade_notional"].number == 48_664.62)
  }

  @Test func aCutFileGivesItsTwoPacketsAndSaysSo() throws {
    let report = try ReplayResult.of([RealCaptures.truncated]).report
    #expect(report["capture", "packets"].count == 2)
    #expect(report["capture", "cut_tail"].flag == true)
    #expect(report["feed", "packets"].count == 2)
    #expect(report["feed", "messages"].count == 53)
  }

  @Test(arguments: [RealCaptures.tops, RealCaptures.deep, RealCaptures.truncated])
  func theCaptureVerbAgreesWithTheReplay(capture: String) throws {
    let replayed = try ReplayResult.of([capture]).report
    let result = try Command.run(["capture", capture, "--json", "-"])
    #expect(result.status == 0)
    let seen = try JSONValue(result.output)
    #expect(seen["schema"].text == "tickway.capture/1")
    for name in ["packets", "bytes", "truncated"] {
      #expect(seen[name].count == replayed["capture", name].count, "\(name)")
    }
    for name in ["messages", "heartbeats", "gaps", "missing", "restarts"] {
      #expect(seen[name].count == replayed["feed", name].count, "\(name)")
    }
    #expect(seen["by_type"].counts == replayed["feed", "by_type"].counts)
    #expect(seen["cut_tail"].flag == replayed["capture", "cut_tail"].flag)
  }

  private func expectNoTrouble(_ feed: JSONValue) {
    for name in [
      "unknown", "malformed", "gaps", "missing", "duplicates", "overlaps", "restarts",
    ] { #expect(feed[name].count == 0, "\(name)") }
  }
}
