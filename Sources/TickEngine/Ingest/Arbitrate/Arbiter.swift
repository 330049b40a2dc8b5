import TickWire

/// Puts the packets of all lines in order: the first copy wins, later ones are duplicates, and what
/// is missing is waited for, asked for, and at last given up, counted and told (MD2, MD3). Knows no
/// protocol.
///
/// Hot path: a packet in sequence passes through in a few ns and touches nothing but its stream's
/// line. Thread: the ingester, alone. No allocation, lock or system call. Failure: what finds no
/// room behind a hole ends the wait for it, or is left to be asked for again.
struct Arbiter: ~Copyable {
  enum Outcome {
    /// Its messages are out, all or those that were new.
    case released
    case held
    /// Nothing new in it: a second copy, or too late.
    case duplicate
    /// Out of order and left behind for want of room; it will be asked for.
    case unheld
    case untracked
    /// Claims what one flipped bit could; kept until a second packet agrees.
    case doubted
    /// The second that agrees: what was kept is out as well. `confirmation` tells the rest.
    case confirmed
    /// The sequence began anew, and the policy is to stop.
    case refused
  }

  /// What is missing before the first packet held, or before the end that a heartbeat told of.
  struct Hole: BitwiseCopyable {
    var isOpen = false
    /// When it showed, and when something of it or before it came last, by the waiting clock.
    var shown_ns: UInt64 = 0
    var progress_ns: UInt64 = 0
    /// The last packet or heartbeat from beyond it that is not held: one past what must exist.
    var horizon: UInt64 = 0
    var horizonTimes = ArrivalTimes(clock: 0, received_ns: 0, now: 0)
    var horizonSendTime: UInt64 = 0
    var requested_ns: UInt64 = 0
    var requestedFirst: UInt64 = 0
  }

  /// What a line brings out of order, it brings within so many packets: a hole that all live lines
  /// have passed by more stays one. A power of two.
  static let linePackets = 8

  let limits: ArbiterLimits
  private let restarts: RestartPolicy
  private var tracker = SequenceTracker()
  private var buffer: ReorderBuffer
  private let holes = Slab(count: SequenceTracker.streamsMax, repeating: Hole())
  private var openHoles = 0
  /// Sequences of the last packets that each line brought, by line and stream: a small circle each.
  private let recent = Slab(
    count: LineTable.linesMax * SequenceTracker.streamsMax * Arbiter.linePackets,
    repeating: UInt64(0))
  private let recentAt = Slab(
    count: LineTable.linesMax * SequenceTracker.streamsMax, repeating: UInt8(0))
  /// The lines that can still fill a hole, a bit each: those that are live or may yet be.
  var liveLines: UInt64 = 1
  private var ledger = LossLedger()
  private var doubts: DoubtedPackets
  /// What became of the two packets that agreed last.
  private(set) var confirmation = Confirmation()

  init(limits: ArbiterLimits, restarts: RestartPolicy) {
    self.limits = limits
    self.restarts = restarts
    buffer = ReorderBuffer(
      packets: limits.heldPackets_max, datagramBytes_max: limits.datagramBytes_max)
    doubts = DoubtedPackets(datagramBytes_max: limits.datagramBytes_max)
  }

  /// Whether packets are held back: not where a capture is taken as it was recorded.
  var isHolding: Bool { limits.waitPackets > 0 }

  /// Packets that wait behind a hole.
  var isWaiting: Bool { openHoles > 0 }

  /// Whether a packet is of the session that its stream is in.
  func isOfSession(_ packet: SequencedPacket) -> Bool {
    stream(of: packet).map { tracker.session($0) == packet.session } ?? false
  }

  /// The stream of a packet that was taken; nil if it is not followed.
  @inline(__always)
  func stream(of packet: SequencedPacket) -> Int? { tracker.index(of: packet) }

