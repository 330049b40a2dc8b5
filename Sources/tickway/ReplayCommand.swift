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
      let strategy = try builtin()
      let options = try options(strategy)
      let output = try ReplayOutput(json: json, hgrm: hgrm)
      let outcome = try strategy.replay(options, observer: .operators("replay"))
      try output.write(outcome)
      try RunEnd.judge(outcome, "replay")
    } catch let exit as ExitCode {
      throw exit
    } catch {
      throw Complaint.exit("replay", error)
    }
  }

  // MARK: Options

  private func builtin() throws -> BuiltinStrategy {
    guard let builtin = BuiltinStrategy(rawValue: strategy) else {
      let known = BuiltinStrategy.allCases.map(\.rawValue).joined(separator: ", ")
      throw usage("unknown strategy \(strategy): choose one of \(known)")
    }
    return builtin
  }

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
    guard ringCapacity > 1, ringCapacity <= 1 << 30, ringCapacity.nonzeroBitCount == 1 else {
      throw usage("--ring-capacity \(ringCapacity): a power of two from 2 to 2^30 is needed")
    }
    var options = ReplayOptions(captures: captures)
    options.workers = workers
    options.pace = pace
    options.repeats = repeats
    options.restarts = restarts
    options.recordPath = record
    options.ordersPath = orders
    if let json, json != "-" { options.otherOutputs.append(json) }
    if let hgrm {
      options.otherOutputs += Report.Stage.allCases.map { "\(hgrm)/\($0.rawValue).hgrm" }
    }
    options.ringDirectory = ringDirectory
    options.ringCapacity = ringCapacity
    options.parameters = try parsedParameters()
    options.venue = try parsedVenue()
    if let symbols { options.symbols = try SymbolList.read(symbols) }
    if let limits {
      options.limits = try LimitsFile.read(limits)
    } else if case .address = options.venue, strategy != .none {
      throw usage(
        "--venue \(venue) needs --limits FILE: the simulation's defaults are only for the"
          + " built-in venue")
    }
    return options
  }

  private func parsedParameters() throws -> [String: String] {
    var result: [String: String] = [:]
    for parameter in parameters {
      let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw usage("--param \(parameter): k=v is needed")
      }
      guard result.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
        throw usage("--param \(parts[0]) is given twice")
      }
    }
    return result
  }

  private func parsedVenue() throws -> ReplayVenue {
    switch venue {
    case "builtin": return .builtin
    case "none": return .none
    default:
      guard let colon = venue.lastIndex(of: ":"), colon != venue.startIndex,
        let port = UInt16(venue[venue.index(after: colon)...]), port > 0
      else { throw usage("--venue \(venue): HOST:PORT, builtin or none is needed") }
      let password = ProcessInfo.processInfo.environment["TICKWAY_VENUE_PASSWORD"] ?? ""
      return .address(
        VenueAddress(
          host: String(venue[..<colon]), port: port, user: venueUser, password: password))
    }
  }
}
