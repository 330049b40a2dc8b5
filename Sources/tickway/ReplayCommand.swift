import ArgumentParser
import Foundation
import TickEngine

/// `tickway replay CAPTURE…`: the whole pipeline over captures.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Replay captures through ingester, workers, risk gate, sender and venue.",
    discussion: """
      Captures are pcap or pcapng files of IEX TOPS 1.6 or DEEP 1.0, plain or gzip-compressed;
      several are merged in time order. The run ends with the captures, SIGINT or SIGTERM, and
      then prints its counts and the latency histogram of each stage.
      """)

  @Argument(help: "The captures to replay.", completion: .file())
  var captures: [String]

  @Option(help: "The feed: auto or iex.")
  var feed = "auto"

  @Option(help: ArgumentHelp("max, or a factor of the capture's speed.", valueName: "max|1x|10x"))
  var pace = "max"

  @Option(name: .customLong("repeat"), help: "How often; each time is a fresh session.")
  var repeats = 1

  @Option(help: "When the venue's sequence begins anew in a session: follow or refuse.")
  var restarts = "follow"

  @OptionGroup var pipeline: PipelineOptions

  func run() throws {
    do {
      let strategy = try pipeline.builtin("replay")
      let options = try options(strategy)
      try pipeline.reports.report("replay") {
        try strategy.replay(options, observer: .operators("replay"))
      }
    } catch {
      throw Complaint.exit("replay", error)
    }
  }

  // MARK: Options

  private func usage(_ message: String) -> ExitCode { Complaint.exit("replay", message, .usage) }

  private func options(_ strategy: BuiltinStrategy) throws -> ReplayOptions {
    guard feed == "auto" || feed == "iex" else {
      throw usage("unknown feed \(feed): choose auto or iex")
    }
    guard let pace = ReplayPace(pace) else {
      throw usage("--pace \(self.pace): max or a factor such as 1x or 10x is needed")
    }
    guard let restarts = RestartPolicy(rawValue: restarts) else {
      throw usage("--restarts \(self.restarts): choose follow or refuse")
    }
    var options = try pipeline.options(strategy, captures: captures, "replay")
    options.pace = pace
    options.repeats = repeats
    options.restarts = restarts
    return options
  }
}
