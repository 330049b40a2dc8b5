import ArgumentParser
import Foundation
import TickEngine

/// `tickway run`: a whole instance, a process for each role.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run an instance from its configuration: supervised processes, one for each role.",
    discussion: """
      Nothing is started from a configuration with faults (see `tickway config`). Venue, sender, \
      workers and ingester are started in this order, each once those before it are ready. A role \
      that dies is started again: at once three times a minute, then ever later, and after a limit \
      the instance ends. SIGTERM and SIGINT end it in order: the ingester stops, the workers empty \
      their rings, the sender cancels what is open and logs out. A second signal hurries, a third \
      kills. Each role's report is printed at its end, and the whole's at last; what roles say on \
      standard error is passed on, with their names in front.

      The exit code is 0 when all ended in order and the counts agree, 1 when they contradict each \
      other, 5 when the instance runs already, and else that of the role that ended it. Under \
      systemd it is a service of Type=notify.
      """)

  @Option(help: "The configuration, as `tickway config example` prints one.", completion: .file())
  var config: String

  @Option(
    help: "Write the merged report as JSON (tickway.report/1); - is standard output, instead.",
    completion: .file())
  var json: String?

  @Option(
    help: "Write HdrHistogram percentile files into this directory.", completion: .directory)
  var hgrm: String?

  func run() throws {
    do {
      let plan = NodePlan(try ConfigurationFile.load(config), on: .here)
      let outputs = try NodeOutput(json: json, hgrm: hgrm, plan: plan)
      let isJSONPrinted = json == "-"
      let observer = SupervisorObserver(
        note: { Complaint.note("tickway run: \($0)\n") },
        line: { role, text in Complaint.note("\(role): \(text)\n") },
        printed: { role, pid, text in
          let section = "== \(role), process \(pid)\n\(text)\n"
          if isJSONPrinted { Complaint.note(section) } else { print(section, terminator: "") }
        })
      let run = try NodeRun(
        plan, program: try RunCommand.program(), environment: ProcessInfo.processInfo.environment,
        observer: observer)
      let outcome = try run.run()
      try outputs.write(outcome)
      try judge(outcome)
    } catch {
      throw Complaint.exit("run", error)
    }
  }

  /// The roles are verbs of this very file, also where it is replaced meanwhile by another.
  private static func program() throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  }

  private func judge(_ outcome: NodeOutcome) throws {
    if let failure = outcome.failure {
      // Said already, when it happened.
      let status = failure.roleEnd?.status ?? 0
      throw ExitCode(status == 0 ? Complaint.code(of: failure).rawValue : status)
    }
    try RunEnd.judge(outcome.sets.flatMap(\.outcome.inconsistencies), "run")
  }
}

/// Where the results of an instance go: those of each of several sets to files of its own.
struct NodeOutput {
  private let json: String?
  private let hgrm: String?
  private let isOne: Bool

  init(json: String?, hgrm: String?, plan: NodePlan) throws(AtomicFile.Failure) {
    self.json = json
    self.hgrm = hgrm
    isOne = plan.configuration.sets.count == 1
    // What cannot be written is told before anything runs; a file without `commit` leaves nothing.
    _ = try ReplayOutput(json: json, hgrm: hgrm)
  }

  func write(_ outcome: NodeOutcome) throws {
    for set in outcome.sets {
      if json != "-" { print("== instance \(set.instance)") }
      let output = try ReplayOutput(
        json: path(json, set.instance), hgrm: path(hgrm, set.instance))
      try output.write(set.outcome)
    }
  }

  /// `FILE`, or `FILE.NAME-0` of one of several sets.
  private func path(_ path: String?, _ instance: String) -> String? {
    guard let path, !isOne, path != "-" else { return path }
    return "\(path).\(instance)"
  }
}
