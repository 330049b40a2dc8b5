import TickWire

/// Packets that claim what one flipped bit could: a place far beyond all that has come, another
/// session, another stream, a restart, a place off their line's course. Each is kept, one for a
/// line and a stream, until a second packet agrees; one that stays alone is dropped, and nothing
/// has moved for it.
///
/// What agrees is the same packet from another line, or a packet close by in the same session; off
/// the line's course, what its next packet tells (`Arbiter+Course`). Copies on one line say
/// nothing: the fault may be older than the copies. A heartbeat says the same again and again, so
/// one that comes later counts.
///
/// Thread: the ingester. No allocation after the start; work is a scan of `strangersMax` at most.
struct DoubtedPackets: ~Copyable {
  /// Messages that a packet may lie beyond all that has come, and be put there by its own line
  /// alone. What is lost in a burst on all lines at once is mostly less.
  static let leap_messages: UInt64 = 256
  /// How long a claim waits for another: a few heartbeats.
  static let patience_ns: UInt64 = 5_000_000_000
  /// Copies of one packet follow each other within this.
  static let copies_ns: UInt64 = 100_000_000
  /// Claims kept of streams that are not followed.
  static let strangersMax = 16

  enum Kind: BitwiseCopyable { case far, restart, offCourse }

  struct Claim: BitwiseCopyable {
    var isThere = false
    var kind = Kind.far
    var packet = SequencedPacket(stream: 0, session: 0, first: 0, count: 0, sendTime: 0)
    var times = ArrivalTimes(clock: 0, received_ns: 0, now: 0)
    var line = 0
    var length = 0
    /// Where its line was to go on; 0: not known.
    var next: UInt64 = 0
    /// How far its stream had come.
    var reach: UInt64 = 0
    /// Its line went on as if its place were another.
    var isRefuted = false
  }

  static let followed = LineTable.linesMax * SequenceTracker.streamsMax

  private let claims = Slab(
    count: DoubtedPackets.followed + DoubtedPackets.strangersMax, repeating: Claim())
  private let memory: Slab<UInt8>
  private let slotBytes: Int
  private var nextStranger = 0

  init(datagramBytes_max: Int) {
    slotBytes = datagramBytes_max
    memory = Slab(count: claims.count * datagramBytes_max, repeating: 0)
  }

  /// Where the claims of a line are kept, of a stream that is followed.
  @inline(__always)
  func slot(_ line: Int, _ stream: Int) -> Int { line * SequenceTracker.streamsMax + stream }

  /// Where the claim of a packet is kept whose stream is not followed, whatever its line.
  mutating func strangerSlot(_ packet: SequencedPacket) -> Int {
    for slot in DoubtedPackets.followed..<claims.count
    where claims[slot].isThere && claims[slot].packet.stream == packet.stream { return slot }
    nextStranger = (nextStranger + 1) % DoubtedPackets.strangersMax
    return DoubtedPackets.followed + nextStranger
  }

  /// Where a claim of a stream is that agrees with another.
  func slotThatAgrees(with other: Claim, _ datagram: Bytes, stream: Int) -> Int? {
    for line in 0..<LineTable.linesMax where agrees(slot(line, stream), with: other, datagram) {
      return slot(line, stream)
    }
    return nil
  }

  /// Whether what is kept agrees with another claim. What one line alone says of its course is for
  /// that course to tell.
  func agrees(_ slot: Int, with other: Claim, _ datagram: Bytes) -> Bool {
    let (claim, packet) = (claims[slot], other.packet)
    guard claim.isThere, claim.packet.stream == packet.stream,
      claim.packet.session == packet.session,
      other.times.now <= claim.times.now &+ DoubtedPackets.patience_ns
    else { return false }
    if claim.packet.isCopy(of: packet) {
      let isHeartbeat = packet.count == 0
      if claim.line == other.line {
        return isHeartbeat && other.times.now > claim.times.now &+ DoubtedPackets.copies_ns
      }
      // Two that claim one place and differ: at least one lies.
      return isHeartbeat || holds(slot, datagram)
    }
    guard claim.kind != .offCourse, other.kind != .offCourse, claim.reach == other.reach else {
      return false
    }
    let (low, high) =
      claim.packet.first < packet.first
      ? (claim.packet.end, packet.first) : (packet.end, claim.packet.first)
    return high < low || high - low <= DoubtedPackets.leap_messages
  }

