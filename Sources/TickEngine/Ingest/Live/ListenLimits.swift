/// What the settings of a live feed may be, wherever they are given.
public enum ListenLimits {
  /// How long a missing packet is waited for, and how many packets wait behind it.
  public static let wait_us: ClosedRange<UInt64> = 1...60_000_000
  public static let waitPackets = 1...8_192
  /// How long a missing packet is asked for.
  public static let recovery_ms: ClosedRange<UInt64> = 1...600_000
  public static let receiveBufferBytes = 1_024...(1 << 30)
  public static let datagramBytes = 64...65_507
  /// The age up to which prices may be believed: below a microsecond nothing that came by a network
  /// ever could be.
  public static let ageSeconds = 1e-6...86_400.0
}
