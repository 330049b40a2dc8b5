import Foundation
import Testing

/// A venue that begins its sequence anew within a session.
@Suite(.timeLimit(.minutes(1)))
struct RestartTests {
  /// A day, and the same sequence in the same session again a day later.
  private func restartedDay(_ scratch: Scratch) throws -> String {
    _ = try scratch.synth(messages: 5_000, symbols: 20)
    var bytes = try scratch.bytes("day.pcap")
    let file = PcapFile(bytes)
    for record in file.records {
      // Seconds of the record, and the venue's sending time in ns behind 42 bytes of Ethernet, IP
      // and UDP and 32 of the IEX-TP header.
      add(86_400, to: &bytes, at: record.lowerBound, count: 4)
      add(86_400_000_000_000, to: &bytes, at: record.lowerBound + 16 + 42 + 32, count: 8)
    }
    let whole = file.bytes(of: Array(file.records.indices)) + bytes.dropFirst(24)
    try Data(whole).write(to: URL(filePath: scratch["twice.pcap"]))
    return scratch["twice.pcap"]
  }

  private func add(_ term: UInt64, to bytes: inout [UInt8], at offset: Int, count: Int) {
    let old = (0..<count).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << (8 * $1) }
    for index in 0..<count {
      bytes[offset + index] = UInt8(truncatingIfNeeded: (old + term) >> (8 * index))
    }
  }

  @Test func aRestartIsFollowedAndReported() throws {
    let scratch = Scratch()
    let feed = try ReplayResult.of([try restartedDay(scratch)]).report["feed"]
    #expect(feed["restarts"].count == 1)
    #expect(feed["messages"].count == 10_000)
    #expect(feed["gaps"].count == 0 && feed["duplicates"].count == 0)
  }

  @Test func aRestartEndsTheRunIfItIsRefused() throws {
    let scratch = Scratch()
    let result = try ReplayResult.of(
      [try restartedDay(scratch), "--restarts", "refuse", "--strategy", "market-maker"],
      status: 3)
    #expect(result.process.error.contains("--restarts follow"))
    #expect(result.report["feed", "restarts"].count == 1)
    #expect(result.report["feed", "messages"].count == 5_000)
  }
}
