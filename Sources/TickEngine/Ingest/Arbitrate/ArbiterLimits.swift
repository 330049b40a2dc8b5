/// How long the arbiter waits for what is missing, and how much it holds back meanwhile (MD3).
/// Every hole ends: filled, or given up by the first of these bounds that it meets, or once every
/// live line has gone so far beyond it that none will fill it (`Arbiter.linePackets`).
public struct ArbiterLimits: Sendable {
  /// Packets held back behind a hole; 0: none, a hole is given up at once.
  public var waitPackets = 4_096
  /// Since the hole showed, ns of the waiting clock. While all lines speak, `Arbiter.linePackets`
  /// ends the wait long before; this bound is for a line that has just fallen silent, and so long
  /// that a process that loses its core between two sends does not become a gap.
  public var wait_ns: UInt64 = 100_000_000
  /// Packets held in all, over every stream.
  public var heldPackets_max = 8_192
  /// Longest datagram that can be held.
  public var datagramBytes_max = 2_048
  /// Where what is missing can be asked for; nil: it cannot.
  public var recovery: RecoveryLimits?

  public init() {}

  /// Nothing is held back: out of order is a gap, then a duplicate.
  public static var immediate: ArbiterLimits {
    var limits = ArbiterLimits()
    limits.waitPackets = 0
    limits.heldPackets_max = 1
    limits.datagramBytes_max = 1
    return limits
  }
}

/// How long what is missing is asked for. A hole is asked for once the bounds above have passed,
/// and given up when nothing of it has come for `patience_ns`; a hole behind one for which a server
/// has answered nothing at all is not waited for like that (`AnswerWatch`).
public struct RecoveryLimits: Sendable {
  /// An unanswered request is repeated after this.
  public var retry_ns: UInt64 = 5_000_000
  public var patience_ns: UInt64 = 1_000_000_000

  public init() {}
}
