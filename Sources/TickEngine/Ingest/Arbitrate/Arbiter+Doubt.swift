import TickWire

/// What one packet alone claims: see `DoubtedPackets`. Off the hot path.
extension Arbiter {
  /// One past all that has come of a stream and was believed; where none is followed yet, its
  /// beginning.
  func reach(_ stream: Int?) -> UInt64 {
    guard let stream else { return 1 }
    let held = max(tracker.expected(stream), buffer.last(stream)?.packet.end ?? 0)
    return holes[stream].isOpen ? max(held, holes[stream].horizon) : held
  }

  func isLeap(_ packet: SequencedPacket, _ stream: Int?) -> Bool {
    let reach = reach(stream)
    return packet.first > reach && packet.first - reach > DoubtedPackets.leap_messages
  }

  func isDoubtful(_ packet: SequencedPacket, _ place: SequenceTracker.Place) -> Bool {
    switch place {
    case .newSession: return true
    case .join where tracker.count > 0: return true
    case .join, .ahead: return isLeap(packet, tracker.index(of: packet))
    // What is seen by many packets, its beginning lost, needs no other.
    case .restart: return packet.first <= 1
    case .untracked, .before, .behind, .current: return false
    }
  }

  mutating func doubt<D: FeedDecoder & ~Copyable>(
    _ place: SequenceTracker.Place, _ packet: SequencedPacket, _ datagram: Bytes,
    _ times: ArrivalTimes, _ line: Int?, _ decoder: inout D
  ) -> Outcome {
    guard let line else {
      // An answer to a request that was not made, or nobody's restart.
      if place == .restart { return .duplicate }
      decoder.counts.implausible += 1
      return .doubted
    }
    let stream = tracker.index(of: packet)
    // A stream that goes on meanwhile as it was refutes the claim.
    var claim = DoubtedPackets.Claim(
      kind: place == .restart ? .restart : .far, packet: packet, times: times, line: line,
      reach: reach(stream))
    let agreeing: Int?
    let slot: Int
    if let stream {
      claim.next = next(of: line, stream)
      slot = doubts.slot(line, stream)
      agreeing = doubts.slotThatAgrees(with: claim, datagram, stream: stream)
    } else {
      slot = doubts.strangerSlot(packet)
      agreeing = doubts.agrees(slot, with: claim, datagram) ? slot : nil
    }
    if let agreeing {
      confirm(agreeing, packet, datagram, times, line, &decoder)
      return .confirmed
    }
    count(doubts.keep(slot, claim, datagram), &decoder)
    // The line's next packet is looked at, whichever stream this one is truly of.
    noteDamage(line)
    if let stream { forgetNext(line, stream) }
    return .doubted
  }

  func count<D: FeedDecoder & ~Copyable>(
    _ keeping: DoubtedPackets.Keeping, _ decoder: inout D
  ) {
    switch keeping {
    case .kept: break
    case .dropped: decoder.counts.implausible += 1
    case .copy: decoder.counts.duplicates += 1
    }
  }

  mutating func confirm<D: FeedDecoder & ~Copyable>(
    _ slot: Int, _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int,
    _ decoder: inout D
  ) {
    var claim = doubts[slot]
    doubts.forget(slot)
    confirmation = Confirmation(
      packet: claim.packet, line: claim.line, now: claim.times.now)
    // Of two sending times the later one may be a damaged one, which would shut out what follows.
    if claim.kind == .restart {
      claim.packet.sendTime = min(claim.packet.sendTime, packet.sendTime)
    }
    let isBehind = packet.first < claim.packet.first
    if isBehind { confirmation.outcome = retake(packet, datagram, times, line, &decoder) }
    confirmation.claimOutcome = retake(
      claim.packet, doubts.datagram(slot), claim.times, claim.line, &decoder)
    if confirmation.claimOutcome == .refused {
      confirmation.outcome = .refused
      return
    }
    if !isBehind { confirmation.outcome = retake(packet, datagram, times, line, &decoder) }
  }

  mutating func retake<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int,
    _ decoder: inout D
  ) -> Outcome {
    takePlaced(
      tracker.place(packet, now: times.now), packet, datagram, times, line, &decoder)
  }

  /// The end: what nothing spoke against is believed.
  mutating func believeRest<D: FeedDecoder & ~Copyable>(
    _ stream: Int, _ decoder: inout D
  ) {
    for line in 0..<LineTable.linesMax {
      let slot = doubts.slot(line, stream)
      let claim = doubts[slot]
      guard claim.isThere, claim.kind == .offCourse, !claim.isRefuted else { continue }
      doubts.forget(slot)
      _ = retake(claim.packet, doubts.datagram(slot), claim.times, line, &decoder)
    }
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
