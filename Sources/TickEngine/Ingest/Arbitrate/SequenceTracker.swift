/// What to do when a venue begins its sequence anew inside one session.
public enum RestartPolicy: String, CaseIterable, Sendable {
  /// Report it, empty the books, go on from the new sequence.
  case follow
  /// Stop the run: somebody must look.
  case refuse
}

/// Judgement on one datagram.
struct SequenceVerdict {
  /// The stream's number, from 0 in the order joined.
  var stream = 0
  /// The first datagram of its stream: there is nothing yet to compare with.
  var isJoin = false
  /// Messages to skip at its start, since they came before; all of them in a duplicate.
  var skip: UInt64 = 0
  /// Messages never seen between the last datagram and this one.
  var missing: UInt64 = 0
  var isDuplicate = false
  var isOverlap = false
  var isRestart = false
  /// Another session than before on this stream: a new day, or a publisher started anew.
  var isNewSession = false
  /// What is missing is of the sequence before this one.
  var isOfPast = false
  /// More streams than are followed at once.
  var isUntracked = false
}

/// Follows the sequence of each stream of a feed; knows no protocol. With e expected: first > e is
/// a gap, first + count <= e a duplicate, first < e < first + count an overlap; a sequence that
/// falls back to 1 with a newer sending time is a restart. A restart whose beginning was lost shows
/// as newer datagrams in sequence far behind: `unseenRestartPackets` of them, with nothing new
/// between, are a restart too. Where the protocol has no sending time, either is a restart only
/// after `quiet_ns` without anything new: no line is that late.
///
/// After a restart, and in a new session, what was sent before it comes too late, unless its number
/// is the very next: taken for a gap, it would undo the restart. (A venue's clock that is set back
/// does not lose what is in sequence.) So does all of the last session while this one goes on: two
/// lines in two sessions would take turns otherwise, each a restart of the other.
///
/// Thread: the ingester. No allocation; work is one scan of at most `streamsMax` keys.
struct SequenceTracker: ~Copyable {
  static let streamsMax = 64
  /// How late a datagram of before a restart is known as such. Bounded, so that one impossible
  /// sending time cannot shut a stream.
  static let lateness_ns_max: UInt64 = 10_000_000_000
  static let unseenRestartPackets: UInt64 = 16
  static let quiet_ns: UInt64 = 1_000_000_000

  /// Where a datagram lies beside what is expected.
  enum Place: Equatable {
    case untracked, join, newSession, restart
    /// Of before the last restart or session.
    case before
    /// Behind: every message came before, or was given up.
    case behind
    /// In sequence, whole or from some message on; or a heartbeat that tells nothing new.
    case current
    /// Messages before it have not come.
    case ahead
  }

  struct Stream: BitwiseCopyable {
    var key: UInt64 = 0
    var session: UInt128 = 0
    var lastSession: UInt128 = 0
    /// 1: there was one.
    var hasLastSession: UInt64 = 0
    var expected: UInt64 = 0
    var newestSendTime: UInt64 = 0
    /// Of the datagram in sequence before that one.
    var lastSendTime: UInt64 = 0
    /// Sending time of the datagram that its sequence began anew with; 0 for the first one.
    var begun: UInt64 = 0
    /// When something new came last, and when it said anything in sequence, by the waiting clock.
    var advanced_ns: UInt64 = 0
    var heard_ns: UInt64 = 0
    /// Newer datagrams in sequence that lie behind, where the first of them began, and where the
    /// next would.
    var unseenRun: UInt64 = 0
    var unseenFirst: UInt64 = 0
    var unseenNext: UInt64 = 0
    /// One past the last message whose packet has been dealt with, ticks and all.
    var finished: UInt64 = 0
    /// 1: it is followed. 2: it is being begun, and says nothing.
    var standing: UInt64 = 0
  }

  private let streams: Slab<Stream>
  private(set) var count = 0

  /// - Parameter streams: those that a predecessor followed; nil: none.
  init(_ streams: consuming Slab<Stream>? = nil) {
    self.streams =
      streams ?? Slab(count: SequenceTracker.streamsMax, repeating: Stream())
    while count < self.streams.count, self.streams[count].standing != 0 { count += 1 }
  }

