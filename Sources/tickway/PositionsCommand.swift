import ArgumentParser
import TickEngine
import TickRing

/// `tickway positions`: what an instance holds and what it is worth, from outside.
struct PositionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "positions",
    abstract: "Show an instance's positions, profit, exposure and drawdown.",
    discussion: """
      Reads the region tickway.NAME.positions, and symbols from tickway.NAME.directory. Amounts \
      that are not known are shown as "unknown", and left out of the JSON.
      """)

  @Argument(help: "The instance.") var name: String
  @Option(
    name: .customLong("ring-dir"),
    help: "The directory of the regions.", completion: .directory)
  var ringDirectory = Region.defaultDirectory
  @Option(help: "This strategy's alone; 0: the account's alone.") var strategy: UInt8?
  @Flag(help: "Positions that are flat, too.") var all = false
  @Flag(help: "As JSON.") var json = false

  func run() throws {
    let snapshot = try PositionsCommand.told("positions", name) {
      try PositionObserver(ringDirectory: ringDirectory, instance: name).snapshot()
    }
    if let strategy, Int(strategy) >= snapshot.subjects.count {
      throw Complaint.exit(
        "positions",
        "--strategy \(strategy): \(name) has strategies from 1 to \(snapshot.subjects.count - 1)",
        .usage)
    }
    let report = PositionsReport(name, snapshot, strategy: strategy, isAll: all)
    print(json ? try JSONText.encode(report) : PositionsText.text(report), terminator: "")
  }

  /// Runs `body`; what is wrong with the region becomes a sentence and an exit code.
  static func told<Value>(_ verb: String, _ name: String, _ body: () throws -> Value) throws
    -> Value
  {
    do {
      return try body()
    } catch let error as RingError where error.kind == .absent {
      throw Complaint.exit(
        verb, "\(error): no sender of the instance \(name) has kept positions there",
        .cannotOpenInput)
    } catch let error as RingError {
      let isDamaged = [.notARegion, .version, .kind, .layout, .size].contains(error.kind)
      throw isDamaged ? Complaint.exit(verb, "\(error)", .badData) : Complaint.exit(verb, error)
    } catch {
      throw Complaint.exit(verb, error)
    }
  }
}
