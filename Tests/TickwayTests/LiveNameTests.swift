import Foundation
import Glibc
import Testing

/// What a live run that was killed left in memory is its successor's, and nobody else's.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LiveNameTests {
  private let scratch = Scratch()

  /// Starts a run of the instance and kills it once its positions are there.
  private func die(_ arguments: [String]) throws {
    let running = try Command.start(arguments + ["--instance", "prod"] + scratch.places)
    let isThere = eventually(within: 30) {
      scratch.names.contains("tickway.prod.positions") || !running.isRunning
    }
    try #require(isThere && running.isRunning, "\(running.error)")
    running.signal(SIGKILL)
    #expect(try running.wait(within: 10).status == -SIGKILL)
  }

  private func replay(_ day: String, _ instance: String) throws -> Command.Result {
    try Command.run(
      ["replay", day, "--strategy", "market-maker", "--instance", instance] + scratch.places)
  }

  @Test func aReplayDoesNotTakeWhatALiveRunLeft() throws {
    let day = try scratch.synth(messages: 20_000)
    try scratch.arm("prod")
    try scratch.arm("other")
    let lines = try LiveLines()
    try die(["live", "--feed", "iex", "--strategy", "market-maker"] + lines.both)
    let left = ["tickway.prod.pool", "tickway.prod.positions", "tickway.prod.directory"]
    let before = try left.map { try scratch.bytes($0) }

    let refused = try replay(day, "prod")
    #expect(refused.status == 5 && refused.error.contains("another --instance"), "\(refused)")
    #expect(try left.map { try scratch.bytes($0) } == before)
    let other = try replay(day, "other")
    #expect(other.status == 0, "\(other.error)")
    #expect(try left.map { try scratch.bytes($0) } == before)
  }

  /// The same of a replay is of no day that goes on.
  @Test func aReplayThatWasKilledDoesNotBlockTheNext() throws {
    let day = try scratch.synth(messages: 20_000)
    try scratch.arm("prod")
    try die(["replay", day, "--pace", "1x", "--strategy", "market-maker", "--venue", "none"])
    let next = try Command.run(
      ["replay", day, "--strategy", "market-maker", "--venue", "none", "--instance", "prod"]
        + scratch.places)
    #expect(next.status == 0, "\(next.error)")
    #expect(!scratch.names.contains("tickway.prod.positions"))
  }
}
