import TickWire

/// A sequence begins anew, in another session or in the same: one line says so first, and another
/// may be about to bring what is missing of the sequence before. So what comes of the new one is
/// queued, as it came, and what comes of the old one goes its way, until
///
/// - every live line has gone over to the new one, and no hole is open in the old one; or each so
///   far that it fills none any more (`Arbiter.linePackets`), and nobody is asked for it;
/// - or the wait is over, as for a hole: then what is still missing of the old one is lost;
/// - or there is no more room.
///
/// Then the new one is opened, and what was queued is taken in its order, as if it came now. Where
/// one line is alone, only holes are waited for. Where a protocol has no sending time, a session
/// that begins anew was quiet before (`SequenceTracker.quiet_ns`): that begins at once.
///
/// Packets that are newer than all, and lie behind, are queued as well: a restart whose beginning
/// was lost shows like that. If it does not prove to be one, they are taken as what they were.
///
/// Off the hot path, which is shut meanwhile: what is queued counts among what nothing has proven.
extension Arbiter {
  /// What there is to take of a queue, before anything else comes in.
  struct Queue: BitwiseCopyable {
    /// Streams whose queue is to be taken, a bit each.
    var due: UInt64 = 0
    /// What is taken comes now, by the waiting clock.
    var now: UInt64 = 0
    /// The one that is being taken, and how many of it.
    var stream = 0
    var left = 0
    var isTaking = false
  }

  /// A packet that was queued, and what has become of it now.
  struct Dequeued {
    var packet: SequencedPacket
    var line: Int
    var now: UInt64
    var outcome: Outcome
  }

  /// Whether what is missing of a stream may be answered for.
  private var isServed: Bool { limits.recovery != nil && !server.isSilent }

  /// A packet of a line, where a sequence may have begun anew.
  /// - Returns: nil if it is to be taken like any other.
  mutating func takeRenewed<D: FeedDecoder & ~Copyable>(
    _ place: SequenceTracker.Place, _ packet: SequencedPacket, _ datagram: Bytes,
    _ times: ArrivalTimes, _ line: Int, _ stream: Int, _ decoder: inout D
  ) -> Outcome? {
    let renewal = renewals[stream]
    guard renewal.isThere else {
      let isLikely = place == .behind && packet.sendTime > 0 && tracker.isNewer(packet, stream)
      guard isLikely, restarts == .follow, !queue.isTaking, buffer.hasRoom(for: datagram) else {
        return nil
      }
      begin(Renewal(packet, times), stream)
      return append(place, packet, datagram, times, line, stream, &decoder)
    }
    if isOf(renewal, packet, place, stream) {
      return append(place, packet, datagram, times, line, stream, &decoder)
    }
    // The sequence goes on, so what was taken for another is none.
    if !renewal.isSure, tracker.isNext(packet, stream), packet.count > 0,
      packet.sendTime > renewal.sendTime
    {
      queue.due |= 1 << UInt64(stream)
    }
    return nil
  }

  private func isOf(
    _ renewal: Renewal, _ packet: SequencedPacket, _ place: SequenceTracker.Place, _ stream: Int
  ) -> Bool {
    guard packet.session == renewal.session else { return false }
    guard packet.session == tracker.session(stream) else { return true }
    guard !isFalseStart(packet, place) else { return false }
    // Of two packets of one sending time the number says which sequence they are of.
    if renewal.isSure, packet.sendTime > renewal.sendTime { return true }
    return (place == .behind || place == .restart) && tracker.isNewer(packet, stream)
  }

  /// A sequence begins anew with its bytes.
  func isFalseStart(_ packet: SequencedPacket, _ place: SequenceTracker.Place) -> Bool {
    place == .restart && packet.first <= 1 && packet.offset != 0
  }

  /// A line says that its sequence begins anew, and is believed.
  mutating func renew<D: FeedDecoder & ~Copyable>(
    _ place: SequenceTracker.Place, _ packet: SequencedPacket, _ datagram: Bytes,
    _ times: ArrivalTimes, _ line: Int, _ stream: Int, _ decoder: inout D
  ) -> Outcome {
    if renewals[stream].isThere {
      // A third sequence ends the wait for the first.
      if packet.session != renewals[stream].session { queue.due |= 1 << UInt64(stream) }
      return append(place, packet, datagram, times, line, stream, &decoder)
    }
    var renewal = Renewal(packet, times)
    renewal.note(packet, line, isSure: true)
    let isTold = packet.session != tracker.session(stream) || packet.sendTime > 0
    // What was queued once is not queued again.
    if isHolding, !queue.isTaking, isTold, mayBeCompleted(stream, renewal),
      buffer.hasRoom(for: datagram)
    {
      begin(Renewal(packet, times), stream)
      return append(place, packet, datagram, times, line, stream, &decoder)
    }
    abandon(stream, &decoder)
    notePast(stream)
    let outcome = open(packet, datagram, times, line, isJoin: false, &decoder)
    setCourse(line, stream, after: packet)
    return outcome
  }

  /// Whether what is missing of a stream's sequence, or what nobody has told of yet, may still come
  /// though another sequence has begun.
  private func mayBeCompleted(_ stream: Int, _ renewal: Renewal) -> Bool {
    let isMissing = holes[stream].isOpen
    guard !isMissing || !isServed else { return true }
    guard liveLines != 0 else { return isMissing }
    return !renewal.isBrought(byAll: liveLines, isMissing ? Arbiter.linePackets : 1)
  }

