import Foundation
import Testing
import TickEngine
import TickRing
import TickWire

/// `tickway positions` and `tickway var`, at the regions of an instance.
@Suite(.timeLimit(.minutes(2))) struct PositionsCommandTests {
  private static let returns = "BB,AA\n0.02,0.01\n-0.02,-0.01\n0.02,-0.01\n-0.02,0.01\n"

  /// An instance `x` that has traded AA and BB.
  private struct Instance: ~Copyable {
    let folder = Scratch()
    var book: PositionBook

    init() throws {
      var options = PositionOptions(equityE4: 10_000_000_000, strategyEquityE4: 1_000_000_000)
      (options.instruments, options.strategiesMax, options.holdingsMax) = (32, 4, 100)
      let folder = self.folder
      var directory = try DirectoryWriter(
        claiming: Region.create(
          .directory, directory: folder.path, name: "tickway.x.directory", capacity: 64), venue: 1)
      for symbol in ["AA", "BB"] { _ = directory.number(of: Symbol(symbol)?.word ?? 0) }
      book = try PositionBook.open(
        claiming: Region.create(
          .positions, directory: folder.path, name: "tickway.x.positions",
          capacity: options.capacity),
        options)
      book.fill(
        strategy: 1, instrument: 1, side: .buy, quantity: 100, priceE4: 500_200,
        referenceE4: 500_000)
      book.mark(instrument: 1, priceE4: 510_000)
      var states = RiskStates(RiskStateLimits(), subject: 0, equityE4: book.equityE4, at: 1)
      _ = states.kill(.manual, at: 2)
      book.publish(states)
    }

    func run(_ arguments: [String]) throws -> Command.Result {
      try Command.run(arguments + ["--ring-dir", folder.path])
    }
  }

  @Test func positionsAreShownAsTextAndAsJSON() throws {
    let instance = try Instance()
    let text = try instance.run(["positions", "x"])
    #expect(text.status == 0 && text.error == "")
    for part in [
      "kill_switch", "1000098.0000", "AA", "account", "50.0200", "51.0000", "98.0000", "4.00 bps",
    ] { #expect(text.output.contains(part), "\(part)") }
    let json = try instance.run(["positions", "x", "--json", "--strategy", "1"])
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    let positions = try #require(object?["positions"] as? [[String: Any]])
    #expect(positions.count == 1 && positions[0]["position"] as? Int == 100)
    #expect(positions[0]["symbol"] as? String == "AA")
    #expect((object?["instance"] as? [String: Any])?["state"] as? String == "kill_switch")
  }

  @Test func aStrategyThatCannotBeIsRefused() throws {
    let refused = try Instance().run(["positions", "x", "--strategy", "99"])
    #expect(refused.status == 64 && refused.output == "" && refused.error.contains("from 1 to"))
  }

  @Test func whatIsNotKnownIsShownAsUnknown() throws {
    var instance = try Instance()
    let fault = instance.book.fill(
      strategy: 1, instrument: 1, side: .buy, quantity: .max, priceE4: .max, referenceE4: 0)
    #expect(fault == .overflow)
    let text = try instance.run(["positions", "x"])
    #expect(text.status == 0 && text.output.contains("unknown"))
    let json = try instance.run(["positions", "x", "--json"])
    #expect(!json.output.contains("equity"))
  }

  @Test func aRegionThatIsNotThereOrNoneIsSaid() throws {
    let instance = try Instance()
    let absent = try instance.run(["positions", "y"])
    #expect(absent.status == 66 && absent.error.contains("y.positions"))
    try Data("no region".utf8).write(to: URL(filePath: instance.folder["tickway.z.positions"]))
    let damaged = try instance.run(["positions", "z"])
    #expect(damaged.status == 65 && damaged.output == "")
  }

  @Test func vr1ValueAtRiskOfGivenAmounts() throws {
    let folder = Scratch()
    let file = folder["returns.csv"]
    try Self.returns.write(toFile: file, atomically: true, encoding: .utf8)
    let result = try Command.run(["var", "--returns", file, "--value", "AA=1000"])
    // 1.644854 * 1000 * sqrt(0.0001 * 4 / 3)
    #expect(result.status == 0 && result.output.contains(": 18.9931,"), "\(result.output)")
    let unknown = try Command.run(["var", "--returns", file, "--value", "CC=1000"])
    #expect(unknown.status == 65 && unknown.error.contains("CC"))
    let confidence = try Command.run(
      ["var", "--returns", file, "--value", "AA=1", "--confidence", "0.5"])
    #expect(confidence.status == 64)
    for amount in ["AA", "AA=", "AA=nan", "AA=1e400"] {
      let wrong = try Command.run(["var", "--returns", file, "--value", amount])
      #expect(wrong.status == 64 && wrong.error.contains("--value \(amount): a symbol"), "\(wrong)")
    }
    #expect(try Command.run(["var", "--returns", folder["no"], "--value", "AA=1"]).status == 66)
  }

  /// More microseconds than 32 bits hold.
  @Test func whatComesEachDayWaitsADay() throws {
    let instance = try Instance()
    let file = instance.folder["returns.csv"]
    try Self.returns.write(toFile: file, atomically: true, encoding: .utf8)
    let day = ["--ring-dir", instance.folder.path]
    let ring = "tickway.x.ticks"
    #expect(try instance.run(["ring", "create", ring, "--capacity", "16"]).status == 0)
    let watchers = try [
      Command.start(["var", "x", "--returns", file, "--every", "86400"] + day),
      Command.start(["ring", "watch", ring, "--interval", "86400"] + day),
    ]
    #expect(eventually(within: 30) { watchers[0].output.hasSuffix("\n") })
    usleep(500_000)
    for watcher in watchers {
      #expect(watcher.isRunning, "\(watcher.error)")
      watcher.signal(SIGTERM)
      #expect(try watcher.wait(within: 30).status == -SIGTERM)
    }
  }

  @Test func vr1ValueAtRiskIsPublishedBesideThePositions() throws {
    let instance = try Instance()
    let file = instance.folder["returns.csv"]
    try Self.returns.write(toFile: file, atomically: true, encoding: .utf8)
    let once = try instance.run(["var", "x", "--returns", file])
    #expect(once.status == 0 && once.output.contains(": 96.8650,"), "\(once.output)")
    #expect(try !instance.run(["positions", "x"]).output.contains("value at risk"))
    let timed = try instance.run(
      ["var", "x", "--returns", file, "--every", "0.01", "--times", "3"])
    #expect(timed.status == 0 && timed.output.split(separator: "\n").count == 3)
    let shown = try instance.run(["positions", "x"]).output
    #expect(shown.contains("value at risk 95.00%: 96.8650, of 4 observations"), "\(shown)")
  }
}
