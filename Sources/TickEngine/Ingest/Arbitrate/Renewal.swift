/// A sequence that has begun anew on some line, while another may still complete the one before.
struct Renewal: BitwiseCopyable {
  var isThere = false
  /// Not while its beginning has not been seen: what is newer than all, and lies behind it, is most
  /// likely one. See `SequenceTracker.unseenRestartPackets`.
  var isSure = false
  var session: UInt128 = 0
  /// The lowest in it; 0 where the protocol has none.
  var sendTime: UInt64 = 0
  /// When the first of it came.
  var times = ArrivalTimes(clock: 0, received_ns: 0, now: 0)
  /// Packets of it that each line has brought, `Arbiter.linePackets` at most.
  private var brought = SIMD4<UInt8>()
  /// Those that came in order on each line last, and where the next would.
  private var run = SIMD4<UInt8>()
  private var next = SIMD4<UInt64>()

  init() {}

  init(_ packet: SequencedPacket, _ times: ArrivalTimes) {
    isThere = true
    session = packet.session
    sendTime = packet.sendTime
    self.times = times
  }

  mutating func note(_ packet: SequencedPacket, _ line: Int, isSure: Bool) {
    self.isSure = self.isSure || isSure
    sendTime = min(sendTime, packet.sendTime)
    brought[line] = min(brought[line] + 1, UInt8(Arbiter.linePackets))
    guard packet.count > 0, packet.end != next[line] else { return }
    run[line] = packet.first >= next[line] ? min(run[line] + 1, .max - 1) : 1
    next[line] = packet.end
    if run[line] >= SequenceTracker.unseenRestartPackets { self.isSure = true }
  }

  /// Whether each of some lines has brought so many packets of it.
  func isBrought(byAll lines: UInt64, _ packets: Int) -> Bool {
    for line in 0..<LineTable.linesMax
    where lines >> UInt64(line) & 1 != 0 && Int(brought[line]) < packets { return false }
    return true
  }
}

/// The sequence before the one that a stream is in: what comes of it comes too late.
struct PastSequence: BitwiseCopyable {
  var isKnown = false
  var session: UInt128 = 0
  /// Sending time that it began with; 0 for the first one.
  var begun: UInt64 = 0
  /// One past all that was delivered of it, or is known to be lost.
  var end: UInt64 = 0
  /// The same when it was left: what is from here on came later, and is lost.
  var left: UInt64 = 0

  func holds(_ packet: SequencedPacket) -> Bool {
    isKnown && packet.session == session && (packet.sendTime == 0 || packet.sendTime >= begun)
  }
}