  /// - Parameter line: its number; nil if the packet answers a request.
  @inline(__always)
  mutating func take<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, line: Int?,
    _ decoder: inout D
  ) -> Outcome {
    guard let stream = tracker.index(of: packet), tracker.isNext(packet, stream) else {
      return takeOther(packet, datagram, times, line, &decoder)
    }
    // What follows is `release`, without a question that has been answered.
    if let line, limits.waitPackets > 0 { noteRecent(line, stream, packet) }
    if line == nil { decoder.counts.recovered += packet.count }
    decoder.begin(packet, times, isRecovered: line == nil)
    tracker.advance(stream, packet, times.now)
    decoder.judged(SequenceVerdict(stream: stream), packet)
    if packet.count > 0 { decoder.decode(datagram, packet, skip: 0) }
    if openHoles > 0 { settle(stream, times.now, &decoder) }
    return .released
  }

  @inline(never)
  private mutating func takeOther<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int?,
    _ decoder: inout D
  ) -> Outcome {
    let place = tracker.place(packet, now: times.now)
    guard limits.waitPackets == 0 || !isDoubtful(packet, place) else {
      return doubt(packet, datagram, times, line, &decoder)
    }
    return takePlaced(place, packet, datagram, times, line, &decoder)
  }

  private mutating func takePlaced<D: FeedDecoder & ~Copyable>(
    _ place: SequenceTracker.Place, _ packet: SequencedPacket, _ datagram: Bytes,
    _ times: ArrivalTimes, _ line: Int?, _ decoder: inout D
  ) -> Outcome {
    if let line, limits.waitPackets > 0, let stream = tracker.index(of: packet) {
      noteRecent(line, stream, packet)
    }
    switch place {
    case .untracked:
      decoder.counts.untracked += 1
      return .untracked
    case .current:
      // An overlap, or a heartbeat that tells nothing new.
      release(packet, datagram, times, isRecovered: line == nil, &decoder)
      if openHoles > 0, let stream = tracker.index(of: packet) {
        settle(stream, times.now, &decoder)
      }
      return .released
    case .before, .behind:
      return takeBehind(packet, datagram, times, line, &decoder)
    case .ahead:
      return takeAhead(packet, datagram, times, line, &decoder)
    case .join, .newSession, .restart:
      // Answers to requests tell nothing of the stream's course.
      if line == nil { return .duplicate }
      if place == .restart, restarts == .refuse {
        decoder.counts.restarts += 1
        return .refused
      }
      if let stream = tracker.index(of: packet) { abandon(stream, &decoder) }
      return open(packet, datagram, times, line, isJoin: place == .join, &decoder)
    }
  }

  // MARK: Doubt

  /// One past all that has come of a stream and was believed; where none is followed yet, its
  /// beginning.
  private func reach(_ stream: Int?) -> UInt64 {
    guard let stream else { return 1 }
    let held = max(tracker.expected(stream), buffer.last(stream)?.packet.end ?? 0)
    return holes[stream].isOpen ? max(held, holes[stream].horizon) : held
  }

  private func isDoubtful(_ packet: SequencedPacket, _ place: SequenceTracker.Place) -> Bool {
    switch place {
    case .newSession: return true
    case .join where tracker.count > 0: return true
    case .join, .ahead:
      let reach = reach(tracker.index(of: packet))
      return packet.first > reach && packet.first - reach > DoubtedPackets.leap_messages
    case .untracked, .restart, .before, .behind, .current: return false
    }
  }

  private mutating func doubt<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int?,
    _ decoder: inout D
  ) -> Outcome {
    guard let line else {
      // An answer to a request that was not made.
      decoder.counts.implausible += 1
      return .doubted
    }
    let stream = tracker.index(of: packet)
    let slot = doubts.slot(packet, stream: stream)
    // A stream that goes on meanwhile as it was refutes the claim.
    let reach = reach(stream)
    guard doubts.agrees(slot, with: packet, line: line, reach: reach, now: times.now) else {
      switch doubts.keep(slot, packet, datagram, times, line: line, reach: reach) {
      case .kept: break
      case .dropped: decoder.counts.implausible += 1
      case .copy: decoder.counts.duplicates += 1
      }
      return .doubted
    }
    confirm(slot, packet, datagram, times, line, &decoder)
    return .confirmed
  }

  private mutating func confirm<D: FeedDecoder & ~Copyable>(
    _ slot: Int, _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int,
    _ decoder: inout D
  ) {
    let claim = doubts[slot]
    doubts.forget(slot)
    confirmation = Confirmation(
      packet: claim.packet, line: claim.line, now: claim.times.now)
    let isBehind = packet.first < claim.packet.first
    if isBehind { confirmation.outcome = retake(packet, datagram, times, line, &decoder) }
    confirmation.claimOutcome = retake(
      claim.packet, doubts.datagram(slot), claim.times, claim.line, &decoder)
    if !isBehind { confirmation.outcome = retake(packet, datagram, times, line, &decoder) }
  }

  private mutating func retake<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int,
    _ decoder: inout D
  ) -> Outcome {
    takePlaced(
      tracker.place(packet, now: times.now), packet, datagram, times, line, &decoder)
  }

  /// A stream, or its sequence, begins.
  private mutating func open<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int?,
    isJoin: Bool, _ decoder: inout D
  ) -> Outcome {
    let isWanted = limits.recovery != nil || (!isJoin && limits.waitPackets > 0)
    guard isWanted, packet.first > 1 else {
      release(packet, datagram, times, isRecovered: false, &decoder)
      return .released
    }
    // What came before may still come, or can be asked for: it begins at 1 for us too.
    var opening = packet
    opening.first = 1
    opening.count = 0
    opening.endsSession = false
    release(opening, .none, times, isRecovered: false, &decoder)
    return takeAhead(packet, datagram, times, line, &decoder)
  }

  private mutating func takeBehind<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int?,
    _ decoder: inout D
  ) -> Outcome {
    if packet.count > 0, let stream = tracker.index(of: packet),
      ledger.contains(stream, packet.first, packet.end)
    {
      decoder.counts.late += 1
    }
    // An answer that comes twice is nobody's restart.
    if line == nil {
      decoder.counts.duplicates += packet.count > 0 ? 1 : 0
    } else {
      release(packet, datagram, times, isRecovered: false, &decoder)
    }
    return packet.count > 0 ? .duplicate : .released
  }

  // MARK: Holes

  private mutating func takeAhead<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int?,
    _ decoder: inout D
  ) -> Outcome {
    guard limits.waitPackets > 0, let stream = tracker.index(of: packet) else {
      release(packet, datagram, times, isRecovered: line == nil, &decoder)
      return .released
    }
    openHole(stream, times.now)
    var outcome = Outcome.held
    if packet.count == 0 {
      extendHorizon(stream, to: packet.first, packet, times)
      outcome = .released
    } else {
      switch buffer.insert(packet, datagram, times, isRecovered: line == nil, stream: stream) {
      case .held: break
      case .duplicate:
        decoder.counts.duplicates += 1
        outcome = .duplicate
      case .noPlace:
        decoder.counts.unheld += 1
        outcome = .unheld
      case .noRoom:
        guard limits.recovery != nil else {
          return makeWay(packet, datagram, times, line, stream, &decoder)
        }
        extendHorizon(stream, to: packet.end, packet, times)
        decoder.counts.unheld += 1
        outcome = .unheld
      }
    }
    giveUpWhatIsDue(stream, times.now, &decoder)
    return outcome
  }

  /// No room to hold a packet, and nowhere to ask for it again: the wait before it ends.
  private mutating func makeWay<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int?,
    _ stream: Int, _ decoder: inout D
  ) -> Outcome {
    while let held = buffer.first(stream), held.packet.first < packet.first {
      giveUp(stream, times.now, &decoder)
    }
    release(packet, datagram, times, isRecovered: line == nil, &decoder)
    settle(stream, times.now, &decoder)
    return .released
  }

  private mutating func openHole(_ stream: Int, _ now: UInt64) {
    guard !holes[stream].isOpen else { return }
    openHoles += 1
    holes[stream] = Hole(isOpen: true, shown_ns: now, progress_ns: now)
  }

  private mutating func extendHorizon(
    _ stream: Int, to end: UInt64, _ packet: SequencedPacket, _ times: ArrivalTimes
  ) {
    guard end > holes[stream].horizon else { return }
    holes[stream].horizon = end
    holes[stream].horizonTimes = times
    holes[stream].horizonSendTime = packet.sendTime
  }

  @inline(__always)
  private func noteRecent(_ line: Int, _ stream: Int, _ packet: SequencedPacket) {
    let cell = line * SequenceTracker.streamsMax + stream
    recent[cell * Arbiter.linePackets + Int(recentAt[cell])] = packet.first
    recentAt[cell] = (recentAt[cell] &+ 1) & UInt8(Arbiter.linePackets - 1)
  }

  private func forgetRecent(_ stream: Int) {
    for line in 0..<LineTable.linesMax {
      let cell = (line * SequenceTracker.streamsMax + stream) * Arbiter.linePackets
      for index in 0..<Arbiter.linePackets { recent[cell + index] = 0 }
    }
  }

  /// Whether every line that is live has gone so far beyond the hole that it will not fill it.
  private func isPassedByAll(_ stream: Int) -> Bool {
    guard liveLines != 0 else { return false }
    let end = buffer.first(stream)?.packet.first ?? holes[stream].horizon
    for line in 0..<LineTable.linesMax where liveLines >> UInt64(line) & 1 != 0 {
      let cell = line * SequenceTracker.streamsMax + stream
      // Where the next will be put lies the oldest.
      if recent[cell * Arbiter.linePackets + Int(recentAt[cell])] < end { return false }
    }
    return true
  }

  /// Whether nothing more is to be hoped for from the lines.
  private func isWaitOver(_ stream: Int, _ now: UInt64) -> Bool {
    let shown = holes[stream].shown_ns
    return buffer.count(stream) >= limits.waitPackets || isPassedByAll(stream)
      || (now > shown && now - shown >= limits.wait_ns)
  }

  private func isDue(_ stream: Int, _ now: UInt64) -> Bool {
    guard let recovery = limits.recovery else { return isWaitOver(stream, now) }
    let progress = holes[stream].progress_ns
    return now > progress && now - progress >= limits.wait_ns + recovery.patience_ns
  }

  private mutating func giveUpWhatIsDue<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ now: UInt64, _ decoder: inout D
  ) {
    while holes[stream].isOpen, isDue(stream, now) { giveUp(stream, now, &decoder) }
  }

  /// Goes on behind the hole: with the first packet held, or with nothing up to the horizon.
  private mutating func giveUp<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ now: UInt64, _ decoder: inout D
  ) {
    if buffer.count(stream) > 0 {
      releaseFirst(stream, &decoder)
    } else {
      let hole = holes[stream]
      let tail = SequencedPacket(
        stream: tracker.key(stream), session: tracker.session(stream), first: hole.horizon,
        count: 0, sendTime: hole.horizonSendTime)
      release(tail, .none, hole.horizonTimes, isRecovered: false, &decoder)
      holes[stream].horizon = 0
    }
    settle(stream, now, &decoder)
  }

  /// Gives up every hole of a stream, and lets all that is held go.
  private mutating func abandon<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ decoder: inout D
  ) {
    while holes[stream].isOpen { giveUp(stream, holes[stream].progress_ns, &decoder) }
  }

  /// Releases what is in sequence now; what stays missing is a hole of its own, known since the
  /// packet behind it came.
  private mutating func settle<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ now: UInt64, _ decoder: inout D
  ) {
    guard holes[stream].isOpen else { return }
    let before = buffer.count(stream)
    while let held = buffer.first(stream), held.packet.first <= tracker.expected(stream) {
      releaseFirst(stream, &decoder)
    }
    let next = buffer.first(stream)
    if next == nil, holes[stream].horizon <= tracker.expected(stream) {
      holes[stream].isOpen = false
      openHoles -= 1
      return
    }
    let shown = next?.times.now ?? holes[stream].horizonTimes.now
    // Where nothing held went out, what comes has not reached the hole's end: it may be no hole.
    holes[stream].shown_ns = buffer.count(stream) == before ? max(shown, now) : shown
    holes[stream].progress_ns = now
  }

  private mutating func releaseFirst<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ decoder: inout D
  ) {
    guard let held = buffer.first(stream) else { return }
    release(
      held.packet, buffer.firstDatagram(stream), held.times, isRecovered: held.isRecovered,
      &decoder)
    buffer.removeFirst(stream)
  }

  // MARK: Release

  private mutating func release<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, isRecovered: Bool,
    _ decoder: inout D
  ) {
    decoder.begin(packet, times, isRecovered: isRecovered)
    let verdict = tracker.judge(packet, now: times.now)
    if isRecovered { decoder.counts.recovered += packet.count - verdict.skip }
    if verdict.missing > 0 || verdict.isRestart || verdict.isNewSession {
      noteLoss(verdict, packet, &decoder)
    }
    if verdict.isDuplicate { decoder.counts.duplicates += 1 }
    if verdict.isOverlap { decoder.counts.overlaps += 1 }
    decoder.judged(verdict, packet)
    if packet.count > 0, !verdict.isDuplicate {
      decoder.decode(datagram, packet, skip: verdict.skip)
    }
  }

  private mutating func noteLoss<D: FeedDecoder & ~Copyable>(
    _ verdict: SequenceVerdict, _ packet: SequencedPacket, _ decoder: inout D
  ) {
    if verdict.isRestart { decoder.counts.restarts += 1 }
    if verdict.isNewSession { decoder.counts.sessionChanges += 1 }
    if verdict.isRestart || verdict.isNewSession {
      ledger.forget(verdict.stream)
      forgetRecent(verdict.stream)
    }
    guard verdict.missing > 0 else { return }
    decoder.counts.gaps += 1
    // Sequences are anybody's bytes: their sum saturates.
    let (sum, overflow) = decoder.counts.missing.addingReportingOverflow(verdict.missing)
    decoder.counts.missing = overflow ? .max : sum
    ledger.add(verdict.stream, packet.first - verdict.missing, packet.first)
  }

  // MARK: Time

  /// Gives up what was waited for long enough.
  mutating func advance<D: FeedDecoder & ~Copyable>(to now: UInt64, _ decoder: inout D) {
    guard openHoles > 0 else { return }
    for stream in 0..<tracker.count { giveUpWhatIsDue(stream, now, &decoder) }
  }

  /// The end: nothing more comes, so every hole is a loss.
  mutating func finish<D: FeedDecoder & ~Copyable>(_ decoder: inout D) {
    for stream in 0..<tracker.count { abandon(stream, &decoder) }
    decoder.counts.implausible += doubts.clear()
  }

  /// What to ask for now, if anything: from the next missing message to the first that is there.
  /// A request is due again when it brought something, or was not answered.
  mutating func dueRequest(now: UInt64) -> MissingRange? {
    guard openHoles > 0, let recovery = limits.recovery else { return nil }
    for stream in 0..<tracker.count where holes[stream].isOpen {
      let expected = tracker.expected(stream)
      let isFirst = holes[stream].requested_ns == 0
      if isFirst, !isWaitOver(stream, now) { continue }
      let isAnswered = holes[stream].requestedFirst != expected
      guard isFirst || isAnswered || now >= holes[stream].requested_ns &+ recovery.retry_ns
      else { continue }
      holes[stream].requested_ns = max(1, now)
      holes[stream].requestedFirst = expected
      let end = buffer.first(stream)?.packet.first ?? holes[stream].horizon
      return MissingRange(
        stream: tracker.key(stream), session: tracker.session(stream), first: expected,
        count: end - expected)
    }
    return nil
  }

  /// A fresh session of a replay.
  mutating func reset() {
    tracker.reset()
    buffer.clear()
    _ = doubts.clear()
    ledger.forgetAll()
    for stream in 0..<SequenceTracker.streamsMax {
      holes[stream] = Hole()
      forgetRecent(stream)
    }
    openHoles = 0
  }
}

/// Two packets that agreed: what became of the one that was kept, and of the one that came.
struct Confirmation {
  var packet = SequencedPacket(stream: 0, session: 0, first: 0, count: 0, sendTime: 0)
  var line = 0
  var now: UInt64 = 0
  var claimOutcome = Arbiter.Outcome.doubted
  var outcome = Arbiter.Outcome.doubted
}

/// Messages that are missing, to be asked for.
struct MissingRange: Equatable {
  var stream: UInt64
  var session: UInt128
  var first: UInt64
  var count: UInt64
}
