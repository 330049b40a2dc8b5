import Foundation
import Glibc
import TickRing
import Testing

/// SE3: one worker's consumer stands still; the other's loses nothing, and every tick is accounted
/// for.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct SlowWorkerTests {
  private let scratch = Scratch()
  private let lines: LiveLines

  init() throws { lines = try LiveLines() }

  /// Two workers, whose rings stay for who comes later.
  private func ingest(_ policy: String, capacity: Int) throws -> RunningIngest {
    try RunningIngest(
      lines,
      [
        "--feed", "iex", "--workers", "2", "--policy", policy, "--ring-capacity", "\(capacity)",
        "--keep", "--max-age", "off", "--wait-us", "5000000",
      ])
  }

  private func consumer(_ ingest: RunningIngest, _ ring: Int) throws -> TickConsumer {
    try TickConsumer(
      claiming: Region.attach(
        .ticks, directory: ingest.ringDirectory, name: "tickway.ticks.\(ring)"))
  }

  /// Takes what is there; returns how many gaps were among it.
  @discardableResult
  private func drain(_ consumer: inout TickConsumer) -> UInt64 {
    var tick = Tick()
    var gaps: UInt64 = 0
    while consumer.poll(&tick) {
      let isOfFeed = tick.series.instrument == 0 && tick.series.kind == .status
      if isOfFeed, tick.quantity == FeedCode.gap { gaps += 1 }
    }
    return gaps
  }

  private func drain(_ consumer: inout TickConsumer, while process: Running) {
    while process.isRunning {
      drain(&consumer)
      usleep(500)
    }
  }

  private func play(messages: Int, pace: String) throws -> Running {
    let path = try scratch.synth(messages: messages, symbols: 50)
    return try Command.start(
      ["publish", path, "--pace", pace, "--messages-per-packet", "20"] + lines.both)
  }

  /// The equations of a ring whose consumer polled `polled`, and took `left` after the end.
  private func expectAccounted(_ ring: JSONValue, polled: UInt64, left: UInt64) {
    #expect(ring["polled"].count == polled)
    #expect(ring["unread"].count == left)
    #expect(ring["published"].count == polled + ring["lost"].count! + left)
  }

  @Test(arguments: ["drop", "conflate"])
  func aWorkerThatStandsStillCostsTheOtherNothing(_ policy: String) throws {
    let ingest = try ingest(policy, capacity: 4_096)
    var stopped = try consumer(ingest, 0)
    var other = try consumer(ingest, 1)
    let publisher = try play(messages: 20_000, pace: "20000/s")
    drain(&other, while: publisher)
    let report = try ingest.end()
    let otherGaps = drain(&other)
    let gaps = drain(&stopped)
    let rings = report["rings"].list
    expectAccounted(rings[0], polled: 0, left: stopped.polled)
    #expect(rings[0]["lost"].count! > 0 && rings[0]["full"].count! > 0)
    #expect(rings[0]["gaps_told"].count == gaps)
    #expect(policy == "drop" ? gaps > 0 : rings[0]["conflated"].count! > 0)
    #expect(rings[1]["published"].count == other.polled)
    #expect(rings[1]["lost"].count == 0 && otherGaps == 0)
    #expect(report["feed", "messages"].count == 20_000 && report["feed", "missing"].count == 0)
    // Every tick that was recorded was meant for one of both.
    let recorded = UInt64(try ingest.recorded().count / 24)
    #expect(rings[0]["published"].count! - gaps + rings[1]["published"].count! == recorded)
  }

  @Test func eachWorkerOfARunHasAPolicyOfItsOwn() throws {
    let live = try Command.start(
      [
        "live", "--feed", "iex", "--workers", "3", "--policy", "0=drop,2=wait", "--json", "-",
      ] + lines.both)
    #expect(eventually(within: 20) { live.error.contains("share") || live.error.contains("spin") })
    live.signal(SIGTERM)
    let report = try JSONValue(live.wait(within: 30).output)
    let policies = report["rings"].list.prefix(3).map { $0["policy"].text }
    #expect(policies == ["drop", "conflate", "wait"])
  }

  @Test func underWaitNothingIsLostHoweverLateItIsTaken() throws {
    let ingest = try ingest("wait", capacity: 512)
    var late = try consumer(ingest, 0)
    var other = try consumer(ingest, 1)
    // Few packets: what is not received meanwhile lies in the socket.
    let publisher = try play(messages: 3_000, pace: "20000/s")
    drain(&other, while: publisher)
    #expect(late.polled == 0)
    ingest.process.signal(SIGTERM)
    while ingest.process.isRunning {
      drain(&late)
      drain(&other)
      usleep(500)
    }
    let report = try JSONValue(ingest.process.wait().output)
    drain(&late)
    drain(&other)
    let rings = report["rings"].list
    #expect(rings[0]["full"].count! > 0)
    #expect(rings[0]["lost"].count == 0 && rings[0]["published"].count == late.polled)
    #expect(rings[1]["lost"].count == 0 && rings[1]["published"].count == other.polled)
    #expect(report["feed", "messages"].count == 3_000 && report["feed", "missing"].count == 0)
    #expect(UInt64(try ingest.recorded().count / 24) == late.polled + other.polled)
  }

  /// A process that is stopped, as a debugger or an operator may do, and goes on later.
  @Test func aStoppedProcessGoesOnWhereItWas() throws {
    let ingest = try ingest("conflate", capacity: 4_096)
    let outward = try LiveLines()
    let relay = try Command.start(
      [
        "relay", "--ring", "tickway.ticks.0", "--ring-dir", ingest.ringDirectory, "--linger", "0",
        "--json", "-",
      ] + outward.onlyA)
    #expect(eventually(within: 20) { relay.error.contains("relaying") })
    relay.signal(SIGSTOP)
    var other = try consumer(ingest, 1)
    let publisher = try play(messages: 20_000, pace: "20000/s")
    drain(&other, while: publisher)
    let report = try ingest.end()
    relay.signal(SIGCONT)
    relay.signal(SIGTERM)
    let relayed = try relay.wait(within: 30)
    #expect(relayed.status == 0, "\(relayed.error)")
    drain(&other)
    let ring = report["rings"].list[0]
    #expect(ring["conflated"].count! > 0)
    let taken = try JSONValue(relayed.output)["source", "ticks"].count
    #expect(taken == ring["polled"].count! + ring["unread"].count!)
    #expect(report["rings"].list[1]["published"].count == other.polled)
    #expect(report["rings"].list[1]["lost"].count == 0)
  }
}
