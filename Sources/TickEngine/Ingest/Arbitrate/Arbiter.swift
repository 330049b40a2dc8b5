import TickWire

/// Puts the packets of all lines in order: the first copy wins, later ones are duplicates, and what
/// is missing is waited for, asked for, and at last given up, counted and told (MD2, MD3). Knows no
/// protocol.
///
/// Hot path: a packet in sequence passes through in a few ns and touches nothing but its stream's
/// line. Thread: the ingester, alone. No allocation, lock or system call. Failure: what finds no
/// room behind a hole ends the wait for it, or is left to be asked for again.
struct Arbiter: ~Copyable {
  enum Outcome: UInt8 {
    /// Its messages are out, all or those that were new.
    case released
    case held
    /// Nothing new in it: a second copy, or too late.
    case duplicate
    /// Out of order and left behind for want of room; it will be asked for.
    case unheld
    case untracked
    /// The sequence began anew, and the policy is to stop.
    case refused
    /// Claims what one flipped bit could; kept until a second packet agrees.
    case doubted
    /// The second that agrees: what was kept is out as well. `confirmation` tells the rest.
    case confirmed
    /// Of a sequence that has begun anew, and waits until the one before is over.
    case queued
    /// Of the sequence before: nothing of it is taken any more.
    case past

    /// What a packet does not become that is taken when it comes, and for what it is.
    @inline(__always)
    var isOdd: Bool { rawValue >= Outcome.refused.rawValue }
  }

  /// What is missing before the first packet held, or before the end that a heartbeat told of.
  struct Hole: BitwiseCopyable {
    var isOpen = false
    /// When it showed, and when something of it or before it came last, by the waiting clock.
    var shown_ns: UInt64 = 0
    var progress_ns: UInt64 = 0
    /// What was missing first then.
    var reached: UInt64 = 0
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
  /// How long what nothing proves is waited for while another line is live: until each has said in
  /// a heartbeat how far it is.
  static let loneWait_ns: UInt64 = 2_000_000_000

  let limits: ArbiterLimits
  let restarts: RestartPolicy
  var tracker: SequenceTracker
  var buffer: ReorderBuffer
  let holes = Slab(count: SequenceTracker.streamsMax, repeating: Hole())
  /// Holes that are open, and sequences that have begun anew and wait.
  var openHoles = 0
  /// Sequences of the last packets that each line brought, by line and stream: a small circle each.
  let recent = Slab(
    count: LineTable.linesMax * SequenceTracker.streamsMax * Arbiter.linePackets,
    repeating: UInt64(0))
  let recentAt = Slab(
    count: LineTable.linesMax * SequenceTracker.streamsMax, repeating: UInt8(0))
  /// Where each line goes on in each stream, by line and stream, and what it claims elsewhere.
  let courses = Slab(
    count: LineTable.linesMax * SequenceTracker.streamsMax, repeating: LineCourse())
  let claims = Slab(
    count: LineTable.linesMax * SequenceTracker.streamsMax, repeating: LineClaim())
  /// The lines that can still fill a hole, a bit each: those that are live or may yet be.
  var liveLines: UInt64 = 1 {
    didSet { if oldValue == 0, liveLines != 0 { server.forgive() } }
  }
  var ledger = LossLedger()
  var server = AnswerWatch()
  var doubts: DoubtedPackets
  /// What became of the two packets that agreed last.
  var confirmation = Confirmation()
  /// Sequences that have begun anew, by stream, how many, and what of them is to be taken now.
  let renewals = Slab(count: SequenceTracker.streamsMax, repeating: Renewal())
  var renewing = 0
  var queue = Queue()
  let pasts = Slab(count: SequenceTracker.streamsMax, repeating: PastSequence())
  /// The datagram that was queued and is being taken.
  let scratch: Slab<UInt8>

  /// - Parameter streams: what a predecessor left; nil: there was none.
  init(
    limits: ArbiterLimits, restarts: RestartPolicy,
    streams: consuming Slab<SequenceTracker.Stream>? = nil
  ) {
    tracker = SequenceTracker(streams)
    self.limits = limits
    self.restarts = restarts
    buffer = ReorderBuffer(
      packets: limits.heldPackets_max, datagramBytes_max: limits.datagramBytes_max)
    doubts = DoubtedPackets(datagramBytes_max: limits.datagramBytes_max)
    scratch = Slab(count: limits.datagramBytes_max, repeating: 0)
  }

