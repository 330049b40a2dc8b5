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

  /// The same of what is proven.
  func provenReach(_ stream: Int?) -> UInt64 {
    guard let stream, buffer.unproven(stream) > 0 else { return reach(stream) }
    let held = buffer.lastProven(stream)?.packet.end ?? 0
    return max(tracker.expected(stream), held, holes[stream].horizon)
  }

  func isDoubtful(_ packet: SequencedPacket, _ place: SequenceTracker.Place) -> Bool {
    switch place {
    case .newSession: return true
    case .join where tracker.count > 0: return true
    case .join, .ahead:
      let reach = reach(tracker.index(of: packet))
      return packet.first > reach && packet.first - reach > DoubtedPackets.leap_messages
    case .untracked, .restart, .before, .behind, .current: return false
    }
  }

  /// Whether a line goes on at once behind what was doubted of it, however far another has come
  /// meanwhile: two damages do not fit together.
  func followsDoubted(
    _ packet: SequencedPacket, _ line: Int, _ stream: Int, _ now: UInt64
  ) -> Bool {
    let claim = doubts[stream]
    return claim.isThere && claim.line == line && claim.packet.count > 0 && packet.count > 0
      && claim.packet.session == packet.session && claim.packet.end == packet.first
      && claim.course == courses[cell(line, stream)].next
      && now <= claim.times.now &+ DoubtedPackets.patience_ns
  }

  mutating func doubt<D: FeedDecoder & ~Copyable>(
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
    // A stream that goes on meanwhile as it was refutes the claim; that of another session only if
    // it does so on the line that claims it.
    let reach = provenReach(stream)
    let agreed = isSteady(slot, stream) ? doubts[slot].reach : reach
    guard doubts.agrees(slot, with: packet, line: line, reach: agreed, now: times.now) else {
      let course = stream.map { courses[cell(line, $0)].next } ?? 0
      switch doubts.keep(slot, packet, datagram, times, line: line, reach: reach, course: course) {
      case .kept: break
      case .dropped: decoder.counts.implausible += 1
      case .copy: decoder.counts.duplicates += 1
      }
      return .doubted
    }
    confirm(slot, packet, datagram, times, line, &decoder)
    return .confirmed
  }

  /// Whether a line has brought nothing of the session before since it claimed another.
  private func isSteady(_ slot: Int, _ stream: Int?) -> Bool {
    let claim = doubts[slot]
    guard let stream, claim.isThere, claim.packet.session != tracker.session(stream) else {
      return false
    }
    return claim.course != 0 && claim.course == courses[cell(claim.line, stream)].next
  }

  mutating func confirm<D: FeedDecoder & ~Copyable>(
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

  mutating func retake<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int,
    _ decoder: inout D
  ) -> Outcome {
    takePlaced(
      tracker.place(packet, now: times.now), packet, datagram, times, line, &decoder)
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
