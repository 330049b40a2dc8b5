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
      ["--requests", "239.1.1.1:0"], ["--linger", "1e9"], ["--retain", "0"],
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

  @Test func messagesToKeepThatFindNoMemoryAreRefused() throws {
    try makeRing()
    let result = try Running(
      ["sh", "-c", "ulimit -v 3000000; exec \"$@\"", "-", Command.path]
        + relay(Self.line + ["--retain", "100000000"])
    ).wait(within: 20)
    #expect(result.status == 75, "\(result.error)")
    // 2^27 places, and 10^8 ticks.
    let told = "tickway relay: no memory for tables of 4352 MiB: give a smaller --retain"
    #expect(result.error.contains(told), "\(result.error)")
  }

  @Test func aRingThatIsConsumedIsBusy() throws {
    try makeRing()
    let consumer = try TickConsumer(
      claiming: Region.attach(.ticks, directory: scratch.path, name: "day.ticks.0"))
    let result = try Command.run(relay(Self.line), within: 20)
    #expect(result.status == 5 && result.error.contains("a ring has one consumer"))
    #expect(consumer.polled == 0)
  }

  /// Receivers must not take the silence of a dead ingester for that of the market.
  @Test func aRingThatNobodyPublishesToIsSilentOnItsLines() throws {
    try makeRing()
    let receiver = try UdpReceiver(group: "239.255.83.9")
    let running = try Command.start(
      relay(["--line-a", receiver.line, "--interface", "127.0.0.1", "--linger", "0"]))
    let told = "nobody publishes to day.ticks.0"
    let isTold = eventually(within: 20) { running.error.contains(told) }
    #expect(isTold, "\(running.error)")
    // Two heartbeats' time.
    usleep(2_500_000)
    #expect(receiver.drain().isEmpty)
    let producer = try TickProducer(
      claiming: Region.attach(.ticks, directory: scratch.path, name: "day.ticks.0"))
    #expect(eventually(within: 20) { !receiver.drain().isEmpty })
    #expect(eventually(within: 20) { running.error.contains("is published to again") })
    #expect(producer.published == 0)
    running.signal(SIGTERM)
    #expect(try running.wait(within: 20).status == 0)
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

  /// A relay that restarts, and who follows it: where the restart is among the ticks, which are
  /// otherwise those of the ring.
  private func restart(seed: String) throws -> Int {
    let place = Scratch()
    var producer = try TickProducer(
      claiming: Region.create(.ticks, directory: place.path, name: "r", capacity: 4_096))
    var names = try DirectoryWriter(
      claiming: Region.create(.directory, directory: place.path, name: "r.directory", capacity: 64),
      venue: 0x2020_2020_2058_4549)
    let lines = try LiveLines()
    let ingest = try RunningIngest(lines, ["--feed", "ticks"], lineArguments: lines.onlyA)
    let relay = try Command.start(
      ["relay", "--ring", "r", "--ring-dir", place.path, "--restart", "--seed", seed]
        + lines.onlyA + ["--linger", "0", "--json", "-"])
    #expect(eventually(within: 20) { relay.error.contains("relaying") }, "\(relay.error)")
    for index in 0..<2_000 {
      let number = names.number(of: 0x2020_2020_2020_2041 + UInt64(index % 7))!
      let tick = Tick(
        timestamp: UInt64(index), symbolId: Series(instrument: number, kind: .trade).id, price: 1,
        quantity: UInt32(index))
      let isPublished = producer.publish(tick, received: 0)
      #expect(isPublished)
    }
    relay.signal(SIGTERM)
    let report = try JSONValue(relay.wait(within: 20).output)
    #expect(report["source", "restarts"].count == 1 && report["source", "ticks"].count == 2_000)
    // Names are told again; a seed may have the first of them only.
    #expect(report["source", "entries"].count! > 7)
    let followed = try ingest.end()
    #expect(followed["run", "session_changes"].count == 1)
    #expect(followed["feed", "missing"].count == 0)
    let ticks = try ingest.ticks().filter {
      $0.series != FeedCode.series || $0.quantity == FeedCode.restart
    }
    let numbers = ticks.filter { $0.series != FeedCode.series }.map(\.quantity)
    #expect(numbers == (0..<2_000).map(UInt32.init))
    return try #require(ticks.firstIndex { $0.series == FeedCode.series })
  }

  @Test func aRestartIsFollowedAndRepeatsWithItsSeed() throws {
    let places = try ["3", "3", "4"].map(restart)
    #expect(places[0] == places[1] && places[0] != places[2])
  }
}
