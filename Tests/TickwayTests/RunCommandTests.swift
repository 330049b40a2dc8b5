import Foundation
import Testing

/// `tickway run`: the real roles as processes.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct RunCommandTests {
  private func publish(_ capture: String, port: Int, to node: RunningNode) throws {
    let result = try Command.run([
      "publish", capture, "--line-a", "239.255.79.1:\(port)", "--line-b", "239.255.79.2:\(port)",
      "--interface", "127.0.0.1", "--pace", "20000/s",
    ])
    try #require(result.status == 0, "\(result.error)")
  }

  private func ring(_ name: String, _ report: JSONValue) throws -> JSONValue {
    try #require(report["rings"].list.first { $0["name"].text == name }, "\(name)")
  }

  @Test func anInstanceTakesEveryMessageTradesAndLeavesNothing() throws {
    let node = try RunningNode(port: 17_401)
    let capture = try node.folder.synth(messages: 20_000)
    try publish(capture, port: 17_401, to: node)
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
    try publish(capture, port: 17_403, to: node)
    let end = try node.end()
    #expect(end.status == 0, "\(end.error)")
    #expect(end.report["feed", "messages"].count == 5_000)
    for name in ["ticks.0", "ticks.1"] {
      let ring = try ring(name, end.report)
      #expect(ring["published"].count == ring["polled"].count)
      #expect(ring["published"].count ?? 0 > 0)
    }
    #expect(end.report["roles"].list.map { $0["deaths"].count } == [1, 1, 1, 1, 0])
    #expect(node.rings.names.isEmpty, "\(node.rings.names)")
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

  @Test func aWrongConfigurationStartsNothing() throws {
    let folder = Scratch()
    let path = try folder.write("instance: test\nworkers: 3\n", to: "node.yaml")
    let result = try Command.run(["run", "--config", path])
    #expect(result.status == 78)
    #expect(folder.names == ["node.yaml"])
  }
}
