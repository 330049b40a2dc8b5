import Foundation
import Glibc
import Testing

/// Datagrams that lie, among good ones: counted by kind, and not one good message lost.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LiveHostileTests {
  private let scratch = Scratch()
  private let lines: LiveLines

  init() throws { lines = try LiveLines() }

  /// An IEX-TP header of a channel of its own, with what it says of itself.
  private static func iex(
    version: UInt8 = 1, messageProtocol: UInt8 = 3, payload: Int, count: Int
  ) -> [UInt8] {
    var bytes: [UInt8] = [version, 0, messageProtocol, 0x80, 99, 0, 0, 0, 1, 0, 0, 0]
    bytes += [UInt8(payload & 0xFF), UInt8(payload >> 8), UInt8(count & 0xFF), UInt8(count >> 8)]
    bytes += [UInt8](repeating: 0, count: 8) + [1] + [UInt8](repeating: 0, count: 7)
    let now = UInt64(Date().timeIntervalSince1970 * 1e9)
    return bytes + (0..<8).map { UInt8(truncatingIfNeeded: now >> UInt64(8 * $0)) }
  }

  /// Sends each of these on line A, 50 times, while a publisher plays a day on both.
  private func attack(
    with datagrams: [[UInt8]], _ ingest: RunningIngest, _ capture: [String]
  ) throws -> JSONValue {
    let sender = try UdpSender(lines.a)
    let publisher = try Command.start(
      ["publish", "--pace", "4000/s"] + capture + lines.both)
    #expect(ingest.tells("line B: live", within: 20))
    for _ in 0..<50 {
      for datagram in datagrams { sender.send(datagram) }
      usleep(5_000)
    }
    #expect(publisher.isRunning, "the attack was too late")
    #expect(try publisher.wait(within: 30).status == 0)
    #expect(ingest.tells("datagrams damaged, or not of this feed: ", within: 5))
    #expect(ingest.tells("dropped as longer than --max-datagram: ", within: 5))
    return try ingest.end()
  }

  private static let empty: [UInt8] = []
  private static let giant = [UInt8](repeating: 1, count: 3_000)
  private static let text = Array("GET / HTTP/1.1\r\nHost: somebody.else\r\n\r\n".utf8)

  @Test func liesAmongIexPacketsAreCountedByKind() throws {
    let foreign = [
      Self.text, Self.iex(version: 2, payload: 0, count: 0),
      Self.iex(messageProtocol: 9, payload: 0, count: 0), [1],
      Array("TICKWAY001".utf8) + [0, 0, 0, 0, 0, 0, 0, 1, 0, 0],
    ]
    let malformed = [
      Array(Self.iex(payload: 0, count: 0).prefix(10)), Self.iex(payload: 1_000, count: 1),
      Self.iex(payload: 4, count: 60_000) + [0, 0, 0, 0],
    ]
    // A packet of its own stream, whose messages pass its end.
    let liar = Self.iex(payload: 8, count: 2) + [0xFF, 0xFF, 1, 2, 3, 4, 5, 6]
    let ingest = try RunningIngest(lines, ["--feed", "iex", "--wait-us", "5000000"])
    let path = try scratch.synth(messages: 6_000, symbols: 20)
    let report = try attack(
      with: foreign + malformed + [liar, Self.empty, Self.giant], ingest, [path])
    let a = report["feed", "lines"].list[0]
    #expect(a["empty"].count == 50 && a["too_long"].count == 50)
    #expect(a["foreign"].count == 250 && report["feed", "foreign"].count == 250)
    #expect(a["malformed"].count == 200 && report["feed", "malformed"].count == 200)
    #expect(report["feed", "messages"].count == 6_000 && report["feed", "missing"].count == 0)
    #expect(report["feed", "restarts"].count == 0)
    let b = report["feed", "lines"].list[1]
    #expect(b["foreign"].count == 0 && b["malformed"].count == 0 && b["empty"].count == 0)
  }

  /// Any bytes may name a session: what is not whole must not end the one that is followed.
  @Test func liesAmongMoldPacketsAreCountedByKind() throws {
    let other = Array("SOMEBODY01".utf8)
    let malformed = [
      Self.text, Self.iex(payload: 0, count: 0), other + [0, 0, 0, 0, 0, 0, 0, 1, 0, 9],
      other + [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 20, 1, 2, 3],
      other + [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 1, 2, 3],
      other + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0],
    ]
    let (path, bytes) = try scratch.itch(messages: 6_000)
    let ingest = try RunningIngest(lines, ["--feed", "mold-itch", "--wait-us", "5000000"])
    let report = try attack(
      with: malformed + [[1, 2, 3], Self.empty, Self.giant], ingest,
      [path, "--keep-times", "--messages-per-packet", "3"])
    let a = report["feed", "lines"].list[0]
    #expect(a["empty"].count == 50 && a["too_long"].count == 50 && a["foreign"].count == 50)
    #expect(a["malformed"].count == 300 && report["feed", "malformed"].count == 300)
    #expect(report["feed", "messages"].count == 6_000 && report["feed", "missing"].count == 0)
    #expect(report["run", "session_changes"].count == 0)
    #expect(try ingest.recorded() == bytes)
  }

  /// Not of the venue, and not of its life either: a line on which nothing else comes is not live.
  @Test func whatIsDamagedIsNoSignOfLife() throws {
    let ingest = try RunningIngest(lines, ["--feed", "ticks"], lineArguments: lines.onlyA)
    let sender = try UdpSender(lines.a)
    let isTold = eventually(within: 20) {
      sender.send(Self.text)
      return ingest.process.error.contains("datagrams damaged, or not of this feed: ")
    }
    #expect(isTold, "\(ingest.process.error)")
    let report = try ingest.end()
    #expect(report["feed", "lines"].list[0]["state"].text == "never_seen")
    #expect(report["feed", "state"].text == "never_seen" && report["feed", "malformed"].count! > 0)
  }
}
