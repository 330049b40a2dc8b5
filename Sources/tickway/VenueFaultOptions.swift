import ArgumentParser
import TickEngine

/// What the venue does wrong, on purpose.
struct VenueFaultOptions: ParsableArguments {
  @Option(help: "What the faults are drawn from.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("Answers this late, and up to the jitter more.", valueName: "us[:jitter]"))
  var latency: String?

  @Option(help: ArgumentHelp("Executions told in parts.", valueName: "p"))
  var partialFills: String?

  @Option(help: ArgumentHelp("Orders refused for no good reason.", valueName: "p"))
  var reject: String?

  @Option(help: ArgumentHelp("After a request, an order cancelled unasked.", valueName: "p"))
  var cancel: String?

  @Option(help: ArgumentHelp("Cancels answered Cancel Pending first.", valueName: "p"))
  var pendingCancel: String?

  @Option(help: ArgumentHelp("Cancels answered Cancel Reject.", valueName: "p"))
  var refuseCancel: String?

  @Option(
    name: .customLong("break"), help: ArgumentHelp("Fills broken a little later.", valueName: "p"))
  var tradeBreak: String?

  @Option(
    help: ArgumentHelp(
      "Connections cut, per request and at a random byte of each message.", valueName: "p"))
  var cut: String?

  @Option(
    help: ArgumentHelp(
      "The first connection, or the first N, cut after so many bytes.", valueName: "bytes[:n]"))
  var cutAt: String?

  @Option(
    help: ArgumentHelp("Logins answered with a replay from earlier than asked.", valueName: "p"))
  var duplicateReplay: String?

  @Option(
    help: ArgumentHelp("Logins answered with a later sequence, or with none.", valueName: "p"))
  var wrongSequence: String?

  @Option(help: ArgumentHelp("Messages and packets of unknown types.", valueName: "p"))
  var unknown: String?

  @Option(help: ArgumentHelp("Reads its sockets this slowly.", valueName: "bytes/s"))
  var slowReads: Int?

  func faults() throws -> VenueFaults {
    var faults = VenueFaults()
    faults.seed = seed
    faults.partialFills = try probability(partialFills, "--partial-fills")
    faults.reject = try probability(reject, "--reject")
    faults.cancel = try probability(cancel, "--cancel")
    faults.pendingCancel = try probability(pendingCancel, "--pending-cancel")
    faults.refuseCancel = try probability(refuseCancel, "--refuse-cancel")
    faults.tradeBreak = try probability(tradeBreak, "--break")
    faults.cut = try probability(cut, "--cut")
    faults.duplicateReplay = try probability(duplicateReplay, "--duplicate-replay")
    faults.wrongSequence = try probability(wrongSequence, "--wrong-sequence")
    faults.unknown = try probability(unknown, "--unknown")
    faults.latency = try latency.map(late) ?? VenueLatency()
    faults.cutAt = try cutAt.map(cutPlace)
    if let slowReads, slowReads < 1 {
      throw usage("--slow-reads \(slowReads): at least 1 byte per second is needed")
    }
    faults.slowReads_Bps = slowReads
    return faults
  }

  private func probability(_ text: String?, _ option: String) throws -> Double {
    guard let text else { return 0 }
    guard let value = FaultShare.probability(text) else {
      throw usage("\(option) \(text): a probability from 0 to 1 is needed")
    }
    return value
  }

  private func late(_ text: String) throws -> VenueLatency {
    guard let latency = VenueLatency(text) else {
      throw usage(
        "--latency \(text): microseconds, or microseconds:jitter, each from 0 to"
          + " \(VenueLatency.max_us), are needed")
    }
    return latency
  }

  private func cutPlace(_ text: String) throws -> VenueCutAt {
    guard let place = VenueCutAt(text) else {
      throw usage("--cut-at \(text): bytes, or bytes:connections, such as 40 or 40:3, are needed")
    }
    return place
  }

  private func usage(_ message: String) -> ExitCode { Complaint.exit("venue", message, .usage) }
}
