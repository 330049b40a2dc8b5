import Foundation
import Testing
import TickRing

/// Orders over real TCP, to the built-in venue and to one in a process of its own.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct TradingTests {
  private static let stages = [
    "ingest", "delivery", "strategy", "risk", "send", "tick_to_order",
  ]

  private func expectTraded(_ result: ReplayResult) {
    result.expectConsistent()
    #expect(result.orders("sent") > 0)
    #expect(result.orders("acked") > 0)
    #expect(result.orders("filled") > 0)
    #expect(result.orders("in_flight") == 0)
    #expect(result.orders("open") == 0)
    for name in ["anomalies", "unknown_messages", "events_lost"] {
      #expect(result.report["run", name].count == 0, "\(name)")
    }
    for stage in Self.stages {
      let latency = result.report["latency_ns", stage]
      #expect(latency["count"].count ?? 0 > 0, "\(stage)")
      let values = ["p50", "p90", "p99", "p999", "p9999", "max"].map { latency[$0].count ?? 0 }
      #expect(values == values.sorted(), "\(stage)")
      #expect(values.last ?? 0 > 0, "\(stage)")
    }
    #expect(result.report["latency_ns", "risk", "count"].count == result.orders("requested"))
  }

  @Test(arguments: ["market-maker", "momentum"], [1, 2])
  func ordersAreFilledAtTheBuiltInVenue(strategy: String, workers: Int) throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 60_000)
    expectTraded(
      try ReplayResult.of([day, "--strategy", strategy, "--workers", "\(workers)"]))
  }

  @Test(
    .enabled(if: RealCaptures.arePresent, "REAL CAPTURES ARE ABSENT: set TICKWAY_CAPTURES"))
  func aRealDayIsTradedAtTheBuiltInVenue() throws {
    let result = try ReplayResult.of([RealCaptures.tops, "--strategy", "market-maker"])
    result.expectConsistent()
    #expect(result.orders("acked") > 0)
    #expect(result.orders("in_flight") == 0 && result.orders("open") == 0)
  }

  @Test func theTextReportHasEveryStage() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 20_000)
    let result = try Command.run(["replay", day, "--strategy", "market-maker"])
    #expect(result.status == 0)
    for stage in Self.stages { #expect(result.output.contains("\n  \(stage) "), "\(stage)") }
    #expect(result.error.contains("risk limits (simulation defaults)"))
    #expect(!result.error.contains("\r"), "no progress line where there is no terminal")
  }

  /// Twice with one venue: its session goes on, and so do its order numbers.
  @Test(arguments: ["market-maker", "momentum"])
  func aVenueInAProcessOfItsOwnServesOneRunAfterAnother(strategy: String) throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 60_000)
    let venue = try RunningVenue(["--capture", day, "--pace", "max"])
    let limits = try scratch.limits()
    var sent: UInt64 = 0
    for _ in 0..<2 {
      let result = try ReplayResult.of([
        day, "--strategy", strategy, "--venue", venue.address, "--limits", limits,
      ])
      result.expectConsistent()
      #expect(result.orders("acked") > 0 && result.orders("in_flight") == 0)
      #expect(result.orders("open") == 0)
      #expect(result.report["run", "anomalies"].count == 0)
      sent += result.orders("sent")
    }
    let end = try venue.end()
    #expect(end.status == 0)
    #expect(end.output.contains("logins 2"))
    #expect(end.output.contains("orders    received \(sent),"))
    #expect(end.output.contains("duplicates 0"))
  }

  @Test func ordersAreFilledInOuch42() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 20_000)
    let venue = try RunningVenue(["--capture", day, "--pace", "max", "--dialect", "ouch42"])
    let result = try ReplayResult.of([
      day, "--strategy", "momentum", "--venue", venue.address, "--limits", try scratch.limits(),
      "--dialect", "ouch42",
    ])
    result.expectConsistent()
    #expect(result.orders("acked") > 0 && result.orders("in_flight") == 0)
    #expect(result.report["run", "anomalies"].count == 0)
    let end = try venue.end()
    #expect(end.output.contains("orders    received \(result.orders("sent")),"))
    #expect(end.output.contains("malformed 0, unknown 0"))
  }

  @Test func theBuiltInVenueSpeaksWhatIsAskedFor() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 20_000)
    let result = try ReplayResult.of([day, "--strategy", "momentum", "--dialect", "ouch42"])
    result.expectConsistent()
    #expect(result.orders("acked") > 0 && result.report["run", "anomalies"].count == 0)
    let refused = try Command.run(["replay", day, "--dialect", "fix"])
    #expect(refused.status == 64 && refused.error.contains("choose ouch50 or ouch42"))
  }

  @Test func fillsComeFromAVenueInAProcessOfItsOwn() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 20_000)
    let venue = try RunningVenue(["--capture", day, "--pace", "50x", "--repeat", "3"])
    let result = try ReplayResult.of([
      day, "--strategy", "market-maker", "--venue", venue.address, "--limits",
      try scratch.limits(), "--pace", "50x",
    ])
    expectTraded(result)
    #expect(result.report["latency_ns", "send", "count"].count == result.orders("sent"))
  }

  @Test func aVenueThatIsNamedIsContactedEvenWithoutAStrategy() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 5_000)
    let venue = try RunningVenue(["--capture", day, "--pace", "max"])
    let result = try ReplayResult.of([day, "--venue", venue.address])
    #expect(result.orders("requested") == 0)
    #expect(try venue.end().output.contains("logins 1"))
  }

  /// The test publishes a ring; the venue in its own process trades by it.
  @Test func aVenueTakesItsMarketFromARing() throws {
    let scratch = Scratch()
    let day = try scratch.synth(messages: 20_000, symbols: 20)
    _ = try ReplayResult.of([day, "--record", scratch["ticks"]])
    let symbols = try scratch.text("ticks.symbols.csv").split(separator: "\n")
      .filter { $0.contains(",trade,") }.dropFirst().map { $0.split(separator: ",")[1] }
    var directory = try DirectoryWriter(
      claiming: Region.create(
        .directory, directory: scratch.path, name: "feed.directory", capacity: 256),
      venue: word("IEX"))
    var ticks = try TickProducer(
      claiming: Region.create(.ticks, directory: scratch.path, name: "feed", capacity: 1024))
    for symbol in symbols {
      let given = directory.number(of: word(symbol))
      let number = try #require(given)
      // An ask that everybody reaches.
      let quote = ticks.publish(
        tick(number, .bid, 0.01), tick(number, .ask, 0.02), received: 0)
      try #require(quote)
    }
    let arguments = ["--ring", "feed", "--ring-dir", scratch.path]
    let venue = try RunningVenue(arguments)
    let polled = eventually(within: 5) { ticks.advanced == ticks.published }
    #expect(polled)
    let result = try ReplayResult.of([
      day, "--strategy", "momentum", "--venue", venue.address, "--limits", try scratch.limits(),
    ])
    #expect(result.orders("filled") > 0 && result.orders("in_flight") == 0)
    // A ring has one consumer; the message names it.
    let second = try Command.run(["venue"] + arguments, within: 5)
    #expect(second.status == 5)
    #expect(second.error.contains("process \(venue.process.pid)"))
    #expect(try venue.end().status == 0)
    #expect(scratch.names.filter { $0.hasPrefix("feed") } == ["feed", "feed.directory"])
  }

  private func word(_ text: Substring) -> UInt64 {
    text.utf8.reversed().reduce(0x2020_2020_2020_2020) { $0 << 8 | UInt64($1) }
  }

  private func tick(_ instrument: UInt32, _ kind: TickKind, _ price: Double) -> Tick {
    Tick(
      timestamp: 1, symbolId: Series(instrument: instrument, kind: kind).id, price: price,
      quantity: 1_000_000)
  }
}
