import Foundation
import TickEngine
import TickMetrics

/// Where the results of a replay go: text, JSON, percentile files. Made before the run, so that a
/// path that cannot be written is told at once and not at the end of a day.
struct ReplayOutput: ~Copyable {
  private let report: ReportOutput
  private let hgrm: String?

  init(json: String?, hgrm: String?) throws(AtomicFile.Failure) {
    let report = try ReportOutput(json: json)
    if let hgrm { try ReplayOutput.prepare(hgrm) }
    self.report = report
    self.hgrm = hgrm
  }

  /// Makes the directory, and a file in it that never gets a name.
  private static func prepare(_ directory: String) throws(AtomicFile.Failure) {
    // A directory that cannot be made is reported by the file.
    try? FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    _ = try AtomicFile(path: path(.ingest, in: directory))
  }

  static func path(_ stage: Report.Stage, in directory: String) -> String {
    "\(directory)/\(stage.rawValue).hgrm"
  }

  consuming func write(_ outcome: ReplayOutcome) throws {
    try report.write(outcome.report, text: ReportText(outcome.report))
    guard let hgrm else { return }
    for (stage, snapshot) in outcome.latency {
      let file = try AtomicFile(path: ReplayOutput.path(stage, in: hgrm))
      try file.write(snapshot.percentileText())
      try file.commit()
    }
  }
}
