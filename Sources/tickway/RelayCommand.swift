import ArgumentParser
import Foundation
import TickEngine

/// `tickway relay --ring NAME`: a tick ring as multicast, for other machines.
struct RelayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay",
    abstract: "Republish a tick ring as multicast on one or two lines, for other machines.",
    discussion: """
      The ring's ticks travel as MoldUDP64 messages: each the raw 24-byte record, and before an \
      instrument's first tick its entry of the symbol directory; all entries come again within \
      5 s, for whoever joins late. `tickway ingest --feed ticks` turns them back into a ring. A \
      ring has one consumer, and the relay is it: give the relay a ring of its own. Receive times \
      are not carried, since they are of this machine's clock.

      A silent line sends heartbeats each second, unless nobody publishes to the ring. The relay \
      runs until SIGINT or SIGTERM; then it sends what the ring still has, ends the session, \
      answers requests for a while, and prints its counts: that is its proper end, with exit code \
      0, or 74 if something could not be sent. A second signal ends the answering. Each start is \
      a new session.

      Faults are drawn from the seed, for each line and datagram by itself: P from 0 to 1 for both \
      lines, a:P or b:P for one. Answers to requests meet none. With --restart, after 1 to \
      \(RelayOptions.restartTicksMax) ticks, as the seed says, another session begins from \
      sequence 1, with every name anew; what is missing of the old one cannot be had any more.
      """)

  @Option(
    help: ArgumentHelp("The tick ring, of which the relay is the consumer.", valueName: "name"))
  var ring: String

  @Option(
    help: ArgumentHelp(
      "The region of its symbols; by default NAME.directory for a ring NAME or NAME.ticks.N.",
      valueName: "name"))
  var directory: String?

  @Option(
    name: .customLong("ring-dir"),
    help: "Where the ring and its directory are.", completion: .directory)
  var ringDir = "/dev/shm"

  @OptionGroup var lines: LineOptions
  @OptionGroup var faults: FaultOptions

  @Option(help: "Messages that are kept for re-requests; rounded up to a power of two.")
  var retain = 1 << 20

  @Option(help: "After the end, requests are answered until nobody has asked for so many seconds.")
  var linger = 1.0

  @Option(
    help: "Write the report as JSON (tickway.relay/1); - is standard output, instead.",
    completion: .file())
  var json: String?

  func run() throws {
    do {
      let output = try ReportOutput(json: json)
      let report = try RelayRun.run(try options()) { Complaint.note("tickway relay: \($0)\n") }
      try output.write(report, text: RelayText(report))
      if let failure = PublishText.failure(of: report.lines) {
        throw Complaint.exit("relay", failure, .inputOutput)
      }
    } catch {
      throw Complaint.exit("relay", error)
    }
  }

  private func options() throws -> RelayOptions {
    let a = try LineOptions.address(lines.lineA, "--line-a")
    var options = RelayOptions(ring: ring, lineA: a)
    if let directory { options.directory = directory }
    options.ringDirectory = ringDir
    options.lineB = try lines.lineB.map { try LineOptions.address($0, "--line-b") }
    options.interface = lines.interface
    options.ttl = try lines.checkedTtl()
    options.requests = try lines.requestAddress()
    options.retainedMessages = retain
    guard linger >= 0, linger <= 86_400 else {
      throw PublishError.options("--linger \(linger): seconds from 0 to 86400 are needed")
    }
    options.linger_ms = Int(linger * 1_000)
    (options.faultsA, options.faultsB) = try faults.rates(hasLineB: lines.lineB != nil)
    options.restarts = faults.restart
    options.seed = faults.seed
    return options
  }
}