  private mutating func begin(_ renewal: Renewal, _ stream: Int) {
    renewals[stream] = renewal
    renewing += 1
    openHoles += 1
  }

  private mutating func append<D: FeedDecoder & ~Copyable>(
    _ place: SequenceTracker.Place, _ packet: SequencedPacket, _ datagram: Bytes,
    _ times: ArrivalTimes, _ line: Int, _ stream: Int, _ decoder: inout D
  ) -> Outcome {
    if packet.session == renewals[stream].session {
      renewals[stream].note(packet, line, isSure: place == .restart || place == .newSession)
    }
    if !buffer.append(packet, datagram, times, line: line, stream) {
      decoder.counts.unheld += 1
      queue.due |= 1 << UInt64(stream)
    }
    review(stream, times.now)
    return .queued
  }

  /// Looks whether a sequence that has begun anew is waited with any longer.
  mutating func review(_ stream: Int, _ now: UInt64) {
    let renewal = renewals[stream]
    guard renewal.isThere else { return }
    queue.now = max(queue.now, now)
    let since = renewal.times.now
    let isWaited = now > since && now - since >= limits.wait_ns
    let isOver =
      renewal.isSure
      ? !mayBeCompleted(stream, renewal) || isWaited && !(holes[stream].isOpen && isServed)
      : isWaited
    let isFull =
      buffer.queued(stream) >= limits.waitPackets && !isServed || !buffer.hasRoom(for: .none)
    if isOver || isFull { queue.due |= 1 << UInt64(stream) }
  }

  /// Takes the next packet that was queued and is not to wait any longer; nil: there is none. To be
  /// called until then after whatever is `isOdd`, and when time has passed.
  mutating func takeQueued<D: FeedDecoder & ~Copyable>(_ decoder: inout D) -> Dequeued? {
    if queue.left == 0 {
      guard queue.due != 0 else { return nil }
      queue.stream = queue.due.trailingZeroBitCount
      queue.due &= queue.due - 1
      queue.left = buffer.queued(queue.stream)
      carryOut(queue.stream, &decoder)
    }
    queue.left -= 1
    // Safe, here and below: the memory lives as long as the arbiter.
    guard let held = unsafe buffer.takeQueued(queue.stream, into: scratch.mutableBytes),
      let line = held.line
    else {
      queue.left = 0
      return nil
    }
    let datagram = unsafe scratch.mutableBytes.bytes.slice(at: 0, count: held.length)
    queue.isTaking = true
    var times = held.times
    times.now = max(times.now, queue.now)
    let outcome = takeOther(held.packet, datagram, times, line, &decoder)
    queue.isTaking = false
    return Dequeued(packet: held.packet, line: line, now: held.times.now, outcome: outcome)
  }

  /// The sequence before ends, and what is missing of it is lost; the new one begins.
  private mutating func carryOut<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ decoder: inout D
  ) {
    let renewal = renewals[stream]
    guard renewal.isThere else { return }
    renewals[stream] = Renewal()
    renewing -= 1
    openHoles -= 1
    guard renewal.isSure else { return }
    abandon(stream, &decoder)
    notePast(stream)
    // It was believed when it came, though the session before has gone on since.
    if renewal.session != tracker.session(stream) { tracker.forgetLastSession(stream) }
    let newest = max(tracker.newestSendTime(stream), tracker.begun(stream))
    let opening = SequencedPacket(
      stream: tracker.key(stream), session: renewal.session, first: 1, count: 0,
      sendTime: renewal.sendTime == 0 ? 0 : max(renewal.sendTime, newest &+ 1))
    release(opening, .none, renewal.times, isRecovered: false, &decoder)
  }

  // MARK: Too late

  private func notePast(_ stream: Int) {
    let end = tracker.expected(stream)
    pasts[stream] = PastSequence(
      isKnown: true, session: tracker.session(stream), begun: tracker.begun(stream), end: end,
      left: end)
  }

  /// A packet of the sequence before: what it brings or tells of and nobody has had is lost, and
  /// counted now if it was not when that sequence ended.
  mutating func takePast<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ times: ArrivalTimes, _ line: Int?, _ decoder: inout D
  ) -> Outcome {
    guard let stream = tracker.index(of: packet) else { return .untracked }
    let past = pasts[stream]
    let isNew = line != nil && past.holds(packet) && packet.end > past.end
    if isNew, packet.first > past.end, packet.first - past.end > DoubtedPackets.leap_messages {
      decoder.counts.implausible += 1
      return .doubted
    }
    if packet.count > 0 {
      decoder.counts.duplicates += 1
      let isLost =
        packet.first >= past.left
        || ledger.contains(stream, packet.first, packet.end, isBefore: true)
      if isNew || past.holds(packet) && isLost { decoder.counts.late += 1 }
    }
    guard isNew else { return .past }
    pasts[stream].end = packet.end
    tellPast(packet.end - past.end, isGap: past.end == past.left, packet, times, &decoder)
    return .past
  }

  /// What follows on what was told already is counted alone.
  private mutating func tellPast<D: FeedDecoder & ~Copyable>(
    _ missing: UInt64, isGap: Bool, _ packet: SequencedPacket, _ times: ArrivalTimes,
    _ decoder: inout D
  ) {
    countMissing(missing, isGap: isGap, &decoder)
    guard isGap, let stream = tracker.index(of: packet) else { return }
    var verdict = SequenceVerdict(stream: stream)
    verdict.missing = missing
    verdict.isOfPast = true
    decoder.begin(packet, times, isRecovered: false)
    decoder.judged(verdict, packet)
  }
}
