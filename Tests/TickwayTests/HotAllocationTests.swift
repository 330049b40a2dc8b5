import Foundation
import TestSupport
import Testing

/// After start, the hot threads neither allocate nor count references.
@Suite(
  .serialized, .enabled(if: AuditLibrary.canBuild, "clang and swiftc must be in PATH"),
  .timeLimit(.minutes(10)))
struct HotAllocationTests {
  /// The release build over ten million ticks; a debug build, which allocates by itself, says
  /// nothing, and a run of it here proves only that the audit sees.
  private static let isRelease = ProcessInfo.processInfo.environment["TICKWAY_BIN"] != nil

  @Test(
    .enabled(if: isRelease, "TICKWAY_BIN must name a release build"),
    arguments: [("none", 1), ("market-maker", 1), ("market-maker", 2), ("momentum", 1)])
  func theHotThreadsAllocateNothingOverTenMillionTicks(strategy: String, workers: Int) throws {
    let audit = try AuditLibrary()
    defer { audit.remove() }
    let scratch = Scratch()
    let day = try scratch.synth(messages: 400_000, symbols: 500)
    let result = try ReplayResult.of(
      [day, "--strategy", strategy, "--workers", "\(workers)", "--repeat", "15"],
      environment: ["LD_PRELOAD": audit.library.path], within: 240)
    result.expectConsistent()
    #expect(result.report["machine", "build"].text == "release")
    #expect(result.report["ticks", "published"].count ?? 0 >= 10_000_000)
    var expected = ["ingester": UInt64(0)]
    for worker in 0..<workers { expected["worker-\(worker)"] = 0 }
    if strategy != "none" {
      expected["sender"] = 0
      #expect(result.orders("filled") > 0)
    }
    #expect(result.report["run", "hot_allocations"].counts == expected)
  }

  /// The same on live lines that lose packets. The publisher speaks before the pipeline listens: a
  /// silent line is looked after now and then, and that allocates.
  @Test(.enabled(if: isRelease, "TICKWAY_BIN must name a release build"))
  func theHotThreadsAllocateNothingOnLiveLines() throws {
    let audit = try AuditLibrary()
    defer { audit.remove() }
    let scratch = Scratch()
    let lines = try LiveLines()
    let day = try scratch.synth(messages: 160_000, symbols: 500)
    let publisher = try Command.start(
      ["publish", day, "--pace", "20000/s", "--loss", "0.05"] + lines.both)
    try #require(eventually(within: 20) { publisher.error.contains("publishing") })
    let live = try Command.start(
      ["live", "--feed", "iex", "--strategy", "market-maker", "--json", "-"] + lines.both,
      environment: ["LD_PRELOAD": audit.library.path])
    try #require(eventually(within: 20) { live.error.contains("line B: live") })
    usleep(2_000_000)
    #expect(publisher.isRunning, "nothing was published in the end")
    live.signal(SIGTERM)
    let result = try live.wait(within: 30)
    #expect(result.status == 143)
    let report = try JSONValue(result.output)
    #expect(report["ticks", "published"].count ?? 0 > 10_000)
    #expect(report["feed", "gaps"].count ?? 0 > 0)
    let expected: [String: UInt64] = ["ingester": 0, "worker-0": 0, "sender": 0]
    #expect(report["run", "hot_allocations"].counts == expected)
  }

  @Test func withoutTheAuditNothingIsClaimed() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 1_000, symbols: 20)
    let report = try ReplayResult.of([day]).report
    #expect(report["run", "seconds"].number != nil)
    #expect(report["run", "hot_allocations", "ingester"].count == nil)
  }
}