  /// Forgets every stream: a fresh session of a replay.
  mutating func reset() {
    for index in 0..<count { streams[index].standing = 0 }
    count = 0
  }

  /// The packet last taken has been dealt with.
  @inline(__always)
  mutating func finish(_ index: Int) { streams[index].finished = streams[index].expected }

  /// What a predecessor had in hand of a stream when it died: messages taken, of which nobody knows
  /// how far they went. A stream that it was just beginning is begun anew by its next packet.
  mutating func takeOver(_ index: Int) -> UInt64 {
    defer { finish(index) }
    guard streams[index].standing == 1 else {
      streams[index] = Stream(
        key: streams[index].key, session: .max, expected: 1, standing: 1)
      return 0
    }
    // Waits are measured from now on; what was counted of a restart unseen begins anew.
    streams[index].unseenRun = 0
    streams[index].unseenNext = 0
    let (finished, expected) = (streams[index].finished, streams[index].expected)
    return finished < expected ? expected - finished : 0
  }

  func expected(_ stream: Int) -> UInt64 { streams[stream].expected }
  func session(_ stream: Int) -> UInt128 { streams[stream].session }
  func key(_ stream: Int) -> UInt64 { streams[stream].key }
  /// 0 where the protocol has none.
  func newestSendTime(_ stream: Int) -> UInt64 { streams[stream].newestSendTime }
  /// Sending time of what its sequence began anew with.
  func begun(_ stream: Int) -> UInt64 { streams[stream].begun }

  /// Whether a packet was sent after all that came in sequence.
  func isNewer(_ packet: SequencedPacket, _ stream: Int) -> Bool {
    // One time that is far too early would make a restart of whatever the other line brings late.
    packet.sendTime > max(streams[stream].newestSendTime, streams[stream].lastSendTime)
  }

  /// A stream goes back to the session before this one.
  mutating func forgetLastSession(_ stream: Int) { streams[stream].hasLastSession = 0 }

  /// The number of a packet's stream; nil if it is not followed yet.
  @inline(__always)
  func index(of packet: SequencedPacket) -> Int? {
    for index in 0..<count where streams[index].key == packet.stream { return index }
    return nil
  }

  // MARK: Judging

  /// Whether a packet is exactly the next of its stream, as nearly all are.
  @inline(__always)
  func isNext(_ packet: SequencedPacket, _ stream: Int) -> Bool {
    packet.first == streams[stream].expected && packet.session == streams[stream].session
  }

  /// Where a packet lies; changes nothing.
  func place(_ packet: SequencedPacket, now: UInt64) -> Place {
    guard let index = index(of: packet) else {
      return count < SequenceTracker.streamsMax ? .join : .untracked
    }
    return place(packet, streams[index], now)
  }

  @inline(__always)
  private func place(_ packet: SequencedPacket, _ stream: Stream, _ now: UInt64) -> Place {
    if packet.session == stream.session, packet.first == stream.expected { return .current }
    if isOfBefore(packet, stream, now) { return .before }
    if packet.session != stream.session { return .newSession }
    if packet.first > stream.expected { return .ahead }
    if isRestart(packet, stream, now) { return .restart }
    return packet.count > 0 && packet.end <= stream.expected ? .behind : .current
  }

  /// Sequences begin at 1; what falls back to elsewhere came before, whenever it was sent again,
  /// unless it goes on like that.
  private func isRestart(_ packet: SequencedPacket, _ stream: Stream, _ now: UInt64) -> Bool {
    let isNewer =
      packet.sendTime == 0
      ? now > stream.advanced_ns &+ SequenceTracker.quiet_ns
      : packet.sendTime > stream.newestSendTime
    guard isNewer else { return false }
    if packet.first <= 1 { return true }
    return packet.count > 0 && packet.first == stream.unseenNext
      && stream.unseenRun + 1 >= SequenceTracker.unseenRestartPackets
  }

