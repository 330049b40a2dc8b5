/// Orders asked for, allowed and sent, each counted at a place of its own, so that one mistake
/// cannot hide in all three (RM14). Thread: the sender's.
public struct OrderTally: Equatable, Sendable {
  /// New orders and replacements polled from the workers.
  public var asked: UInt64 = 0
  /// Those that the gate let pass; counted by it.
  public var allowed: UInt64 = 0
  /// Those whose bytes were made for the venue.
  public var out: UInt64 = 0

  public init() {}

  /// More left than was allowed, or than was asked for: nothing more may leave.
  public var isBroken: Bool { out > allowed || out > asked }
}
