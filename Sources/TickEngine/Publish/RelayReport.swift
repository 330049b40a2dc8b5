import TickWire

/// What a relay did, as `--json` prints it: schema `tickway.relay/1`. A field that the schema does
/// not name is an addition that readers may ignore.
public struct RelayReport: Codable, Equatable, Sendable {
  public static let schemaName = "tickway.relay/1"

  public var schema = RelayReport.schemaName
  public var ring = ""
  /// The last that there was.
  public var session = ""
  /// From the first look at the ring to the last.
  public var seconds = 0.0
  public var source = Source()
  /// A, then B.
  public var lines: [PublishReport.Line] = []
  /// In messages, directory entries among them.
  public var missing = PublishReport.Missing()
  /// Absent without a request server.
  public var requests: RequestCounts?
  public var machine: MachineCard

  public init(machine: MachineCard = MachineCard()) { self.machine = machine }
}

extension RelayReport {
  /// What was taken from the ring, and what it became.
  public struct Source: Codable, Equatable, Sendable {
    public var ticks: UInt64 = 0
    /// Directory entries sent, and those sent again.
    public var entries: UInt64 = 0
    public var repeated: UInt64 = 0
    /// Ticks whose instrument the directory does not have: not sent.
    public var unnamed: UInt64 = 0
    /// Sessions begun after the first, on purpose.
    public var restarts: UInt64 = 0
    /// `ticks` + `entries` + `repeated`: without a restart, the session's last sequence.
    public var messages: UInt64 = 0
    /// With messages; heartbeats apart.
    public var datagrams: UInt64 = 0
    /// Messages no longer kept at the end: a late joiner cannot have them.
    public var forgotten: UInt64 = 0

    public init() {}
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
    source.repeated = counts.repeated
    source.unnamed = counts.unnamed
    source.datagrams = counts.datagrams
    source.forgotten = relay.stream.retained.forgotten
    source.restarts = counts.restarts
    source.messages = counts.ticks + counts.entries + counts.repeated
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
    requests = relay.requests[0].counts
  }
}
