import Foundation
import Glibc
import Testing

/// Captures that are cut or damaged: what is whole before the damage is published, and the rest is
/// said, in the words of `replay`.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct PublishDamageTests {
  private let scratch = Scratch()
  private let line: UdpReceiver

  init() throws { line = try UdpReceiver(group: "239.255.77.4") }

  private func publish(_ paths: [String], _ options: [String] = []) throws -> JSONValue {
    let arguments =
      ["publish"] + paths + ["--line-a", line.line, "--interface", "127.0.0.1", "--pace", "max"]
    let result = try Command.run(arguments + options + ["--json", scratch["report.json"]])
    try #require(result.status == 0, "\(result.error)")
    let report = try JSONValue(try scratch.text("report.json"))
    // People read the same.
    let told = result.output.split(separator: "\n").map { $0.split(separator: " ") }
    let isCut = report["source", "cut_tail"].flag == true
    #expect(told.contains(["cut", "tail", isCut ? "yes" : "no"]))
    for name in ["truncated", "ignored"] {
      #expect(told.contains([name[...], "\(report["source", name].count ?? 0)"]), "\(name)")
    }
    return report
  }

  private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(filePath: scratch[name]))
    return scratch[name]
  }

  /// Fields of the report's source.
  private func expect(
    _ report: JSONValue, _ counts: [String: UInt64], isCut: Bool,
    _ place: SourceLocation = #_sourceLocation
  ) {
    for (name, count) in counts {
      #expect(report["source", name].count == count, "\(name)", sourceLocation: place)
    }
    #expect(report["source", "cut_tail"].flag == isCut, sourceLocation: place)
  }

  @Test func anItchFileCutInAMessageIsPublishedUpToIt() throws {
    let (whole, bytes) = try scratch.itch(messages: 100)
    expect(try publish([whole]), ["messages": 100, "malformed": 0], isCut: false)
    let cut = try file("cut.itch", Array(bytes.dropLast(5)))
    expect(try publish([cut]), ["messages": 99, "malformed": 0], isCut: true)
    // In any of several files.
    expect(try publish([cut, whole]), ["messages": 199], isCut: true)
    #expect(line.drain().count > 0)
  }

  @Test func aCutGzipIsPublishedUpToItsEnd() throws {
    let (path, _) = try scratch.itch(messages: 4_000)
    let gzip = try Running(["gzip", "-9", path]).wait(within: 30)
    try #require(gzip.status == 0, "\(gzip.error)")
    let packed = try scratch.bytes("day.itch.gz")
    let report = try publish([try file("cut.itch.gz", Array(packed.dropLast(packed.count / 3)))])
    expect(report, ["malformed": 0], isCut: true)
    #expect((1..<4_000).contains(report["source", "messages"].count ?? 0))
  }

  @Test func garbageInAnItchFileIsCounted() throws {
    let (_, bytes) = try scratch.itch(messages: 10)
    // An add order without a body, a type that nobody knows, a mark of the end and more behind.
    let garbage: [UInt8] = [0, 3, 0x41, 0, 1, 0, 2, 0x7A, 9, 0, 0, 1, 2, 3]
    let report = try publish([try file("garbage.itch", bytes + garbage)])
    expect(
      report, ["messages": 11, "malformed": 1, "unknown": 1, "trailing_bytes": 3], isCut: false)
    let wanted = bytes + [0, 2, 0x7A, 9]
    #expect(line.drain().reduce(0) { $0 + $1.count - 20 } == wanted.count)
  }

  @Test(arguments: [[], ["--as", "mold"], ["--messages-per-packet", "7"]])
  func aCutCaptureIsPublishedUpToThere(_ options: [String]) throws {
    _ = try scratch.synth(messages: 300, symbols: 20)
    let bytes = try scratch.bytes("day.pcap")
    let last = try #require(PcapFile(bytes).records.last)
    let packets = PcapFile(bytes).records.count
    // One packet of which the capture kept only the beginning, and one of something else.
    var damaged = Array(bytes.dropLast(5))
    let first = PcapFile(bytes).records[packets / 2].lowerBound
    damaged[first + 13] &+= 1
    let other = PcapFile(bytes).records[packets / 3].lowerBound
    damaged[other + 16 + 42] = 9
    let report = try publish([try file("cut.pcap", damaged)], options)
    expect(report, ["truncated": 1, "ignored": 1, "malformed": 0, "too_long": 0], isCut: true)
    if options.isEmpty { expect(report, ["packets": UInt64(packets - 3)], isCut: true) }
    #expect(last.upperBound == bytes.count)
  }

  @Test func messagesThatTheirPacketEndsInAreCounted() throws {
    _ = try scratch.synth(messages: 300, symbols: 20)
    var bytes = try scratch.bytes("day.pcap")
    let records = PcapFile(bytes).records
    let packet = try #require(
      records.map { $0.lowerBound + 16 + 42 }.first { bytes[$0 + 14] > 1 })
    let messages = UInt64(bytes[packet + 14])
    // The first length lies.
    bytes[packet + 41] = 0xFF
    let lying = try file("lying.pcap", bytes)
    for options in [["--as", "mold"], ["--messages-per-packet", "7"]] {
      let report = try publish([lying], options)
      expect(report, ["messages": 300 - messages, "malformed": messages], isCut: false)
    }
  }

  @Test(.enabled(if: RealCaptures.arePresent))
  func aRecordedDayThatIsCutSaysWhatReplaySays() throws {
    let report = try publish([RealCaptures.truncated])
    expect(report, ["packets": 2, "messages": 53], isCut: true)
  }
}
