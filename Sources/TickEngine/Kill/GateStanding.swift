import Foundation
import TickWire

/// One change of an instance's gate, as the state directory keeps it.
public struct GateRecord: Codable, Equatable, Sendable {
  /// What a change made of the gate.
  public enum State: String, Codable, Sendable { case armed, tripped }

  public static let format = "tickway.gate/1"

  public var format = GateRecord.format
  public var instance: String
  public var state: State
  /// Counts changes; of an armed record it is the generation that may send.
  public var generation: UInt64
  /// A `TripReason`'s name; of an armed record `armed`.
  public var code: String
  public var who: String
  public var reason: String
  /// ISO 8601, UTC; the same as `time_ns` says.
  public var time: String
  /// ns since the Unix epoch.
  public var time_ns: UInt64
  /// Silence of the operator after which the sender shuts the gate; nil: none.
  public var dead_man_seconds: Double?

  public init(
    instance: String, state: State, generation: UInt64, code: String, who: String, reason: String,
    time_ns: UInt64, deadManSeconds: Double? = nil
  ) {
    self.instance = instance
    self.state = state
    self.generation = generation
    self.code = code
    self.who = who
    self.reason = reason
    self.time_ns = time_ns
    time = UtcTime(time_ns).text(decimals: 3)
    dead_man_seconds = deadManSeconds
  }

  /// nil: none. Not a number or beyond a year counts as the shortest: it fails shut.
  public var deadManLimit_ns: UInt64? {
    guard let seconds = dead_man_seconds else { return nil }
    return GateRecord.deadManRange.contains(seconds) ? UInt64(seconds * 1e9) : 1
  }

  /// Dead-man limits that make sense, seconds.
  public static let deadManRange = 0.1...86_400.0
}

/// What the state directory says of an instance. Only a whole record that says so is armed.
public struct GateStanding: Equatable, Sendable {
  /// The last change; nil: there was none, or it cannot be read.
  public var record: GateRecord?
  /// The number of the last change; 0: there was none.
  public var number: UInt64
  /// Why it cannot be read; nil: it can, or there is none.
  public var problem: String?

  public init(record: GateRecord? = nil, number: UInt64 = 0, problem: String? = nil) {
    self.record = record
    self.number = number
    self.problem = problem
  }

  /// The generation that may send; nil: none may.
  public var armedGeneration: UInt64? {
    guard problem == nil, let record, record.state == .armed, record.generation == number else {
      return nil
    }
    return number
  }

  /// Whether any person has ever armed or tripped it.
  public var isKnown: Bool { number > 0 || problem != nil }

  /// Why it is not armed.
  public var reason: TripReason {
    if problem != nil { return .stateUnreadable }
    guard let record else { return .neverArmed }
    return TripReason(name: record.code) ?? .unknown
  }
}

/// A sender that runs, as it wrote at its start: for when its page is damaged.
public struct SenderRun: Codable, Equatable, Sendable {
  public var pid: Int32
  /// /proc/PID/stat's field 22: with the boot, it tells the process from a later one of its pid.
  public var start_ticks: UInt64
  public var boot_id: String
  public var ring_directory: String

  init(identity: KillPage.SenderIdentity, ringDirectory: String) {
    pid = identity.pid
    start_ticks = identity.startTicks
    boot_id = SenderRun.currentBoot
    ring_directory = ringDirectory
  }

  /// Different after each boot; empty if the kernel does not say.
  public static let currentBoot: String = {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
  }()
}

/// Strategies that executed too often (RM9), for a start after a reboot.
struct StrategiesOff: Codable, Equatable, Sendable {
  static let format = "tickway.off/1"
  var format = StrategiesOff.format
  var strategies: [UInt8]

  /// - Parameter bits: bit n - 1 is strategy n.
  init(bits: UInt64) { strategies = (1...64).filter { bits >> UInt64($0 - 1) & 1 == 1 } }

  /// nil: it says what cannot be.
  var bits: UInt64? {
    guard format == StrategiesOff.format, strategies.allSatisfy(OrderOrigin.isStrategy) else {
      return nil
    }
    return strategies.reduce(0) { $0 | 1 << UInt64($1 - 1) }
  }
}