  private func isOfBefore(
    _ packet: SequencedPacket, _ stream: Stream, _ now: UInt64
  ) -> Bool {
    if stream.hasLastSession == 1, packet.session == stream.lastSession,
      now <= stream.heard_ns &+ SequenceTracker.lateness_ns_max
    {
      return true
    }
    guard packet.sendTime > 0, packet.sendTime < stream.begun,
      stream.begun - packet.sendTime <= SequenceTracker.lateness_ns_max
    else { return false }
    return packet.session != stream.session || packet.first != stream.expected
  }

  /// Takes a packet as next: what is missing before it is given up.
  mutating func judge(_ packet: SequencedPacket, now: UInt64 = 0) -> SequenceVerdict {
    guard let index = index(of: packet) else { return join(packet, now) }
    var verdict = SequenceVerdict(stream: index)
    switch place(packet, streams[index], now) {
    case .untracked, .join: break  // Not of a stream that is followed.
    case .before:
      verdict.isDuplicate = packet.count > 0
      verdict.skip = packet.count
    case .newSession, .restart:
      verdict.isNewSession = packet.session != streams[index].session
      verdict.isRestart = !verdict.isNewSession
      verdict.missing = packet.first > 1 ? packet.first - 1 : 0
      begin(index, packet, now)
    case .behind:
      verdict.isDuplicate = true
      verdict.skip = packet.count
      noteUnseen(index, packet)
    case .current, .ahead:
      let expected = streams[index].expected
      verdict.missing = packet.first > expected ? packet.first - expected : 0
      verdict.isOverlap = packet.count > 0 && packet.first < expected
      verdict.skip = packet.first < expected ? min(packet.count, expected - packet.first) : 0
      advance(index, packet, now)
    }
    return verdict
  }

  private mutating func join(_ packet: SequencedPacket, _ now: UInt64) -> SequenceVerdict {
    guard count < SequenceTracker.streamsMax else { return SequenceVerdict(isUntracked: true) }
    // Sequences begin at 1: one that claims 0 is not to be waited for, or asked for.
    streams[count] = Stream(
      key: packet.stream, session: packet.session, expected: 1, standing: 2)
    advance(count, packet, now)
    streams[count].standing = 1
    count += 1
    return SequenceVerdict(stream: count - 1, isJoin: true)
  }

  private mutating func begin(_ index: Int, _ packet: SequencedPacket, _ now: UInt64) {
    streams[index].standing = 2
    if packet.session != streams[index].session {
      streams[index].lastSession = streams[index].session
      streams[index].hasLastSession = 1
    }
    streams[index].session = packet.session
    streams[index].begun = streams[index].newestSendTime == 0 ? 0 : packet.sendTime
    streams[index].newestSendTime = packet.sendTime
    streams[index].expected = 1
    streams[index].finished = 1
    advance(index, packet, now)
    streams[index].standing = 1
  }

  /// Takes a packet that is next.
  @inline(__always)
  mutating func advance(_ index: Int, _ packet: SequencedPacket, _ now: UInt64) {
    streams[index].expected = max(streams[index].expected, packet.end)
    streams[index].heard_ns = now
    // What is in sequence says how far the venue's clock is: a time ahead of those that follow it
    // was an impossible one, and would hide a restart until the clock has come that far.
    if packet.count > 0 || packet.sendTime > streams[index].newestSendTime {
      streams[index].lastSendTime = streams[index].newestSendTime
      streams[index].newestSendTime = packet.sendTime
    }
    guard packet.count > 0 else { return }
    streams[index].advanced_ns = now
    streams[index].unseenRun = 0
    streams[index].unseenFirst = 0
    streams[index].unseenNext = 0
  }

  /// Counts a packet behind what is expected towards a restart whose beginning was lost.
  private mutating func noteUnseen(_ index: Int, _ packet: SequencedPacket) {
    guard packet.count > 0, isNewer(packet, index) || packet.sendTime == 0 else { return }
    // A copy, of the other line perhaps, does not break the run.
    if packet.first >= streams[index].unseenFirst, packet.end <= streams[index].unseenNext {
      return
    }
    if packet.first == streams[index].unseenNext {
      streams[index].unseenRun += 1
    } else {
      streams[index].unseenRun = 1
      streams[index].unseenFirst = packet.first
    }
    streams[index].unseenNext = packet.end
  }
}
