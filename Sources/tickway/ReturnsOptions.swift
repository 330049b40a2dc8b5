import ArgumentParser
import TickEngine

/// Where the returns for a value at risk come from.
struct ReturnsOptions: ParsableArguments {
  @Option(
    help: "Returns, as CSV: a line of symbols, then one return for each in every line.",
    completion: .file())
  var returns: String?
  @Option(
    help: "Returns from ticks that --record wrote into FILE, with FILE.symbols.csv beside it.",
    completion: .file())
  var recorded: String?
  @Option(
    help: ArgumentHelp(
      "With --recorded: of which intervals of exchange time.", valueName: "seconds"))
  var recordedInterval = 60.0
  @Option(help: "Of a value at risk: above 0.5 and below 1.") var confidence = 0.95

  func validate() throws {
    guard returns == nil || recorded == nil else {
      throw ValidationError("Either --returns or --recorded, not both.")
    }
    guard NodeConfiguration.ValueAtRisk.intervalSecondsRange.contains(recordedInterval) else {
      throw ValidationError("--recorded-interval must be from 0.001 to 86400 seconds.")
    }
    guard confidence > 0.5, confidence < 1 else {
      throw ValidationError("--confidence must be above 0.5 and below 1.")
    }
  }

  var isGiven: Bool { returns != nil || recorded != nil }

  func table(_ verb: String) throws -> ReturnTable {
    do { return try read() } catch { throw Complaint.exit(verb, error) }
  }

  func read() throws -> ReturnTable {
    if let recorded {
      return try ReturnTable(
        recording: recorded, interval_ns: UInt64((recordedInterval * 1e9).rounded()))
    }
    return try ReturnsFile.read(returns ?? "")
  }
}
