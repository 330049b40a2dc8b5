import TickWire

/// What a venue does wrong on purpose. A probability is 0 to 1, and 0 never.
///
/// The venue stays fair: its record of orders and fills is the truth, every message that has a
/// sequence can be had again by logging in with it, and whatever it did can be asked about with
/// `VenueInquiry`. Each account draws from generators of its own, made of the seed and the user
/// name, so that the same requests and market updates in the same order meet the same faults. What
/// comes late comes when the venue has nothing else to do: a client that waits for that before its
/// next request repeats a run exactly, message for message.
public struct VenueFaults: Codable, Equatable, Sendable {
  public var seed: UInt64 = 1

  // MARK: Orders

  /// Executions told in random parts, each with a match number of its own.
  public var partialFills = 0.0
  /// Orders and replacements that are in order, refused for some reason that OUCH has.
  public var reject = 0.0
  /// After a request: one of the account's last orders is cancelled, unasked for.
  public var cancel = 0.0
  /// Cancels answered with Cancel Pending first: the order may fill until the cancel comes.
  public var pendingCancel = 0.0
  /// Cancels answered with Cancel Reject: the order stays.
  public var refuseCancel = 0.0
  /// Fills that are broken a little later.
  public var tradeBreak = 0.0

  // MARK: The wire

  /// Sequenced messages leave this much later, in order; each by up to the jitter more.
  public var latency = VenueLatency()
  /// Per request: the connection ends before the request is processed, or before it is answered.
  /// Per sequenced message: it ends at a random byte of the message.
  public var cut = 0.0
  public var cutAt: VenueCutAt?
  /// Logins whose replay begins earlier than was asked for, and says so.
  public var duplicateReplay = 0.0
  /// Logins accepted with another sequence than was asked for: later ones, so that there is a
  /// hole, or something that is no number.
  public var wrongSequence = 0.0
  /// Per sequenced message: another one of an unknown type comes behind it, or a packet without a
  /// sequence that means nothing.
  public var unknown = 0.0
  /// Bytes per second that are read of a connection; nil: all there are.
  public var slowReads_Bps: Int?

  public init() {}

  /// Whether nothing is done wrong at all.
  public var isNone: Bool {
    var other = VenueFaults()
    other.seed = seed
    return self == other
  }

  /// A login of a wrong sequence is announced at most this far from the right one, and a replay
  /// begins at most this much earlier.
  static let sequencesMax = 8
  /// Cancels and breaks that were drawn come after at most this many further requests, or as soon
  /// as there is nothing else to do.
  static let requestsLateMax = 3
  /// An unasked-for cancel takes one of this many last numbers of an account, if it is live.
  static let lastNumbers = 32
  /// The receive buffer asked of the kernel where reads are slow, in bytes.
  static let slowReceiveBuffer: Int32 = 4_096

  enum CodingKeys: String, CodingKey {
    case seed, reject, cancel, latency, cut, unknown
    case partialFills = "partial_fills"
    case pendingCancel = "pending_cancel"
    case refuseCancel = "refuse_cancel"
    case tradeBreak = "break"
    case cutAt = "cut_at"
    case duplicateReplay = "duplicate_replay"
    case wrongSequence = "wrong_sequence"
    case slowReads_Bps = "slow_reads_bytes_per_second"
  }
}

/// How late answers are: `200` or, with a jitter, `200:50`; both in microseconds.
public struct VenueLatency: Codable, Equatable, Sendable {
  public var fixed_us = 0
  /// At most this much more.
  public var jitter_us = 0

  /// Ten seconds.
  public static let max_us = 10_000_000

  public init() {}

  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(parts.count) else { return nil }
    for part in parts {
      guard let part, (0...VenueLatency.max_us).contains(part) else { return nil }
    }
    fixed_us = parts[0] ?? 0
    jitter_us = parts.count == 2 ? parts[1] ?? 0 : 0
  }
}

/// Connections cut after an exact number of bytes sent to them: `40` cuts the first one, `40:3`
/// the first three.
public struct VenueCutAt: Codable, Equatable, Sendable {
  public var bytes: Int
  /// The first so many connections.
  public var connections: UInt64

  public init(bytes: Int, connections: UInt64 = 1) {
    self.bytes = bytes
    self.connections = connections
  }

  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let bytes = Int(parts[0]), bytes >= 0 else { return nil }
    guard parts.count == 2 else {
      self.init(bytes: bytes)
      return
    }
    guard let connections = UInt64(parts[1]), connections > 0 else { return nil }
    self.init(bytes: bytes, connections: connections)
  }
}

/// What a venue has done wrong on purpose.
public struct VenueFaultCounts: Codable, Equatable, Sendable {
  public var rejects: UInt64 = 0
  /// Executions that were told in parts.
  public var partialFills: UInt64 = 0
  public var cancels: UInt64 = 0
  /// Cancels answered with Cancel Pending, and with Cancel Reject.
  public var cancelsPending: UInt64 = 0
  public var cancelsRefused: UInt64 = 0
  public var breaks: UInt64 = 0
  /// Connections cut, for whichever reason.
  public var cuts: UInt64 = 0
  /// Of these, with a request that was never processed.
  public var cutsBeforeProcessing: UInt64 = 0
  public var duplicateReplays: UInt64 = 0
  public var wrongSequences: UInt64 = 0
  /// Sequenced messages of an unknown type.
  public var unknownMessages: UInt64 = 0
  /// Packets without a sequence that mean nothing.
  public var unsequenced: UInt64 = 0

  public init() {}

  /// Those of the orders with those of the wire: no count is in both.
  func joined(with wire: VenueFaultCounts) -> VenueFaultCounts {
    var result = self
    result.cutsBeforeProcessing = wire.cutsBeforeProcessing
    result.duplicateReplays = wire.duplicateReplays
    result.wrongSequences = wire.wrongSequences
    result.unknownMessages = wire.unknownMessages
    result.unsequenced = wire.unsequenced
    return result
  }

  enum CodingKeys: String, CodingKey {
    case rejects, cancels, breaks, cuts, unsequenced
    case partialFills = "partial_fills"
    case cancelsPending = "cancels_pending"
    case cancelsRefused = "cancels_refused"
    case cutsBeforeProcessing = "cuts_before_processing"
    case duplicateReplays = "duplicate_replays"
    case wrongSequences = "wrong_sequences"
    case unknownMessages = "unknown_messages"
  }
}

/// The generator of one account, and how it is asked.
struct FaultDraws {
  let faults: VenueFaults
  var random: SeededRandom

  /// - Parameter purpose: tells apart the generators of one account.
  init(_ faults: VenueFaults, account name: FixedText, purpose: UInt64) {
    self.faults = faults
    // Mixed by the generator's own seeding; equal names have equal faults, in any order of login.
    var mixed = SeededRandom(seed: faults.seed ^ name.low &* 0x9E37_79B9_7F4A_7C15 ^ name.high)
    random = SeededRandom(seed: mixed.next() &+ purpose)
  }

  /// Whether it happens this time. A fault that is off draws nothing.
  mutating func happens(_ probability: Double) -> Bool {
    probability > 0 && random.unit() < probability
  }
}
