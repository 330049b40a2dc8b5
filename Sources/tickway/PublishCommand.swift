import ArgumentParser
import Foundation
import TickEngine

/// `tickway publish CAPTURE…`: captures as multicast, the way a venue would send them.
struct PublishCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish",
    abstract: "Play captures as multicast on one or two lines, with seeded faults.",
    discussion: """
      Captures are pcap or pcapng files of IEX-TP (TOPS, DEEP), whose datagrams are sent as \
      recorded, or raw ITCH files (each message after its length, u16), which are sent as \
      MoldUDP64, messages within 20 us of each other in one packet; plain or gzip-compressed. \
      What a file has before it is cut is sent; the report says so, and counts what is left out. \
      Each packet is stamped once with the time at which it is due, and its messages' times are \
      moved alike, so that receivers judge freshness as they would live. A silent line sends \
      heartbeats each second; the end is five of them, or of MoldUDP64's end of session, and \
      more while re-requests come.

      Faults are drawn from the seed, for each line and packet by itself: P from 0 to 1 for both \
      lines, a:P or b:P for one. A burst of losses is 8 packets long on average; a reordered \
      packet follows the next 1 to 3 within 5 ms; a delayed one comes 1 to 20 ms late; both by \
      the capture's time, or with N/s by the schedule's. A corrupted one has 1 to 3 bits flipped. \
      The same options send the same packets in the same order, at 10x and at max as at 1x; with \
      MoldUDP64, under another session at each start, unless --session names it. The run ends \
      with the captures, SIGINT or SIGTERM, and then prints its counts; with exit code 74 if \
      something could not be sent.
      """)

  @Argument(help: "The captures to publish; several are merged in time order.", completion: .file())
  var captures: [String]

  @OptionGroup var lines: LineOptions
  @OptionGroup var faults: FaultOptions

  @Option(
    help: ArgumentHelp(
      "A factor of the capture's speed, messages per second, or max.",
      valueName: "1x|10x|max|N/s"))
  var pace = "1x"

  @Option(
    help: ArgumentHelp(
      "With N/s: in each period (1000ms) a window of MS at FACTOR times the mean rate.",
      valueName: "MSms:FACTOR[:PERIODms]"))
  var bursts: String?

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp("The framing; otherwise that of the files.", valueName: "iex|mold"))
  var framing: String?

  @Option(
    help: "Messages in a packet; otherwise as recorded, or as due together (20 for mold with N/s).")
  var messagesPerPacket: Int?

  @Option(help: "The session of MoldUDP64, 1 to 10 characters; otherwise another at each start.")
  var session: String?

  @Flag(help: "Leave the venue's times as they are.")
  var keepTimes = false

  @Option(
    help: "Write the report as JSON (tickway.publish/1); - is standard output, instead.",
    completion: .file())
  var json: String?

  func run() throws {
    do {
      let output = try ReportOutput(json: json)
      let outcome = try Publisher.run(try options()) { Complaint.note("tickway publish: \($0)\n") }
      try output.write(outcome.report, text: PublishText(outcome.report))
      if let failure = PublishText.failure(of: outcome.report.lines) {
        throw Complaint.exit("publish", failure, .inputOutput)
      }
      switch outcome.signal {
      case SIGINT: throw ExitCode(TickwayExit.interrupted.rawValue)
      case SIGTERM: throw ExitCode(TickwayExit.terminated.rawValue)
      default: break
      }
    } catch {
      throw Complaint.exit("publish", error)
    }
  }

  private func options() throws -> PublishOptions {
    let a = try LineOptions.address(lines.lineA, "--line-a")
    var options = PublishOptions(captures: captures, lineA: a)
    options.lineB = try lines.lineB.map { try LineOptions.address($0, "--line-b") }
    options.interface = lines.interface
    options.ttl = try lines.checkedTtl()
    guard let pace = PublishPace(pace) else {
      throw PublishError.options(
        "--pace \(self.pace): a factor such as 1x or 10x, a rate such as 300000/s, or max")
    }
    options.pace = pace
    options.bursts = try bursts.map { text in
      guard let bursts = PublishBursts(text) else {
        throw PublishError.options(
          "--bursts \(text): as 10ms:10, or 10ms:10:100ms with a period, in which window times"
            + " factor is at most the period")
      }
      return bursts
    }
    options.framing = try framing.map { text in
      guard let framing = PublishFraming(rawValue: text) else {
        throw PublishError.options("--as \(text): choose iex or mold")
      }
      return framing
    }
    if let messagesPerPacket, !(1...1_000).contains(messagesPerPacket) {
      throw PublishError.options(
        "--messages-per-packet \(messagesPerPacket): a number from 1 to 1000 is needed")
    }
    options.messagesPerPacket = messagesPerPacket
    options.session = session
    options.requests = try lines.requestAddress()
    options.keepsTimes = keepTimes
    (options.faultsA, options.faultsB) = try faults.rates(hasLineB: lines.lineB != nil)
    options.restarts = faults.restart
    options.seed = faults.seed
    return options
  }
}
