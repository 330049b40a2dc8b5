import Foundation
import Testing

@testable import TickEngine

/// What becomes of a membership when its interface goes. An interface that may be taken down needs
/// a network namespace, and that a process of its own: this one, run anew within.
@Suite(.timeLimit(.minutes(2))) struct InterfaceFaultTests {
  private static let marker = "TICKWAY_TEST_NAMESPACE"
  private static let isWithin = ProcessInfo.processInfo.environment[marker] != nil

  @Test(.disabled(if: isWithin))
  func md5ALineOutlivesItsInterface() throws {
    guard Self.run("unshare", ["-Urn", "ip", "link", "show"]).status == 0 else {
      print("SKIPPED md5ALineOutlivesItsInterface: no network namespace can be made here")
      return
    }
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    // Loopback first: Foundation cannot start a process without it.
    let start = "ip link set lo up && exec \"$0\" \"$@\""
    let within = Self.run(
      "timeout",
      ["60", "unshare", "-Urn", "sh", "-c", start, program]
        + ["--testing-library", "swift-testing", "--filter", "InterfaceFaultTests"],
      [Self.marker: "1"])
    #expect(within.status == 0, "\(within.output)")
    #expect(within.output.contains("within: all done"), "\(within.output)")
  }

  @Test(.enabled(if: isWithin, "md5ALineOutlivesItsInterface runs it, in a namespace"))
  func withinTheNamespace() throws {
    let address = LineAddress.random()
    let noRoute = #expect(throws: ReceiveError.self) { _ = try Self.open(address, nil) }
    #expect(noRoute?.description.contains("no route") == true)
    makeInterface()
    var line = try Self.open(address, "feed0")
    var hadTo = try line.rejoin()
    #expect(!hadTo)
    expectUp(line)
    try expectOne(&line, 1)
    downAndUp(&line)
    try expectOne(&line, 2)
    // The kernel has kept the membership by itself.
    hadTo = try line.rejoin()
    #expect(!hadTo)

    ip("link del feed0")
    let none = try line.receive()
    let isUp = line.isInterfaceUp
    #expect(none == 0 && !isUp)
    #expect(throws: ReceiveError.noSuchInterface("feed0", available: ["lo"])) {
      _ = try line.rejoin()
    }
    makeInterface()
    hadTo = try line.rejoin()
    #expect(hadTo)
    expectUp(line)
    try expectOne(&line, 3)
    hadTo = try line.rejoin()
    #expect(!hadTo)
    try expectOne(&line, 4)
    print("within: all done")
  }

  private func downAndUp(_ line: inout UdpLine) {
    ip("link set feed0 down")
    let count = try? line.receive()
    let isUp = line.isInterfaceUp
    #expect(count == 0 && !isUp)
    let hadTo = try? line.rejoin()
    #expect(hadTo != nil, "a line whose interface is down can still be asked to rejoin")
    ip("link set feed0 up")
    expectUp(line)
  }

  /// The carrier shows a moment after the interface is up.
  private func expectUp(_ line: borrowing UdpLine) {
    let deadline = MonotonicClock.now + 10_000_000_000
    while !line.isInterfaceUp && MonotonicClock.now < deadline { usleep(1_000) }
    let isUp = line.isInterfaceUp
    #expect(isUp)
  }

  /// One end of a cable; what is sent to a group there loops back to this machine's listeners.
  private func makeInterface() {
    ip("link add feed0 type veth peer name feed1")
    ip("addr add 10.77.0.1/24 dev feed0")
    ip("link set feed1 up")
    ip("link set feed0 up")
  }

  private func expectOne(_ line: inout UdpLine, _ value: UInt8) throws {
    let sender = TestSender(
      to: line.address, interface: try NetworkInterface("feed0").index, from: 0x0A4D_0001)
    #expect(sender.send([value]) == 0)
    let taken = try line.take(1)
    #expect(taken == [[value]])
  }

  private func ip(_ words: String) {
    let result = Self.run("ip", words.split(separator: " ").map(String.init))
    #expect(result.status == 0, "ip \(words): \(result.output)")
  }

  private static func open(_ address: LineAddress, _ interface: String?) throws -> UdpLine {
    try UdpLine(address, ReceiveOptions(interface: interface))
  }

  private static func run(
    _ command: String, _ arguments: [String], _ extra: [String: String] = [:]
  ) -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(extra) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    do { try process.run() } catch { return (-1, "\(error)") }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
