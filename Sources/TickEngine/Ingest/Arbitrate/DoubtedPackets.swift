import TickWire

/// Packets that claim what one flipped bit could: a place far beyond all that has come, another
/// session, another stream. Each is kept, one for a stream, until a second packet agrees; one that
/// stays alone is dropped, and nothing has moved for it.
///
/// What agrees is the same packet from another line, a packet close by in the same session, or the
/// very next of its line. Copies on one line say nothing: the fault may be older than the copies. A
/// heartbeat says the same again and again, so one that comes later counts.
///
/// Thread: the ingester. No allocation after the start; work is a scan of `strangersMax` at most.
struct DoubtedPackets: ~Copyable {
  /// Messages that a packet may lie beyond all that has come and be believed alone. What is lost
  /// in a burst on all lines at once is mostly less.
  static let leap_messages: UInt64 = 256
  /// How long a claim waits for another: a few heartbeats.
  static let patience_ns: UInt64 = 5_000_000_000
  /// Copies of one packet follow each other within this.
  static let copies_ns: UInt64 = 100_000_000
  /// Claims kept of streams that are not followed.
  static let strangersMax = 16

  struct Claim: BitwiseCopyable {
    var isThere = false
    var packet = SequencedPacket(stream: 0, session: 0, first: 0, count: 0, sendTime: 0)
    var times = ArrivalTimes(clock: 0, received_ns: 0, now: 0)
    var line = 0
    var length = 0
    /// How far its stream had come, and where its line was to go on.
    var reach: UInt64 = 0
    var course: UInt64 = 0
  }

  private let claims = Slab(
    count: SequenceTracker.streamsMax + DoubtedPackets.strangersMax, repeating: Claim())
  private let memory: Slab<UInt8>
  private let slotBytes: Int
  private var nextStranger = 0

  init(datagramBytes_max: Int) {
    slotBytes = datagramBytes_max
    memory = Slab(count: claims.count * datagramBytes_max, repeating: 0)
  }

  /// Where the claim of a packet is kept.
  /// - Parameter stream: its stream's number, if that is followed.
  mutating func slot(_ packet: SequencedPacket, stream: Int?) -> Int {
    if let stream { return stream }
    for slot in SequenceTracker.streamsMax..<claims.count
    where claims[slot].isThere && claims[slot].packet.stream == packet.stream { return slot }
    nextStranger = (nextStranger + 1) % DoubtedPackets.strangersMax
    return SequenceTracker.streamsMax + nextStranger
  }

  /// Whether what is kept agrees with a packet.
  func agrees(
    _ slot: Int, with packet: SequencedPacket, line: Int, reach: UInt64, now: UInt64
  ) -> Bool {
    let claim = claims[slot]
    guard claim.isThere, claim.packet.stream == packet.stream,
      claim.packet.session == packet.session, claim.reach == reach,
      now <= claim.times.now &+ DoubtedPackets.patience_ns
    else { return false }
    let isSame = claim.packet.first == packet.first && claim.packet.count == packet.count
    if isSame {
      return claim.line != line
        || (packet.count == 0 && now > claim.times.now &+ DoubtedPackets.copies_ns)
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

  mutating func keep(
    _ slot: Int, _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, line: Int,
    reach: UInt64, course: UInt64
  ) -> Keeping {
    let old = claims[slot]
    let isCopy =
      old.isThere && old.packet.stream == packet.stream && old.packet.session == packet.session
      && old.packet.first == packet.first && old.packet.count == packet.count
    guard datagram.count <= slotBytes else { return .dropped }
    if isCopy, times.now <= old.times.now &+ DoubtedPackets.copies_ns { return .copy }
    claims[slot] = Claim(
      isThere: true, packet: packet, times: times, line: line, length: datagram.count, reach: reach,
      course: course)
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

  /// The claim is believed, or overtaken by what came.
  mutating func forget(_ slot: Int) { claims[slot].isThere = false }

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
