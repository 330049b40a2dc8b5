import Foundation
import Testing

/// An instance under `tickway run`, with rings, state and reports in directories of its own.
final class RunningNode {
  let folder = Scratch()
  let rings = Scratch()
  let process: Running
  let instance: String
  private let port: Int

  /// - Parameters:
  ///   - port: of both lines.
  ///   - isArmed: before the start.
  ///   - worker: what both are; by default one that trades and never has anything open for long.
  ///   - more: further sections.
  init(
    instance: String = "test", port: Int, isArmed: Bool = true,
    worker: String = "{strategy: momentum, symbols: share, policy: wait}", more: String = ""
  ) throws {
    self.instance = instance
    self.port = port
    let text = """
      instance: \(instance)
      directories:
        rings: \(rings.path)
        state: state
        reports: reports
      feed:
        protocol: iex
        line_a: 239.255.79.1:\(port)
        line_b: 239.255.79.2:\(port)
        interface: 127.0.0.1
        max_age_s: off
      venue:
        address: builtin
      sets:
        - workers:
            - \(worker)
            - \(worker)
      rings: {tick_slots: 65536}
      \(more)
      """
    let path = try folder.write(text, to: "node.yaml")
    // Before the start: a sender that begins shut stays shut.
    if isArmed {
      let armed = try RunningNode.arm(instance, folder, rings)
      try #require(armed.status == 0, "\(armed.error)")
    }
    process = try Command.start(["run", "--config", path, "--json", folder["merged.json"]])
    try require { process.error.contains("tickway run: ready") }
  }

  private static func arm(
    _ instance: String, _ folder: Scratch, _ rings: Scratch
  ) throws -> Command.Result {
    try Command.run([
      "arm", instance, "--who", "anna", "--reason", "first day", "--ring-dir", rings.path,
      "--state-dir", folder["state"],
    ])
  }

  func arm() throws -> Command.Result { try RunningNode.arm(instance, folder, rings) }

  /// Plays a capture on both lines.
  func publish(_ capture: String) throws {
    let result = try Command.run([
      "publish", capture, "--line-a", "239.255.79.1:\(port)", "--line-b", "239.255.79.2:\(port)",
      "--interface", "127.0.0.1", "--pace", "20000/s",
    ])
    try #require(result.status == 0, "\(result.error)")
  }

  /// What `tickway top` says of it now.
  func look() throws -> JSONValue {
    let result = try Command.run([
      "top", instance, "--once", "--json", "--interval", "0.02", "--ring-dir", rings.path,
      "--state-dir", folder["state"],
    ])
    try #require(result.status == 0, "\(result.error)")
    return try JSONValue(result.output)
  }

  /// Waits until something is so, as long as it runs.
  func require(_ condition: () -> Bool) throws {
    let isSo = eventually(within: 60) { condition() || !process.isRunning }
    try #require(isSo && condition(), "\(process.error)")
  }

  /// Of the role's newest process, as the supervisor says it.
  func pid(_ role: String) -> Int32? {
    let text = process.error.split(separator: "\n").last {
      $0.contains("\(role) is ready, process ")
    }
    return text.flatMap { Int32($0.split(separator: " ").last ?? "") }
  }

  func waitForSuccessor(of role: String, pid old: Int32) throws {
    try require { pid(role) != old }
  }

  /// Ends it in order; its merged report.
  func end() throws -> (status: Int32, report: JSONValue, error: String, output: String) {
    process.signal(SIGTERM)
    let result = try process.wait(within: 90)
    let report = try JSONValue(file: folder["merged.json"])
    return (result.status, report, result.error, result.output)
  }
}
