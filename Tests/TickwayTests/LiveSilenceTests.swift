import Foundation
import Glibc
import Testing

/// MD1, MD2: lines that fall silent, come back, or never speak; told to the operator and in-band.
/// All at once, as each takes longer than the five seconds that silence may last.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LiveSilenceTests {
  private let scratch = Scratch()

  /// Plays the day on line A alone, about seven seconds of it; ends with the test.
  private func play(_ path: String, _ lines: [String], pace: String) throws -> Running {
    try Command.start(["publish", path, "--pace", pace, "--json", "-"] + lines)
  }

  @Test func silenceIsToldToOperatorAndStrategies() throws {
    let path = try scratch.synth(messages: 700, symbols: 20)
    let feed = ["--feed", "iex"]
    // B is joined and never speaks.
    let halfLines = try LiveLines()
    let half = try RunningIngest(halfLines, feed)
    // Both speak, fall silent, and come back.
    let wholeLines = try LiveLines()
    let whole = try RunningIngest(wholeLines, feed)
    // Nobody publishes.
    let none = try RunningIngest(try LiveLines(), feed)
    let publisher = try play(path, halfLines.onlyA, pace: "100/s")
    _ = try wholeLines.publish([path, "--pace", "7000/s"])

    #expect(whole.tells("line A: live", within: 5) && whole.tells("line B: live", within: 5))
    #expect(none.tells("line A: joined", within: 10))
    #expect(none.process.error.contains("not one packet of the feed in 5 s: is it published"))
    #expect(half.tells("line B: joined", within: 10))
    #expect(whole.tells("line A: stale, nothing for more than 5 s", within: 10))
    #expect(whole.tells("line B: stale", within: 2))
    _ = try wholeLines.publish([path, "--pace", "7000/s"])
    #expect(try publisher.wait(within: 20).status == 0)

    let degraded = try half.end()
    #expect(degraded["feed", "state"].text == "degraded")
    #expect(degraded["feed", "lines"].list.map { $0["state"].text } == ["live", "never_seen"])
    #expect(degraded["feed", "messages"].count == 700)
    #expect(try half.feedCodes() == [FeedCode.degraded])

    let recovered = try whole.end()
    #expect(recovered["feed", "state"].text == "live")
    // One line is the first to come back: told before its ticks.
    let wanted = [FeedCode.stale, FeedCode.degraded, FeedCode.restart, FeedCode.recovered]
    #expect(try whole.feedCodes() == wanted)
    #expect(recovered["feed", "restarts"].count == 1)
    #expect(recovered["feed", "messages"].count == 1_400)

    let stale = try none.end()
    #expect(stale["feed", "state"].text == "stale")
    #expect(try none.feedCodes() == [FeedCode.stale])
  }
}
