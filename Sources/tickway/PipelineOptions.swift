import ArgumentParser
import Foundation
import TickEngine
import TickWire

/// What stands behind the ingester, from captures or live: options of the verbs that run it all.
struct PipelineOptions: ParsableArguments {
  @Option(help: "The strategy: none, momentum or market-maker.")
  var strategy = "none"

  @Option(
    name: .customLong("param"), parsing: .upToNextOption,
    help: ArgumentHelp("Parameters of the strategy.", valueName: "k=v"))
  var parameters: [String] = []

  @Option(help: "Workers; the instruments are shared out among them.")
  var workers = 1

  @OptionGroup var subscribe: SubscribeOptions

  @Option(
    help: ArgumentHelp("Where orders go.", valueName: "HOST:PORT|builtin|none"))
  var venue = "builtin"

  @Option(help: "User name at the venue; the password is read from TICKWAY_VENUE_PASSWORD.")
  var venueUser = "TICKWY"

  @Option(help: "Risk limits, a JSON file; needed with a venue that is named.", completion: .file())
  var limits: String?

  @Option(
    help: "Sector, volume and limits of each symbol, CSV; needed with a venue on another host.",
    completion: .file())
  var reference: String?

  @Option(help: "What the venue speaks: ouch50 or ouch42.")
  var dialect = "ouch50"

  @Option(
    help: "The name that `tickway arm` and `tickway kill` know this by; needs to be armed first.")
  var instance: String?

  @Option(
    name: .customLong("state-dir"),
    help: "Where trips of the instance survive.", completion: .directory)
  var stateDirectory: String?

  @Option(help: "Share the credit of this account with other instances; needs --instance.")
  var account: String?

  @Option(
    help: """
      What is held before the first order, CSV: symbol,strategy,shares,average_price, a line for \
      each, and at last end, with their number.
      """,
    completion: .file())
  var positions: String?

  @Option(
    help: ArgumentHelp(
      "Compute the value at risk so often; needs --returns or --recorded.", valueName: "seconds"))
  var varEvery: Double?

  @OptionGroup var returns: ReturnsOptions

  @Option(help: "With new orders, while the venue takes no bytes: wait or refuse.")
  var slowVenue = "wait"

  @Option(help: "Seconds for which a venue that is lost is called again.")
  var reconnect = 0.0

  @Option(help: "A symbol a line: restricts and numbers the directory.", completion: .file())
  var symbols: String?

  @Option(
    help: "Write the published ticks, raw 24-byte records, and FILE.symbols.csv.",
    completion: .file())
  var record: String?

  @Option(help: "Write the order requests as CSV.", completion: .file())
  var orders: String?

  @Option(
    help: "Write the sender's decisions, check by check, for `tickway explain`.",
    completion: .file())
  var decisions: String?

  @OptionGroup var reports: ReportOptions

  @Option(
    name: .customLong("ring-dir"),
    help: "Where the rings are made.", completion: .directory)
  var ringDirectory = "/dev/shm"

  @Option(help: "Slots of each tick ring, a power of two; otherwise 65536, or 262144 if live.")
  var ringCapacity: Int?

  func builtin(_ verb: String) throws -> BuiltinStrategy {
    guard let builtin = BuiltinStrategy(rawValue: strategy) else {
      let known = BuiltinStrategy.allCases.map(\.rawValue).joined(separator: ", ")
      throw Self.usage(verb, "unknown strategy \(strategy): choose one of \(known)")
    }
    return builtin
  }

  private static func usage(_ verb: String, _ message: String) -> ExitCode {
    Complaint.exit(verb, message, .usage)
  }

