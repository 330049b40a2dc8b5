import ArgumentParser
import TickEngine
import TickWire

/// Where lines are sent to: options of the verbs that send.
struct LineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Line A; SOURCE@ in front binds to a source.", valueName: "GROUP:PORT"))
  var lineA: String

  @Option(help: ArgumentHelp("Line B: the same packets once more.", valueName: "GROUP:PORT"))
  var lineB: String?

  @Option(help: "By which multicast leaves, a name or an IPv4 address; otherwise the route's.")
  var interface: String?

  @Option(help: "Hops that multicast may make.")
  var ttl = 1

  @Option(
    help: ArgumentHelp("Serve MoldUDP64 re-requests here; port 0 is any.", valueName: "HOST:PORT"))
  var requests: String?

  func requestAddress() throws -> UdpEndpoint? {
    guard let requests else { return nil }
    guard let address = UdpEndpoint(requests) else {
      throw PublishError.options(
        "--requests \(requests): an IPv4 address of this machine and a port are needed, such as"
          + " 127.0.0.1:5100")
    }
    return address
  }

  static func address(_ text: String, _ option: String) throws -> LineAddress {
    guard let address = LineAddress(text) else {
      throw PublishError.options(
        "\(option) \(text): an IPv4 address and a port are needed, such as 239.1.2.3:5000")
    }
    return address
  }

  func checkedTtl() throws -> Int {
    guard (0...255).contains(ttl) else {
      throw PublishError.options("--ttl \(ttl): a number from 0 to 255 is needed")
    }
    return ttl
  }
}

/// What goes wrong on the lines, on purpose: options of the verbs that send.
struct FaultOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Packets lost.", valueName: "P|a:P|b:P"))
  var loss: [String] = []

  @Option(help: ArgumentHelp("Bursts of losses begun.", valueName: "P|a:P|b:P"))
  var burstLoss: [String] = []

  @Option(help: ArgumentHelp("Packets sent twice.", valueName: "P|a:P|b:P"))
  var duplicate: [String] = []

  @Option(help: ArgumentHelp("Packets overtaken by the next 1 to 3.", valueName: "P|a:P|b:P"))
  var reorder: [String] = []

  @Option(help: ArgumentHelp("Packets 1 to 20 ms late.", valueName: "P|a:P|b:P"))
  var delay: [String] = []

  @Option(help: ArgumentHelp("Packets with flipped bits.", valueName: "P|a:P|b:P"))
  var corrupt: [String] = []

  @Flag(help: "Begin the sequence anew once: in the middle of the captures, or of a relay early.")
  var restart = false

  @Option(help: "What the faults are drawn from.")
  var seed: UInt64 = 1

  /// - Parameter hasLineB: whether there is a line for what is to go wrong on B alone.
  func rates(hasLineB: Bool) throws -> (a: FaultRates, b: FaultRates) {
    var a = FaultRates()
    var b = FaultRates()
    try set(\.loss, loss, "--loss", hasLineB, &a, &b)
    try set(\.burstLoss, burstLoss, "--burst-loss", hasLineB, &a, &b)
    try set(\.duplicate, duplicate, "--duplicate", hasLineB, &a, &b)
    try set(\.reorder, reorder, "--reorder", hasLineB, &a, &b)
    try set(\.delay, delay, "--delay", hasLineB, &a, &b)
    try set(\.corrupt, corrupt, "--corrupt", hasLineB, &a, &b)
    return (a, b)
  }

  private func set(
    _ rate: WritableKeyPath<FaultRates, Double>, _ texts: [String], _ option: String,
    _ hasLineB: Bool, _ a: inout FaultRates, _ b: inout FaultRates
  ) throws {
    for text in texts {
      guard let share = FaultShare(text) else {
        throw PublishError.options(
          "\(option) \(text): a probability from 0 to 1 is needed, or a:P or b:P for one line")
      }
      guard share.a != nil || hasLineB else {
        throw PublishError.options(
          "\(option) \(text): there is no line B; give --line-b, or say what is wrong with a:P")
      }
      if let value = share.a { a[keyPath: rate] = value }
      if let value = share.b { b[keyPath: rate] = value }
    }
  }
}
