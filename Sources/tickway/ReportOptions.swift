import ArgumentParser
import TickEngine

/// Where the report of a run goes: options of the verbs that run parts of the pipeline.
struct ReportOptions: ParsableArguments {
  @Option(
    help: "Write the report as JSON (tickway.report/1); - is standard output, instead.",
    completion: .file())
  var json: String?

  @Option(
    help: "Write HdrHistogram percentile files into this directory.", completion: .directory)
  var hgrm: String?

  /// Files that a run will write for them, which no other may be.
  var paths: [String] {
    let files = json.map { $0 == "-" ? [] : [$0] } ?? []
    guard let hgrm else { return files }
    return files + Report.Stage.allCases.map { ReplayOutput.path($0, in: hgrm) }
  }

  /// Runs a verb to its report and its exit code. Paths that cannot be written are told before.
  func report(_ verb: String, of run: () throws -> ReplayOutcome) throws {
    let output = try ReplayOutput(json: json, hgrm: hgrm)
    let outcome = try run()
    try output.write(outcome)
    try RunEnd.judge(outcome, verb)
  }
}