  enum Keeping {
    case kept
    /// In place of one that nobody agreed with; or too long to be kept.
    case dropped
    case copy
  }

  mutating func keep(_ slot: Int, _ claim: Claim, _ datagram: Bytes) -> Keeping {
    let old = claims[slot]
    guard datagram.count <= slotBytes else { return .dropped }
    if old.isThere, old.packet.isCopy(of: claim.packet),
      claim.times.now <= old.times.now &+ DoubtedPackets.copies_ns
    {
      return .copy
    }
    claims[slot] = claim
    claims[slot].isThere = true
    claims[slot].length = datagram.count
    // Safe: the memory lives as long as this.
    unsafe memory.mutableBytes.put(datagram, at: slot * slotBytes)
    return old.isThere ? .dropped : .kept
  }

  subscript(slot: Int) -> Claim { claims[slot] }

  /// The bytes of a claim, there until another is kept in its place.
  func datagram(_ slot: Int) -> Bytes {
    // Safe: the memory lives as long as this.
    unsafe memory.mutableBytes.bytes.slice(at: slot * slotBytes, count: claims[slot].length)
  }

  /// Whether a datagram is the claim's, byte by byte.
  func holds(_ slot: Int, _ datagram: Bytes) -> Bool {
    guard datagram.count == claims[slot].length else { return false }
    let kept = self.datagram(slot)
    for offset in 0..<datagram.count where kept[offset] != datagram[offset] { return false }
    return true
  }

  /// The claim is believed, or overtaken by what came.
  mutating func forget(_ slot: Int) { claims[slot].isThere = false }

  mutating func refute(_ slot: Int) { claims[slot].isRefuted = true }

  /// Forgets all; how many there were.
  mutating func clear() -> UInt64 {
    var count: UInt64 = 0
    for slot in 0..<claims.count where claims[slot].isThere {
      claims[slot].isThere = false
      count += 1
    }
    return count
  }
}

extension DoubtedPackets.Claim {
  /// What the next packet of its line makes of a claim.
  enum Judgement {
    case believed
    /// Goes on behind what claims to be a restart.
    case begun
    /// The claim's own place is another; the packet is where it should be.
    case refuted
    case unknown
  }

  /// - Parameter course: where the line goes on, if that is known; it is not while the claim is
  ///   neither believed nor refuted.
  func judged(by other: SequencedPacket, course: UInt64) -> Judgement {
    if isRefuted {
      // Two overtook each other behind a loss: that looks the same, until the third.
      let isNext = other.first == packet.end && course == packet.first
      return kind == .offCourse && isNext ? .believed : .unknown
    }
    if kind != .far, other.first == packet.end { return kind == .restart ? .begun : .believed }
    if other.first == next &+ packet.count { return .refuted }
    if other.first == next { return kind == .offCourse ? .believed : .refuted }
    guard kind == .offCourse else { return .unknown }
    return other.count > 0 && other.end == packet.first ? .believed : .unknown
  }

  /// Whether its line has gone on elsewhere, where the other line has long been.
  func isOvertaken(by other: SequencedPacket) -> Bool {
    kind != .restart && !isRefuted && (next == LineCourse.unheard || other.first > next)
  }

  /// Whether it is believed when the next one is off the course as well. Where something damaged
  /// came between, either may be: then only if it lies on the way to the next.
  func isLikely(before other: SequencedPacket, _ course: LineCourse) -> Bool {
    guard kind == .offCourse, !isRefuted else { return false }
    return !course.isUnsure || (next <= packet.first && packet.end <= other.first)
  }
}
