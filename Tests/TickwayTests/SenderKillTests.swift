import Foundation
import Glibc
import Testing

/// KS2: the whole command, trading, is stopped at some instant and killed from outside; through a
/// relay that counts what comes of it.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct SenderKillTests {
  private let scratch = Scratch()

  @discardableResult
  private func tickway(_ arguments: String...) throws -> Command.Result {
    try Command.run(arguments + scratch.places)
  }

  private func venue(_ day: String) throws -> RunningVenue {
    try RunningVenue([
      "--capture", day, "--pace", "max", "--cancel-on-disconnect", "on", "--json",
      scratch["venue.json"],
    ])
  }

  private func sender(_ day: String, pace: String, port: UInt16) throws -> [String] {
    [
      "replay", day, "--strategy", "market-maker", "--pace", pace, "--venue", "127.0.0.1:\(port)",
      "--instance", "prod", "--limits", try scratch.limits(),
    ] + scratch.places
  }

  /// Stops the sender once so many bytes of orders have come through; with a full socket, once the
  /// venue reads slowly and bytes wait in the sender's kernel.
  private func stop(
    _ sender: Running, _ relay: CountingRelay, after bytes: Int, isFull: Bool
  ) throws {
    try #require(
      eventually(within: 60) { relay.now.bytes >= bytes || !sender.isRunning }, "\(sender.error)")
    if isFull {
      relay.holdUp(true)
      try #require(
        eventually(within: 60) { relay.waiting >= 16_384 || !sender.isRunning }, "\(sender.error)")
    }
    sender.signal(SIGSTOP)
    let isStopped = eventually(within: 30) {
      kernelText("/proc/\(sender.pid)/stat").contains(") T ")
    }
    try #require(isStopped && sender.isRunning, "\(sender.output) \(sender.error)")
  }

  @Test(arguments: [2_000, 31_337, 150_001], [false, true])
  func ks2AStoppedSenderIsCutOffAndDeliversNothingMore(bytes: Int, isFull: Bool) throws {
    let day = try scratch.synth(messages: 60_000)
    try scratch.arm("prod")
    let venue = try venue(day)
    let relay = try CountingRelay(venuePort: try #require(UInt16(venue.port)))
    defer { relay.end() }
    let running = try Command.start(try sender(day, pace: "20x", port: relay.port))
    try stop(running, relay, after: bytes, isFull: isFull)

    let kill = try tickway("kill", "prod", "--patience-ms", "100")
    #expect(
      kill.status == 0 && kill.output.contains("its connection reset from outside"), "\(kill)")
    #expect(!isFull || !kill.output.contains(" 0 bytes discarded"), "\(kill.output)")
    relay.holdUp(false)
    #expect(eventually(within: 30) { relay.now.resets == 1 && relay.isReadToTheEnd })
    let cut = relay.now

    running.signal(SIGCONT)
    let end = try running.wait(within: 120)
    #expect(end.status != 0, "a sender that was cut off says that all is well")
    #expect(relay.now == cut, "after the cut something came: \(end.error)")
    let successor = try Command.run(
      try sender(day, pace: "max", port: relay.port), within: 120)
    // Logins, questions and heartbeats, at most.
    #expect(relay.now.bytes - cut.bytes < 1_000, "\(successor.error)")
    try checkAfterwards(cut, venue)
  }

  /// The trip is on disk, and the venue's truth has no order that came after the cut.
  private func checkAfterwards(_ cut: CountingRelay.Seen, _ venue: RunningVenue) throws {
    let state = try tickway("state", "prod")
    #expect(state.status == 11 && state.output.contains("TRIPPED (operator)"), "\(state)")
    #expect(try venue.end().status == 0)
    let truth = try JSONValue(file: scratch["venue.json"])
    let account = try #require(truth["accounts"].list.first)
    #expect(account["duplicates"].count == 0)
    let orders = account["orders"].list
    #expect(orders.count > 0 && orders.reduce(0) { $0 + ($1["open"].count ?? 1) } == 0)
    // An order takes 50 bytes at least.
    #expect(orders.count <= cut.bytes / 50)
  }
}
