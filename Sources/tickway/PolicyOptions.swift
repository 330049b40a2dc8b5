import ArgumentParser
import TickEngine

/// What a slow worker costs: an option of the verbs that listen.
struct PolicyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What a ring without room does: wait, drop or conflate; or that of each worker.",
      valueName: "P|K=P,…"))
  var policy = "conflate"

  /// One for all, or those of single workers beside the standard one.
  func apply(to options: inout IngestOptions) throws(IngestError) {
    if let all = SlowConsumerPolicy(rawValue: policy) { return options.policy = all }
    for part in policy.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=")
      guard pair.count == 2, let worker = Int(pair[0]), options.policies[worker] == nil,
        let one = SlowConsumerPolicy(rawValue: String(pair[1]))
      else {
        throw .options(
          "--policy \(policy): choose wait, drop or conflate, or for each worker, as in"
            + " 0=drop,1=conflate")
      }
      options.policies[worker] = one
    }
  }
}
