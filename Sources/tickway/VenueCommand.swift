import ArgumentParser
import Foundation
import TickEngine
import TickWire

/// `tickway venue`: the simulated exchange, alone.
struct VenueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "venue",
    abstract: "Run the simulated exchange alone: SoupBinTCP and OUCH 5.0 or 4.2 over TCP.",
    discussion: """
      Orders trade against the market of a capture or of a live tick ring. When a capture ends, \
      its last market stays. The venue serves until SIGINT or SIGTERM, then ends its sessions and \
      prints its counts; that is its proper end, with exit code 0.

      With --user, or TICKWAY_VENUE_PASSWORD in the environment, only that user (TICKWY if not \
      given) with that password (blank if not given) may log in; otherwise anyone may.

      On purpose it can do wrong what a venue may do wrong, with probabilities P from 0 to 1 that \
      are drawn from the seed for each account by itself: the same requests in the same order meet \
      the same faults. What it told in sequence can always be had again by a login that asks for \
      it, and --json says at the end what is true of each account: orders, executed shares, \
      positions and cash.
      """)

  @Option(help: ArgumentHelp("Where to listen; port 0 takes any.", valueName: "address:port"))
  var listen = "127.0.0.1:0"

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The captures to play as the market.", valueName: "file"),
    completion: .file())
  var capture: [String] = []

  @Option(
    help: ArgumentHelp(
      "The tick ring to take the market from; its symbols are in the region NAME.directory.",
      valueName: "name"))
  var ring: String?

  @Option(
    help: ArgumentHelp(
      "The region of the ring's symbols, if not NAME.directory.", valueName: "name"))
  var directory: String?

  @Option(
    name: .customLong("ring-dir"),
    help: "Where the ring is, or rings of its own are made.", completion: .directory)
  var ringDir = "/dev/shm"

  @Option(help: ArgumentHelp("max, or a factor of the capture's speed.", valueName: "max|1x|10x"))
  var pace = "1x"

  @Option(name: .customLong("repeat"), help: "How often the captures are played.")
  var repeats = 1

  @Option(help: ArgumentHelp("The protocol of orders.", valueName: "ouch50|ouch42"))
  var dialect = "ouch50"

  @Option(help: "The one user who may log in.")
  var user: String?

  @Option(
    help: ArgumentHelp(
      "Cancel a client's orders when its connection ends.", valueName: "on|off"))
  var cancelOnDisconnect = "on"

  @Option(help: "The name of its session; otherwise one that no start before has had.")
  var session: String?

  @OptionGroup var role: RoleArguments

  @Option(help: "Of the instance whose role this is.")
  var name = "tickway"

  @OptionGroup var faultOptions: VenueFaultOptions

  @Option(
    help: """
      Write what it did, and each account's truth, as JSON (tickway.venue/1); - is standard \
      output, and where it listens is then told on standard error.
      """, completion: .file())
  var json: String?

  func run() throws {
    do {
      let options = try options()
      let output = try ReportOutput(json: json)
      let role =
        role.isGiven
        ? try role.options("venue", name: name, ringDirectory: ringDir) : nil
      let venue = try VenueRun(
        options, market: try market(), ringDirectory: ringDir, role: role)
      let listening = "listening on \(address):\(venue.port)"
      if json == "-" { Complaint.note(listening + "\n") } else { print(listening) }
      // Whoever starts the venue waits for this line, through a pipe as well.
      fflush(nil)
      let outcome = venue.run()
      let report = VenueReport(options, outcome.counts, outcome.accounts)
      try output.write(report, text: VenueText(outcome.counts, faults: options.faults).text)
      if let failure = outcome.failure { throw failure }
    } catch {
      throw Complaint.exit("venue", error)
    }
  }

  private func usage(_ message: String) -> ExitCode { Complaint.exit("venue", message, .usage) }

  private var address: Substring { listen.prefix { $0 != ":" } }

  private func options() throws -> VenueOptions {
    var options = VenueOptions()
    let port = listen.dropFirst(address.count + 1)
    guard !address.isEmpty, let port = UInt16(port) else {
      throw usage("--listen \(listen): an IPv4 address and a port, as 127.0.0.1:9000, are needed")
    }
    options.address = String(address)
    options.port = port
    guard ["on", "off"].contains(cancelOnDisconnect) else {
      throw usage("--cancel-on-disconnect \(cancelOnDisconnect): choose on or off")
    }
    options.cancelsOnDisconnect = cancelOnDisconnect == "on"
    options.faults = try faultOptions.faults()
    options.keepsTruth = json != nil
    options.logins = try logins()
    options.session = try sessionName()
    switch dialect {
    case "ouch50": options.dialect = .ouch50
    case "ouch42": options.dialect = .ouch42
    default: throw usage("--dialect \(dialect): choose ouch50 or ouch42")
    }
    return options
  }

  private func sessionName() throws -> FixedText {
    guard let session else { return VenueOptions.newSession() }
    let lengthMax = VenueOptions.sessionLengthMax
    guard let name = FixedText(session, lengthMax: lengthMax), name != .blank else {
      throw usage("--session \(session): 1 to \(lengthMax) printable characters are needed")
    }
    return name
  }

  private func logins() throws -> [VenueLogin] {
    let password = ProcessInfo.processInfo.environment["TICKWAY_VENUE_PASSWORD"]
    guard user != nil || password != nil else { return [] }
    guard let name = FixedText(user ?? "TICKWY", lengthMax: SoupBin.usernameLength),
      name != .blank
    else {
      throw usage("--user: 1 to \(SoupBin.usernameLength) printable characters are needed")
    }
    let lengthMax = SoupBin.passwordLength
    guard let secret = FixedText(password ?? "", lengthMax: lengthMax) else {
      throw usage("TICKWAY_VENUE_PASSWORD: at most \(lengthMax) printable characters")
    }
    return [VenueLogin(username: name, password: secret)]
  }

  private func market() throws -> VenueMarketSource {
    guard let pace = ReplayPace(pace) else {
      throw usage("--pace \(self.pace): max or a factor such as 1x or 10x is needed")
    }
    guard repeats >= 1 else { throw usage("--repeat \(repeats): at least 1 is needed") }
    switch (capture.isEmpty, ring) {
    case (false, nil): return .captures(capture, pace: pace, repeats: repeats)
    case (true, let ring?):
      return .ring(name: ring, directory: ringDir, symbols: directory)
    default: throw usage("give the market: either --capture FILE or --ring NAME")
    }
  }
}

