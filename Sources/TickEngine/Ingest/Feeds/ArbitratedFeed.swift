import TickWire

/// A feed: datagrams of its lines in; its messages, each once and in order, to its decoder.
///
/// Hot path. Thread: the ingester, alone. No allocation, lock or system call. Failure: none; what
/// cannot be true is counted, and a restart under the policy `refuse` is reported by `ingest`.
struct ArbitratedFeed<Decoder: FeedDecoder & ~Copyable>: ~Copyable {
  var decoder: Decoder
  private(set) var arbiter: Arbiter
  private(set) var lines: LineTable
  /// Whether the venue has said that its session is over, and nothing new came since: what was
  /// missing of it may still come.
  private(set) var isEnded = false
  /// One past the last message of the session that is over.
  private var endSequence: UInt64 = 0

  /// Sending time of the packet taken last, if its messages are out; 0 if not, or if it has none.
  private var sendTime: UInt64 = 0

  /// - Parameter streams: what a predecessor left; nil: there was none.
  init(
    _ decoder: consuming Decoder, limits: ArbiterLimits, restarts: RestartPolicy, lines: Int,
    streams: consuming Slab<SequenceTracker.Stream>? = nil
  ) {
    self.decoder = decoder
    arbiter = Arbiter(limits: limits, restarts: restarts, streams: streams)
    self.lines = LineTable(lines: lines)
  }

  var counts: FeedCounts { decoder.counts }

  /// Times that the request server fell silent, or answered again: it is silent if they are odd.
  var serverChanges: UInt64 { arbiter.server.changes }

  /// Streams that are followed.
  var streamCount: Int { arbiter.tracker.count }

  /// To be called before the first datagram, where a predecessor may have died.
  mutating func takeOver(_ times: ArrivalTimes) { arbiter.takeOver(times, &decoder) }

  /// Looks ahead at a datagram that is taken soon, the better one before it: the memory that its
  /// messages will need is asked for, which takes longer than all that is done with them.
  /// - Returns: `isWhole`, with which it is to be taken.
  @inline(__always)
  mutating func survey(_ datagram: Bytes) -> Bool {
    // A capture is taken as it was recorded.
    !arbiter.isHolding || decoder.survey(datagram)
  }

  /// Takes one datagram that nobody has looked at.
  @inline(__always)
  mutating func ingest(_ datagram: Bytes, line: Int?, times: ArrivalTimes) -> Bool {
    ingest(datagram, isWhole: survey(datagram), line: line, times: times)
  }

  /// Takes one datagram; anything may be in it.
  /// - Parameters:
  ///   - isWhole: what `survey` says of it.
  ///   - line: its number; nil if it answers a request.
  /// - Returns: false if the venue began its sequence anew and the policy is to refuse that;
  ///   nothing of the datagram was taken then.
  @inline(__always)
  mutating func ingest(
    _ datagram: Bytes, isWhole: Bool, line: Int?, times: ArrivalTimes
  ) -> Bool {
    switch Decoder.frame(datagram) {
    case .foreign:
      decoder.counts.foreign += 1
      if let line { lines.noteForeign(line) }
      return true
    case .malformed:
      countMalformed(line)
      return true
    case .packet(let packet):
      if !isWhole {
        countMalformed(line)
        return true
      }
      decoder.counts.packets += 1
      if packet.count == 0 { decoder.counts.heartbeats += 1 }
      return take(packet, datagram, line, times)
    }
  }

  private mutating func countMalformed(_ line: Int?) {
    decoder.counts.packets += 1
    decoder.counts.malformed += 1
    if let line {
      lines.noteMalformed(line)
      arbiter.noteDamage(line)
    }
  }

  @inline(__always)
  private mutating func take(
    _ packet: SequencedPacket, _ datagram: Bytes, _ line: Int?, _ times: ArrivalTimes
  ) -> Bool {
    let before = beginnings
    let outcome = arbiter.take(packet, datagram, times, line: line, &decoder)
    sendTime = outcome == .released ? packet.sendTime : 0
    if outcome.isOdd { return takeOdd(packet, line, outcome, since: before, times.now) }
    let isAnew = beginnings != before
    noteEnd(packet, outcome, isAnew: isAnew)
    guard let line else { return true }
    let stream = arbiter.stream(of: packet)
    if isAnew, let stream { noteBeginning(line, stream, since: before) }
    lines.note(line, packet, stream: stream, outcome, now: times.now)
    return true
  }

