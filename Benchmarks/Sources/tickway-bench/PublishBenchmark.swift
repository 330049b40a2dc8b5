import CBare
import Foundation
import TickEngine

/// The command `tickway publish` on loopback, to a group that nobody has joined: at full speed
/// beside a bare sendmmsg loop that sends packets of the same lengths, in turns; and at 50×.
struct PublishBenchmark {
  let command: String
  let messages: Int
  /// Seconds of the capture at 50×.
  let paced: Int

  struct Run {
    var packets_per_second: Double
    var bare_packets_per_second: Double
    /// How far the end was from where it should be, in parts of the time intended.
    var pace_error: Double
    var lateness_ns: LatencySummary
  }

  func run(times: Int) throws -> PublishBenchReport {
    let files = FileManager.default
    let folder = files.temporaryDirectory
      .appendingPathComponent("tickway-bench-\(ProcessInfo.processInfo.processIdentifier)")
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? files.removeItem(at: folder) }
    let capture = folder.appendingPathComponent("full.pcap").path
    let summary = try SynthCapture.write(SynthOptions(messages: messages), to: capture)
    let slow = folder.appendingPathComponent("paced.pcap").path
    let day = try SynthCapture.write(
      SynthOptions(symbols: 100, messages: paced * 450), to: slow)
    let lengths = try Packets(captures: [capture]).places.map { UInt32($0.count) }
    var runs: [Run] = []
    for _ in 0..<times {
      let full = try publish(capture, pace: "max", folder)
      let bare = lengths.withUnsafeBufferPointer {
        bare_send_batches(
          0xEFFF_4D01, 5001, $0.baseAddress, UInt64($0.count), UInt64($0.count))
      }
      guard bare > 0 else { throw BenchError("the bare loop cannot send: errno \(-bare)") }
      let pace = try publish(slow, pace: "50x", folder)
      guard let intended = pace.run.intendedSeconds, let lateness = pace.lateness_ns else {
        throw BenchError("the publisher kept no pace")
      }
      runs.append(
        Run(
          packets_per_second: Double(full.source.packets) / full.run.seconds,
          bare_packets_per_second: Double(lengths.count) * 1e9 / Double(bare),
          pace_error: abs(pace.run.seconds - intended) / intended, lateness_ns: lateness))
    }
    let span = Double(day.lastTimeNs - day.firstTimeNs) / 1e9
    return PublishBenchReport(runs, messages: messages, packets: summary.packets, span / 50)
  }

  private func publish(
    _ capture: String, pace: String, _ folder: URL
  ) throws -> PublishReport {
    let json = folder.appendingPathComponent("report.json").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command)
    process.arguments = [
      "publish", capture, "--line-a", "239.255.77.1:5001", "--interface", "lo", "--pace", pace,
      "--json", json,
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BenchError("\(command) publish failed") }
    let data = try Data(contentsOf: URL(fileURLWithPath: json))
    return try JSONDecoder().decode(PublishReport.self, from: data)
  }
}

/// What `publish` measured, as JSON: schema `tickway.bench.publish/1`.
struct PublishBenchReport: Encodable, CustomStringConvertible {
  let schema = "tickway.bench.publish/1"
  let messages: Int
  let packets: Int
  let packets_per_second: Spread
  let bare_packets_per_second: Spread
  /// Of the bare loop's rate, run by run.
  let times_bare: Spread
  let paced_seconds: Double
  /// Percent of the time intended.
  let pace_error_percent: Spread
  let lateness_p50_ns: Spread
  let lateness_p99_ns: Spread
  let lateness_max_ns: Spread
  let machine = MachineCard.current()

  init(_ runs: [PublishBenchmark.Run], messages: Int, packets: Int, _ paced_seconds: Double) {
    self.messages = messages
    self.packets = packets
    self.paced_seconds = paced_seconds
    packets_per_second = Spread(runs.map(\.packets_per_second))
    bare_packets_per_second = Spread(runs.map(\.bare_packets_per_second))
    times_bare = Spread(runs.map { $0.packets_per_second / $0.bare_packets_per_second })
    pace_error_percent = Spread(runs.map { $0.pace_error * 100 })
    lateness_p50_ns = Spread(runs.map { Double($0.lateness_ns.p50) })
    lateness_p99_ns = Spread(runs.map { Double($0.lateness_ns.p99) })
    lateness_max_ns = Spread(runs.map { Double($0.lateness_ns.max) })
  }

  var description: String {
    """
    publish: tickway publish on loopback, one line, \(messages) messages in \(packets) packets
      full speed, k packets/s  \(packets_per_second.text(per: 1e3))
      bare sendmmsg loop       \(bare_packets_per_second.text(per: 1e3))
      of the bare loop's rate  \(times_bare.text())
      50x, \(Int(paced_seconds)) s: end off by, %  \(pace_error_percent.text())
      late p50, µs             \(lateness_p50_ns.text(per: 1e3))
      late p99, µs             \(lateness_p99_ns.text(per: 1e3))
      late max, µs             \(lateness_max_ns.text(per: 1e3))
      (median of \(times_bare.runs) runs, least and most)
      machine                  \(machine)
    """
  }
}