  /// - Parameter areReturnsLate: whether they are read once the value at risk is computed, when a
  ///   fault of theirs is a note; otherwise now, when it is an error.
  func options(
    _ strategy: BuiltinStrategy, captures: [String], _ verb: String, areReturnsLate: Bool = false
  ) throws -> ReplayOptions {
    var options = ReplayOptions(captures: captures)
    if let ringCapacity {
      guard ringCapacity > 1, ringCapacity <= 1 << 30, ringCapacity.nonzeroBitCount == 1 else {
        throw Self.usage(
          verb, "--ring-capacity \(ringCapacity): a power of two from 2 to 2^30 is needed")
      }
      options.ringCapacity = ringCapacity
    }
    options.workers = workers
    options.subscriptions = try subscribe.subscriptions(verb)
    options.recordPath = record
    options.ordersPath = orders
    options.decisionsPath = decisions
    options.otherOutputs += reports.paths
    options.ringDirectory = ringDirectory
    options.parameters = try parsedParameters(verb)
    options.builtinDialect = try parsedDialect(verb)
    options.venue = try parsedVenue(verb, options.builtinDialect)
    options.instance = instance
    if let path = StateDirectory.given(stateDirectory) { options.stateDirectory = path }
    guard let slowVenue = SlowVenuePolicy(rawValue: slowVenue) else {
      throw Self.usage(verb, "--slow-venue \(self.slowVenue): choose wait or refuse")
    }
    options.slowVenue = slowVenue
    options.reconnectSeconds = reconnect
    if let reference {
      // Looked at first: what changes while it is read has changed since.
      let file = ChangingFile(reference)
      options.reference = try ReferenceFile.read(reference)
      options.reloadReference = {
        guard file.hasChanged() else { return nil }
        return try ReferenceFile.read(reference, isAgain: true)
      }
    }
    try addPositions(&options, verb, areReturnsLate: areReturnsLate)
    if let symbols { options.symbols = try SymbolList.read(symbols) }
    if let limits {
      options.limits = try LimitsFile.read(limits)
    } else if case .address = options.venue, strategy != .none {
      throw Self.usage(
        verb,
        "--venue \(venue) needs --limits FILE: the simulation's defaults are only for the"
          + " built-in venue")
    }
    return options
  }

  private func addPositions(
    _ options: inout ReplayOptions, _ verb: String, areReturnsLate: Bool
  ) throws {
    options.account = account
    if let positions { options.positions = try PositionsFile.read(positions) }
    guard varEvery != nil || returns.isGiven else { return }
    guard let varEvery, returns.isGiven else {
      throw Self.usage(verb, "--var-every and --returns or --recorded go together")
    }
    guard NodeConfiguration.ValueAtRisk.everySecondsRange.contains(varEvery) else {
      throw Self.usage(verb, "--var-every must be from 0.01 to 86400 seconds")
    }
    let table = areReturnsLate ? nil : try returns.table(verb)
    let returns = self.returns
    options.valueAtRisk = ValueAtRiskOptions(
      confidence: returns.confidence, interval_ns: UInt64(varEvery * 1e9)
    ) { try table ?? returns.read() }
  }

  private func parsedParameters(_ verb: String) throws -> [String: String] {
    var result: [String: String] = [:]
    for parameter in parameters {
      let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw Self.usage(verb, "--param \(parameter): k=v is needed")
      }
      guard result.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
        throw Self.usage(verb, "--param \(parts[0]) is given twice")
      }
    }
    return result
  }

  private func parsedDialect(_ verb: String) throws -> OrderDialect {
    guard let dialect = OrderDialect(name: dialect) else {
      throw Self.usage(verb, "--dialect \(self.dialect): choose ouch50 or ouch42")
    }
    return dialect
  }

  private func parsedVenue(_ verb: String, _ dialect: OrderDialect) throws -> ReplayVenue {
    switch venue {
    case "builtin": return .builtin
    case "none": return .none
    default:
      guard let address = HostAndPort(venue), address.port > 0 else {
        throw Self.usage(verb, "--venue \(venue): HOST:PORT, builtin or none is needed")
      }
      let password = ProcessInfo.processInfo.environment["TICKWAY_VENUE_PASSWORD"] ?? ""
      return .address(
        VenueAddress(
          host: address.host, port: address.port, user: venueUser, password: password,
          dialect: dialect))
    }
  }
}