  /// Whether packets are held back: not where a capture is taken as it was recorded.
  var isHolding: Bool { limits.waitPackets > 0 }

  /// Packets that wait behind a hole, or for the end of a sequence.
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
    if line == nil { server.noteAnswer() }
    guard let stream = tracker.index(of: packet), tracker.isNext(packet, stream),
      isOnCourse(packet, line, stream), openHoles == 0 || buffer.unproven == 0
    else {
      return takeOther(packet, datagram, times, line, &decoder)
    }
    // What follows is `release`, without a question that has been answered.
    if let line, limits.waitPackets > 0 {
      noteRecent(line, stream, packet)
      setCourse(line, stream, after: packet)
    }
    if line == nil { decoder.counts.recovered += packet.count }
    decoder.begin(packet, times, isRecovered: line == nil)
    tracker.advance(stream, packet, times.now)
    decoder.judged(SequenceVerdict(stream: stream), packet)
    if packet.count > 0 { decoder.decode(datagram, packet, skip: 0) }
    tracker.finish(stream)
    if openHoles > 0 { goOnBehindHoles(packet, line, stream, times.now, &decoder) }
    return .released
  }

  @inline(never)
  mutating func takeOther<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int?,
    _ decoder: inout D
  ) -> Outcome {
    if line != nil { server.noteLine(times.now) }
    let place = tracker.place(packet, now: times.now)
    guard limits.waitPackets > 0 else {
      return takePlaced(place, packet, datagram, times, line, &decoder)
    }
    let stream = tracker.index(of: packet)
    // The second copy of nearly all.
    if place == .behind, let line, let stream, isOnCourse(packet, line, stream),
      renewing == 0 || !renewals[stream].isSure
    {
      setCourse(line, stream, after: packet)
      return takePlaced(place, packet, datagram, times, line, &decoder)
    }
    if renewing > 0 || place == .behind, let line, let stream,
      let outcome = takeRenewed(place, packet, datagram, times, line, stream, &decoder)
    {
      return outcome
    }
    let isOfSession = stream.map { packet.session == tracker.session($0) } ?? false
    let isFalseStart = isFalseStart(packet, place)
    if let line, let stream, isOfSession, isFalseStart || isRefuted(packet, line, stream) {
      if isFalseStart { forgetClaims(line) }
      decoder.counts.implausible += 1
      return .doubted
    }
    if let line, let stream, followsDoubted(packet, line, stream, times.now) {
      forgetClaims(line)
      confirm(stream, packet, datagram, times, line, &decoder)
      return .confirmed
    }
    guard !isDoubtful(packet, place) else {
      if let line { forgetClaims(line) }
      return doubt(packet, datagram, times, line, &decoder)
    }
    let goesOn = place == .current || place == .ahead || place == .behind
    if let line, let stream, isOfSession, goesOn {
      return takeByCourse(place, packet, datagram, times, line, stream, &decoder)
    }
    return takePlaced(place, packet, datagram, times, line, &decoder)
  }

  mutating func takePlaced<D: FeedDecoder & ~Copyable>(
    _ place: SequenceTracker.Place, _ packet: SequencedPacket, _ datagram: Bytes,
    _ times: ArrivalTimes, _ line: Int?, isProven: Bool = true, _ decoder: inout D
  ) -> Outcome {
    if let line, limits.waitPackets > 0, let stream = tracker.index(of: packet) {
      noteRecent(line, stream, packet)
    }
    switch place {
    case .untracked:
      decoder.counts.untracked += 1
      return .untracked
    case .current where !isProven && packet.count > 0:
      return takeAhead(packet, datagram, times, line, isProven: false, &decoder)
    case .current:
      if meetHeld(packet, datagram, times, line, &decoder) { return .duplicate }
      // An overlap, or a heartbeat that tells nothing new.
      release(packet, datagram, times, isRecovered: line == nil, &decoder)
      if openHoles > 0, let stream = tracker.index(of: packet) {
        settle(stream, times.now, &decoder)
      }
      return .released
    case .before:
      return takePast(packet, times, line, &decoder)
    case .behind:
      return takeBehind(packet, datagram, times, line, &decoder)
    case .ahead:
      return takeAhead(packet, datagram, times, line, isProven: isProven, &decoder)
    case .join, .newSession, .restart:
      // Answers to requests tell nothing of the stream's course.
      guard let line else { return .duplicate }
      if place == .restart, restarts == .refuse {
        decoder.counts.restarts += 1
        return .refused
      }
      if let stream = tracker.index(of: packet) {
        return renew(place, packet, datagram, times, line, stream, &decoder)
      }
      let outcome = open(packet, datagram, times, line, isJoin: true, &decoder)
      if let stream = tracker.index(of: packet) { setCourse(line, stream, after: packet) }
      return outcome
    }
  }

  /// A stream, or its sequence, begins.
  mutating func open<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int?,
    isJoin: Bool, _ decoder: inout D
  ) -> Outcome {
    let isWanted = limits.recovery != nil || (!isJoin && limits.waitPackets > 0)
    guard isWanted, packet.first > 1 else {
      release(packet, datagram, times, isRecovered: false, &decoder)
      // What another line brings of before is none that was delivered.
      if isJoin, packet.first > 1, let stream = tracker.index(of: packet) {
        ledger.add(stream, 1, packet.first)
      }
      return .released
    }
    // What came before may still come, or can be asked for: it begins at 1 for us too.
    var opening = packet
    opening.first = 1
    opening.count = 0
    opening.endsSession = false
    release(opening, .none, times, isRecovered: false, &decoder)
    return takeAhead(packet, datagram, times, line, isProven: true, &decoder)
  }

  mutating func takeBehind<D: FeedDecoder & ~Copyable>(
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

  // MARK: Release

  mutating func release<D: FeedDecoder & ~Copyable>(
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
    if !verdict.isUntracked { tracker.finish(verdict.stream) }
  }

  /// Goes on behind a predecessor that died: what it had in hand counts as missing, and whatever
  /// was known of prices vouches for nothing.
  mutating func takeOver<D: FeedDecoder & ~Copyable>(_ times: ArrivalTimes, _ decoder: inout D) {
    for stream in 0..<tracker.count {
      let inHand = tracker.takeOver(stream)
      let known = tracker.newestSendTime(stream)
      let place = SequencedPacket(
        stream: tracker.key(stream), session: tracker.session(stream),
        first: tracker.expected(stream), count: 0, sendTime: known == 0 ? times.clock : known)
      decoder.begin(place, times, isRecovered: false)
      var verdict = SequenceVerdict(stream: stream)
      verdict.missing = inHand
      if inHand > 0 { noteLoss(verdict, place, &decoder) }
      // Books are gone with the predecessor, as if the stream were joined late.
      verdict.missing = max(1, inHand)
      decoder.judged(verdict, place)
    }
  }

  mutating func noteLoss<D: FeedDecoder & ~Copyable>(
    _ verdict: SequenceVerdict, _ packet: SequencedPacket, _ decoder: inout D
  ) {
    if verdict.isRestart { decoder.counts.restarts += 1 }
    if verdict.isNewSession { decoder.counts.sessionChanges += 1 }
    if verdict.isRestart || verdict.isNewSession {
      server.forgive()
      ledger.beginAnew(verdict.stream)
      forgetRecent(verdict.stream)
      forgetCourses(verdict.stream)
    }
    guard verdict.missing > 0 else { return }
    countMissing(verdict.missing, isGap: true, &decoder)
    ledger.add(verdict.stream, packet.first - verdict.missing, packet.first)
  }

  func countMissing<D: FeedDecoder & ~Copyable>(
    _ missing: UInt64, isGap: Bool, _ decoder: inout D
  ) {
    if isGap { decoder.counts.gaps += 1 }
    // Sequences are anybody's bytes: their sum saturates.
    let (sum, overflow) = decoder.counts.missing.addingReportingOverflow(missing)
    decoder.counts.missing = overflow ? .max : sum
  }

  // MARK: A fresh start

  /// A fresh session of a replay.
  mutating func reset() {
    tracker.reset()
    buffer.clear()
    _ = doubts.clear()
    ledger.forgetAll()
    for stream in 0..<SequenceTracker.streamsMax {
      holes[stream] = Hole()
      renewals[stream] = Renewal()
      pasts[stream] = PastSequence()
      forgetRecent(stream)
      forgetCourses(stream)
    }
    openHoles = 0
    renewing = 0
    queue = Queue()
    server = AnswerWatch()
  }
}
