/// What a run did, as `--json` prints it: schema `tickway.report/1`. Every count is of the whole
/// run, repeats added up. A field that the schema does not name is an addition that readers may
/// ignore.
public struct Report: Codable, Equatable, Sendable {
  public static let schemaName = "tickway.report/1"

  public var schema = Report.schemaName
  public var capture = Capture()
  public var feed = Feed()
  public var ticks = Ticks()
  public var rings: [Ring] = []
  public var orders = Orders()
  public var positions: Positions?
  /// By stage name (`Stage`), in nanoseconds.
  public var latency_ns: [String: LatencySummary] = [:]
  public var run = Run()
  /// Of an instance whose roles are processes, in the order of its role table.
  public var roles: [RoleHistory]?
  public var machine: MachineCard

  public init(machine: MachineCard = MachineCard()) { self.machine = machine }
}

extension Report {
  /// The intervals that a run measures.
  public enum Stage: String, CaseIterable, Sendable {
    /// Venue's sending time, or its schedule's → its ticks committed; by CLOCK_REALTIME. Live only,
    /// and true as far as both clocks are. Packets that were held back are not counted.
    case line
    /// Kernel's receive stamp → packet received, where the kernel stamps; by CLOCK_REALTIME. Live
    /// only.
    case socket
    /// Packet received → its ticks committed to the ring.
    case ingest
    /// Packet received → tick polled by its worker.
    case delivery
    /// Tick polled → order request published.
    case strategy
    /// Order request polled → risk gate decided.
    case risk
    /// Risk gate decided → handed to the kernel.
    case send
    /// Packet received → order handed to the kernel.
    case tickToOrder = "tick_to_order"

    /// Whether only a live run measures it.
    public var isLive: Bool { self == .line || self == .socket }
    /// What a replay measures.
    public static var replayed: [Stage] { allCases.filter { !$0.isLive } }
  }

  /// What was in the capture files.
  public struct Capture: Codable, Equatable, Sendable {
    /// Number of files.
    public var files: UInt64 = 0
    /// Their names, in the order given; an addition to the schema.
    public var paths: [String] = []
    public var packets: UInt64 = 0
    /// Bytes of the packets as captured.
    public var bytes: UInt64 = 0
    /// Whether a file ended in the middle of a packet.
    public var cutTail = false
    /// Packets of which the capture kept only the beginning.
    public var truncated: UInt64 = 0
    /// Packets that are not of the feed.
    public var ignored: UInt64 = 0

    public init() {}

    enum CodingKeys: String, CodingKey {
      case files, paths, packets, bytes, truncated, ignored
      case cutTail = "cut_tail"
    }
  }

  /// What the feed said.
  public struct Feed: Codable, Equatable, Sendable {
    public var packets: UInt64 = 0
    public var heartbeats: UInt64 = 0
    /// After arbitration: each message once.
    public var messages: UInt64 = 0
    /// By the venue's message type.
    public var byType: [String: UInt64] = [:]
    public var unknown: UInt64 = 0
    public var malformed: UInt64 = 0
    /// Events; `missing` counts the messages that were never seen.
    public var gaps: UInt64 = 0
    public var missing: UInt64 = 0
    public var duplicates: UInt64 = 0
    public var overlaps: UInt64 = 0
    public var restarts: UInt64 = 0
    /// Additions to the schema, of a live feed; absent in a replay. Packets that came after they
    /// had been given up as missing; among the duplicates.
    public var late: UInt64?
    /// Requests for what was missing, those that the network did not take, and the messages that
    /// the answers brought.
    public var requests: UInt64?
    public var requestsUnsent: UInt64?
    public var recovered: UInt64?
    /// Of a relay's messages, those that name an instrument; the others are ticks.
    public var entries: UInt64?
    /// Packets out of order that found no room and were asked for again.
    public var unheld: UInt64?
    /// Packets whose place in the stream no second packet confirmed; dropped.
    public var implausible: UInt64?
    /// Messages that a recording of messages cannot hold (empty ones), or did not get.
    public var unrecorded: UInt64?
    /// Datagrams that are not of the feed.
    public var foreign: UInt64?
    /// Times that a group had to be joined again.
    public var rejoins: UInt64?
    /// Times that the machine's clock was set.
    public var clockSteps: UInt64?
    /// At the end of the run.
    public var state: FeedState?
    public var lines: [Line]?
    /// First copy → second copy on the other line, ns; absent if there was none.
    public var lateness_ns: LatencySummary?

    public init() {}

    enum CodingKeys: String, CodingKey {
      case packets, heartbeats, messages, unknown, malformed, gaps, missing
      case duplicates, overlaps, restarts, late, requests, recovered, unheld, unrecorded
      case implausible, entries
      case foreign, rejoins
      case state, lines, lateness_ns
      case byType = "by_type"
      case requestsUnsent = "requests_unsent"
      case clockSteps = "clock_steps"
    }
  }

  /// What was published. The kinds are those of the record's `symbol_id`.
  public struct Ticks: Codable, Equatable, Sendable {
    /// Each tick once, however many rings it went to.
    public var published: UInt64 = 0
    public var trade: UInt64 = 0
    public var tradeBreak: UInt64 = 0
    public var bid: UInt64 = 0
    public var ask: UInt64 = 0
    public var status: UInt64 = 0
    /// Further copies of ticks that more than one worker got.
    public var copies: UInt64 = 0
    /// Not published, by reason.
    public var rejected: [String: UInt64] = [:]
    /// Shares, over all trade messages decoded, published or not.
    public var tradeVolume: UInt64 = 0
    /// Price times quantity, over all trade messages decoded, published or not.
    public var tradeNotional = Notional()

