import Foundation
import Testing

/// The same command gives the same bytes, however often and however many workers.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct RepeatabilityTests {
  private func record(
    _ capture: String, _ scratch: Scratch, _ name: String, workers: Int, strategy: String
  ) throws -> ReplayResult {
    let result = try ReplayResult.of([
      capture, "--strategy", strategy, "--workers", "\(workers)", "--venue", "none",
      "--record", scratch[name], "--orders", scratch["\(name).orders"],
    ])
    result.expectConsistent()
    return result
  }

  private func expectSameBytes(_ capture: String, _ strategy: String) throws {
    let scratch = Scratch()
    let first = try record(capture, scratch, "first", workers: 1, strategy: strategy)
    let requested = first.orders("requested")
    #expect(requested > 0)
    #expect(requested == first.orders("unsent") + risk(first))
    for (name, workers) in [("again", 1), ("two", 2), ("three", 3)] {
      let other = try record(capture, scratch, name, workers: workers, strategy: strategy)
      #expect(other.orders("requested") == requested)
      for suffix in ["", ".symbols.csv", ".orders"] {
        let isSame = try scratch.bytes("first\(suffix)") == scratch.bytes("\(name)\(suffix)")
        #expect(isSame, "\(strategy), \(name): \(suffix)")
      }
    }
    #expect(try scratch.text("first.orders").split(separator: "\n").count > 1)
  }

  private func risk(_ result: ReplayResult) -> UInt64 {
    result.report["orders", "risk_rejected"].counts.values.reduce(0, +)
  }

  @Test(arguments: ["momentum", "market-maker"])
  func aSyntheticDayGivesTheSameBytesWithAnyNumberOfWorkers(strategy: String) throws {
    let scratch = Scratch()
    try expectSameBytes(try scratch.synth(messages: 60_000), strategy)
  }

  @Test(
    .enabled(if: RealCaptures.arePresent, "REAL CAPTURES ARE ABSENT: set TICKWAY_CAPTURES"),
    arguments: ["momentum", "market-maker"])
  func aRealDayGivesTheSameBytesWithAnyNumberOfWorkers(strategy: String) throws {
    try expectSameBytes(RealCaptures.tops, strategy)
  }

  @Test func theSameSeedGivesTheSameCapture() throws {
    let scratch = Scratch()
    _ = try scratch.synth("a", messages: 20_000, seed: 7)
    _ = try scratch.synth("b", messages: 20_000, seed: 7)
    _ = try scratch.synth("c", messages: 20_000, seed: 8)
    #expect(try scratch.bytes("a") == scratch.bytes("b"))
    #expect(try scratch.bytes("a") != scratch.bytes("c"))
  }

  @Test func repeatsMultiplyEveryCount() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 20_000)
    let one = try ReplayResult.of([day]).report
    let five = try ReplayResult.of([day, "--repeat", "5"]).report
    for name in ["packets", "heartbeats", "messages", "gaps", "restarts", "duplicates"] {
      #expect(five["feed", name].count == one["feed", name].count.map { $0 * 5 }, "\(name)")
    }
    #expect(five["feed", "by_type"].counts == one["feed", "by_type"].counts.mapValues { $0 * 5 })
    for name in ["published", "trade", "bid", "ask", "status", "trade_volume"] {
      #expect(five["ticks", name].count == one["ticks", name].count.map { $0 * 5 }, "\(name)")
    }
    #expect(five["capture", "packets"].count == one["capture", "packets"].count.map { $0 * 5 })
    #expect(five["run", "sessions"].count == 5)
    #expect(five["feed", "messages"].count == 100_000)
  }

  /// A day cut into two files by blocks of packets, given last first, is the day.
  @Test func severalCapturesAreOneInTimeOrder() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 20_000)
    let file = PcapFile(try scratch.bytes("day.pcap"))
    #expect(file.records.count > 1_000)
    let parts = [0, 1].map { part in
      file.bytes(of: file.records.indices.filter { $0 / 100 % 2 == part })
    }
    try Data(parts[0]).write(to: URL(filePath: scratch["even"]))
    try Data(parts[1]).write(to: URL(filePath: scratch["odd"]))
    let whole = try ReplayResult.of([day, "--record", scratch["whole"]]).report
    let merged = try ReplayResult.of([
      scratch["odd"], scratch["even"], "--record", scratch["merged"],
    ]).report
    #expect(try scratch.bytes("whole") == scratch.bytes("merged"))
    #expect(merged["capture", "files"].count == 2)
    #expect(merged["feed", "gaps"].count == 0)
    #expect(merged["feed", "messages"].count == whole["feed", "messages"].count)
    let half = try ReplayResult.of([scratch["even"]]).report
    #expect(half["feed", "gaps"].count ?? 0 > 0)
  }
}