  /// Times that a sequence began anew.
  private struct Beginnings: Equatable {
    var restarts: UInt64
    var sessionChanges: UInt64
  }

  private var beginnings: Beginnings {
    Beginnings(restarts: decoder.counts.restarts, sessionChanges: decoder.counts.sessionChanges)
  }

  private func noteBeginning(_ line: Int, _ stream: Int, since before: Beginnings) {
    lines.begin(
      line, stream: stream, restarts: beginnings.restarts &- before.restarts,
      sessionChanges: beginnings.sessionChanges &- before.sessionChanges)
  }

  /// A packet that was not simply taken; and what was queued, if it is to wait no longer.
  @inline(never)
  private mutating func takeOdd(
    _ packet: SequencedPacket, _ line: Int?, _ outcome: Arbiter.Outcome,
    since before: Beginnings, _ now: UInt64
  ) -> Bool {
    if let line {
      lines.noteUnread(line)
      account(packet, line, outcome, since: before, now)
    }
    takeQueued()
    return outcome != .refused
  }

  private mutating func takeQueued() {
    while true {
      let before = beginnings
      guard let taken = arbiter.takeQueued(&decoder) else { return }
      account(taken.packet, taken.line, taken.outcome, since: before, taken.now)
    }
  }

  /// What became of a packet that is counted already.
  private mutating func account(
    _ packet: SequencedPacket, _ line: Int, _ outcome: Arbiter.Outcome, since before: Beginnings,
    _ now: UInt64
  ) {
    let stream = arbiter.stream(of: packet)
    let isAnew = beginnings != before
    if isAnew, let stream { noteBeginning(line, stream, since: before) }
    switch outcome {
    case .doubted, .queued: break
    case .past: lines.accountPast(line, packet)
    case .confirmed:
      let claim = arbiter.confirmation
      account(claim.packet, claim.line, claim.claimOutcome, since: beginnings, claim.now)
      account(packet, line, claim.outcome, since: beginnings, now)
      if isAnew { isEnded = packet.endsSession }
    case .released, .held, .duplicate, .unheld, .untracked, .refused:
      noteEnd(packet, outcome, isAnew: isAnew)
      lines.account(line, packet, stream: stream, outcome, now: now)
    }
  }

  /// Tells the sending time of the packet taken last, once.
  @inline(__always)
  mutating func takeSendTime() -> UInt64 {
    let taken = sendTime
    sendTime = 0
    return taken
  }

  @inline(__always)
  private mutating func noteEnd(
    _ packet: SequencedPacket, _ outcome: Arbiter.Outcome, isAnew: Bool
  ) {
    if packet.endsSession {
      // The end of a session that is over already says nothing of this one.
      guard arbiter.isOfSession(packet) else { return }
      isEnded = true
      endSequence = packet.first
    } else if isEnded, isAnew || packet.count > 0 && outcome != .duplicate {
      if isAnew || packet.end > endSequence { isEnded = false }
    }
  }

  /// Time passes: gives up what was waited for long enough.
  mutating func advance(to now: UInt64) {
    guard arbiter.isWaiting else { return }
    arbiter.advance(to: now, &decoder)
    takeQueued()
  }

  mutating func dueRequest(now: UInt64) -> MissingRange? {
    guard let range = arbiter.dueRequest(now: now) else { return nil }
    decoder.counts.requests += 1
    return range
  }

  /// Messages by their type byte, known types only.
  func messages(ofType type: Int) -> UInt64 { decoder.messages(ofType: type) }

  /// The lines that are live or may yet be, a bit each.
  mutating func setLive(_ lines: UInt64) { arbiter.liveLines = lines }

  /// Nothing more comes: what is still waited for is lost.
  mutating func finish() {
    arbiter.finish(&decoder)
    while arbiter.isWaiting {
      takeQueued()
      arbiter.finish(&decoder)
    }
  }

  /// Forgets sequences and books, keeps the directory: a fresh session of a replay.
  mutating func beginSession() {
    finish()
    arbiter.reset()
    lines.reset()
    decoder.beginSession()
  }
}
