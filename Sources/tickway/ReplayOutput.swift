import Foundation
import TickEngine
import TickMetrics

/// Where the results of a replay go: text, JSON, percentile files.
struct ReplayOutput {
  let json: String?
  let hgrm: String?

  func write(_ outcome: ReplayOutcome) throws {
    if json != "-" { print(ReportText(outcome.report), terminator: "") }
    if let json {
      let text = try JSONText.encode(outcome.report)
      if json == "-" { print(text, terminator: "") } else { try write(text, to: json) }
    }
    if let hgrm { try writePercentiles(outcome, to: hgrm) }
  }

  private func writePercentiles(_ outcome: ReplayOutcome, to directory: String) throws {
    // A directory that cannot be made is reported by the first file in it.
    try? FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    for (stage, snapshot) in outcome.latency {
      try write(snapshot.percentileText(), to: "\(directory)/\(stage.rawValue).hgrm")
    }
  }

  private func write(_ text: String, to path: String) throws(AtomicFile.Failure) {
    let file = try AtomicFile(path: path)
    try file.write(text)
    try file.commit()
  }
}
