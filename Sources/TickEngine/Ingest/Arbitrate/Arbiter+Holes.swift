import TickWire

/// What is missing: held for, waited for, asked for, given up. Each stream has one hole at a time,
/// before the first packet held, or before the end that a heartbeat told of.
///
/// Off the hot path, but for `noteRecent`: work only while something is missing.
extension Arbiter {
  mutating func takeAhead<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int?,
    isProven: Bool, _ decoder: inout D
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
      switch buffer.insert(
        packet, datagram, times, line: line, isProven: isProven, stream: stream)
      {
      case .held: break
      case .duplicate:
        decoder.counts.duplicates += 1
        outcome = .duplicate
        settle(stream, times.now, &decoder)
      case .refuted:
        decoder.counts.implausible += 1
        outcome = .doubted
      case .noPlace:
        decoder.counts.unheld += 1
        outcome = .unheld
      case .noRoom:
        guard limits.recovery != nil, !server.isSilent else {
          return makeWay(packet, datagram, times, line, stream, &decoder)
        }
        extendHorizon(stream, to: packet.end, packet, times)
        decoder.counts.unheld += 1
        outcome = .unheld
      }
    }
    countRefuted(byAnswer: line == nil, &decoder)
    giveUpWhatIsDue(stream, times.now, &decoder)
    return outcome
  }

  /// A packet is next whose place is proven: whether it is held already. What is held in its place
  /// and is another lies.
  mutating func meetHeld<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int?,
    _ decoder: inout D
  ) -> Bool {
    guard buffer.unproven > 0, packet.count > 0, let stream = tracker.index(of: packet) else {
      return false
    }
    let isHeld = buffer.meet(packet, datagram, line: line, isProven: true, stream) == .duplicate
    countRefuted(byAnswer: line == nil, &decoder)
    if isHeld {
      decoder.counts.duplicates += 1
      settle(stream, times.now, &decoder)
    }
    return isHeld
  }

  /// What gave way to a packet whose place is proven. An answer may be cut otherwise than the
  /// packets of the lines, which do not lie then.
  private mutating func countRefuted<D: FeedDecoder & ~Copyable>(
    byAnswer: Bool, _ decoder: inout D
  ) {
    let refuted = buffer.takeRefuted()
    if byAnswer {
      decoder.counts.duplicates += refuted
    } else {
      decoder.counts.implausible += refuted
    }
  }

  /// No room to hold a packet, and nobody who answers for it: the wait before it ends.
  mutating func makeWay<D: FeedDecoder & ~Copyable>(
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

  mutating func openHole(_ stream: Int, _ now: UInt64) {
    guard !holes[stream].isOpen else { return }
    openHoles += 1
    holes[stream] = Hole(
      isOpen: true, shown_ns: now, progress_ns: now, reached: tracker.expected(stream))
  }

  mutating func extendHorizon(
    _ stream: Int, to end: UInt64, _ packet: SequencedPacket, _ times: ArrivalTimes
  ) {
    guard end > holes[stream].horizon else { return }
    holes[stream].horizon = end
    holes[stream].horizonTimes = times
    holes[stream].horizonSendTime = packet.sendTime
  }

  @inline(__always)
  func noteRecent(_ line: Int, _ stream: Int, _ packet: SequencedPacket) {
    let cell = line * SequenceTracker.streamsMax + stream
    recent[cell * Arbiter.linePackets + Int(recentAt[cell])] = packet.first
    recentAt[cell] = (recentAt[cell] &+ 1) & UInt8(Arbiter.linePackets - 1)
  }

  func forgetRecent(_ stream: Int) {
    for line in 0..<LineTable.linesMax {
      let cell = (line * SequenceTracker.streamsMax + stream) * Arbiter.linePackets
      for index in 0..<Arbiter.linePackets { recent[cell + index] = 0 }
    }
  }

  /// Whether every line that is live has gone so far beyond the hole that it will not fill it.
  func isPassedByAll(_ stream: Int) -> Bool {
    guard liveLines != 0 else { return false }
    let end = buffer.first(stream)?.packet.first ?? holes[stream].horizon
    for line in 0..<LineTable.linesMax where liveLines >> UInt64(line) & 1 != 0 {
      // A line that is far in the next sequence is beyond this one.
      if renewing > 0, renewals[stream].isBrought(byAll: 1 << UInt64(line), Arbiter.linePackets) {
        continue
      }
      let cell = line * SequenceTracker.streamsMax + stream
      // All of them: one may lie.
      for index in 0..<Arbiter.linePackets where recent[cell * Arbiter.linePackets + index] < end {
        return false
      }
    }
    return true
  }

  /// Whether nothing more is to be hoped for from the lines.
  func isWaitOver(_ stream: Int, _ now: UInt64, wait_ns: UInt64) -> Bool {
    let shown = holes[stream].shown_ns
    return buffer.count(stream) >= limits.waitPackets || isPassedByAll(stream)
      || (now > shown && now - shown >= wait_ns)
  }

  func isDue(_ stream: Int, _ now: UInt64) -> Bool {
    let wait_ns =
      isLone(stream) ? max(limits.wait_ns, Arbiter.loneWait_ns) : limits.wait_ns
    guard let recovery = limits.recovery, !server.isSilent else {
      return isWaitOver(stream, now, wait_ns: wait_ns)
    }
    let progress = holes[stream].progress_ns
    return now > progress && now - progress >= wait_ns + recovery.patience_ns
  }

  /// Whether another line may yet tell of the packets behind a hole that nothing has proven them,
  /// or that a leap of one line is none.
  private func isLone(_ stream: Int) -> Bool {
    guard liveLines.nonzeroBitCount > 1, let first = buffer.first(stream)?.packet.first else {
      return false
    }
    let expected = tracker.expected(stream)
    if buffer.unproven(stream) == buffer.count(stream), holes[stream].horizon <= expected {
      return true
    }
    return first > expected && first - expected > DoubtedPackets.leap_messages
      && linesHeard(stream) > 1
  }

  mutating func giveUpWhatIsDue<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ now: UInt64, _ decoder: inout D
  ) {
    while holes[stream].isOpen, isDue(stream, now) {
      let hole = holes[stream]
      if let recovery = limits.recovery, hole.requested_ns >= hole.progress_ns, liveLines != 0,
        isAskedLately(hole, now, recovery)
      {
        server.noteGivenUp(now, recovery)
      }
      giveUp(stream, now, &decoder)
    }
  }

  /// Whoever was there all the time asks again and again; an answer to one who was away may lie in
  /// its socket.
  private func isAskedLately(_ hole: Hole, _ now: UInt64, _ limits: RecoveryLimits) -> Bool {
    let lately_ns = max(2 * limits.retry_ns, limits.patience_ns / 4)
    return now <= hole.requested_ns || now - hole.requested_ns <= lately_ns
  }

  /// Goes on behind the hole: with the first packet held, or with nothing up to the horizon.
  mutating func giveUp<D: FeedDecoder & ~Copyable>(
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
  mutating func abandon<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ decoder: inout D
  ) {
    while holes[stream].isOpen { giveUp(stream, holes[stream].progress_ns, &decoder) }
  }

  /// Releases what is in sequence now; what stays missing is a hole of its own, known since the
  /// packet behind it came.
  mutating func settle<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ now: UInt64, _ decoder: inout D
  ) {
    guard holes[stream].isOpen else { return }
    let before = buffer.count(stream)
    while let held = buffer.first(stream), held.packet.first <= tracker.expected(stream) {
      if held.isProven {
        releaseFirst(stream, &decoder)
      } else {
        guard held.packet.end <= tracker.expected(stream) else { break }
        decoder.counts.implausible += 1
        buffer.removeFirst(stream)
      }
    }
    let next = buffer.first(stream)
    if next == nil, holes[stream].horizon <= tracker.expected(stream) {
      holes[stream].isOpen = false
      openHoles -= 1
      if openHoles == renewing { server.forgetRequests() }
      return
    }
    let shown = next?.times.now ?? holes[stream].horizonTimes.now
    // Where nothing held went out, what comes has not reached the hole's end: it may be no hole.
    // Nor is it one before what nothing has proven.
    let isShown = buffer.count(stream) != before && next?.isProven ?? true
    holes[stream].shown_ns = isShown ? shown : max(shown, now)
    // Another copy of what is held, or proof of it, brings nothing that is missing.
    guard tracker.expected(stream) != holes[stream].reached else { return }
    holes[stream].reached = tracker.expected(stream)
    holes[stream].progress_ns = now
  }

  mutating func releaseFirst<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ decoder: inout D
  ) {
    guard let held = buffer.first(stream) else { return }
    release(
      held.packet, buffer.firstDatagram(stream), held.times, isRecovered: held.isRecovered,
      &decoder)
    buffer.removeFirst(stream)
  }

  // MARK: Time

  /// Gives up what was waited for long enough.
  mutating func advance<D: FeedDecoder & ~Copyable>(to now: UInt64, _ decoder: inout D) {
    guard openHoles > 0 else { return }
    for stream in 0..<tracker.count {
      giveUpWhatIsDue(stream, now, &decoder)
      if renewing > 0 { review(stream, now) }
    }
  }

  /// The end: nothing more comes, so every hole is a loss, and what is queued is to be taken. To be
  /// called again then, until nothing waits.
  mutating func finish<D: FeedDecoder & ~Copyable>(_ decoder: inout D) {
    for stream in 0..<tracker.count {
      abandon(stream, &decoder)
      if renewals[stream].isThere { queue.due |= 1 << UInt64(stream) }
    }
    decoder.counts.implausible += doubts.clear()
  }

  /// What to ask for now, if anything: from the next missing message to the first that is there.
  /// A request is due again when it brought something, or was not answered. None is where nothing
  /// is missing and no line is to bring anything: the session is over, or its hours are.
  mutating func dueRequest(now: UInt64) -> MissingRange? {
    guard openHoles > 0 || server.isSilent && liveLines != 0, let recovery = limits.recovery else {
      return nil
    }
    if tracker.count > 0, server.takeProbe(now, recovery) {
      return MissingRange(
        stream: tracker.key(0), session: tracker.session(0), first: max(2, provenReach(0)) - 1,
        count: 1)
    }
    for stream in 0..<tracker.count where holes[stream].isOpen {
      let expected = tracker.expected(stream)
      let isFirst = holes[stream].requested_ns == 0
      if isFirst, !isWaitOver(stream, now, wait_ns: limits.wait_ns) { continue }
      let isAnswered = holes[stream].requestedFirst != expected
      guard isFirst || isAnswered || now >= holes[stream].requested_ns &+ recovery.retry_ns
      else { continue }
      server.noteRequest(now)
      holes[stream].requested_ns = max(1, now)
      holes[stream].requestedFirst = expected
      let held = buffer.first(stream)?.packet
      // What is next and not proven is asked for as what is missing.
      let isNext = held.map { $0.first <= expected } ?? false
      let end = (isNext ? held?.end : held?.first) ?? holes[stream].horizon
      return MissingRange(
        stream: tracker.key(stream), session: tracker.session(stream), first: expected,
        count: end - expected)
    }
    return nil
  }
}

/// Messages that are missing, to be asked for.
struct MissingRange: Equatable {
  var stream: UInt64
  var session: UInt128
  var first: UInt64
  var count: UInt64
}
