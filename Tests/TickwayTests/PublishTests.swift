import Foundation
import Glibc
import Testing

/// Captures as multicast, received by a plain socket on loopback.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct PublishTests {
  private let scratch = Scratch()
  private let a: UdpReceiver
  private let b: UdpReceiver

  init() throws {
    a = try UdpReceiver(group: "239.255.77.1")
    b = try UdpReceiver(group: "239.255.77.2")
  }

  /// About a hundred packets over 40 s of its own time.
  private func day() throws -> String { try scratch.synth(messages: 300, symbols: 20) }

  /// Publishes on both lines, and returns the report.
  private func publish(
    _ arguments: [String], status: Int32 = 0, pace: String = "max"
  ) throws -> JSONValue {
    let result = try Command.run(
      ["publish"] + arguments + [
        "--line-a", a.line, "--line-b", b.line, "--interface", "127.0.0.1", "--pace", pace,
        "--json", "-",
      ])
    try #require(result.status == status, "\(result.error)")
    return try JSONValue(result.output)
  }

  /// The datagrams of a capture that `synth` made.
  private func payloads(_ path: String) throws -> [[UInt8]] {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    return PcapFile(bytes).records.map { Array(bytes[($0.lowerBound + 16 + 42)..<$0.upperBound]) }
  }

  private func u16(_ packet: [UInt8], _ offset: Int) -> Int {
    Int(packet[offset]) | Int(packet[offset + 1]) << 8
  }

  private func u64(_ packet: [UInt8], _ offset: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(packet[offset + $1]) << UInt64(8 * $1) }
  }

  @Test func bothLinesAreTheCapturesBytesIfItsTimesAreKept() throws {
    let path = try day()
    let report = try publish([path, "--keep-times"])
    let wanted = try payloads(path)
    for packets in [a.drain(), b.drain()] {
      #expect(Array(packets.prefix(wanted.count)) == wanted)
      // The end: heartbeats that say which sequence would be next.
      let tail = packets.dropFirst(wanted.count)
      #expect(tail.count == 5)
      for packet in tail {
        #expect(packet.count == 40 && u16(packet, 14) == 0 && u64(packet, 24) == 301)
      }
    }
    #expect(report["schema"].text == "tickway.publish/1")
    #expect(report["source", "messages"].count == 300)
    #expect(report["source", "packets"].count == UInt64(wanted.count))
  }

  @Test func timesAreThoseOfSendingAndTheLinesAreAlike() throws {
    let path = try day()
    let before = UInt64(Date().timeIntervalSince1970 * 1e9)
    _ = try publish([path], pace: "200x")
    let after = UInt64(Date().timeIntervalSince1970 * 1e9)
    let wanted = try payloads(path)
    let packets = Array(a.drain().prefix(wanted.count))
    // The heartbeats at the end are made once for both lines, too.
    #expect(Array(b.drain().prefix(wanted.count)) == packets)
    for (packet, original) in zip(packets, wanted) {
      let sent = u64(packet, 32)
      #expect(sent > before - 1_000_000_000 && sent < after + 1_000_000_000)
      let difference = sent &- u64(original, 32)
      var offset = 40
      for _ in 0..<u16(packet, 14) {
        #expect(u64(packet, offset + 4) &- u64(original, offset + 4) == difference)
        offset += 2 + u16(packet, offset)
      }
    }
    // Nothing but times differs.
    for (packet, original) in zip(packets, wanted) {
      #expect(packet.count == original.count && packet.prefix(32) == original.prefix(32))
    }
  }

  private static let faults = [
    "--loss", "0.1", "--burst-loss", "a:0.02", "--duplicate", "0.1", "--reorder", "0.1",
    "--delay", "0.1", "--corrupt", "b:0.1", "--seed", "5",
  ]

  @Test func oneSeedSendsTheSameBytesAtAnyFactor() throws {
    let path = try day()
    let first = try publish([path, "--keep-times"] + Self.faults)
    let packets = (a.drain(), b.drain())
    let second = try publish([path, "--keep-times"] + Self.faults, pace: "400x")
    let again = (a.drain(), b.drain())
    // The closing heartbeats bear the time of their sending.
    #expect(plan(packets.0) == plan(again.0) && plan(packets.1) == plan(again.1))
    #expect(plan(packets.0) != plan(packets.1))
    for line in 0..<2 {
      for name in ["offered", "sent", "lost", "duplicated", "reordered", "delayed", "corrupted"] {
        let counts = [first, second].map { $0["lines"].list[line][name].count }
        #expect(counts[0] == counts[1], "\(name)")
      }
    }
  }

  /// Without what was stamped with the time of day.
  private func plan(_ packets: [[UInt8]]) -> [[UInt8]] {
    packets.filter { $0.count != 40 || u64($0, 32) < 1_600_000_000_000_000_000 }
  }

  @Test func theCountsOfALossyRunAreThoseOfItsReceivers() throws {
    let path = try day()
    let report = try publish([path, "--loss", "0.2", "--duplicate", "a:0.1", "--reorder", "0.1"])
    var seen: [Set<UInt64>] = []
    for (line, packets) in [a.drain(), b.drain()].enumerated() {
      let entry = report["lines"].list[line]
      #expect(entry["sent"].count == UInt64(packets.count))
      seen.append(
        packets.reduce(into: []) { set, packet in
          let first = u64(packet, 24)
          for index in 0..<u16(packet, 14) { set.insert(first + UInt64(index)) }
        })
    }
    let all = Set(1...300 as ClosedRange<UInt64>)
    let lost = report["missing", "lost"]
    #expect(lost["all"].count == UInt64(all.subtracting(seen[0]).subtracting(seen[1]).count))
    #expect(lost["a_only"].count == UInt64(seen[1].subtracting(seen[0]).count))
    #expect(lost["b_only"].count == UInt64(seen[0].subtracting(seen[1]).count))
    #expect(lost["all"].count ?? 0 > 0 && lost["a_only"].count ?? 0 > 0)
  }

  @Test func aRestartBeginsWithAHeartbeatAndCountsFromOneAgain() throws {
    let path = try day()
    let report = try publish([path, "--restart"])
    #expect(report["source", "restarts"].count == 1)
    let packets = a.drain()
    // The capture itself begins with heartbeats that say 1.
    let places = packets.indices.dropFirst()
    let restart = try #require(
      places.first { u64(packets[$0], 24) == 1 && u64(packets[$0 - 1], 24) > 1 })
    #expect(u16(packets[restart], 14) == 0 && packets[restart].count == 40)
    #expect(packets[restart][8..<12] == packets[0][8..<12])
    var next: UInt64 = 1
    var offset: UInt64 = 0
    for packet in packets[restart...] {
      #expect(u64(packet, 24) == next && u64(packet, 16) == offset)
      next += UInt64(u16(packet, 14))
      offset += UInt64(u16(packet, 12))
    }
    #expect(packets.reduce(0) { $0 + u16($1, 14) } == 300)
  }

  @Test func messagesAreRepackedWithoutChange() throws {
    let path = try day()
    _ = try publish([path, "--keep-times", "--messages-per-packet", "20"])
    let packets = a.drain().dropLast(5)
    #expect(packets.dropLast().allSatisfy { u16($0, 14) == 20 && $0.count <= 1_400 })
    let sequences: [UInt64] = packets.map { u64($0, 24) }
    #expect(sequences == Array(stride(from: 1, to: 301, by: 20)))
    let wanted: [UInt8] = try payloads(path).flatMap { $0.dropFirst(40) }
    let messages: [UInt8] = packets.flatMap { $0.dropFirst(40) }
    #expect(messages == wanted)
  }

  @Test func aSignalEndsItWithHeartbeatsAndItsReport() throws {
    let path = try day()
    let running = try Command.start([
      "publish", path, "--line-a", a.line, "--interface", "lo", "--pace", "0.01x", "--json", "-",
    ])
    var packets: [[UInt8]] = []
    let began = eventually(within: 20) {
      packets += a.drain()
      return !packets.isEmpty
    }
    #expect(began)
    running.signal(SIGINT)
    let result = try running.wait(within: 20)
    #expect(result.status == 130)
    packets += a.drain()
    let report = try JSONValue(result.output)
    #expect(report["run", "stopped"].flag == true)
    let last = try #require(packets.last)
    #expect(u16(last, 14) == 0)
    // What it says is next follows what was sent, and not what was read ahead.
    let sent = packets.reduce(0) { $0 + u16($1, 14) }
    #expect(u64(last, 24) == UInt64(sent) + 1)
    #expect(packets.count == Int(report["lines"].list[0]["sent"].count ?? 0))
  }

  @Test func whatCannotBePublishedIsRefused() throws {
    let path = try day()
    let line = ["--line-a", a.line, "--interface", "lo"]
    let text = try scratch.write("Date,Open\n", to: "prices.csv")
    let cases: [([String], Int32, String)] = [
      ([path, "--line-a", a.line, "--interface", "nope0"], 64, "no interface"),
      ([path, "--line-a", "group:1"], 64, "239.1.2.3:5000"),
      ([path, "--line-b", a.line] + line, 64, "the same address"),
      ([path, "--pace", "fast"] + line, 64, "300000/s"),
      ([path, "--bursts", "10ms:10"] + line, 64, "--pace"),
      ([path, "--loss", "2"] + line, 64, "from 0 to 1"),
      ([path, "--as", "fix"] + line, 64, "iex or mold"),
      ([path, "--requests", "127.0.0.1:5100"] + line, 64, "--as mold"),
      ([path, "--as", "mold", "--session", "much too long"] + line, 64, "--session"),
      ([scratch["absent"]] + line, 66, "No such file"),
      ([text] + line, 65, "is not a capture"),
      ([path, "--json", "/proc/none"] + line, 73, "/proc/none"),
    ]
    for (arguments, code, says) in cases {
      let result = try Command.run(["publish"] + arguments, within: 10)
      #expect(result.status == code, "\(arguments): \(result.error)")
      #expect(result.error.contains(says), "\(arguments): \(result.error)")
      #expect(result.error.hasPrefix("tickway publish: ") && result.output.isEmpty)
    }
    #expect(a.drain().isEmpty && b.drain().isEmpty)
  }
}
