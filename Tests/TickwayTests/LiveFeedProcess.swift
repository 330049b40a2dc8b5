import Foundation
import Glibc
import Testing

/// Two lines of a test's own on loopback. Groups are of 239.255.0.0/16, for use within a site
/// (RFC 2365); the port is one that nobody had just now.
struct LiveLines {
  let port: UInt16
  var a: String { "239.255.83.1:\(port)" }
  var b: String { "239.255.83.2:\(port)" }

  init() throws { port = try UdpReceiver(group: "127.0.0.1").port }

  static let interface = ["--interface", "127.0.0.1"]
  var onlyA: [String] { ["--line-a", a] + Self.interface }
  var both: [String] { ["--line-a", a, "--line-b", b] + Self.interface }

  /// Plays captures to the end.
  func publish(_ arguments: [String], within seconds: Double = 60) throws -> JSONValue {
    let result = try Command.run(
      ["publish"] + arguments + both + ["--json", "-"], within: seconds)
    try #require(result.status == 0, "\(result.error)")
    return try JSONValue(result.output)
  }
}

/// A `tickway ingest` of a test's own, which listens when this is made; killed with it.
final class RunningIngest {
  let process: Running
  private let folder = Scratch()

  init(_ lines: LiveLines, _ arguments: [String], lineArguments: [String]? = nil) throws {
    process = try Command.start(
      ["ingest"] + (lineArguments ?? lines.both)
        + ["--ring-dir", folder.path, "--record", folder["record"], "--json", "-"] + arguments)
    let running = process
    // The roles start after the sockets: what comes from here on is received.
    let isListening = eventually(within: 20) {
      running.error.contains("share") || running.error.contains("spin") || !running.isRunning
    }
    try #require(isListening && running.isRunning, "\(running.error)")
  }

  var ringDirectory: String { folder.path }
  /// Its regions, and what it recorded.
  var names: [String] { folder.names }
  func bytes(_ name: String) throws -> [UInt8] { try folder.bytes(name) }

  /// Whether the operator is told that, in time.
  func tells(_ words: String, within seconds: Double) -> Bool {
    eventually(within: seconds) { process.error.contains(words) }
  }

  /// Asks it to stop, and returns its report.
  func end() throws -> JSONValue {
    process.signal(SIGTERM)
    let result = try process.wait(within: 30)
    try #require(result.status == 143, "\(result.error)")
    return try JSONValue(result.output)
  }

  /// What it recorded; there once it has ended.
  func recorded() throws -> [UInt8] { try folder.bytes("record") }

  /// Of each recorded tick its series, and its quantity or code.
  func ticks() throws -> [(series: UInt32, quantity: UInt32)] {
    let bytes = try recorded()
    func u32(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    return stride(from: 0, to: bytes.count, by: 24).map { (u32($0 + 8), u32($0 + 20)) }
  }

  /// Codes of the status ticks for the whole feed, in their order.
  func feedCodes() throws -> [UInt32] {
    try ticks().filter { $0.series == FeedCode.series }.map(\.quantity)
  }
}

/// Codes of the feed's status ticks (README).
enum FeedCode {
  /// The series that they are in: instrument 0, kind 6.
  static let series: UInt32 = 6
  static let gap: UInt32 = 16
  static let restart: UInt32 = 17
  static let stale: UInt32 = 18
  static let degraded: UInt32 = 19
  static let recovered: UInt32 = 20
}

/// Sends to a group on loopback whatever a test likes.
final class UdpSender {
  private let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
  private var name = sockaddr_in()

  /// - Parameter line: GROUP:PORT.
  init(_ line: String) throws {
    let parts = line.split(separator: ":")
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = try #require(UInt16(parts[1])).bigEndian
    try #require(inet_pton(AF_INET, String(parts[0]), &name.sin_addr) == 1)
    var loopback = in_addr()
    inet_pton(AF_INET, "127.0.0.1", &loopback)
    let code = setsockopt(
      descriptor, Int32(IPPROTO_IP), IP_MULTICAST_IF, &loopback,
      socklen_t(MemoryLayout<in_addr>.size))
    try #require(code == 0)
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) { sendDatagram(bytes, from: descriptor, to: name) }
}

extension Scratch {
  /// Makes a raw ITCH file of messages of several lengths, `gap_ns` apart, from a seed; without a
  /// mark of the end, as a recording has none.
  func itch(
    _ name: String = "day.itch", messages: Int, gap_ns: Int = 5_000, seed: UInt64 = 7
  ) throws -> (path: String, bytes: [UInt8]) {
    let types: [(Character, Int)] = [("A", 36), ("E", 31), ("X", 23), ("D", 19), ("U", 35)]
    var bytes: [UInt8] = []
    bytes.reserveCapacity(messages * 31)
    var state = seed
    for index in 0..<messages {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let (type, length) = types[Int(state >> 33) % types.count]
      bytes += [0, UInt8(length), type.asciiValue!, 0, 1, 0, 2]
      let time = 34_200_000_000_000 + index * gap_ns
      for shift in stride(from: 40, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: time >> shift))
      }
      for place in 0..<(length - 11) {
        bytes.append(UInt8(truncatingIfNeeded: state >> UInt64(place % 8 * 8)) &+ UInt8(place))
      }
    }
    try Data(bytes).write(to: URL(filePath: self[name]))
    return (self[name], bytes)
  }
}
