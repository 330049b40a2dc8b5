import ArgumentParser
import TickEngine
import TickWire

/// Which instruments each worker gets: an option of the verbs that have workers.
struct SubscribeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What worker K gets: all, its share, or the symbols named; may be repeated.",
      valueName: "K=all|share|SYMBOL,…"))
  var subscribe: [String] = []

  func subscriptions(_ verb: String) throws -> [Int: Subscription] {
    var result: [Int: Subscription] = [:]
    for text in subscribe {
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let worker = Int(parts[0]), result[worker] == nil,
        let subscription = SubscribeOptions.subscription(parts[1])
      else {
        throw Complaint.exit(
          verb,
          "--subscribe \(text): a worker's number, =, and all, share or symbols with commas, each"
            + " worker once, such as 0=AAPL,MSFT", .usage)
      }
      result[worker] = subscription
    }
    return result
  }

  private static func subscription(_ text: Substring) -> Subscription? {
    switch text {
    case "all": return .all
    case "share": return .share
    default:
      let names = text.split(separator: ",", omittingEmptySubsequences: false)
      let symbols = names.compactMap { Symbol(String($0)) }
      return symbols.count == names.count ? .symbols(symbols) : nil
    }
  }
}
