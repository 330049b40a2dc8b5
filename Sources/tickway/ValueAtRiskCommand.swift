import ArgumentParser
import Foundation
import Glibc
import TickEngine
import TickRing

/// `tickway var`: value at risk of an instance's positions, or of amounts that are given.
struct ValueAtRiskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "var",
    abstract: "Compute the value at risk of positions from returns.",
    discussion: """
      z * sqrt(w' C w): z the normal quantile of the confidence, w market values, C the covariance \
      of the returns, for one period of them. The returns file is CSV: a line of symbols, then one \
      return for each of them in every line (0.01 is 1 %); a first column named "time" is skipped. \
      --recorded makes them from ticks that a run has recorded. With --every the value is \
      published beside the positions each interval, for observers, until interrupted.
      """)

  @Argument(help: "The instance whose positions are weighed; none with --value.")
  var name: String?
  @Option(
    name: .customLong("ring-dir"),
    help: "The directory of the regions.", completion: .directory)
  var ringDirectory = Region.defaultDirectory
  @OptionGroup var returns: ReturnsOptions
  @Option(help: ArgumentHelp("A market value; may be repeated.", valueName: "symbol=amount"))
  var value: [String] = []
  @Option(help: ArgumentHelp("Publish it each interval.", valueName: "seconds")) var every: Double?
  @Option(help: "With --every: how often; by default without end.") var times: Int?

  func validate() throws {
    guard (name == nil) != value.isEmpty else {
      throw ValidationError("An instance or --value is needed, and not both.")
    }
    guard returns.isGiven else { throw ValidationError("--returns or --recorded is needed.") }
    guard every == nil || value.isEmpty else {
      throw ValidationError("--every publishes an instance's: name one, without --value.")
    }
    guard every.map(NodeConfiguration.ValueAtRisk.everySecondsRange.contains) ?? true else {
      throw ValidationError("--every must be from 0.01 to 86400 seconds.")
    }
    guard times.map({ $0 >= 1 }) ?? true else {
      throw ValidationError("--times must be at least 1.")
    }
  }

  func run() throws {
    let table = try returns.table("var")
    let confidence = returns.confidence
    try PositionsCommand.told("var", name ?? "") {
      if let every { return try publish(table, every: every) }
      let covariance = try Covariance(table)
      let value = try self.value(table, covariance)
      print("value at risk \(confidence): \(ValueAtRiskCommand.amount(value)), \(of(table))")
    }
  }

  private func value(_ table: ReturnTable, _ covariance: Covariance) throws -> Double {
    if let name {
      let observer = try PositionObserver(ringDirectory: ringDirectory, instance: name)
      return try ValueAtRisk.compute(
        of: observer.snapshot(), symbols: table.symbols, covariance: covariance,
        confidence: returns.confidence)
    }
    var weights = [Double](repeating: 0, count: table.symbols.count)
    for text in value {
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let amount = Double(parts[1]), amount.isFinite else {
        throw Complaint.exit(
          "var", "--value \(text): a symbol, = and a finite amount are needed, as in AAPL=1000",
          .usage)
      }
      guard let column = table.symbols.firstIndex(of: String(parts[0])) else {
        throw ValueAtRiskError.noReturns(of: String(parts[0]))
      }
      weights[column] += amount
    }
    return try ValueAtRisk.compute(
      weights: weights, covariance: covariance, confidence: returns.confidence)
  }

  private func publish(_ table: ReturnTable, every: Double) throws {
    let (name, confidence) = (name ?? "", returns.confidence)
    let region = try Region.attach(
      .positions, directory: ringDirectory, name: PositionObserver.regionName(name))
    let observer = try PositionObserver(ringDirectory: ringDirectory, instance: name)
    var role = try ValueAtRiskRole(
      region, observer: observer, returns: table, confidence: confidence,
      interval_ns: UInt64(every * 1e9), stop: StopFlag())
    var done = 0
    while true {
      let published = role.publish()
      let value = published.valueE4.map { Notional(e4: $0).description } ?? "unknown"
      let problem = role.problem.map { ": \($0)" } ?? ""
      print("\(UtcTime(published.time).text) value at risk \(confidence): \(value)\(problem)")
      fflush(nil)  // the reader of a pipe is watching, too
      done += 1
      if done >= times ?? .max { return }
      // Not `usleep`, whose microseconds end before a day does.
      Thread.sleep(forTimeInterval: every)
    }
  }

  private func of(_ table: ReturnTable) -> String {
    "of \(table.observations) observations of \(table.symbols.count) symbols, for one period"
  }

  /// Four decimals, as amounts have here.
  private static func amount(_ value: Double) -> String {
    Int64(exactly: (value * 10_000).rounded()).map { Notional(e4: $0).description } ?? "\(value)"
  }
}
