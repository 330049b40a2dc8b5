import ArgumentParser

@main
struct Tickway: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tickway", abstract: "The shared-memory tick pipeline for Linux.",
    subcommands: [
      ArmCommand.self, CaptureCommand.self, ConfigCommand.self, DoctorCommand.self,
      ExplainCommand.self, IngestCommand.self, KillCommand.self, LiveCommand.self,
      PositionsCommand.self, PublishCommand.self, RelayCommand.self, ReplayCommand.self,
      ResumeCommand.self, RingCommand.self, RiskCommand.self, RunCommand.self, SenderCommand.self,
      StateCommand.self, SynthCommand.self, TopCommand.self, ValueAtRiskCommand.self,
      VenueCommand.self, WatchdogCommand.self, WorkerCommand.self,
    ])
}
