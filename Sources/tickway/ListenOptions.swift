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
    help: ArgumentHelp(
      "Quotes and trades of this age are refused; off: none. By default 1, with ticks off.",
      valueName: "S|off"))
  var maxAge: String?

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
    options.requests = try requests.map(server)
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
    if let maxAge { options.validation.age_ns = try age(maxAge) }
    return options
  }

  private func server(_ text: String) throws -> LineAddress {
    guard let address = LineAddress(text), address.isHost else {
      throw IngestError.options(
        "--requests \(text): the IPv4 address of one host and a port are needed, such as"
          + " 192.0.2.7:5100")
    }
    return address
  }

  private func age(_ maxAge: String) throws -> UInt64 {
    if maxAge == "off" { return .max }
    let range = ListenLimits.ageSeconds
    guard let seconds = Double(maxAge), range.contains(seconds) else {
      throw IngestError.options(
        "--max-age \(maxAge): seconds, or off, are needed, from a microsecond to"
          + " \(Int(range.upperBound))")
    }
    return UInt64(seconds * 1e9)
  }

  private func checkNumbers() throws {
    try check("--wait-us", waitUs, ListenLimits.wait_us)
    try check("--wait-packets", waitPackets, ListenLimits.waitPackets)
    try check("--recovery-ms", recoveryMs, ListenLimits.recovery_ms)
    try check("--receive-buffer", receiveBuffer, ListenLimits.receiveBufferBytes)
    try check("--max-datagram", maxDatagram, ListenLimits.datagramBytes)
  }

  private func check<N: BinaryInteger>(
    _ option: String, _ value: N, _ range: ClosedRange<N>
  ) throws {
    guard range.contains(value) else {
      throw IngestError.options(
        "\(option) \(value): \(range.lowerBound) to \(range.upperBound) is needed")
    }
  }
}
