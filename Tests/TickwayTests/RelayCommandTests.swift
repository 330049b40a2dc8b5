import Foundation
import Glibc
import TickRing
import Testing

/// `tickway relay` as a process: what it refuses, and how it ends.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct RelayCommandTests {
  private let scratch = Scratch()

  private func relay(_ options: [String]) -> [String] {
    ["relay", "--ring", "day.ticks.0", "--ring-dir", scratch.path] + options
  }

  private func makeRing() throws {
    _ = try Region.create(.ticks, directory: scratch.path, name: "day.ticks.0", capacity: 1_024)
    _ = try Region.create(
      .directory, directory: scratch.path, name: "day.directory", capacity: 1_024)
  }

  private static let line = ["--line-a", "239.192.7.1:24681", "--interface", "127.0.0.1"]

  @Test func whatCannotBeRelayedIsSaid() throws {
    let absent = try Command.run(relay(Self.line), within: 20)
    #expect(absent.status == 66 && absent.error.contains("start whoever publishes the ring"))
    try makeRing()
    let options = [
      ["--line-b", "239.192.7.1:24681"], ["--loss", "2"], ["--requests", "nowhere"],
      ["--requests", "239.1.1.1:0"], ["--linger", "1e9"], ["--retain", "0"], ["--restart"],
      ["--ttl", "256"],
    ]
    for option in options {
      let result = try Command.run(relay(Self.line + option), within: 20)
      #expect(result.status == 64, "\(option): \(result.error)")
      #expect(result.error.contains("tickway relay: "), "\(option): \(result.error)")
    }
    let foreign = try Command.run(relay(["--line-a", "239.192.7.1:24681x"]), within: 20)
    #expect(foreign.status == 64)
  }

  @Test func aRingThatIsConsumedIsBusy() throws {
    try makeRing()
    let consumer = try TickConsumer(
      claiming: Region.attach(.ticks, directory: scratch.path, name: "day.ticks.0"))
    let result = try Command.run(relay(Self.line), within: 20)
    #expect(result.status == 5 && result.error.contains("a ring has one consumer"))
    #expect(consumer.polled == 0)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalIsItsProperEnd(_ signal: Int32) throws {
    try makeRing()
    let running = try Command.start(
      relay(Self.line + ["--requests", "127.0.0.1:0", "--linger", "0", "--json", "-"]))
    let isReady = eventually(within: 20) { running.error.contains("relaying") }
    #expect(isReady && running.error.contains("requests at 127.0.0.1:"), "\(running.error)")
    running.signal(signal)
    let result = try running.wait(within: 20)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("\"schema\" : \"tickway.relay/1\""))
    #expect(result.output.contains("\"offered\" : 5"), "\(result.output)")
    #expect(scratch.names == ["day.directory", "day.ticks.0"])
  }
}
