import Foundation
import Testing

/// Bits that flip past the checksum, on both lines, through real sockets: each packet has one fate
/// in the counts, and no more is lost than what came damaged on both lines.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LiveCorruptionTests {
  private let scratch = Scratch()

  private func run(_ path: String, _ listening: [String], _ publishing: [String]) throws {
    let lines = try LiveLines()
    let ingest = try RunningIngest(lines, listening + ["--wait-us", "5000000"])
    let published = try lines.publish(
      [path, "--pace", "20000/s", "--corrupt", "0.03", "--seed", "11"] + publishing)
    let report = try ingest.end()
    let feed = report["feed"]
    let counts = report["feed", "lines"].list
    for (line, source) in zip(counts, published["lines"].list) {
      #expect(source["corrupted"].count! > 10)
      let kinds = ["packets", "malformed", "foreign", "dropped_by_kernel", "too_long", "empty"]
      let received = kinds.reduce(0) { $0 + line[$1].count! }
      #expect(received == source["sent"].count!, "each packet has one fate")
      #expect(line["malformed"].count! > 0)
    }
    for kind in ["malformed", "foreign", "restarts", "session_changes"] where kind != "malformed" {
      let sum = counts.reduce(0) { $0 + $1[kind].count! }
      let whole = (kind == "session_changes" ? report["run", kind] : feed[kind]).count
      #expect(sum == whole, "\(kind)")
    }
    #expect(feed["restarts"].count == 0 && report["run", "session_changes"].count == 0)
    let missing = try #require(feed["missing"].count)
    let messages = try #require(published["source", "messages"].count)
    #expect(feed["messages"].count! + missing == messages)
    #expect(missing <= published["missing", "lost_or_corrupted", "all"].count!)
    #expect(published["missing", "lost", "all"].count == 0)
  }

  @Test func damagedIexPacketsCostNoMoreThanWhatWasDamagedTwice() throws {
    try run(
      try scratch.synth(messages: 20_000, symbols: 50), ["--feed", "iex", "--max-age", "off"],
      ["--messages-per-packet", "5"])
  }

  @Test func damagedMoldPacketsCostNoMoreThanWhatWasDamagedTwice() throws {
    try run(
      try scratch.itch(messages: 20_000).path, ["--feed", "mold-itch"],
      ["--keep-times", "--messages-per-packet", "5"])
  }
}
