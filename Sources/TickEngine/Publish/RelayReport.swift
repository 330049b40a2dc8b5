import TickWire

/// What a relay did, as `--json` prints it: schema `tickway.relay/1`. A field that the schema does
/// not name is an addition that readers may ignore.
public struct RelayReport: Codable, Equatable, Sendable {
  public static let schemaName = "tickway.relay/1"

  public var schema = RelayReport.schemaName
  public var ring = ""
  public var session = ""
  /// From the first look at the ring to the last.
  public var seconds = 0.0
  public var source = Source()
  /// A, then B.
  public var lines: [PublishReport.Line] = []
  /// In messages, directory entries among them.
  public var missing = PublishReport.Missing()
  /// Absent without a request server.
  public var requests: Requests?
  public var machine: MachineCard

  public init(machine: MachineCard = MachineCard()) { self.machine = machine }
}

extension RelayReport {
  /// What was taken from the ring, and what it became.
  public struct Source: Codable, Equatable, Sendable {
    public var ticks: UInt64 = 0
    /// Directory entries sent.
    public var entries: UInt64 = 0
    /// Ticks whose instrument the directory does not have: not sent.
    public var unnamed: UInt64 = 0
    /// `ticks` + `entries`: the session's last sequence.
    public var messages: UInt64 = 0
    /// With messages; heartbeats apart.
    public var datagrams: UInt64 = 0

    public init() {}
  }

  /// Re-requests, and what became of them.
  public struct Requests: Codable, Equatable, Sendable {
    public var address = ""
    public var received: UInt64 = 0
    public var answered: UInt64 = 0
    /// In the answers.
    public var messages: UInt64 = 0
    public var malformed: UInt64 = 0
    public var otherSession: UInt64 = 0
    public var future: UInt64 = 0
    /// Requests for what was no longer kept.
    public var forgotten: UInt64 = 0
    public var notSent: UInt64 = 0
    /// Messages no longer kept at the end.
    public var messagesForgotten: UInt64 = 0

    public init() {}

    enum CodingKeys: String, CodingKey {
      case address, received, answered, messages, malformed, future, forgotten
      case otherSession = "other_session"
      case notSent = "not_sent"
      case messagesForgotten = "messages_forgotten"
    }
  }
}

extension RelayReport {
  init(_ relay: borrowing Relay, _ options: RelayOptions) {
    self.init(machine: MachineCard.current())
    ring = options.ring
    session = relay.stream.session.text
    seconds = Double(relay.ended_ns - relay.started_ns) / 1e9
    let counts = relay.stream.counts
    source.ticks = counts.ticks
    source.entries = counts.entries
    source.unnamed = counts.unnamed
    source.datagrams = counts.datagrams
    source.messages = relay.stream.retained.nextSequence - 1
    for line in 0..<relay.output.lines.count {
      var entry = PublishReport.Line(relay.output.lines[line])
      entry.name = line == 0 ? "a" : "b"
      lines.append(entry)
    }
    let losses = relay.output.losses
    missing.lost = losses.lost
    missing.lostOrCorrupted = losses.lostOrCorrupted
    missing.beforeFirst = losses.beforeFirst
    guard relay.requests.count > 0 else { return }
    requests = Requests(
      relay.requests[0].counts, at: relay.requests[0].address.text,
      forgotten: relay.stream.retained.forgotten)
  }
}

extension RelayReport.Requests {
  init(_ counts: RequestCounts, at address: String, forgotten messages: UInt64) {
    self.init()
    self.address = address
    received = counts.received
    answered = counts.answered
    self.messages = counts.messages
    malformed = counts.malformed
    otherSession = counts.otherSession
    future = counts.future
    forgotten = counts.forgotten
    notSent = counts.notSent
    messagesForgotten = messages
  }
}
