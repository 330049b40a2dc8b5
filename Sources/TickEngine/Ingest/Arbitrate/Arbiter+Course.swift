import TickWire

/// A packet off its line's course: its sequence is not the one that the line comes to next. Either
/// packets before it are lost or overtaken, or its sequence is damaged; by itself it cannot say
/// which, and a damaged one would put its messages in the place of others. So it is kept, one for a
/// line and a stream, and the line's next packet tells, since it comes from where the line truly is:
///
/// - it goes on behind the kept one, or ends before it: the line is there, and the kept one is
///   believed;
/// - it goes on where the line was: nothing is gone from there, so the kept one was an earlier
///   packet come late, and is believed;
/// - it goes on where the line was and as many messages further as the kept one holds: that is the
///   kept one's true place, so its sequence lied;
/// - it is off the course as well: packets are being lost and overtaken, the kept one is believed
///   and this one kept; unless a damaged packet came between them, which then explains both.
///
/// The same packet from the other line proves it too. Where the protocol counts bytes beside
/// messages (IEX-TP's stream offset), two witnesses that moved together prove a packet at once, and
/// nothing is kept. What is kept holds nobody up: the other line's copy goes its way meanwhile.
///
/// So one damaged packet costs itself. What is not detected, and what UDP's checksum is for: flips
/// in a message's content, or in its lengths so that they still fill the datagram; an IEX-TP send
/// time. What can mislead: damaged packets of one line close together, which can bear each other
/// out or make a whole one look damaged; and where a session begins, no course is known yet.
///
/// Off the hot path, but for `isOnCourse` and `setCourse`: a load, a compare and a store.
extension Arbiter {
  private func cell(_ line: Int, _ stream: Int) -> Int {
    line * SequenceTracker.streamsMax + stream
  }

  @inline(__always)
  func isOnCourse(_ packet: SequencedPacket, _ line: Int?, _ stream: Int) -> Bool {
    guard let line, limits.waitPackets > 0 else { return true }
    return courses[line * SequenceTracker.streamsMax + stream].next == packet.first
  }

  @inline(__always)
  func setCourse(_ line: Int, _ stream: Int, after packet: SequencedPacket) {
    courses[line * SequenceTracker.streamsMax + stream] = LineCourse(
      next: packet.end, offset: packet.offsetEnd)
  }

  func forgetCourses(_ stream: Int) {
    for line in 0..<LineTable.linesMax { courses[cell(line, stream)] = LineCourse() }
  }

  /// A packet is believed, or does no harm: its line goes on behind it.
  func noteCourse(
    _ line: Int, _ stream: Int, _ packet: SequencedPacket, _ place: SequenceTracker.Place
  ) {
    let next = courses[cell(line, stream)].next
    switch place {
    case .current where packet.count > 0, .ahead: setCourse(line, stream, after: packet)
    case .current, .behind:
      let claim = doubts[doubts.slot(line, stream)]
      let isOpen = next == 0 && claim.isThere && claim.next != 0
      if !isOpen { setCourse(line, stream, after: packet) }
    case .untracked, .before, .join, .newSession, .restart: break
    }
  }

  /// A packet of a line could not be read, or not be placed: how far its line has come is no longer
  /// sure, so two witnesses that moved since prove nothing.
  func noteDamage(_ line: Int) {
    for stream in 0..<tracker.count {
      courses[cell(line, stream)].isUnsure = true
    }
  }

