import ArgumentParser
import TickEngine

/// What to listen to, and how: options of the verbs that receive.
struct ListenOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Line A; SOURCE@ in front listens to that sender alone.", valueName: "GROUP:PORT"))
  var lineA: String

  @Option(help: ArgumentHelp("Line B: the same packets once more.", valueName: "GROUP:PORT"))
  var lineB: String?

  @Option(help: "On which the groups are joined, a name or an IPv4 address; otherwise the route's.")
  var interface: String?

  @Option(
    help: ArgumentHelp("The request server of a MoldUDP64 feed.", valueName: "HOST:PORT"))
  var requests: String?

  @Option(
    help: ArgumentHelp("Quotes and trades of this age are refused; off: none.", valueName: "S|off"))
  var maxAge = "1"

  @Option(
    help: ArgumentHelp(
      "How long a missing packet is waited for on the lines.", valueName: "US"))
  var waitUs: UInt64 = 100_000

  @Option(help: ArgumentHelp("Packets that wait behind a missing one.", valueName: "N"))
  var waitPackets = 4_096

  @Option(
    help: ArgumentHelp(
      "How long a missing packet is asked for without an answer.", valueName: "MS"))
  var recoveryMs: UInt64 = 1_000

  @Option(help: "When the venue's sequence begins anew in a session: follow or refuse.")
  var restarts = "follow"

  @Option(
    help: ArgumentHelp(
      "When the feed is expected to speak, UTC; otherwise always.", valueName: "HH:MM-HH:MM"))
  var hours: String?

  @Option(help: "Receive buffer of each socket, bytes.")
  var receiveBuffer = 8 << 20

  @Option(help: "Longest datagram, bytes; longer ones are counted and dropped.")
  var maxDatagram = 2_048

  @Flag(help: "Let the kernel stamp what it receives: a latency stage `socket`.")
  var kernelStamps = false

  func options(_ feed: LiveFeed) throws -> IngestOptions {
    // First, since what follows multiplies them.
    try checkNumbers()
    var addresses = [try LineOptions.address(lineA, "--line-a")]
    if let lineB { addresses.append(try LineOptions.address(lineB, "--line-b")) }
    var options = IngestOptions(feed: feed, lines: addresses)
    options.receive = ReceiveOptions(interface: interface)
    options.receive.bufferBytes = receiveBuffer
    options.receive.datagramBytes_max = maxDatagram
    options.receive.stampsByKernel = kernelStamps
    options.requests = try requests.map { try LineOptions.address($0, "--requests") }
    options.arbitration.wait_ns = waitUs * 1_000
    options.arbitration.waitPackets = waitPackets
    var recovery = RecoveryLimits()
    recovery.patience_ns = recoveryMs * 1_000_000
    options.arbitration.recovery = recovery
    guard let restarts = RestartPolicy(rawValue: restarts) else {
      throw IngestError.options("--restarts \(self.restarts): choose follow or refuse")
    }
    options.restarts = restarts
    options.hours = try hours.map { text in
      guard let hours = SessionHours(text) else {
        throw IngestError.options("--hours \(text): HH:MM-HH:MM in UTC is needed")
      }
      return hours
    }
    options.validation.age_ns = try age()
    return options
  }

  private func age() throws -> UInt64 {
    if maxAge == "off" { return .max }
    guard let seconds = Double(maxAge), seconds > 0, seconds <= 86_400 else {
      throw IngestError.options("--max-age \(maxAge): seconds, or off, are needed")
    }
    return UInt64(seconds * 1e9)
  }

  private func checkNumbers() throws {
    guard (1...60_000_000).contains(waitUs) else {
      throw IngestError.options("--wait-us \(waitUs): 1 to 60000000 is needed")
    }
    guard (1...8_192).contains(waitPackets) else {
      throw IngestError.options("--wait-packets \(waitPackets): 1 to 8192 is needed")
    }
    guard (1...600_000).contains(recoveryMs) else {
      throw IngestError.options("--recovery-ms \(recoveryMs): 1 to 600000 is needed")
    }
    guard (1_024...(1 << 30)).contains(receiveBuffer) else {
      throw IngestError.options("--receive-buffer \(receiveBuffer): 1024 to 2^30 is needed")
    }
    guard (64...65_507).contains(maxDatagram) else {
      throw IngestError.options("--max-datagram \(maxDatagram): 64 to 65507 is needed")
    }
  }
}
