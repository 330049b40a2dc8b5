/// What to do when a venue begins its sequence anew inside one session.
public enum RestartPolicy: String, CaseIterable, Sendable {
  /// Report it, empty the books, go on from the new sequence.
  case follow
  /// Stop the run: somebody must look.
  case refuse
}

/// One datagram's place in its stream.
struct SequencedPacket {
  /// Protocol and channel: which stream it belongs to.
  var stream: UInt64
  var session: UInt64
  /// Sequence of the first message, or the next one expected in a heartbeat.
  var first: UInt64
  /// Messages in it; 0 is a heartbeat.
  var count: UInt64
  /// Venue's sending time, ns: a duplicate carries an old one, a restart a new one.
  var sendTime: UInt64
}

/// Judgement on one datagram.
struct SequenceVerdict {
  /// Messages to skip at its start, since they came before; all of them in a duplicate.
  var skip: UInt64 = 0
  /// Messages never seen between the last datagram and this one.
  var missing: UInt64 = 0
  var isDuplicate = false
  var isOverlap = false
  var isRestart = false
  /// Another session than before on this stream: a new day, or a publisher started anew.
  var isNewSession = false
  /// More streams than are followed at once.
  var isUntracked = false
}

/// Follows the sequence of each stream of a feed; knows no protocol. With e expected: first > e is
/// a gap, first + count <= e a duplicate, first < e < first + count an overlap; a sequence that
/// falls back with a newer sending time is a restart. After a restart, and in a new session, what
/// was sent before it and comes late is a duplicate, unless its number is the very next: taken for
/// a gap, it would undo the restart. (A venue's clock that is set back does not lose what is in
/// sequence.)
///
/// Thread: the ingester. No allocation; work is one scan of at most `streamsMax` keys.
struct SequenceTracker: ~Copyable {
  static let streamsMax = 16
  /// How late a datagram of before a restart is known as such. Bounded, so that one impossible
  /// sending time cannot shut a stream.
  static let lateness_ns_max: UInt64 = 10_000_000_000

  struct Stream: BitwiseCopyable {
    var key: UInt64 = 0
    var session: UInt64 = 0
    var expected: UInt64 = 0
    var newestSendTime: UInt64 = 0
    /// Sending time of the datagram that its sequence began anew with; 0 for the first one.
    var begun: UInt64 = 0
  }

  private let streams = Slab(count: SequenceTracker.streamsMax, repeating: Stream())
  private var count = 0

  /// Forgets every stream: a fresh session of a replay.
  mutating func reset() { count = 0 }

  mutating func judge(_ packet: SequencedPacket) -> SequenceVerdict {
    guard let index = index(of: packet) else {
      // Where a stream is joined there is nothing yet to compare with.
      return SequenceVerdict(isUntracked: !join(packet))
    }
    var verdict = SequenceVerdict()
    if isOfBefore(packet, streams[index]) {
      verdict.isDuplicate = packet.count > 0
      verdict.skip = packet.count
      return verdict
    }
    if streams[index].session != packet.session {
      begin(index, packet)
      verdict.isNewSession = true
      return verdict
    }
    let expected = streams[index].expected
    let end = packet.first + packet.count
    let isNewer = packet.sendTime > streams[index].newestSendTime
    if packet.first < expected && isNewer && (end <= expected || packet.first <= 1) {
      verdict.isRestart = true
      // What the new sequence sent before this datagram was lost.
      verdict.missing = packet.first > 1 ? packet.first - 1 : 0
      begin(index, packet)
      return verdict
    }
    if packet.first > expected {
      verdict.missing = packet.first - expected
    } else if packet.count > 0 && end <= expected {
      verdict.isDuplicate = true
      verdict.skip = packet.count
    } else if packet.first < expected {
      verdict.isOverlap = packet.count > 0
      verdict.skip = min(packet.count, expected - packet.first)
    }
    streams[index].expected = max(expected, end)
    streams[index].newestSendTime = max(streams[index].newestSendTime, packet.sendTime)
    return verdict
  }

  private func isOfBefore(_ packet: SequencedPacket, _ stream: Stream) -> Bool {
    guard packet.sendTime < stream.begun,
      stream.begun - packet.sendTime <= SequenceTracker.lateness_ns_max
    else { return false }
    return packet.session != stream.session || packet.first != stream.expected
  }

  private mutating func begin(_ index: Int, _ packet: SequencedPacket) {
    streams[index].session = packet.session
    streams[index].expected = packet.first + packet.count
    streams[index].begun = streams[index].newestSendTime == 0 ? 0 : packet.sendTime
    streams[index].newestSendTime = packet.sendTime
  }

  private func index(of packet: SequencedPacket) -> Int? {
    for index in 0..<count where streams[index].key == packet.stream { return index }
    return nil
  }

  /// Follows one more stream; false if there are too many.
  private mutating func join(_ packet: SequencedPacket) -> Bool {
    guard count < SequenceTracker.streamsMax else { return false }
    streams[count] = Stream(key: packet.stream)
    begin(count, packet)
    count += 1
    return true
  }
}
