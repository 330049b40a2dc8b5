import TickMetrics
import TickWire

/// A feed's part of the report, live or replayed.
extension Report {
  /// Takes over what a feed and its publisher counted, once its ingester has stopped.
  mutating func take<D: PublishingDecoder & ~Copyable>(_ feed: borrowing ArbitratedFeed<D>) {
    takeCounts(feed.counts)
    for type in 0..<256 where feed.messages(ofType: type) > 0 {
      self.feed.byType[String(UnicodeScalar(UInt8(type)))] = feed.messages(ofType: type)
    }
    takeTicks(feed.decoder.publisher.counts)
  }

  private mutating func takeCounts(_ counts: FeedCounts) {
    feed.packets = counts.packets
    feed.heartbeats = counts.heartbeats
    feed.messages = counts.messages
    feed.unknown = counts.unknown
    feed.malformed = counts.malformed
    feed.gaps = counts.gaps
    feed.missing = counts.missing
    feed.duplicates = counts.duplicates
    feed.overlaps = counts.overlaps
    feed.restarts = counts.restarts
    run.sessionChanges = counts.sessionChanges
    run.untracked = counts.untracked
    run.booksFull = counts.booksFull
  }

  private mutating func takeTicks(_ counts: TickCounts) {
    ticks.published = counts.published
    ticks.copies = counts.copies
    ticks.trade = counts.count(.trade) + counts.count(.tradeNoLast)
    ticks.tradeBreak = counts.count(.tradeBreak)
    ticks.bid = counts.count(.bid)
    ticks.ask = counts.count(.ask)
    ticks.status = counts.count(.status)
    ticks.tradeVolume = counts.tradeVolume
    ticks.tradeNotional = Notional(tenThousandths: counts.tradeNotionalE4)
    for reason in TickRejection.allCases where counts.rejected[reason.rawValue] > 0 {
      ticks.rejected[reason.name] = counts.rejected[reason.rawValue]
    }
    if counts.unsubscribed > 0 { ticks.rejected["unsubscribed"] = counts.unsubscribed }
  }

  /// Takes over what a live ingester's lines brought.
  mutating func take<D: PublishingDecoder & ~Copyable>(
    lines ingester: borrowing LiveIngester<D>
  ) {
    let counts = ingester.feed.counts
    feed.late = counts.late
    feed.requests = counts.requests
    feed.recovered = counts.recovered
    if counts.entries > 0 { feed.entries = counts.entries }
    feed.unheld = counts.unheld
    feed.implausible = counts.implausible
    feed.unrecorded = counts.unrecorded
    feed.foreign = counts.foreign
    feed.state = ingester.feedState
    feed.lines = (0..<ingester.lineCount).map { number in
      var line = Line(
        name: number == 0 ? "a" : "b", address: ingester.address(ofLine: number).description,
        state: ingester.state(ofLine: number))
      line.take(ingester.feed.lines[number], ingester.receiveCounts(ofLine: number))
      return line
    }
    feed.rejoins = ingester.rejoins
    feed.clockSteps = ingester.clockWatch.steps
    feed.requestsUnsent = ingester.requestsUnsent
    let lateness = ingester.feed.lines.latenessSnapshot
    if lateness.count > 0 { feed.lateness_ns = LatencySummary(lateness) }
  }

  /// One line of a live feed.
  public struct Line: Codable, Equatable, Sendable {
    /// `a` or `b`.
    public var name: String
    public var address: String
    /// At the end of the run.
    public var state: LineState
    /// Datagrams of the feed, heartbeats included.
    public var packets: UInt64 = 0
    /// Packets of which this line brought the first copy, and of which it did not.
    public var first: UInt64 = 0
    public var late: UInt64 = 0
    /// Jumps of this line's own sequence, and the messages it jumped over.
    public var gaps: UInt64 = 0
    public var missing: UInt64 = 0
    /// Packets behind this line's own sequence, and those of them that end beyond it.
    public var outOfOrder: UInt64 = 0
    public var overlaps: UInt64 = 0
    /// Of the feed's, those that this line made certain.
    public var restarts: UInt64 = 0
    public var sessionChanges: UInt64 = 0
    /// Sequence after its newest packet.
    public var lastSequence: UInt64 = 0
    public var malformed: UInt64 = 0
    public var foreign: UInt64 = 0
    /// Datagrams that found no room in the socket.
    public var droppedByKernel: UInt64 = 0
    public var tooLong: UInt64 = 0
    public var empty: UInt64 = 0
    public var wrongSource: UInt64 = 0
    public var networkErrors: UInt64 = 0

    init(name: String, address: String, state: LineState) {
      self.name = name
      self.address = address
      self.state = state
    }

    mutating func take(_ counts: LineCounts, _ received: ReceiveCounts) {
      packets = counts.packets
      first = counts.first
      late = counts.late
      gaps = counts.gaps
      missing = counts.missing
      outOfOrder = counts.outOfOrder
      overlaps = counts.overlaps
      restarts = counts.restarts
      sessionChanges = counts.sessionChanges
      lastSequence = counts.lastSequence
      malformed = counts.malformed
      foreign = counts.foreign
      droppedByKernel = received.droppedByKernel
      tooLong = received.tooLong
      empty = received.empty
      wrongSource = received.wrongSource
      networkErrors = received.networkErrors
    }

    enum CodingKeys: String, CodingKey {
      case name, address, state, packets, first, late, gaps, missing, overlaps, restarts
      case malformed, foreign, empty
      case sessionChanges = "session_changes"
      case outOfOrder = "out_of_order"
      case lastSequence = "last_sequence"
      case droppedByKernel = "dropped_by_kernel"
      case tooLong = "too_long"
      case wrongSource = "wrong_source"
      case networkErrors = "network_errors"
    }
  }
}