  /// What a line's course makes of a packet and of the one that is kept; nil: nothing.
  mutating func takeByCourse<D: FeedDecoder & ~Copyable>(
    _ place: SequenceTracker.Place, _ packet: SequencedPacket, _ datagram: Bytes,
    _ times: ArrivalTimes, _ line: Int, _ stream: Int, _ decoder: inout D
  ) -> Outcome? {
    let slot = doubts.slot(line, stream)
    let claim = doubts[slot]
    let course = courses[cell(line, stream)]
    // A claim counts until its line's course is known again.
    let isOpen = claim.isThere && claim.next != 0 && (course.next == 0 || claim.isRefuted)
    let isCopy = packet.isCopy(of: claim.packet) && doubts.holds(slot, datagram)
    if isOpen, isCopy, claim.kind == .offCourse {
      return keep(packet, datagram, times, line, stream, next: claim.next, &decoder)
    }
    guard isOpen, !isCopy, packet.session == tracker.session(stream) else {
      // A line that has not been heard yet may begin anywhere, but not be believed there at once.
      let isUnheard = course.next == 0 && !claim.isThere && place == .ahead
      let next = isUnheard ? LineCourse.unheard : course.next
      guard isOffCourse(packet, place, next, stream), !course.proves(packet) else { return nil }
      return keep(packet, datagram, times, line, stream, next: next, &decoder)
    }
    switch claim.judged(by: packet, course: course.next) {
    case .believed:
      confirm(slot, packet, datagram, times, line, &decoder)
      return .confirmed
    case .begun where packet.sendTime == 0 || packet.sendTime > tracker.newestSendTime(stream):
      confirm(slot, packet, datagram, times, line, &decoder)
      return .confirmed
    case .refuted:
      doubts.refute(slot)
      setCourse(line, stream, after: packet)
      return takePlaced(place, packet, datagram, times, line, &decoder)
    case .unknown where place == .behind && claim.isOvertaken(by: packet):
      doubts.refute(slot)
      setCourse(line, stream, after: packet)
      return takePlaced(place, packet, datagram, times, line, &decoder)
    case .begun, .unknown:
      let next = claim.isRefuted ? course.next : claim.next
      guard isOffCourse(packet, place, next, stream), !course.proves(packet) else { return nil }
      guard claim.isLikely(before: packet, course) else {
        return keep(packet, datagram, times, line, stream, next: next, &decoder)
      }
      doubts.forget(slot)
      confirmation = Confirmation(packet: claim.packet, line: line, now: claim.times.now)
      confirmation.claimOutcome = retake(
        claim.packet, doubts.datagram(slot), claim.times, line, &decoder)
      confirmation.outcome = keep(
        packet, datagram, times, line, stream, next: max(next, claim.packet.end), &decoder)
      return .confirmed
    }
  }

  /// Whether a packet would put something in a place that its line has not come to. A far one is
  /// doubted for that, whatever its line says.
  private func isOffCourse(
    _ packet: SequencedPacket, _ place: SequenceTracker.Place, _ next: UInt64, _ stream: Int
  ) -> Bool {
    guard next != 0, packet.first != next else { return false }
    switch place {
    case .ahead: return !isLeap(packet, stream)
    case .current: return packet.count > 0
    default: return false
    }
  }

  private mutating func keep<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, _ line: Int,
    _ stream: Int, next: UInt64, _ decoder: inout D
  ) -> Outcome {
    let claim = DoubtedPackets.Claim(
      kind: .offCourse, packet: packet, times: times, line: line, next: next)
    if let slot = doubts.slotThatAgrees(with: claim, datagram, stream: stream) {
      confirm(slot, packet, datagram, times, line, &decoder)
      setCourse(line, stream, after: packet)
      return .confirmed
    }
    count(doubts.keep(doubts.slot(line, stream), claim, datagram), &decoder)
    forgetNext(line, stream)
    return .doubted
  }

  /// Where a line goes on, as far as is known while a claim of it is kept.
  func next(of line: Int, _ stream: Int) -> UInt64 {
    let next = courses[cell(line, stream)].next
    let claim = doubts[doubts.slot(line, stream)]
    return next == 0 && claim.isThere ? claim.next : next
  }

  /// From here on each packet of a line is looked at, until one is believed.
  func forgetNext(_ line: Int, _ stream: Int) { courses[cell(line, stream)].next = 0 }
}
