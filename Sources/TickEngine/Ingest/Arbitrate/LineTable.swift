import TickMetrics

/// What each line has brought. One writer, the ingester; read after it has stopped, or between
/// packets.
public struct LineCounts: BitwiseCopyable, Sendable {
  /// Datagrams of the feed, heartbeats included.
  public var packets: UInt64 = 0
  /// Packets of which this line brought the first copy.
  public var first: UInt64 = 0
  /// Packets that another line had brought before, or this one itself.
  public var late: UInt64 = 0
  /// Places where this line's own sequence jumped ahead, and the messages it jumped over.
  public var gaps: UInt64 = 0
  public var missing: UInt64 = 0
  /// Packets behind this line's own sequence.
  public var outOfOrder: UInt64 = 0
  /// Among them, those that begin behind it and end beyond it.
  public var overlaps: UInt64 = 0
  /// Of the feed's restarts and session changes, those that this line's packets made certain: over
  /// all lines they add up to the feed's.
  public var restarts: UInt64 = 0
  public var sessionChanges: UInt64 = 0
  public var malformed: UInt64 = 0
  public var foreign: UInt64 = 0
  /// Sequence after its newest message.
  public var lastSequence: UInt64 = 0
}

/// Each line's account, and how late its copies are.
///
/// Hot path: a few ns a packet. Thread: the ingester. No allocation.
struct LineTable: ~Copyable {
  static let linesMax = 4
  /// Packets whose arrival is remembered, so that the lateness of their copies can be told.
  static let arrivalsMax = 4_096

  struct Arrival: BitwiseCopyable {
    var first: UInt64 = 0
    var stream: UInt64 = 0
    var now: UInt64 = 0
    var line = -1
  }

  let lines: Int
  private let counts = Slab(count: LineTable.linesMax, repeating: LineCounts())
  /// The next sequence of each line and stream.
  private let expected = Slab(
    count: LineTable.linesMax * SequenceTracker.streamsMax, repeating: UInt64(0))
  private let arrivals = Slab(count: LineTable.arrivalsMax, repeating: Arrival())
  /// First copy → second copy on another line.
  private let lateness = HistogramStorage()
  private let latenessWriter: LatencyHistogram

  init(lines: Int) {
    precondition(lines > 0 && lines <= LineTable.linesMax)
    self.lines = lines
    latenessWriter = unsafe lateness[0]
  }

  subscript(line: Int) -> LineCounts { counts[line] }

  var latenessSnapshot: HistogramSnapshot { lateness.snapshot() }

  func noteForeign(_ line: Int) { counts[line].foreign += 1 }
  func noteMalformed(_ line: Int) { counts[line].malformed += 1 }

  /// - Parameters:
  ///   - stream: the stream's number, if it is followed.
  ///   - outcome: what the arbiter made of the packet.
  @inline(__always)
  func note(
    _ line: Int, _ packet: SequencedPacket, stream: Int?, _ outcome: Arbiter.Outcome, now: UInt64
  ) {
    counts[line].packets += 1
    account(line, packet, stream: stream, outcome, now: now)
  }

  /// A packet that nobody has agreed with yet, or that waits: a sign of life, and no more.
  func noteUnread(_ line: Int) { counts[line].packets += 1 }

  /// A packet of before the last restart says nothing of where its line is now.
  func accountPast(_ line: Int, _ packet: SequencedPacket) {
    if packet.count > 0 { counts[line].late += 1 }
  }

  /// What a packet that is counted already says of its line's sequence.
  @inline(__always)
  func account(
    _ line: Int, _ packet: SequencedPacket, stream: Int?, _ outcome: Arbiter.Outcome, now: UInt64
  ) {
    counts[line].lastSequence = packet.end
    if let stream { noteSequence(line, packet, stream) }
    guard packet.count > 0, lines > 1 else {
      if packet.count > 0 { count(line, outcome) }
      return
    }
    count(line, outcome)
    let slot = Int(truncatingIfNeeded: packet.first % UInt64(LineTable.arrivalsMax))
    if outcome == .duplicate {
      let arrival = arrivals[slot]
      guard arrival.first == packet.first, arrival.stream == packet.stream, arrival.line != line
      else { return }
      latenessWriter.recordDifference(from: arrival.now, to: now)
    } else {
      arrivals[slot] = Arrival(first: packet.first, stream: packet.stream, now: now, line: line)
    }
  }

  @inline(__always)
  private func count(_ line: Int, _ outcome: Arbiter.Outcome) {
    switch outcome {
    case .released, .held: counts[line].first += 1
    case .duplicate: counts[line].late += 1
    case .unheld, .untracked, .refused, .doubted, .confirmed, .queued, .past: break
    }
  }

  @inline(__always)
  private func noteSequence(_ line: Int, _ packet: SequencedPacket, _ stream: Int) {
    let cell = line * SequenceTracker.streamsMax + stream
    let next = expected[cell]
    if packet.first > next, next != 0 {
      counts[line].gaps += 1
      counts[line].missing &+= packet.first - next
    } else if packet.first < next {
      counts[line].outOfOrder += 1
      if packet.end > next { counts[line].overlaps += 1 }
    }
    expected[cell] = max(next, packet.end)
  }

  /// A stream began anew on this line: its sequence falls back without being out of order.
  func begin(_ line: Int, stream: Int, restarts: UInt64, sessionChanges: UInt64) {
    counts[line].restarts += restarts
    counts[line].sessionChanges += sessionChanges
    for other in 0..<lines { expected[other * SequenceTracker.streamsMax + stream] = 0 }
  }

  /// A fresh session of a replay.
  func reset() { expected.fill(0) }
}
