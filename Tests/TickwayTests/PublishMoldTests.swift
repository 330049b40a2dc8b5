import Foundation
import Glibc
import Testing

/// Messages as MoldUDP64, received by a plain socket on loopback.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct PublishMoldTests {
  private let scratch = Scratch()
  private let line: UdpReceiver

  init() throws { line = try UdpReceiver(group: "239.255.77.3") }

  /// System events of ITCH 5.0, `gap_ns` apart.
  private func itch(
    messages count: Int, gap_ns: Int
  ) throws -> (path: String, messages: [[UInt8]]) {
    let messages = (0..<count).map { index -> [UInt8] in
      let time = 34_200_000_000_000 + index * gap_ns
      let clock = (0..<6).map { UInt8(truncatingIfNeeded: time >> (8 * (5 - $0))) }
      return [0x53, 0, 0, 0, UInt8(index % 256)] + clock + [UInt8(ascii: "O")]
    }
    let bytes: [UInt8] = messages.flatMap { [0, UInt8($0.count)] + $0 } + [0, 0]
    try Data(bytes).write(to: URL(filePath: scratch["day.itch"]))
    return (scratch["day.itch"], messages)
  }

  private struct Packet {
    var session: String
    var sequence: Int
    var count: Int
    var messages: [[UInt8]] = []

    init(_ bytes: [UInt8]) {
      session = String(decoding: bytes[0..<10], as: UTF8.self)
      sequence = bytes[10..<18].reduce(0) { $0 << 8 | Int($1) }
      count = Int(bytes[18]) << 8 | Int(bytes[19])
      var at = 20
      while at + 2 <= bytes.count {
        let length = Int(bytes[at]) << 8 | Int(bytes[at + 1])
        messages.append(Array(bytes[(at + 2)..<(at + 2 + length)]))
        at += 2 + length
      }
    }
  }

  private func publish(_ arguments: [String]) throws -> (packets: [Packet], report: JSONValue) {
    let result = try Command.run(
      ["publish"] + arguments + [
        "--line-a", line.line, "--interface", "127.0.0.1", "--pace", "max", "--json", "-",
      ])
    try #require(result.status == 0, "\(result.error)")
    return (line.drain().map(Packet.init), try JSONValue(result.output))
  }

  @Test func anItchFileIsPublishedMessageByMessage() throws {
    let (path, messages) = try itch(messages: 400, gap_ns: 5_000)
    let (packets, report) = try publish([path, "--keep-times", "--session", "DAY1"])
    #expect(packets.flatMap(\.messages) == messages)
    var next = 1
    for packet in packets {
      #expect(packet.session == "DAY1      " && packet.sequence == next)
      // Within 20 µs: five messages.
      #expect([0xFFFF, 5].contains(packet.count))
      next += packet.messages.count
    }
    #expect(packets.suffix(5).allSatisfy { $0.count == 0xFFFF })
    #expect(packets.dropLast(5).allSatisfy { $0.count == 5 })
    #expect(report["source", "framing"].text == "mold")
    #expect(report["source", "messages"].count == 400)
  }

  @Test func itchTimesAreThoseOfSendingWithTheirDifferences() throws {
    let (path, _) = try itch(messages: 60, gap_ns: 5_000)
    let (packets, _) = try publish([path])
    for packet in packets where packet.count != 0xFFFF {
      let times = packet.messages.map { $0[5..<11].reduce(0) { $0 << 8 | Int($1) } }
      let differences = zip(times, times.dropFirst()).map { $1 - $0 }
      #expect(differences.allSatisfy { $0 == 5_000 })
      #expect(times.allSatisfy { (0..<90_000_000_000_000).contains($0) })
    }
  }

  @Test func aRestartIsAnotherSession() throws {
    let (path, messages) = try itch(messages: 100, gap_ns: 50_000)
    let (packets, report) = try publish(
      [path, "--keep-times", "--restart", "--session", "TICKWAY001"])
    #expect(report["source", "restarts"].count == 1)
    let sessions = packets.map(\.session)
    #expect(Set(sessions) == ["TICKWAY001", "TICKWAY002"])
    let second = packets.filter { $0.session == "TICKWAY002" }
    #expect(report["source", "session"].text == "TICKWAY002")
    #expect(second.first?.sequence == 1)
    #expect(second.flatMap(\.messages) == Array(messages[50...]))
  }

  /// Or its packets would be copies of those before.
  @Test func eachStartIsAnotherSessionAndSeededFaultsAreTheSame() throws {
    let (path, _) = try itch(messages: 400, gap_ns: 50_000)
    let faults = ["--loss", "0.2", "--duplicate", "0.1", "--reorder", "0.1", "--seed", "3"]
    let runs = try (0..<2).map { _ in try publish([path, "--keep-times"] + faults) }
    let sessions = runs.map { Set($0.packets.map(\.session)) }
    #expect(sessions[0].count == 1 && sessions[1].count == 1 && sessions[0] != sessions[1])
    for (run, session) in zip(runs, sessions) {
      #expect(session.first == run.report["source", "session"].text)
    }
    let sequences = runs.map { $0.packets.map(\.sequence) }
    #expect(sequences[0] == sequences[1] && sequences[0] != sequences[0].sorted())
  }

  @Test func theMessagesOfAnIexCaptureAreCarriedUnchanged() throws {
    let day = try scratch.synth(messages: 300, symbols: 20)
    let (packets, _) = try publish([day, "--as", "mold", "--keep-times"])
    let file = try scratch.bytes("day.pcap")
    var wanted: [[UInt8]] = []
    for record in PcapFile(file).records {
      var at = record.lowerBound + 16 + 42 + 40
      while at < record.upperBound {
        let length = Int(file[at]) | Int(file[at + 1]) << 8
        wanted.append(Array(file[(at + 2)..<(at + 2 + length)]))
        at += 2 + length
      }
    }
    #expect(packets.flatMap(\.messages) == wanted && wanted.count == 300)
  }

  @Test func aRequestIsAnsweredWithTheSameBytes() throws {
    let (path, _) = try itch(messages: 200, gap_ns: 50_000)
    let asker = try UdpReceiver(group: "127.0.0.1")
    let running = try Command.start([
      "publish", path, "--line-a", line.line, "--interface", "lo", "--pace", "max",
      "--requests", "127.0.0.1:0", "--session", "DAY1", "--json", "-",
    ])
    // Of any port it tells which it got.
    let told = ", session DAY1, requests at 127.0.0.1:"
    let isTold = eventually(within: 30) {
      running.error.contains(told) && running.error.hasSuffix("\n")
    }
    #expect(isTold, "\(running.error)")
    let port = try #require(
      running.error.split { ":\n".contains($0) }.last.flatMap { UInt16($0) }, "\(running.error)")
    var packets: [Packet] = []
    let ended = eventually(within: 30) {
      packets += line.drain().map(Packet.init)
      return packets.last?.count == 0xFFFF
    }
    #expect(ended)
    let request = Array("DAY1      ".utf8) + [0, 0, 0, 0, 0, 0, 0, 7, 0, 9]
    var answers: [Packet] = []
    // A request may be lost; whoever asks, asks again.
    let isAnswered = eventually(within: 30) {
      asker.send(request, toPort: port)
      usleep(20_000)
      answers += asker.drain().map(Packet.init)
      return !answers.isEmpty
    }
    #expect(isAnswered)
    let answer = try #require(answers.first)
    #expect(answer.session == "DAY1      " && answer.sequence == 7 && answer.count == 9)
    #expect(answer.messages == Array(packets.flatMap(\.messages)[6..<15]))
    running.signal(SIGTERM)
    #expect(try running.wait(within: 30).status == 143)
  }
}