/// A venue's counts for people.
private struct VenueText {
  private let counts: VenueCounts
  private let faults: VenueFaults

  init(_ counts: VenueCounts, faults: VenueFaults) {
    self.counts = counts
    self.faults = faults
  }

  var text: String {
    let all = faults.isNone ? rows : rows + [faultRow]
    return all.map { name, values in
      let list = values.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
      return name.padding(toLength: 10, withPad: " ", startingAt: 0) + list + "\n"
    }.joined()
  }

  /// What was done wrong on purpose.
  private var faultRow: (String, [(String, UInt64)]) {
    let done = counts.faults
    return (
      "faults",
      [
        ("seed", faults.seed), ("cuts", done.cuts), ("rejects", done.rejects),
        ("partial fills", done.partialFills), ("cancels", done.cancels),
        ("pending", done.cancelsPending), ("refused", done.cancelsRefused),
        ("breaks", done.breaks), ("early replays", done.duplicateReplays),
        ("wrong sequences", done.wrongSequences),
        ("unknown", done.unknownMessages + done.unsequenced),
      ]
    )
  }

  private var rows: [(String, [(String, UInt64)])] {
    let matching = counts.matching
    return [
      ("market", [("updates", matching.marketUpdates)]),
      (
        "sessions",
        [
          ("connections", counts.connections), ("logins", counts.logins),
          ("refused", counts.loginsRejected), ("logouts", counts.logouts),
          ("lost", counts.closedByPeer + counts.closedSilent),
          ("slow", counts.closedSlow), ("malformed", counts.closedMalformed),
          ("no descriptor", counts.acceptsFailed),
        ]
      ),
      (
        "orders",
        [
          ("received", matching.ordersReceived), ("accepted", matching.ordersAccepted),
          ("rejected", matching.ordersRejected), ("duplicates", matching.duplicatesIgnored),
          ("executions", matching.executions), ("shares", matching.sharesExecuted),
          ("cancels", matching.cancels),
        ]
      ),
      (
        "messages",
        [
          ("received", counts.messagesReceived), ("sent", counts.messagesSequenced),
          ("malformed", counts.malformed), ("unknown", counts.unknown),
          ("forgotten", counts.messagesForgotten),
        ]
      ),
    ]
  }
}
