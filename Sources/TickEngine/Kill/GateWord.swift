/// Why a gate is shut. The raw value travels in the gate's word and in the state directory.
public enum TripReason: UInt8, CaseIterable, Codable, Sendable {
  /// What no one has said: an empty page, or a word that no build of ours wrote.
  case unknown = 0
  /// A person, by `tickway kill`.
  case operatorKill = 1
  /// No person has armed this instance so far.
  case neverArmed = 2
  /// What the state directory holds cannot be read, or contradicts itself.
  case stateUnreadable = 3
  /// The operator's heartbeat stayed away for longer than the dead-man limit.
  case deadMan = 4
  /// One order too many in a sliding second.
  case rate = 5
  case dailyLoss = 6
  /// The risk state went to its last stage.
  case riskState = 7
  case messagesPerDay = 8
  /// More orders left than the gate allowed.
  case orderTally = 9
  /// Positions differ from the venue's, or orders are in doubt and nobody resolves them.
  case reconciliation = 10
  /// Another invariant of the sender was broken.
  case internalFault = 11
  /// The sender stopped telling of itself: it hangs, or is stopped.
  case senderSilent = 12

  public var name: String {
    switch self {
    case .unknown: "unknown"
    case .operatorKill: "operator"
    case .neverArmed: "never_armed"
    case .stateUnreadable: "state_unreadable"
    case .deadMan: "dead_man"
    case .rate: "rate"
    case .dailyLoss: "daily_loss"
    case .riskState: "risk_state"
    case .messagesPerDay: "messages_per_day"
    case .orderTally: "order_tally"
    case .reconciliation: "reconciliation"
    case .internalFault: "internal_fault"
    case .senderSilent: "sender_silent"
    }
  }

  public init?(name: String) {
    guard let reason = TripReason.allCases.first(where: { $0.name == name }) else { return nil }
    self = reason
  }
}

/// The one word that a gate is: an armed generation, or why and when it was shut.
///
/// Open is only the generation that a sender took when it started; 0, a shut word, another
/// generation and rubbish are all shut. Top bit: shut; below it 8 bits of reason; below them the
/// time of the trip in units of 128 ns since the Unix epoch (until 2116). No two trips write the
/// same word, so that an arming that began before a trip can see that there was one.
public struct GateWord: Equatable, Sendable {
  public let raw: UInt64

  private static let shutBit: UInt64 = 1 << 63
  private static let timeBits: UInt64 = 55
  private static let timeMask: UInt64 = 1 << 55 - 1
  /// ns in a unit of time, as a shift.
  private static let unitShift: UInt64 = 7
  /// Above it nothing is a generation.
  public static let generationMax: UInt64 = shutBit - 1

  public init(raw: UInt64) { self.raw = raw }

  /// - Parameter time_ns: CLOCK_REALTIME, or the decision time of a replay.
  public init(shut reason: TripReason, at time_ns: UInt64) {
    let time = (time_ns >> GateWord.unitShift) & GateWord.timeMask
    raw = GateWord.shutBit | UInt64(reason.rawValue) << GateWord.timeBits | time
  }

  /// The armed generation; nil if the word says that the gate is shut.
  public var generation: UInt64? { raw == 0 || raw & GateWord.shutBit != 0 ? nil : raw }

  /// Why it is shut; `.unknown` if the word does not say. nil: it is armed.
  public var reason: TripReason? {
    guard generation == nil else { return nil }
    return TripReason(rawValue: UInt8(truncatingIfNeeded: raw >> GateWord.timeBits & 0xFF))
      ?? .unknown
  }

  /// When it was shut last, ns since the Unix epoch, to 128 ns; 0: not said.
  public var time_ns: UInt64 {
    generation == nil ? (raw & GateWord.timeMask) << GateWord.unitShift : 0
  }

  /// What a trip makes of this word: of a gate that is shut already the first reason stays. It is
  /// another word in any case.
  public func tripped(_ reason: TripReason, at time_ns: UInt64) -> GateWord {
    let isShut = raw & GateWord.shutBit != 0
    let next = GateWord(shut: isShut ? self.reason ?? reason : reason, at: time_ns)
    return next == self ? GateWord(raw: raw ^ 1) : next
  }
}
