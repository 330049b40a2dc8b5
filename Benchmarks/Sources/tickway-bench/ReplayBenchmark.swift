import Foundation
import TickEngine

/// The whole command: `tickway replay --strategy none`, one worker, over a synthetic capture,
/// repeated. The rate is the command's own: from the first packet taken to the last one done.
struct ReplayBenchmark {
  let command: String
  let messages: Int
  let repeats: Int

  func run(times: Int) throws -> ReplayBenchReport {
    let files = FileManager.default
    let directory = files.temporaryDirectory
      .appendingPathComponent("tickway-bench-\(ProcessInfo.processInfo.processIdentifier)")
    try files.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? files.removeItem(at: directory) }
    let capture = directory.appendingPathComponent("synthetic.pcap").path
    _ = try SynthCapture.write(SynthOptions(messages: messages), to: capture)
    let arguments = [
      "replay", capture, "--strategy", "none", "--workers", "1", "--repeat", "\(repeats)",
    ]
    var reports: [Report] = []
    for _ in 0..<times {
      let json = directory.appendingPathComponent("report.json").path
      try execute(arguments + ["--json", json])
      let data = try Data(contentsOf: URL(fileURLWithPath: json))
      reports.append(try JSONDecoder().decode(Report.self, from: data))
    }
    return ReplayBenchReport(reports, messages: messages, repeats: repeats)
  }

  private func execute(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchError("\(command) \(arguments.joined(separator: " ")) failed")
    }
  }
}

/// What `replay` measured, as JSON: schema `tickway.bench.replay/1`.
struct ReplayBenchReport: Encodable, CustomStringConvertible {
  let schema = "tickway.bench.replay/1"
  let messages: UInt64
  let ticks: UInt64
  let capture_messages: Int
  let repeats: Int
  let messages_per_second: Spread
  let delivery_p50_ns: Spread
  let machine: MachineCard

  init(_ reports: [Report], messages: Int, repeats: Int) {
    precondition(
      reports.allSatisfy { $0.ticks == reports[0].ticks && $0.feed == reports[0].feed },
      "two replays of the same capture counted differently")
    self.messages = reports[0].feed.messages
    ticks = reports[0].ticks.published
    capture_messages = messages
    self.repeats = repeats
    messages_per_second = Spread(reports.map { $0.run.messagesPerSecond })
    delivery_p50_ns = Spread(
      reports.map { Double($0.latency_ns[Report.Stage.delivery.rawValue]?.p50 ?? 0) })
    machine = reports[0].machine
  }

  var description: String {
    """
    replay: tickway replay, strategy none, one worker, \(capture_messages) messages × \(repeats)
      messages, ticks          \(messages), \(ticks)
      M messages/s             \(messages_per_second.text(per: 1e6))
      delivery p50, µs         \(delivery_p50_ns.text(per: 1e3))
      (median of \(messages_per_second.runs) runs, least and most)
      machine                  \(machine)
    """
  }
}
