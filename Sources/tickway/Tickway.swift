import ArgumentParser
import TickEngine
import TickRing

@main
struct Tickway: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tickway", abstract: "The shared-memory tick pipeline for Linux.",
    version: version,
    subcommands: [
      ArmCommand.self, CaptureCommand.self, ConfigCommand.self, DoctorCommand.self,
      ExplainCommand.self, IngestCommand.self, KillCommand.self, LiveCommand.self,
      PositionsCommand.self, PublishCommand.self, RelayCommand.self, ReplayCommand.self,
      ResumeCommand.self, RingCommand.self, RiskCommand.self, RunCommand.self, SenderCommand.self,
      StateCommand.self, SynthCommand.self, TopCommand.self, ValueAtRiskCommand.self,
      VenueCommand.self, WatchdogCommand.self, WorkerCommand.self,
    ])

  /// Nothing is released yet: the build is what `config plan` and `top` call so, and by the ring
  /// library's a region says who made it (`ring show`).
  private static var version: String {
    "tickway, unreleased; build \(String(BuildHash.own, radix: 16)); ring library "
      + "\(RegionInfo.libraryVersion), \(RingText.hex(RegionInfo.ownBuildHash))"
  }

  static func main() {
    refuseBrokenText()
    runVerb()
    tellLostOutput()
  }

  /// A word that is no text would be mended on its way in, and be the name of something else.
  private static func refuseBrokenText() {
    for index in 1..<max(Int(CommandLine.argc), 1) {
      guard let word = unsafe CommandLine.unsafeArgv[index],
        unsafe String(validatingCString: word) == nil
      else { continue }
      let exit = Complaint.exit(CommandLine.arguments[index], "not UTF-8: write it as such", .usage)
      Tickway.exit(withError: exit)
    }
  }

  /// What was printed, and did not get to where it was to go.
  private static func tellLostOutput() {
    guard !StandardOutput.flush() else { return }
    Complaint.note(
      "tickway: not all that was printed could be written: is there room where it goes?\n")
    Tickway.exit(withError: ExitCode(TickwayExit.inputOutput.rawValue))
  }

  /// A supervisor waits for a role that it starts: its verb is called directly, since to find it
  /// among all verbs and their options takes longer than to read its own.
  private static func runVerb() {
    let roles: [any ParsableCommand.Type] = [
      IngestCommand.self, SenderCommand.self, VenueCommand.self, WorkerCommand.self,
    ]
    let words = CommandLine.arguments.dropFirst()
    let role = roles.first { $0.configuration.commandName == words.first }
    guard let role, words.contains("--place") else { return main(nil) }
    role.main(Array(words.dropFirst()))
  }
}
