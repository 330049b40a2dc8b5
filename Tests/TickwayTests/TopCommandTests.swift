import Foundation
import Glibc
import Testing
import TickRing

@testable import TickEngine

/// `tickway top`, at an instance whose table the test writes, and at one that runs.
@Suite(.serialized, .timeLimit(.minutes(3))) struct TopCommandTests {
  /// Ingester, two workers and sender, all of them this process.
  private final class Instance {
    let scratch: Scratch
    let regions: NodeRegions
    let table: RoleTableWriter
    let shape: NodeShape

    init(_ scratch: Scratch, _ name: String = "x") throws {
      self.scratch = scratch
      regions = NodeRegions(instance: name, directory: scratch.path)
      var shape = NodeShape()
      (shape.workers, shape.hasVenue, shape.tickSlots) = (2, false, 64)
      self.shape = shape
      let metrics = try regions.create(NodeRegions.plan(shape)[0])
      table = try RoleTableWriter(claiming: metrics, roles: shape.roles)
      var header = RoleTableHeader()
      (header.roles, header.pid, header.configurationHash) = (shape.roles, getpid(), 0xC0FFEE)
      table.write(header)
      stand(.ingester, 0, 0)
      stand(.worker, 0, 1)
      stand(.worker, 1, 2)
      stand(.sender, 0, 3)
    }

    func stand(_ kind: RoleKind, _ number: Int, _ place: Int, pid: Int32 = getpid()) {
      var standing = RoleStanding(kind: kind, number: number)
      (standing.state, standing.pid, standing.starts) = (.ready, pid, 1)
      (standing.core, standing.node) = (place, 0)
      table.write(standing, place: place)
    }

    func metrics(_ place: Int) throws -> RoleMetrics {
      try RoleMetrics(regions.attach(.metrics, "metrics"), place: place)
    }

    func createRings() throws {
      for region in NodeRegions.plan(shape).dropFirst() { _ = try regions.create(region) }
    }
  }

  private let scratch = Scratch()

  private func top(_ arguments: String...) throws -> Command.Result {
    try Command.run(["top"] + arguments + scratch.places)
  }

  @Test func oneViewShowsRolesRatesRingsAndLatencies() throws {
    let instance = try Instance(scratch)
    try instance.createRings()
    let ingester = try TickProducer(claiming: instance.regions.attach(.ticks, "ticks.0"))
    var first = try TickConsumer(claiming: instance.regions.attach(.ticks, "ticks.0"))
    var metrics = try instance.metrics(0)
    metrics.tell(.gaps, 17)
    metrics.tell(.lineStates, 1 | 1 << 8)
    let text = try top("x", "--once", "--interval", "0.05")
    #expect(text.status == 0 && text.error == "")
    for part in [
      "supervisor \(getpid()) running", "config 0xc0ffee", "ingester  ready", "worker-0  ready",
      // Nobody has its ring.
      "worker-1   DEAD", "gaps 17", "feed live", "line A live", "TICKS/S", "ingester ingest",
    ] { #expect(text.output.contains(part), "\(part): \(text.output)") }
    #expect(!text.output.contains("\u{1B}"))
    var tick = Tick()
    let hasTick = first.poll(&tick)
    let capacity = ingester.capacity
    #expect(!hasTick && capacity == 64)
  }

  @Test func eachIntervalIsALineOfJSON() throws {
    let instance = try Instance(scratch)
    var ingester = try instance.metrics(0)
    let sender = try instance.metrics(3)
    let running = try Command.start(["top", "x", "--json", "--interval", "0.05"] + scratch.places)
    var told: UInt64 = 0
    let isSeen = eventually(within: 30) {
      told += 1
      ingester.tell(.messages, told)
      sender.histograms[2].record(1_000)
      return running.output.split(separator: "\n").count > 4
    }
    running.signal(SIGTERM)
    #expect(isSeen)
    #expect(try running.wait(within: 10).status == 143)
    let lines = running.output.split(separator: "\n")
    var rates: [Double] = []
    for line in lines {
      let view = try JSONValue(String(line))
      #expect(view["format"].text == "tickway.top/1" && view["interval_s"].number ?? 0 > 0.04)
      let roles = view["roles"].list
      #expect(roles.map { $0["name"].text } == ["ingester", "worker-0", "worker-1", "sender"])
      rates.append(roles[0]["per_second", "messages"].number ?? -1)
      #expect(roles[3]["latency_ns", "tick_to_order", "count"].count != nil)
    }
    #expect(rates.contains { $0 > 0 } && !rates.contains(-1))
  }

  @Test func withoutANameTheOnlyOneThatRunsIsMeant() throws {
    #expect(try top("--once").status == 12)
    let absent = try top("y", "--once")
    #expect(absent.status == 12 && absent.error.contains("no such instance is running"))
    let one = try Instance(scratch)
    let shown = try top("--once", "--interval", "0.01")
    #expect(shown.status == 0 && shown.output.hasPrefix("tickway top  x"))
    let two = try Instance(scratch, "y")
    #expect(try top("--once").output == "x\ny\n")
    let other = try top("z", "--once")
    #expect(other.status == 12 && other.error.contains("running: x, y"))
    let roles = [one.table.roles, two.table.roles]
    #expect(roles == [4, 4])
    #expect(try top("../x").status == 64)
  }

  @Test func anotherBuildsTableIsRefusedNamingBoth() throws {
    let instance = try Instance(scratch)
    let file = try #require(fopen(instance.regions.path("metrics"), "r+"))
    // The header's build hash, after magic, four numbers of 32 bits, and three of 64.
    fseek(file, 48, SEEK_SET)
    withUnsafeBytes(of: UInt64(0xABCD)) { _ = fwrite($0.baseAddress, 8, 1, file) }
    fclose(file)
    let refused = try top("x", "--once")
    #expect(refused.status == 65 && refused.error.contains("0xabcd"), "\(refused.error)")
    #expect(refused.error.contains(String(RegionInfo.ownBuildHash, radix: 16)))
  }

  /// A table that is nothing but noise, names of instruments included.
  @Test func noiseIsShownAndNotObeyed() throws {
    let instance = try Instance(scratch)
    let lines = try SharedLines(instance.regions.attach(.metrics, "metrics"), .metrics)
    var options = PositionOptions(equityE4: 1_000, strategyEquityE4: 1_000)
    (options.strategiesMax, options.holdingsMax, options.instruments) = (4, 100, 64)
    let positions = try Region.create(
      .positions, directory: scratch.path, name: "tickway.x.positions",
      capacity: options.capacity)
    _ = try PositionBook.open(claiming: positions.duplicate(), options)
    let held = try SharedLines(positions, .positions)
    let directory = try Region.create(
      .directory, directory: scratch.path, name: "tickway.x.directory", capacity: 64)
    var symbols = try DirectoryWriter(claiming: directory, venue: 1)
    for number in 1..<UInt64(60) { _ = symbols.number(of: 0x5B1B_4A32_5B1B_0000 + number) }
    var random = SeededRandom(seed: 3)
    for _ in 0..<6 {
      for line in RoleTable.headerLines..<lines.count {
        for word in 1..<8 { lines.store(line, word, random.next()) }
      }
      for line in 1..<held.count {
        let isKey = (line - PositionLines.holding(0, strategies: 4)) % 2 == 0
        for word in 1..<7 { held.store(line, word, random.next() >> (random.next() % 64)) }
        if isKey { held.store(line, 1, random.next() % 64) }
      }
      held.store(0, PositionLines.Header.holdings, .max)
      let json = try top("x", "--once", "--interval", "0.01", "--json")
      #expect(json.status == 0, "\(json.error)")
      let text = try top("x", "--once", "--interval", "0.01")
      #expect(text.status == 0 && !text.output.contains("\u{1B}"), "\(text.error)")
    }
  }

  @Test func aTerminalGetsItsScreenBackAndNoLineTooLong() throws {
    let instance = try Instance(scratch)
    try instance.createRings()
    for (signal, status) in [(SIGINT, 130), (SIGTERM, 143)] {
      let terminal = try Terminal(rows: 12, columns: 60)
      let running = try terminal.start(["top", "x", "--interval", "0.02"] + scratch.places)
      try #require(terminal.shows("more: a higher window", within: 20), "\(terminal.seen)")
      terminal.forget()
      terminal.resize(rows: 5, columns: 30)
      #expect(terminal.shows("… 9 more: a higher window, or \u{1B}[K", within: 20))
      running.signal(signal)
      #expect(try running.wait(within: 10).status == status)
      #expect(terminal.shows("\u{1B}[?1049l", within: 5) && terminal.isAsBefore)
    }
    let terminal = try Terminal(rows: 24, columns: 80)
    let running = try terminal.start(["top", "x"] + scratch.places)
    try #require(terminal.shows("worker-1", within: 20))
    terminal.type("q")
    #expect(try running.wait(within: 10).status == 0)
    #expect(terminal.isAsBefore)
  }

  /// The stages of `tickway live` are threads: there is no table, and the rest is shown.
  @Test func aRunOfOneProcessShowsItsTradingStateAndPositions() throws {
    let day = try scratch.synth(messages: 60_000, symbols: 50)
    let lines = try LiveLines()
    try scratch.arm("prod")
    let venue = try RunningVenue(["--capture", day, "--pace", "max"])
    let live = try Command.start(
      [
        "live", "--feed", "iex", "--strategy", "market-maker", "--venue", venue.address,
        "--instance", "prod", "--max-age", "off", "--limits",
        try scratch.limits(openOrders: 256),
      ] + scratch.places + lines.both)
    let publisher = try Command.start(["publish", day, "--pace", "10000/s"] + lines.both)
    var view: JSONValue?
    let isTrading = eventually(within: 60) {
      let shown = try? top("prod", "--once", "--json", "--interval", "0.1")
      guard let shown, shown.status == 0 else { return !live.isRunning }
      view = try? JSONValue(shown.output)
      return view?["positions"].list.isEmpty == false
    }
    #expect(isTrading && live.isRunning, "\(live.error)")
    #expect(view?["trading", "state"].text == "armed")
    #expect(view?["trading", "sender"].text == "running")
    #expect(view?["account", "state"].text != nil && view?["roles"].list.isEmpty == true)
    publisher.signal(SIGKILL)
    live.signal(SIGTERM)
    #expect(try live.wait(within: 60).status == 143)
    #expect(try top("prod", "--once").status == 12)
    _ = try venue.end()
  }
}
