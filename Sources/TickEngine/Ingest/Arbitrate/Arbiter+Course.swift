import TickWire

/// What a packet's own line says of its place. A packet is believed at once where its line goes on;
/// one elsewhere follows a loss, was overtaken, or has a damaged sequence, and would then put its
/// messages in the place of others. It cannot say which itself, so it is held back until something
/// else does, and put in order or told from a duplicate meanwhile as every other:
///
/// - the line goes on behind it, or comes exactly to it from where it was;
/// - the other line brings the same bytes in the same place;
/// - sequence and bytes have moved together, where the protocol counts both (IEX-TP);
/// - or the wait for it is over, as for a hole: all live lines are beyond it, or time is up.
///
/// It is dropped, and counted implausible, only by what cannot be without damage: another packet
/// whose place is proven lies in its place; its bytes say that it is its line's next and its
/// sequence does not; its line says long after that it has not come so far. So without damage none
/// is dropped, and damage costs a packet whose other copy came whole nothing.
///
/// What no line can show: flips in the content of a message, or in lengths or a count so that all
/// still adds up; an IEX-TP sending time; a MoldUDP64 sequence that falls to 1 after a second of
/// silence. What misleads: the first packet of a line in a session; a flipped sequence in a place
/// whose own packet is lost or damaged on every line, or before which as many messages are lost as
/// it leaps over; two flips that agree; on a line that is alone, one that silence follows.
///
/// Off the hot path, but for `isOnCourse` and `setCourse`: a load, a compare and a store.
extension Arbiter {
  /// Where a packet stands by its line.
  enum Standing {
    case proven
    /// Proven, and so is what the line claimed before.
    case provesClaim
    case unproven
  }

  func cell(_ line: Int, _ stream: Int) -> Int {
    line * SequenceTracker.streamsMax + stream
  }

  @inline(__always)
  func isOnCourse(_ packet: SequencedPacket, _ line: Int?, _ stream: Int) -> Bool {
    guard let line, limits.waitPackets > 0 else { return true }
    return courses[line * SequenceTracker.streamsMax + stream].next == packet.first
  }

  @inline(__always)
  func setCourse(_ line: Int, _ stream: Int, after packet: SequencedPacket) {
    let cell = line * SequenceTracker.streamsMax + stream
    courses[cell].next = packet.end
    courses[cell].offset = packet.offsetEnd
  }

  func forgetCourses(_ stream: Int) {
    for line in 0..<LineTable.linesMax {
      courses[cell(line, stream)] = LineCourse()
      claims[cell(line, stream)] = LineClaim()
    }
  }

  /// Lines that have brought something since the stream began.
  func linesHeard(_ stream: Int) -> Int {
    (0..<LineTable.linesMax).reduce(0) { count, line in
      let cell = cell(line, stream)
      return claims[cell].isHeard || courses[cell].next != 0 ? count + 1 : count
    }
  }

  /// Something came on a line that was no packet, or one of nobody knows where: how far the line
  /// has come is not known any more.
  func noteDamage(_ line: Int) {
    for stream in 0..<tracker.count {
      courses[cell(line, stream)] = LineCourse()
      claims[cell(line, stream)] = LineClaim()
      claims[cell(line, stream)].isHeard = true
    }
  }

  /// A packet of a line is doubted, so nothing follows what the line claimed.
  func forgetClaims(_ line: Int) {
    for stream in 0..<tracker.count {
      let cell = cell(line, stream)
      if claims[cell].isThere { settleClaim(cell, claims[cell].course) }
      courses[cell].offset = 0
    }
  }

  /// A packet of a session that goes on.
  mutating func takeByCourse<D: FeedDecoder & ~Copyable>(
    _ place: SequenceTracker.Place, _ packet: SequencedPacket, _ datagram: Bytes,
    _ times: ArrivalTimes, _ line: Int, _ stream: Int, _ decoder: inout D
  ) -> Outcome {
    let claim = claims[cell(line, stream)]
    let standing = stand(packet, place, line, stream, times.now)
    var refuted: UInt64 = 0
    if standing == .provesClaim, claim.packet.count > 0 {
      refuted = buffer.prove(claim.packet, line, stream)
    }
    if standing != .unproven { refuted += refuteBeyond(packet, line, stream, times.now) }
    decoder.counts.implausible += refuted
    if standing == .provesClaim || refuted > 0 { settle(stream, times.now, &decoder) }
    // A heartbeat that nobody agrees with says nothing.
    if standing == .unproven, packet.count == 0, place == .ahead { return .released }
    return takePlaced(
      tracker.place(packet, now: times.now), packet, datagram, times, line,
      isProven: standing != .unproven, &decoder)
  }

