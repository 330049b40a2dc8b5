import ArgumentParser
import TickEngine

/// `tickway doctor`: looks at the machine.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check the machine: what is so, what it costs, and the command that mends it.",
    discussion: """
      Reads /proc and /sys, and changes nothing. A finding is ok, a warning (latency or comfort is \
      lost), unsafe (trading here is unsafe or impossible), or unknown: the machine does not say, \
      which is not the same as good. Ends with 0, also with warnings, and with 8 if anything is \
      unsafe.

      With --jitter it measures, too: a thread that is pinned to a core looks at the clock and \
      does nothing else; whenever a look comes later than 1 us after the last one, the core was \
      somewhere else. No latency of a program can have a better tail than that.
      """)

  @Option(help: ArgumentHelp("Measure each core's floor for so long.", valueName: "seconds"))
  var jitter: Double?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The cores to measure; otherwise all that are allowed.", valueName: "n"))
  var core: [Int] = []

  @Flag(help: "Measure all cores at once, as a pipeline uses them, instead of one after another.")
  var together = false

  @Option(
    help: "Write the findings as JSON (tickway.doctor/1); - is standard output, instead.",
    completion: .file())
  var json: String?

  /// An hour for each core is more than anyone waits for.
  private static let seconds_max = 3_600.0

  func run() throws {
    do {
      let duration_ns = try duration_ns()
      let output = try ReportOutput(json: json)
      let findings = MachineDoctor().findings()
      let cores = core.isEmpty ? CoreJitter.allowedCores : core
      let jitter = try duration_ns.map {
        try CoreJitter.measure(cores: cores, for: $0, isTogether: together)
      }
      let report = DoctorReport(
        findings: findings, jitter: jitter, isTogether: jitter == nil ? nil : together)
      try output.write(report, text: DoctorText(report))
      if report.isUnsafe { throw ExitCode(TickwayExit.checksFailed.rawValue) }
    } catch {
      throw Complaint.exit("doctor", error)
    }
  }

  /// nil: nothing is to be measured.
  private func duration_ns() throws -> UInt64? {
    guard let jitter else {
      guard core.isEmpty, !together else {
        throw usage("--core and --together say how --jitter SECONDS measures: give that, too")
      }
      return nil
    }
    guard jitter > 0, jitter <= DoctorCommand.seconds_max else {
      throw usage("--jitter \(jitter): more than 0 and up to 3600 seconds are needed")
    }
    guard Set(core).count == core.count else {
      throw usage("--core: a core is named twice")
    }
    return UInt64(jitter * 1e9)
  }

  private func usage(_ message: String) -> ExitCode { Complaint.exit("doctor", message, .usage) }
}