    public init() {}

    enum CodingKeys: String, CodingKey {
      case published, trade, bid, ask, status, copies, rejected
      case tradeBreak = "trade_break"
      case tradeVolume = "trade_volume"
      case tradeNotional = "trade_notional"
    }
  }

  /// One ring's counters.
  public struct Ring: Codable, Equatable, Sendable {
    /// A tap is a tick ring that takes every tick beside the workers': the venue's, the recorder's.
    public enum Kind: String, Codable, Sendable { case tick, order, event, tap }

    public var name: String
    public var kind: Kind
    /// Slots.
    public var capacity: UInt64
    public var published: UInt64
    public var polled: UInt64
    /// Times the producer found it full.
    public var full: UInt64
    /// Dropped by the ring's policy: published and never to be polled, those conflated included.
    public var lost: UInt64
    /// Additions to the schema, for rings of ticks: what becomes of ticks without room …
    public var policy: SlowConsumerPolicy?
    /// … of the lost, quote ticks that a newer quote of their instrument replaced …
    public var conflated: UInt64?
    /// … quote ticks that waited for room before they were published …
    public var late: UInt64?
    /// … and gaps that told the ring's consumer of a loss.
    public var gapsTold: UInt64?
    /// Left in a ring whose consumer is another process, or is not there.
    public var unread: UInt64?

    public init(
      name: String, kind: Kind, capacity: UInt64, published: UInt64 = 0, polled: UInt64 = 0,
      full: UInt64 = 0, lost: UInt64 = 0
    ) {
      self.name = name
      self.kind = kind
      self.capacity = capacity
      self.published = published
      self.polled = polled
      self.full = full
      self.lost = lost
    }

    enum CodingKeys: String, CodingKey {
      case name, kind, capacity, published, polled, full, lost, policy
      case conflated, late, unread
      case gapsTold = "gaps_told"
    }

    /// Takes over what an outlet counted. What is still held will not be polled either.
    mutating func take(_ counts: OutletCounts) {
      published = counts.published
      full = counts.full
      policy = counts.policy
      lost = counts.lost + counts.conflated + counts.held
      conflated = counts.conflated
      late = counts.late
      gapsTold = counts.gapsTold
    }
  }

  /// What became of the order requests.
  public struct Orders: Codable, Equatable, Sendable {
    public var requested: UInt64 = 0
    /// By reason.
    public var riskRejected: [String: UInt64] = [:]
    /// Allowed, but there is no venue.
    public var unsent: UInt64 = 0
    public var sent: UInt64 = 0
    public var acked: UInt64 = 0
    public var venueRejected: UInt64 = 0
    public var filled: UInt64 = 0
    public var partiallyFilled: UInt64 = 0
    public var cancelsSent: UInt64 = 0
    public var canceled: UInt64 = 0
    /// Sent and not yet answered.
    public var inFlight: UInt64 = 0
    /// Acknowledged and not yet terminal.
    public var open: UInt64 = 0

    public init() {}

    enum CodingKeys: String, CodingKey {
      case requested, unsent, sent, acked, filled, canceled, open
      case riskRejected = "risk_rejected"
      case venueRejected = "venue_rejected"
      case partiallyFilled = "partially_filled"
      case cancelsSent = "cancels_sent"
      case inFlight = "in_flight"
    }
  }

  /// The run itself, and counts that are zero in a healthy one.
  public struct Run: Codable, Equatable, Sendable {
    /// From the first packet taken to the last one done.
    public var seconds = 0.0
    public var messagesPerSecond = 0.0
    public var sessions: UInt64 = 0
    public var workers: UInt64 = 0
    /// Of a process that runs one role of an instance: its name; the report is its part.
    public var role: String?
    /// How roles wait, and why.
    public var waiting = ""
    /// What else the operator should know, such as a role that could not be pinned.
    public var notes: [String] = []
    /// Mallocs and retains of each hot thread between start and stop; absent when not counted.
    public var hotAllocations: [String: UInt64]?
    /// Streams that went on under another session.
    public var sessionChanges: UInt64 = 0
    /// Datagrams of more streams than are followed at once.
    public var untracked: UInt64 = 0
    /// Price levels that found no room.
    public var booksFull: UInt64 = 0
    /// Answers of the venue that fit no order, or not what was sent.
    public var anomalies: UInt64 = 0
    public var unknownMessages: UInt64 = 0
    /// Cancels asked for of orders that had ended.
    public var cancelsIdle: UInt64 = 0
    /// Cancels that the venue refused; fills that it undid.
    public var cancelsRefused: UInt64 = 0
    public var tradesBroken: UInt64 = 0
    /// Events that found no room; the workers were told.
    public var eventsLost: UInt64 = 0
    /// Orders that a strategy asked for on an instrument of another worker: refused.
    public var misdirected: UInt64 = 0
    /// Whether the risk gate tripped its kill switch.
    public var tripped = false
    /// What ended the run early.
    public var failure: String?

    public init() {}

    enum CodingKeys: String, CodingKey {
      case role, seconds, sessions, workers, waiting, notes, untracked, anomalies, misdirected,
        tripped
      case failure
      case messagesPerSecond = "messages_per_second"
      case hotAllocations = "hot_allocations"
      case booksFull = "books_full"
      case sessionChanges = "session_changes"
      case unknownMessages = "unknown_messages"
      case cancelsIdle = "cancels_idle"
      case cancelsRefused = "cancels_refused"
      case tradesBroken = "trades_broken"
      case eventsLost = "events_lost"
    }
  }
}
