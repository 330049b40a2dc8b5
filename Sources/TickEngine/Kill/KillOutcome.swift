/// What came of killing one instance: what was reached, how, and when.
public struct KillOutcome: Sendable {
  public enum Gate: Equatable, Sendable {
    case shut
    /// It was shut before; the reason it had.
    case wasShut(TripReason)
    /// There is no page: no sender has run since the machine was booted.
    case absent
    /// There is one that cannot be used; why.
    case unusable(String)
  }

  public enum Sender: Equatable, Sendable {
    /// None runs.
    case none
    /// It saw the gate shut and promised to write no order; it lives, and cancels.
    case acknowledged
    /// It did not say so in time, and its connections were reset from outside: how many, and how
    /// many queued bytes went with them.
    case cutOff(connections: Int, discardedBytes: Int)
    /// It did not say so in time, and has no connection.
    case unconnected
    /// It could be stopped by SIGKILL only; why.
    case ended(String)
    /// Nothing of that could be done: it may still send. Why.
    case beyondReach(String)

    /// Whether no order leaves it any more.
    public var isStopped: Bool { if case .beyondReach = self { false } else { true } }
  }

  public let instance: String
  public internal(set) var gate = Gate.absent
  public internal(set) var sender = Sender.none
  /// 0: there was none.
  public internal(set) var senderPid: Int32 = 0
  public internal(set) var senderWasStopped = false
  /// As the sender told last.
  public internal(set) var openOrders: UInt64 = 0
  /// The record that stands; nil: see `failure`.
  public internal(set) var record: GateRecord?
  /// Where it was written.
  public internal(set) var directories: [String] = []
  /// Why the trip is not on disk in some directory that matters: a restart might not know of it.
  public internal(set) var failure: String?
  /// Whether anything of this name was ever heard of.
  public internal(set) var isKnown = true

  // ns since the first instruction of the kill.
  public internal(set) var shut_ns: UInt64?
  /// The sender's own reading of the clock as it saw the gate shut.
  public internal(set) var acknowledged_ns: UInt64?
  public internal(set) var sender_ns: UInt64 = 0
  public internal(set) var persisted_ns: UInt64?
  public internal(set) var done_ns: UInt64 = 0

  init(instance: String) { self.instance = instance }

  /// Whether no order of this instance leaves any more.
  public var isConfirmed: Bool {
    guard sender.isStopped else { return false }
    guard case .unusable = gate else { return true }
    // A page that tells nobody anything is no matter once its sender has ended.
    switch sender {
    case .ended, .none: return true
    default: return false
    }
  }
}
