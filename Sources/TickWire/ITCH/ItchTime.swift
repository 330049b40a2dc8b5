/// The exchange time of an ITCH 5.0 message: nanoseconds since midnight, US Eastern, 48 bits
/// big-endian at offset 5 of every message type. (NASDAQ TotalView-ITCH 5.0.)
public enum ItchTime {
  private static let offset = 5
  /// The highest that 48 bits hold, ns: 78 hours.
  public static let max_ns: UInt64 = (1 << 48) - 1

  /// nil if the message is too short to have one.
  public static func read(_ message: Bytes) -> UInt64? {
    guard message.has(6, at: offset) else { return nil }
    return UInt64(message.u16be(offset)) << 32 | UInt64(message.u32be(offset + 2))
  }

  /// Replaces a message's time; what is beyond `max_ns` becomes that. A message that is too short
  /// to have one stays as it is.
  public static func write(_ time_ns: UInt64, into message: MutableBytes) {
    guard message.bytes.has(6, at: offset) else { return }
    let time = min(time_ns, max_ns)
    message.put(u16be: UInt16(time >> 32), at: offset)
    message.put(u32be: UInt32(truncatingIfNeeded: time), at: offset + 2)
  }
}
