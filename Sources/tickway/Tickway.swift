import ArgumentParser

@main
struct Tickway: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tickway", abstract: "The shared-memory tick pipeline for Linux.",
    subcommands: [
      CaptureCommand.self, IngestCommand.self, LiveCommand.self, PublishCommand.self,
      RelayCommand.self, ReplayCommand.self, RingCommand.self, SynthCommand.self,
      VenueCommand.self,
    ])
}