  /// A packet went out in sequence while something is held.
  @inline(never)
  mutating func goOnBehindHoles<D: FeedDecoder & ~Copyable>(
    _ packet: SequencedPacket, _ line: Int?, _ stream: Int, _ now: UInt64, _ decoder: inout D
  ) {
    if let line { decoder.counts.implausible += refuteBeyond(packet, line, stream, now) }
    settle(stream, now, &decoder)
  }

  /// A heartbeat says how far its line has come: what the line brought long before and lies beyond
  /// lies there falsely; how many.
  mutating func refuteBeyond(
    _ packet: SequencedPacket, _ line: Int, _ stream: Int, _ now: UInt64
  ) -> UInt64 {
    guard packet.count == 0, openHoles > 0 else { return 0 }
    return buffer.refute(
      beyond: packet.first, line, cameBefore: now &- DoubtedPackets.copies_ns, stream)
  }

  /// Whether a line's bytes say that a packet's sequence lies; the line goes on behind it then.
  func isRefuted(_ packet: SequencedPacket, _ line: Int, _ stream: Int) -> Bool {
    let cell = cell(line, stream)
    let course = claims[cell].isThere ? claims[cell].course : courses[cell]
    guard course.refutes(packet) else { return false }
    var next = course
    (next.next, next.offset) = (course.next + packet.count, packet.offsetEnd)
    courses[cell] = next
    claims[cell] = LineClaim(isHeard: true)
    return true
  }

  /// Where a packet stands by its line, which goes on behind it if it is proven.
  private func stand(
    _ packet: SequencedPacket, _ place: SequenceTracker.Place, _ line: Int, _ stream: Int,
    _ now: UInt64
  ) -> Standing {
    let cell = cell(line, stream)
    let claim = claims[cell]
    let course = claim.isThere ? claim.course : courses[cell]
    if course.next != 0, packet.first == course.next {
      return goOn(packet, cell)
    }
    if claim.isThere, packet.isCopy(of: claim.packet) {
      let isAgain = packet.count == 0 && now > claim.now &+ DoubtedPackets.copies_ns
      guard isAgain else { return .unproven }
      settleClaim(cell, LineCourse(after: packet))
      return .proven
    }
    if claim.isThere, packet.first == claim.packet.end {
      settleClaim(cell, LineCourse(after: packet))
      return .provesClaim
    }
    let isFirst = !claim.isHeard && course.next == 0 && place != .behind
    if isFirst || course.proves(packet) || (packet.count == 0 && isSaid(packet.first, stream)) {
      settleClaim(cell, LineCourse(after: packet))
      return .proven
    }
    // The copy that follows at once breaks nothing.
    guard packet.end != course.next else { return .unproven }
    claims[cell] = LineClaim(
      isThere: true, isHeard: true, course: course, packet: packet, now: now)
    courses[cell].next = 0
    return .unproven
  }

  private func settleClaim(_ cell: Int, _ course: LineCourse) {
    courses[cell] = course
    claims[cell] = LineClaim(isHeard: true)
  }

  /// A line goes on from where it was, to its claim perhaps: that was overtaken then.
  private func goOn(_ packet: SequencedPacket, _ cell: Int) -> Standing {
    let claim = claims[cell]
    guard claim.isThere else {
      courses[cell] = LineCourse(after: packet)
      claims[cell].isHeard = true
      return .proven
    }
    if claim.packet.count > 0, claim.packet.first == packet.end {
      settleClaim(cell, LineCourse(after: claim.packet))
      return .provesClaim
    }
    let isPassed = claim.packet.first < packet.end || claim.packet.count == 0
    if isPassed || claim.passed + 1 >= Arbiter.linePackets {
      settleClaim(cell, LineCourse(after: packet))
    } else {
      claims[cell].course = LineCourse(after: packet)
      claims[cell].passed += 1
    }
    return .proven
  }

  /// Whether another line has come to a place, or said so.
  private func isSaid(_ first: UInt64, _ stream: Int) -> Bool {
    for line in 0..<LineTable.linesMax {
      let claim = claims[cell(line, stream)]
      if courses[cell(line, stream)].next == first { return true }
      if claim.isThere, claim.packet.end == first { return true }
    }
    return false
  }
}
