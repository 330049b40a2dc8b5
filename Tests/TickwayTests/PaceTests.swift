import Testing

/// A pace is kept by the capture's own clock.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct PaceTests {
  @Test(arguments: [10.0, 25.0])
  func aPaceTakesTheTimeThatItShould(factor: Double) throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 3_000, symbols: 50)
    let seen = try JSONValue(try Command.run(["capture", day, "--json", "-"]).output)
    let first = try #require(seen["first_time_ns"].count)
    let last = try #require(seen["last_time_ns"].count)
    let intended = Double(last - first) / 1e9 / factor
    #expect(intended > 1)
    let result = try ReplayResult.of([day, "--pace", "\(factor)x"])
    let seconds = try #require(result.report["run", "seconds"].number)
    // The last packet is never early. Late it may be on a machine that does other things, but a
    // tenth of the pace would be another one.
    #expect(seconds >= intended && seconds < intended * 10, "\(seconds) for \(intended)")
    #expect(result.process.seconds >= intended)
    #expect(result.report["feed", "messages"].count == 3_000)
  }

  @Test func fullSpeedDoesNotWait() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 3_000, symbols: 50)
    let result = try ReplayResult.of([day, "--pace", "max"])
    // The day lasts 36 s.
    #expect(try #require(result.report["run", "seconds"].number) < 30)
  }
}
