import ArgumentParser
import TickEngine

/// `tickway live`: the whole pipeline on a live feed.
struct LiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "live",
    abstract: "Run a live feed through ingester, workers, risk gate, sender and venue.",
    discussion: """
      The stages of `tickway replay`, as threads of one process, behind the lines of a live feed \
      instead of captures. The run ends with SIGINT or SIGTERM, and then prints its counts and the \
      latency histogram of each stage.

      With --subscribe workers may have instruments in common; each worker is then a strategy of \
      its own to the risk gate, worker K being strategy K + 1.
      """)

  @Option(help: "What the lines speak: iex or ticks.")
  var feed: String

  @OptionGroup var lines: ListenOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var pipeline: PipelineOptions

  func run() throws {
    do {
      let strategy = try pipeline.builtin("live")
      let options = try pipeline.options(strategy, captures: [], "live")
      try pipeline.reports.report("live") {
        let (lines, behind) = try listening(options)
        return try strategy.live(lines, behind, observer: .operators("live"))
      }
    } catch {
      throw Complaint.exit("live", error)
    }
  }

  private func listening(
    _ options: ReplayOptions
  ) throws -> (IngestOptions, ReplayOptions) {
    guard let feed = LiveFeed(rawValue: feed) else {
      throw IngestError.options("unknown feed \(feed): choose iex or ticks")
    }
    var listening = try lines.options(feed)
    try policy.apply(to: &listening)
    var behind = options
    behind.validation = listening.validation
    behind.ringCapacity = pipeline.ringCapacity ?? IngestOptions.ringCapacityDefault
    return (listening, behind)
  }
}
