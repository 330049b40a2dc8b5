import Foundation
import Testing

/// `tickway run`: the real roles as processes.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct RunCommandTests {
  private func ring(_ name: String, _ report: JSONValue) throws -> JSONValue {
    try #require(report["rings"].list.first { $0["name"].text == name }, "\(name)")
  }

  @Test func anInstanceTakesEveryMessageTradesAndLeavesNothing() throws {
    let node = try RunningNode(port: 17_401)
    let capture = try node.folder.synth(messages: 20_000)
    try node.publish(capture)
    let end = try node.end()
    #expect(end.status == 0, "\(end.error)")
    #expect(end.report["feed", "messages"].count == 20_000)
    #expect(end.report["feed", "missing"].count == 0)
    #expect(end.report["orders", "sent"].count ?? 0 > 0)
    for ring in end.report["rings"].list {
      #expect(ring["published"].count == ring["polled"].count, "\(ring["name"].text ?? "")")
    }
    #expect(end.report["roles"].list.map { $0["deaths"].count } == [0, 0, 0, 0, 0])
    #expect(end.report["latency_ns", "tick_to_order", "count"].count ?? 0 > 0)
    // What the latencies are to be read by.
    #expect(end.report["machine", "jitter_floor_ns", "count"].count ?? 0 > 0)
    #expect(end.output.contains("jitter floor"))
    for role in ["ingester", "worker-0", "worker-1", "sender", "venue"] {
      #expect(end.output.contains("== \(role), process "), "\(role)")
    }
    #expect(node.rings.names.isEmpty, "\(node.rings.names)")
  }

  @Test func eachRoleIsReplacedAndEveryTickIsCountedForOnce() throws {
    let node = try RunningNode(
      port: 17_403, more: "supervisor: {restarts_per_minute: 100, restarts_max: 100}")
    let capture = try node.folder.synth(messages: 5_000)
    for role in ["worker-0", "sender", "ingester", "worker-1"] {
      let pid = try #require(node.pid(role))
      kill(pid, SIGKILL)
      try node.waitForSuccessor(of: role, pid: pid)
    }
    try node.publish(capture)
    let end = try node.end()
    #expect(end.status == 0, "\(end.error)")
    #expect(end.report["feed", "messages"].count == 5_000)
    for name in ["ticks.0", "ticks.1"] {
      let ring = try ring(name, end.report)
      #expect(ring["published"].count == ring["polled"].count)
      #expect(ring["published"].count ?? 0 > 0)
    }
    #expect(end.report["roles"].list.map { $0["deaths"].count } == [1, 1, 1, 1, 0])
    #expect(end.output.contains("  note: ingester was started 2 times: "), "\(end.output)")
    #expect(node.rings.names.isEmpty, "\(node.rings.names)")
  }

  /// What a role left last time is not taken for what it does now, where it leaves nothing.
  @Test func aRoleThatIsKilledHasNoReportOfYesterday() throws {
    let (folder, rings) = (Scratch(), Scratch())
    let path = try folder.write(
      """
      instance: test
      directories: {rings: \(rings.path), state: state, reports: reports}
      feed: {protocol: iex, line_a: "239.255.79.1:17418", interface: 127.0.0.1}
      venue: {address: none}
      sets: [{workers: [{strategy: none}]}]
      """, to: "node.yaml")
    func run(_ name: String, _ body: (Running) throws -> Void) throws -> JSONValue {
      let process = try Command.start(["run", "--config", path, "--json", folder[name]])
      let isReady = eventually(within: 60) { process.error.contains("tickway run: ready") }
      try #require(isReady, "\(process.error)")
      try body(process)
      _ = try process.wait(within: 60)
      return try JSONValue(file: folder[name])
    }
    let first = try run("first.json") { process in
      let publish = try Command.run([
        "publish", folder.synth(messages: 500), "--line-a", "239.255.79.1:17418", "--interface",
        "127.0.0.1", "--pace", "20000/s",
      ])
      #expect(publish.status == 0, "\(publish.error)")
      process.signal(SIGTERM)
    }
    #expect(first["feed", "messages"].count == 500)
    let second = try run("second.json") { process in
      let text = process.error.split(separator: "\n").first {
        $0.contains("ingester is ready, process ")
      }
      let pid = try #require(text.flatMap { Int32($0.split(separator: " ").last ?? "") })
      kill(pid, SIGSTOP)
      for told in ["ending in order", "hurrying", "killing"] {
        process.signal(SIGTERM)
        #expect(eventually(within: 20) { process.error.contains(told) }, "\(process.error)")
      }
    }
    #expect(second["feed", "messages"].count == 0 && second["ticks", "published"].count == 0)
    #expect(second["roles"].list[0]["last_end"].text == "signal 9 (Killed)")
    #expect(!FileManager.default.fileExists(atPath: folder["reports/test.ingester.json"]))
  }

  /// Where a role died its counts are those of the table, and its last process tells all its own:
  /// what was open is cancelled in its last milliseconds.
  @Test func whatASuccessorDoesAtItsEndIsCounted() throws {
    let node = try RunningNode(port: 17_419, worker: "{strategy: market-maker, symbols: share}")
    try node.publish(try node.folder.synth(messages: 2_000))
    let sender = try #require(node.pid("sender"))
    kill(sender, SIGKILL)
    try node.waitForSuccessor(of: "sender", pid: sender)
    let orders = try node.end().report["orders"]
    let (filled, canceled) = (orders["filled"].count ?? 0, orders["canceled"].count ?? 0)
    #expect(orders["acked"].count == filled + canceled && canceled > 0, "\(orders)")
  }

  @Test func theSameNameIsRefusedByPidAndAnotherRunsBeside() throws {
    let node = try RunningNode(port: 17_405)
    let second = try Command.run(["run", "--config", node.folder["node.yaml"]])
    #expect(second.status == 5)
    #expect(second.error.contains("process \(node.process.pid) already"), "\(second.error)")
    let other = try RunningNode(instance: "other", port: 17_407)
    #expect(try other.end().status == 0)
    #expect(try node.end().status == 0)
  }

  /// A set whose regions cannot be made takes those of the sets before it with it.
  @Test func aStartThatFailsLeavesNothing() throws {
    let (folder, rings) = (Scratch(), Scratch())
    func start(_ settings: String) throws -> Command.Result {
      let text = """
        instance: test
        directories: {rings: \(rings.path), state: state}
        feed: {protocol: iex, line_a: "239.255.79.1:17409", interface: 127.0.0.1}
        \(settings)
        """
      return try Command.run(["run", "--config", try folder.write(text, to: "node.yaml")])
    }
    let set = "{workers: [{strategy: none}]}"
    // What nobody can take for a leftover of this name.
    try FileManager.default.createDirectory(
      atPath: rings["tickway.test-1.board"], withIntermediateDirectories: false)
    let second = try start("sets: [\(set), \(set)]")
    #expect(second.status == 73, "\(second.error)")
    #expect(rings.names == ["tickway.test-1.board"])
    try FileManager.default.removeItem(atPath: rings["tickway.test-1.board"])
    // Nobody listens there: the sender has made its pool, and cannot log in.
    let limits = try folder.limits()
    let sender = try start(
      "venue: {address: \"127.0.0.1:1\", reconnect_s: 0}\nrisk: {limits: \(limits)}\nsets: [\(set)]"
    )
    #expect(sender.status == 69, "\(sender.error)")
    #expect(rings.names.isEmpty, "\(rings.names)")
    #expect(!FileManager.default.fileExists(atPath: folder["state/run-test"]))
    // What roles may read that outlived their supervisor is not this start's to take away.
    try FileManager.default.createDirectory(
      atPath: folder["state/run-test"], withIntermediateDirectories: true)
    _ = try folder.write("of before", to: "state/run-test/positions.csv")
    try FileManager.default.createDirectory(
      atPath: rings["tickway.test-1.board"], withIntermediateDirectories: false)
    #expect(try start("sets: [\(set), \(set)]").status == 73)
    #expect(FileManager.default.fileExists(atPath: folder["state/run-test/positions.csv"]))
  }

  /// Neither regions nor the ledger of what its senders may use.
  @Test func severalSetsLeaveNothing() throws {
    let (folder, rings) = (Scratch(), Scratch())
    let set = "{workers: [{strategy: none}]}"
    let path = try folder.write(
      """
      instance: test
      directories: {rings: \(rings.path), state: state}
      feed: {protocol: iex, line_a: "239.255.79.1:17417", interface: 127.0.0.1}
      risk: {arm_simulation: true}
      sets: [\(set), \(set)]
      """, to: "node.yaml")
    let process = try Command.start(["run", "--config", path])
    let isReady = eventually(within: 60) { process.error.contains("tickway run: ready") }
    try #require(isReady, "\(process.error)")
    #expect(rings.names.contains("tickway.test.ledger"))
    process.signal(SIGTERM)
    let end = try process.wait(within: 60)
    #expect(end.status == 0, "\(end.error)")
    #expect(rings.names.isEmpty, "\(rings.names)")
    // Of each is said whose it is.
    for role in ["test-0 ingester", "test-0 sender", "test-1 worker-0", "test-1 venue"] {
      #expect(end.output.contains("== \(role), process "), "\(end.output)")
      #expect(end.error.contains("tickway run: \(role) is ready"), "\(end.error)")
    }
  }

  /// Nothing leaves; and nothing of it is left, since there is nothing to look into.
  @Test func anInstanceThatWasNeverArmedLeavesNothing() throws {
    let node = try RunningNode(port: 17_411, isArmed: false)
    try node.publish(try node.folder.synth(messages: 2_000))
    let end = try node.end()
    #expect(end.status == 0, "\(end.error)")
    #expect(end.report["orders", "sent"].count == 0)
    #expect(end.report["orders", "requested"].count ?? 0 > 0)
    #expect(node.rings.names.isEmpty, "\(node.rings.names)")
  }

  @Test func armedWhileItRunsItTradesOnceItsSenderIsReplaced() throws {
    let node = try RunningNode(port: 17_413, isArmed: false)
    let sender = try #require(node.pid("sender"))
    let armed = try node.arm()
    #expect(armed.status == 0 && armed.error.contains("process \(sender), was shut"), "\(armed)")
    kill(sender, SIGTERM)
    try node.waitForSuccessor(of: "sender", pid: sender)
    try node.publish(try node.folder.synth(messages: 5_000))
    let end = try node.end()
    #expect(end.status == 0, "\(end.error)")
    #expect(end.report["orders", "sent"].count ?? 0 > 0)
    #expect(node.rings.names.isEmpty, "\(node.rings.names)")
  }

  /// An instance that holds shares before its day begins, as `held.csv` and `returns.csv` say.
  private func holding(_ files: Scratch, port: Int) throws -> RunningNode {
    let held = try files.write(
      "symbol,strategy,shares,average_price\nZZZZ,1,1000,50.25\nend,1\n", to: "held.csv")
    let returns = try files.write("ZZZZ\n0.01\n-0.02\n0.015\n", to: "returns.csv")
    return try RunningNode(
      port: port, worker: "{strategy: none, symbols: share}",
      more: "risk: {positions: \(held), var_every_s: 0.05, returns: \(returns)}")
  }

  @Test func whatIsHeldBeforeIsCountedAndItsValueAtRiskComputed() throws {
    let files = Scratch()
    let node = try holding(files, port: 17_415)
    let shown = try Command.run([
      "positions", "test", "--json", "--ring-dir", node.rings.path,
    ])
    let line = try JSONValue(shown.output)["positions"].list.first {
      $0["symbol"].text == "ZZZZ" && $0["strategy"].count == nil
    }
    #expect(line?["position"].count == 1_000, "\(shown)")
    let end = try node.end()
    #expect(end.status == 0, "\(end.error)")
    let value = end.report["positions", "value_at_risk"]
    #expect(value["value"].number ?? 0 > 0 && value["observations"].count == 3, "\(end.output)")
    #expect(node.rings.names.isEmpty, "\(node.rings.names)")
  }

  /// An edit is for the next start: a sender that follows a dead one has orders to watch.
  @Test func aSendersSuccessorOutlivesAnEditOfItsFiles() throws {
    let files = Scratch()
    let node = try holding(files, port: 17_416)
    let sender = try #require(node.pid("sender"))
    for name in ["held.csv", "returns.csv"] { _ = try files.write("symbol,x\n,", to: name) }
    kill(sender, SIGKILL)
    try node.waitForSuccessor(of: "sender", pid: sender)
    let end = try node.end()
    #expect(end.status == 0, "\(end.error)")
    #expect(end.error.contains("no value at risk: the returns file"), "\(end.error)")
    #expect(node.rings.names.isEmpty, "\(node.rings.names)")
  }

  @Test func aWrongConfigurationStartsNothing() throws {
    let folder = Scratch()
    let path = try folder.write("instance: test\nworkers: 3\n", to: "node.yaml")
    let result = try Command.run(["run", "--config", path])
    #expect(result.status == 78)
    #expect(folder.names == ["node.yaml"])
  }
}
