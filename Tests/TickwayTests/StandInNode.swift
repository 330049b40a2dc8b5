import Foundation
import Testing

/// A supervisor over stand-in roles, and what they say in their log.
final class StandInNode {
  /// Built beside the tests, wherever the command under test is.
  private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "node-stand-in").path

  let folder = Scratch()
  let rings = Scratch()
  var behaviours: [String: [String]] = [:]
  var restartsPerMinute = 3
  var restartsMax = 20
  var readyMax_s = 20.0
  var drainMax_s = 20.0
  var continues = false
  var configurationHash = 0x5EED

  static let names = ["ingester", "worker-0", "worker-1", "sender", "venue"]

  deinit {
    // What a failed test left alive must not outlive it.
    for name in Self.names { if let pid = pid(name), isAlive(pid) { kill(pid, SIGKILL) } }
  }

  func start(environment: [String: String] = [:]) throws -> Running {
    let roles = StandInNode.names.map { name -> [String: Any] in
      let parts = name.split(separator: "-")
      let port = name == "sender" ? ["127.0.0.1:PORT"] : []
      return [
        "kind": String(parts[0]), "number": parts.count > 1 ? Int(parts[1])! : 0,
        "behaviours": (behaviours[name] ?? []) + port,
      ]
    }
    let plan: [String: Any] = [
      "prefix": "tickway.stand-in", "ringDirectory": rings.path, "log": folder["log"],
      "roles": roles, "restartsPerMinute": restartsPerMinute, "restartsMax": restartsMax,
      "readyMax_s": readyMax_s, "drainMax_s": drainMax_s, "graceMax_s": 0.2,
      "continues": continues, "configurationHash": configurationHash,
    ]
    let path = folder["plan-\(configurationHash).json"]
    try JSONSerialization.data(withJSONObject: plan).write(to: URL(filePath: path))
    return try Running([StandInNode.program, "supervise", path], environment: environment)
  }

  /// Starts it, and waits until every role is ready.
  func startReady() throws -> Running {
    let running = try start()
    let isReady = eventually(within: 30) { running.error.contains("ready: every role is") }
    try #require(isReady, "\(running.error)")
    return running
  }

  /// The log's lines, in the order in which things happened.
  var log: [String] {
    let text = (try? String(contentsOfFile: folder["log"], encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  func count(_ event: String) -> Int { log.count { $0 == event || $0.hasPrefix("\(event) ") } }

  /// Where in the log something happened first.
  func place(_ event: String) throws -> Int {
    try #require(log.firstIndex { $0 == event || $0.hasPrefix("\(event) ") }, "\(event): \(log)")
  }

  /// Of a role's newest process.
  func pid(_ name: String) -> Int32? {
    log.last { $0.hasPrefix("start \(name) ") }.flatMap { Int32($0.split(separator: " ")[2]) }
  }

  func isAlive(_ pid: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let state = text.split(separator: ")").last?.split(separator: " ").first
    else { return false }
    return state != "Z" && state != "X"
  }

  func expectOrder(_ events: [String]) throws {
    for (event, next) in zip(events, events.dropFirst()) {
      #expect(try place(event) < place(next), "\(event), then \(next): \(log)")
    }
  }

  func expectNothingLeft() {
    #expect(rings.names.isEmpty)
    for name in Self.names { if let pid = pid(name) { #expect(!isAlive(pid), "\(name)") } }
  }
}
