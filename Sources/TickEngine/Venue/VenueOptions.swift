import CLinux
import TickWire

/// Who may log in.
public struct VenueLogin: Sendable {
  public var username: FixedText
  public var password: FixedText

  public init(username: FixedText, password: FixedText) {
    self.username = username.trimmed
    self.password = password.trimmed
  }
}

/// How a venue server behaves. The defaults are the protocol's.
public struct VenueOptions: Sendable {
  /// A numeric IPv4 address of this machine.
  public var address = "127.0.0.1"
  /// 0: any free port; `VenueServer.port` says which.
  public var port: UInt16 = 0
  /// Empty: any name that is not blank may log in, with any password.
  public var logins: [VenueLogin] = []
  /// The protocol that every client must speak.
  public var dialect = OrderDialect.ouch50
  /// The only session there is; a login that names another is refused.
  public var session = FixedText("TICKWAY001")!

  /// Of a session's name, in SoupBinTCP 3.00.
  public static let sessionLengthMax = 10

  /// A session name that no earlier start has had: `T`, and the wall clock's ms in base 36. What a
  /// client knows of another start's session is then never taken for this one's.
  public static func newSession() -> FixedText { newSession(at: clinux_realtime_ns()) }

  static func newSession(at time_ns: UInt64) -> FixedText {
    let digits = String(time_ns / 1_000_000, radix: 36, uppercase: true)
    let padded = String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    return FixedText("T" + padded.suffix(9))!
  }
  public var limits = MatchingLimits()

  /// Own silence after which a heartbeat is sent.
  public var heartbeat_ms = 1_000
  /// The peer's silence after which it is dead, logged in or not.
  public var deadPeer_ms = 15_000
  /// How long a shutdown waits for slow clients to take what is theirs.
  public var shutdown_ms = 500
  /// Cancel what an account has resting when its connection ends, however it ends.
  public var cancelsOnDisconnect = true
  /// What it does wrong on purpose.
  public var faults = VenueFaults()
  /// Keep a record of every order and fill, for a `VenueInquiry`; with faults it always is.
  public var keepsTruth = false

  /// Connections at once; one more is closed at once, and counted.
  public var connections = 64
  /// Live messages that a client may leave unread before it is disconnected, in bytes. A replay
  /// that it asked for does not count.
  public var backlogBytesMax = 4 << 20
  /// Messages kept for replay per account, in bytes; beyond it the oldest are forgotten.
  public var retainedBytesMax = 256 << 20
  /// The bytes by which that memory grows.
  public var retainedChunkBytes = 256 << 10

  /// Market updates taken before the sockets are looked at again.
  public var drainMax = 4_096
  /// What to do when neither market nor sockets have anything.
  public enum Wait: Sendable {
    /// Look again at once: where a core is the venue's own.
    case spin
    /// Sleep until a socket has something, or this long.
    case sleep(milliseconds: Int32)
  }
  public var wait = Wait.sleep(milliseconds: 1)

  public init() {}
}

/// Why a venue server could not start or go on.
public enum VenueError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Not a numeric IPv4 address, or none of this machine.
  case badAddress(String)
  case portBusy(address: String, port: UInt16)
  /// A port below 1024, without the right to it.
  case portForbidden(port: UInt16)
  /// A system call failed that should not.
  case system(call: String, errno: Int32)

  public var description: String {
    switch self {
    case .badAddress(let text):
      "'\(text)' is not an IPv4 address of this machine; try 127.0.0.1"
    case .portBusy(let address, let port):
      "port \(port) on \(address) is in use by another process; choose another, or 0 for any"
    case .portForbidden(let port):
      "port \(port) needs rights that this process has not; choose one above 1023"
    case .system(let call, let code):
      "\(call) failed: error \(code)"
    }
  }
}

/// What a venue server has done, at the end of its run.
public struct VenueCounts: Equatable, Sendable {
  public var matching = MatchingCounts()
  public var connections: UInt64 = 0
  /// Connections closed because there were too many.
  public var connectionsRefused: UInt64 = 0
  /// Times that there was no descriptor or memory for a connection; it was left to wait.
  public var acceptsFailed: UInt64 = 0
  public var logins: UInt64 = 0
  public var loginsRejected: UInt64 = 0
  /// Logins that asked for earlier messages, and how many messages that was.
  public var replays: UInt64 = 0
  public var messagesReplayed: UInt64 = 0
  /// Unsequenced packets with a message, whatever became of it.
  public var messagesReceived: UInt64 = 0
  /// Sequenced messages made.
  public var messagesSequenced: UInt64 = 0
  /// Messages of a known type and an impossible length.
  public var malformed: UInt64 = 0
  /// Messages of a type that the dialect does not have, and packets that SoupBinTCP does not.
  public var unknown: UInt64 = 0
  /// Messages forgotten because an account's retained memory was full.
  public var messagesForgotten: UInt64 = 0

  // Why connections ended.
  public var logouts: UInt64 = 0
  public var closedByPeer: UInt64 = 0
  /// Packets that cannot be, or anything but a login first.
  public var closedMalformed: UInt64 = 0
  /// Clients that did not read what was theirs.
  public var closedSlow: UInt64 = 0
  /// Clients that said nothing for too long.
  public var closedSilent: UInt64 = 0
  /// Connections cut on purpose.
  public var closedUnfairly: UInt64 = 0
  /// What was done wrong on purpose.
  public var faults = VenueFaultCounts()

  public init() {}
}
