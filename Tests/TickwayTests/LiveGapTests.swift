import Foundation
import Glibc
import Testing

/// IEX-TP, which nobody can ask for again: what both lines lose is counted exactly and told.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LiveGapTests {
  private let scratch = Scratch()

  /// A wait far beyond what a busy machine may take between two sends: holes end by what the lines
  /// bring, never by the clock.
  private static let listening = ["--feed", "iex", "--max-age", "off", "--wait-us", "5000000"]

  /// Counts that a seed decides.
  private struct Counts: Equatable {
    var messages: UInt64?
    var gaps: UInt64?
    var missing: UInt64?
    var codes: [UInt32]
  }

  private func lossyRun(_ path: String) throws -> Counts {
    let lines = try LiveLines()
    let ingest = try RunningIngest(lines, Self.listening)
    let published = try lines.publish([
      path, "--pace", "20000/s", "--messages-per-packet", "10", "--loss", "0.05", "--burst-loss",
      "0.01", "--duplicate", "0.05", "--reorder", "0.05", "--seed", "3",
    ])
    #expect(ingest.tells("feed: messages lost: ", within: 5))
    let report = try ingest.end()
    let missing = published["missing"]
    let lost = try #require(missing["lost", "all"].count)
    let unknowable = try #require(missing["before_first"].count)
    let counts = Counts(
      messages: report["feed", "messages"].count, gaps: report["feed", "gaps"].count,
      missing: report["feed", "missing"].count, codes: try ingest.feedCodes())
    #expect(lost > 0 && counts.missing == lost - unknowable)
    #expect(counts.messages == published["source", "messages"].count! - lost)
    #expect(missing["lost", "a_only"].count! > 0 && missing["lost", "b_only"].count! > 0)
    #expect(report["feed", "late"].count == 0)
    #expect(report["feed", "lines"].list.allSatisfy { $0["dropped_by_kernel"].count == 0 })
    #expect(counts.codes.filter { $0 == FeedCode.gap }.count == Int(counts.gaps ?? 0))
    return counts
  }

  @Test func whatBothLinesLoseIsCountedExactlyAndTold() throws {
    let path = try scratch.synth(messages: 20_000, symbols: 50)
    let first = try lossyRun(path)
    #expect(first.gaps! > 0)
    // A seed repeats exactly.
    #expect(try lossyRun(path) == first)
  }

  @Test func aSequenceThatBeginsAnewIsOneRestartAndLosesNothing() throws {
    let path = try scratch.synth(messages: 4_000, symbols: 50)
    let lines = try LiveLines()
    let ingest = try RunningIngest(lines, Self.listening)
    _ = try lines.publish([path, "--restart", "--pace", "8000/s"])
    #expect(ingest.tells("feed: the sequence began anew", within: 5))
    let report = try ingest.end()
    #expect(report["feed", "restarts"].count == 1)
    #expect(report["feed", "missing"].count == 0)
    #expect(report["feed", "messages"].count == 4_000)
    #expect(try ingest.feedCodes().filter { $0 == FeedCode.restart }.count == 1)
  }

  @Test func aSequenceThatBeginsAnewEndsARunThatIsToRefuseIt() throws {
    let path = try scratch.synth(messages: 4_000, symbols: 50)
    let lines = try LiveLines()
    let ingest = try RunningIngest(lines, Self.listening + ["--restarts", "refuse"])
    _ = try lines.publish([path, "--restart", "--pace", "8000/s"])
    let result = try ingest.process.wait(within: 20)
    #expect(result.status == 3 && result.error.contains("use --restarts follow"))
    let report = try JSONValue(result.output)
    #expect((1..<4_000).contains(report["feed", "messages"].count ?? 0))
    let left = ["record.partial", "record.symbols.csv.partial"]
    #expect(ingest.names.sorted() == left)
  }

  @Test func aKillLeavesWhatWasRecordedUntilThen() throws {
    let path = try scratch.synth(messages: 4_000, symbols: 50)
    let lines = try LiveLines()
    let ingest = try RunningIngest(lines, Self.listening)
    _ = try lines.publish([path, "--pace", "8000/s"])
    let name = "record.\(ingest.process.pid).partial"
    #expect(eventually(within: 20) { (try? ingest.bytes(name).count) ?? 0 > 24 * 4_000 })
    ingest.process.signal(SIGKILL)
    _ = try ingest.process.wait(within: 10)
    #expect(try ingest.bytes(name).count % 24 == 0)
    // With the names of its 50 symbols, and a line for the names.
    let symbols = String(
      decoding: try ingest.bytes("record.symbols.csv.\(ingest.process.pid).partial"), as: UTF8.self)
    #expect(symbols.split(separator: "\n").count > 50 && symbols.hasSuffix("\n"))
  }

  /// A publisher that is started again sends the day from its beginning.
  @Test func aSecondPublisherWithTheSameSessionIsARestart() throws {
    let path = try scratch.synth(messages: 2_000, symbols: 50)
    let lines = try LiveLines()
    let ingest = try RunningIngest(lines, Self.listening)
    for _ in 0..<2 { _ = try lines.publish([path, "--pace", "8000/s"]) }
    let report = try ingest.end()
    #expect(report["feed", "restarts"].count == 1)
    #expect(report["feed", "missing"].count == 0)
    #expect(report["feed", "messages"].count == 4_000)
  }
}
