import ArgumentParser
import TickEngine

/// `tickway explain FILE`: why an order was accepted or refused, check by check.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say why orders were accepted or refused, check by check, with the values then.",
    discussion: """
      FILE is what `tickway replay` or `tickway live` wrote with --decisions. Without a question \
      there is a summary. Of a file that is cut, what is whole is explained. Ends with 12 if an \
      order that is asked for is not in it.
      """)

  /// Explained where nobody says how many.
  private static let textMax = 10

  @Argument(help: "The file of decisions.", completion: .file()) var file: String
  @Option(
    help: ArgumentHelp(
      "This order: its number, SYMBOL:NUMBER as in --orders, its client order id or its token.",
      valueName: "id"))
  var order: String?
  @Option(help: "This strategy's alone.") var strategy: UInt8?
  @Option(help: "This symbol's alone.") var symbol: String?
  @Flag(help: "Those that were refused.") var rejected = false
  @Option(help: "Those refused for this reason, as in the report.") var reason: String?
  @Option(help: "The last so many of those asked for; otherwise ten, or all if as JSON.")
  var last: Int?
  @Flag(help: "As JSON (tickway.explain/1).") var json = false

  func run() throws {
    do {
      let selection = try selection()
      let search = DecisionSearch(
        try DecisionReader(path: file), selection, max: json ? .max / 4 : ExplainCommand.textMax)
      if json {
        print(try JSONText.encode(ExplainReport(file, search)), terminator: "")
      } else {
        print(ExplainText.text(file, search, isAsked: selection.isAny), terminator: "")
      }
      if case .damaged(let offset) = search.end {
        throw Complaint.exit("explain", "\(file) is damaged at byte \(offset)", .badData)
      }
      if let order, search.matched == 0 {
        throw Complaint.exit(
          "explain", "\(file) has no such decision on an order \(order)", .unknownName)
      }
    } catch {
      throw Complaint.exit("explain", error)
    }
  }

  private func selection() throws -> DecisionSelection {
    var selection = DecisionSelection()
    if let last, last < 1 {
      throw Complaint.exit("explain", "--last \(last): at least 1 is needed", .usage)
    }
    (selection.order, selection.strategy, selection.symbol) = (order, strategy, symbol)
    (selection.isRejected, selection.last) = (rejected, last)
    if let reason {
      selection.reason = RiskReason.allCases.first { $0.name == reason }
      guard selection.reason != nil else {
        let names = RiskReason.allCases.map(\.name).joined(separator: ", ")
        throw Complaint.exit("explain", "--reason \(reason): choose one of \(names)", .usage)
      }
    }
    return selection
  }
}
