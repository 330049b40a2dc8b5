import TickWire

/// What goes wrong on the wire between the venue and one account: how late messages leave, and
/// where the connection ends. Places are counted in bytes of the account's stream, so that they
/// stay where they are however often it is replayed.
struct WireFaults {
  /// When a request ends its connection.
  enum RequestCut {
    case beforeProcessing
    case beforeAnswering
  }

  /// What comes behind a message that nobody asked for.
  private enum Noise: Int, CaseIterable {
    case unknownMessage
    case debug
    case unsequenced
    case unknownPacket
  }

  private struct Held {
    let end: Int
    let due_ns: Int64
  }

  var draws: FaultDraws
  /// Messages that may not leave yet, oldest first; before `heldStart` they have left.
  private var held: [Held] = []
  private var heldStart = 0
  private var lastDue_ns: Int64 = 0
  /// Bytes of the stream that may have left; the end of a packet.
  private(set) var released = 0
  /// Places where a connection ends, rising; each once.
  private var cuts: [Int] = []
  /// Packets without a sequence that are to be sent where there is a place between two others.
  private var noise: [Noise] = []
  /// What is in them; apart, because when they are made depends on when there is such a place.
  private var noiseDraws: FaultDraws

  /// Packets without a sequence that may be owed at once; more are forgotten.
  private static let noiseMax = 64
  /// The longest payload of one, in bytes.
  private static let noiseBytesMax = 32

  init(_ faults: VenueFaults, account name: FixedText) {
    draws = FaultDraws(faults, account: name, purpose: 2)
    noiseDraws = FaultDraws(faults, account: name, purpose: 3)
  }

  // MARK: Messages

  /// A message has been put at the end of the stream. Returns whether one of an unknown type is to
  /// come behind it.
  mutating func appended(length: Int, end: Int, now_ns: Int64) -> Bool {
    hold(end: end, now_ns: now_ns)
    if draws.happens(draws.faults.cut) {
      cuts.append(end - length + draws.random.within(0...length))
    }
    guard draws.happens(draws.faults.unknown) else { return false }
    let kind = Noise.allCases[draws.random.below(Noise.allCases.count)]
    if kind != .unknownMessage, noise.count < WireFaults.noiseMax { noise.append(kind) }
    return kind == .unknownMessage
  }

  mutating func hold(end: Int, now_ns: Int64) {
    let latency = draws.faults.latency
    guard latency != VenueLatency() else {
      released = end
      return
    }
    let late_us = latency.fixed_us + draws.random.within(0...latency.jitter_us)
    lastDue_ns = max(lastDue_ns, now_ns + Int64(late_us) * 1_000)
    held.append(Held(end: end, due_ns: lastDue_ns))
  }

  /// When the next message may leave; nil: there is none that may not.
  var nextDue_ns: Int64? { heldStart < held.count ? held[heldStart].due_ns : nil }

  mutating func release(until now_ns: Int64) {
    while heldStart < held.count, held[heldStart].due_ns <= now_ns {
      released = held[heldStart].end
      heldStart += 1
    }
    if heldStart == held.count {
      held.removeAll(keepingCapacity: true)
      heldStart = 0
    } else if heldStart > 4_096 {
      held.removeFirst(heldStart)
      heldStart = 0
    }
  }

  /// How far a connection that has come to `position` may be sent the stream.
  mutating func limit(from position: Int) -> Int {
    // What is before was skipped by a client that asked for later messages.
    while let cut = cuts.first, cut < position { cuts.removeFirst() }
    return min(released, cuts.first ?? .max)
  }

  /// Whether the connection ends here, which then will not end one again.
  mutating func isCut(at position: Int) -> Bool {
    guard cuts.first == position, position <= released else { return false }
    cuts.removeFirst()
    return true
  }

  mutating func requestCut() -> RequestCut? {
    guard draws.happens(draws.faults.cut) else { return nil }
    return draws.random.once(in: 2) ? .beforeProcessing : .beforeAnswering
  }

  // MARK: Noise

  /// A message of a type that OUCH does not have. Returns its length.
  mutating func encodeUnknown(into target: MutableBytes) -> Int {
    let length = draws.random.within(1...60)
    target.put(u8: UInt8(0x61 + draws.random.below(26)), at: 0)  // a…z: OUCH has capitals only
    for index in 1..<length { target.put(u8: UInt8(draws.random.below(256)), at: index) }
    return length
  }

  var hasNoise: Bool { !noise.isEmpty }

  /// The next packet without a sequence; `hasNoise`. Returns its length.
  mutating func encodeNoise(into target: MutableBytes) -> Int {
    let kind = noise.removeFirst()
    let count = noiseDraws.random.within(0...WireFaults.noiseBytesMax)
    for index in 0..<count {
      target.put(u8: UInt8(noiseDraws.random.below(256)), at: SoupBin.headerLength + index)
    }
    let length = SoupBin.frame(
      kind == .unsequenced ? .unsequenced : .debug, payload: count, into: target)
    if kind == .unknownPacket { target.put(u8: UInt8(0x61 + noiseDraws.random.below(26)), at: 2) }
    return length
  }

  // MARK: Login

  /// What a login that asked for `sequence` is told; the stream has it, and `next` comes next.
  enum LoginFate {
    case fair
    /// The replay begins here, earlier, and is announced as such.
    case earlier(UInt64)
    /// The stream begins here, later: a hole. Announced, and it may not even exist.
    case later(UInt64)
    /// The number is not one.
    case garbage
  }

  mutating func fate(ofLoginAt sequence: UInt64) -> LoginFate {
    if draws.happens(draws.faults.wrongSequence) {
      if draws.random.once(in: 3) { return .garbage }
      return .later(sequence + UInt64(draws.random.within(1...VenueFaults.sequencesMax)))
    }
    guard sequence > 1, draws.happens(draws.faults.duplicateReplay) else { return .fair }
    let most = min(Int(clamping: sequence - 1), VenueFaults.sequencesMax)
    return .earlier(sequence - UInt64(draws.random.within(1...most)))
  }

  /// Spoils the sequence of an encoded login answer.
  mutating func garble(_ answer: MutableBytes) {
    let field = SoupBin.headerLength + SoupBin.sessionLength
    for index in 0..<SoupBin.sequenceLength {
      answer.put(u8: UInt8(draws.random.within(0x3A...0x7E)), at: field + index)
    }
  }
}
