import TickMetrics

/// What a publication did, as `--json` prints it: schema `tickway.publish/1`. A field that the
/// schema does not name is an addition that readers may ignore.
public struct PublishReport: Codable, Equatable, Sendable {
  public static let schemaName = "tickway.publish/1"

  public var schema = PublishReport.schemaName
  public var source = Source()
  /// A, then B.
  public var lines: [Line] = []
  public var missing = Missing()
  /// What became of re-requests; absent if there is no server for them.
  public var requests: RequestCounts?
  /// Sent minus due, ns, of each packet with a due time, duplicates among them; absent at full
  /// speed.
  public var lateness_ns: LatencySummary?
  public var run = Run()
  public var machine: MachineCard

  public init(machine: MachineCard = MachineCard()) { self.machine = machine }
}

extension PublishReport {
  /// What was found in the captures.
  public struct Source: Codable, Equatable, Sendable {
    public var paths: [String] = []
    /// `iex` or `mold`.
    public var framing = ""
    /// Of MoldUDP64, the last that there was; else absent.
    public var session: String?
    /// Packets of the plan, before any fault; heartbeats that fill silence are not among them.
    public var packets: UInt64 = 0
    public var heartbeats: UInt64 = 0
    public var messages: UInt64 = 0
    /// Records of a capture that are not of the feed.
    public var ignored: UInt64 = 0
    /// Packets of which the capture kept only the beginning: not sent.
    public var truncated: UInt64 = 0
    /// Whether a file ends in the middle of a packet or message, or its gzip stream is cut.
    public var cutTail = false
    /// Bytes behind the mark that ends a raw ITCH file: not sent.
    public var trailingBytes: UInt64 = 0
    /// Messages of a type that ITCH 5.0 does not have: sent, unless too long.
    public var unknown: UInt64 = 0
    /// Packets that do not hold together, and messages that their packet ends in, or that are
    /// shorter than their type in ITCH.
    public var malformed: UInt64 = 0
    public var tooLong: UInt64 = 0
    public var restarts: UInt64 = 0

    public init() {}

    enum CodingKeys: String, CodingKey {
      case paths, framing, session, packets, heartbeats, messages, ignored, truncated, unknown
      case malformed, restarts
      case cutTail = "cut_tail"
      case trailingBytes = "trailing_bytes"
      case tooLong = "too_long"
    }
  }

  /// What became of one line's packets: `offered` − `lost` + `duplicated` + `heartbeats_idle`
  /// = `sent` + `failed`.
  public struct Line: Codable, Equatable, Sendable {
    public var name = ""
    public var address = ""
    /// Packets of the plan, and closing heartbeats.
    public var offered: UInt64 = 0
    /// Taken by the kernel.
    public var sent: UInt64 = 0
    public var bytes: UInt64 = 0
    public var batches: UInt64 = 0
    public var lost: UInt64 = 0
    /// Of `lost`.
    public var lostInBursts: UInt64 = 0
    public var duplicated: UInt64 = 0
    public var reordered: UInt64 = 0
    public var delayed: UInt64 = 0
    /// Delays that found no room, sent at once.
    public var undelayed: UInt64 = 0
    public var corrupted: UInt64 = 0
    /// Heartbeats that filled silence, past the faults.
    public var heartbeatsIdle: UInt64 = 0
    /// Times that the kernel had no room.
    public var waits: UInt64 = 0
    /// Packets that the kernel refused for good, and why the last of them.
    public var failed: UInt64 = 0
    public var lastError: String?

    public init() {}

    enum CodingKeys: String, CodingKey {
      case name, address, offered, sent, bytes, batches, lost, duplicated, reordered, delayed
      case undelayed, corrupted, waits, failed
      case lostInBursts = "lost_in_bursts"
      case heartbeatsIdle = "heartbeats_idle"
      case lastError = "last_error"
    }
  }

  /// Messages that receivers must find missing, if the network loses nothing that it took.
  public struct Missing: Codable, Equatable, Sendable {
    /// Damaged packets taken for good.
    public var lost = LineLosses()
    /// Damaged packets taken for lost.
    public var lostOrCorrupted = LineLosses()
    /// Of `lost.all`, those before the first packet that any line brought.
    public var beforeFirst: UInt64 = 0

    public init() {}

    enum CodingKeys: String, CodingKey {
      case lost
      case lostOrCorrupted = "lost_or_corrupted"
      case beforeFirst = "before_first"
    }
  }

  /// The run itself.
  public struct Run: Codable, Equatable, Sendable {
    public var pace = ""
    public var seed: UInt64 = 0
    /// From the first packet to the last of the plan, closing heartbeats apart.
    public var seconds = 0.0
    /// The same as planned; absent at full speed.
    public var intendedSeconds: Double?
    /// Of one line, before faults.
    public var messagesPerSecond = 0.0
    /// Whether a signal ended it.
    public var stopped = false

    public init() {}

    enum CodingKeys: String, CodingKey {
      case pace, seed, seconds, stopped
      case intendedSeconds = "intended_seconds"
      case messagesPerSecond = "messages_per_second"
    }
  }
}
