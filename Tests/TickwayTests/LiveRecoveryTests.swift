import Foundation
import Glibc
import Testing

/// MoldUDP64 with a request server, publisher and ingester as processes: what is lost on both lines
/// is asked for, and what is recorded is what was published.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LiveRecoveryTests {
  private let scratch = Scratch()
  private let lines: LiveLines

  init() throws { lines = try LiveLines() }

  private static let faults = [
    "--loss", "0.05", "--burst-loss", "0.01", "--duplicate", "0.02", "--reorder", "0.05",
    "--seed", "11",
  ]

  private func server() throws -> [String] {
    ["--requests", "127.0.0.1:\(try UdpReceiver(group: "127.0.0.1").port)"]
  }

  private func expectRecovered(_ path: String, _ wanted: [UInt8], pace: String) throws {
    let server = try server()
    let ingest = try RunningIngest(lines, ["--feed", "mold-itch"] + server)
    let published = try lines.publish(
      [path, "--keep-times", "--pace", pace] + Self.faults + server)
    let report = try ingest.end()
    #expect(published["missing", "lost", "all"].count ?? 0 > 0)
    #expect(report["feed", "recovered"].count ?? 0 > 0)
    #expect(report["feed", "missing"].count == 0)
    #expect(report["feed", "messages"].count == published["source", "messages"].count)
    #expect(try ingest.recorded() == wanted)
  }

  @Test func whatBothLinesLoseIsRecoveredByteForByte() throws {
    let (path, bytes) = try scratch.itch(messages: 100_000)
    try expectRecovered(path, bytes, pace: "100000/s")
  }

  /// Messages due together share a packet, as in the venue's own packets.
  @Test(.enabled(if: RealCaptures.itchIsPresent))
  func aDayOfItchIsRecoveredByteForByte() throws {
    let file = [UInt8](try Data(contentsOf: URL(filePath: RealCaptures.itch)))
    let end: [UInt8] = [0, 0]
    let wanted = file.suffix(2) == end[...] ? Array(file.dropLast(2)) : file
    try expectRecovered(RealCaptures.itch, wanted, pace: "20000/s")
  }

  /// A packet of MoldUDP64 has no sending time: of the same session it would be a copy.
  @Test func aSecondPublicationIsNoCopyOfTheFirst() throws {
    let (path, bytes) = try scratch.itch(messages: 5_000)
    let ingest = try RunningIngest(lines, ["--feed", "mold-itch"])
    for _ in 0..<2 { _ = try lines.publish([path, "--keep-times", "--pace", "20000/s"]) }
    let report = try ingest.end()
    #expect(report["run", "session_changes"].count == 1)
    #expect(report["feed", "missing"].count == 0 && report["feed", "messages"].count == 10_000)
    #expect(try ingest.recorded() == bytes + bytes)
  }

  @Test func aNewSessionIsCountedAndLosesNothing() throws {
    let (path, bytes) = try scratch.itch(messages: 10_000)
    let ingest = try RunningIngest(lines, ["--feed", "mold-itch"])
    let published = try lines.publish([path, "--keep-times", "--restart", "--pace", "20000/s"])
    let report = try ingest.end()
    #expect(published["source", "restarts"].count == 1)
    #expect(report["run", "session_changes"].count == 1)
    #expect(report["feed", "restarts"].count == 0 && report["feed", "missing"].count == 0)
    #expect(report["feed", "messages"].count == 10_000)
    #expect(try ingest.recorded() == bytes)
  }
}
