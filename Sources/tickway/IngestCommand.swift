import ArgumentParser
import Foundation
import TickEngine

/// `tickway ingest`: a live feed into named rings.
struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Listen to the lines of a live feed, and publish its ticks into named rings.",
    discussion: """
      Both lines are listened to at all times, and the first copy of each packet wins; what is \
      missing is waited for, asked for where there is a request server, and at last given up, \
      counted and told in-band. The rings are NAME.ticks.0 and so on, the directory is \
      NAME.directory, in --ring-dir. The run ends with SIGINT or SIGTERM, and then prints its \
      counts and the latency histogram of each stage.
      """)

  @Option(help: "What the lines speak: iex, mold-itch or ticks.")
  var feed: String

  @OptionGroup var lines: ListenOptions

  @Option(help: "Rings and directory are named after it.")
  var name = "tickway"

  @Option(help: "Workers, one ring each; the instruments are shared out among them.")
  var workers = 1

  @OptionGroup var subscribe: SubscribeOptions

  @OptionGroup var policy: PolicyOptions

  @Option(
    help: "Write the ticks, as replay does; with mold-itch the messages, each after its length.",
    completion: .file())
  var record: String?

  @Option(help: "A symbol a line: restricts and numbers the directory.", completion: .file())
  var symbols: String?

  @OptionGroup var reports: ReportOptions

  @Option(
    name: .customLong("ring-dir"),
    help: "Where the rings are made.", completion: .directory)
  var ringDirectory = "/dev/shm"

  @Option(help: "Slots of each tick ring, a power of two.")
  var ringCapacity = IngestOptions.ringCapacityDefault

  @OptionGroup var role: RoleArguments

  @Flag(help: "Feed NAME.tap as well, the market of `tickway venue --ring NAME.tap`.")
  var tap = false

  @Flag(help: "Keep NAME.board, the prices of `tickway sender --name NAME`.")
  var gate = false

  @Flag(
    help: """
      Leave rings and directory in place at the end, for consumers that come later. As a role of \
      an instance, with --tap, --gate, or --node and what follows it here, it always does.
      """)
  var keep = false

  func run() throws {
    do {
      let options = try options()
      try reports.report("ingest") {
        try Ingest.run(options, observer: .operators("ingest"))
      }
    } catch {
      throw Complaint.exit("ingest", error)
    }
  }

  private func options() throws -> IngestOptions {
    guard let feed = LiveFeed(rawValue: feed) else {
      throw usage("unknown feed \(feed): choose iex, mold-itch or ticks")
    }
    guard ringCapacity > 1, ringCapacity <= 1 << 30, ringCapacity.nonzeroBitCount == 1 else {
      throw usage("--ring-capacity \(ringCapacity): a power of two from 16 to 2^30 is needed")
    }
    var options = try lines.options(feed)
    try policy.apply(to: &options)
    options.subscriptions = try subscribe.subscriptions("ingest")
    options.name = name
    options.workers = workers
    options.recordPath = record
    options.ringDirectory = ringDirectory
    options.ringCapacity = ringCapacity
    options.keepsRings = keep
    options.core = role.core
    options.feedsVenue = tap
    options.feedsGate = gate
    if tap || gate || role.isGiven {
      options.role = try role.options("ingest", name: name, ringDirectory: ringDirectory)
    }
    if let symbols { options.symbols = try SymbolList.read(symbols) }
    return options
  }

  private func usage(_ message: String) -> ExitCode { Complaint.exit("ingest", message, .usage) }
}
