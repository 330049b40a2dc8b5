/// What came of one line. Each datagram that the socket gave is in exactly one of `packets`,
/// `tooLong`, `empty` and `wrongSource`; those that found no room in it are `droppedByKernel`.
public struct ReceiveCounts: Sendable, Equatable {
  /// Datagrams handed on.
  public var packets: UInt64 = 0
  /// Their payload bytes.
  public var bytes: UInt64 = 0
  /// Longer than `datagramBytes_max`; dropped.
  public var tooLong: UInt64 = 0
  /// Without a single byte; dropped.
  public var empty: UInt64 = 0
  /// From another sender than the configured one; dropped. (A source-specific join lets none of
  /// these through in the first place.)
  public var wrongSource: UInt64 = 0
  /// The kernel's counter, which ends in the past: `readDrops()` brings it up to date.
  public var droppedByKernel: UInt64 = 0
  /// Receives that brought at least one datagram.
  public var batches: UInt64 = 0
  /// Receives that the network failed, as when the interface went down.
  public var networkErrors: UInt64 = 0
  /// The errno of the last of them; 0 if there is none.
  public var lastNetworkError: Int32 = 0

  public init() {}
}
