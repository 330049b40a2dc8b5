/// SoupBinTCP 3.00, the session under OUCH: big-endian length (of type and payload), type, payload.
/// This file: packet types, the framing of one packet, and numbers as text.
public enum SoupBin {
  /// Length u16 and type u8 before every payload, in bytes.
  public static let headerLength = 3
  /// Whole packets, header included, in bytes.
  public static let loginRequestLength = 49
  public static let loginAcceptedLength = 33
  /// Field widths in bytes.
  public static let usernameLength = 6
  public static let passwordLength = 10
  public static let sessionLength = 10
  public static let sequenceLength = 20

  /// What a packet is. Any other byte is unknown: skipped by its length and counted.
  @frozen
  public enum PacketType: UInt8, Sendable, CaseIterable {
    /// Either side; ignored.
    case debug = 0x2B  // +
    // From the server.
    case loginAccepted = 0x41  // A
    case serverHeartbeat = 0x48  // H
    case loginRejected = 0x4A  // J
    case sequenced = 0x53  // S
    case endOfSession = 0x5A  // Z
    // From the client.
    case loginRequest = 0x4C  // L
    case logout = 0x4F  // O
    case clientHeartbeat = 0x52  // R
    case unsequenced = 0x55  // U
  }

  /// Why a login was refused.
  @frozen
  public enum LoginRejection: UInt8, Error, Sendable {
    case notAuthorised = 0x41  // A
    case sessionUnavailable = 0x53  // S
  }

  /// Writes the header of a packet whose payload stands, or will stand, `headerLength` bytes into
  /// `target`, so that header and message leave in one send. Returns the packet's whole length.
  /// Traps if the payload does not fit the target or the length field.
  @inlinable
  public static func frame(_ type: PacketType, payload count: Int, into target: MutableBytes) -> Int
  {
    precondition(count >= 0 && count < Int(UInt16.max) && target.count - headerLength >= count)
    target.put(u16be: UInt16(truncatingIfNeeded: count + 1), at: 0)
    target.put(u8: type.rawValue, at: 2)
    return headerLength + count
  }

  /// A whole packet around a copy of `payload`. Returns its length; traps unless it fits.
  @inlinable
  public static func encode(_ type: PacketType, _ payload: Bytes, into target: MutableBytes) -> Int
  {
    let length = frame(type, payload: payload.count, into: target)
    target.put(payload, at: headerLength)
    return length
  }

  /// A packet with no payload: heartbeats, end of session, logout. Returns its length, 3.
  @inlinable
  public static func encode(_ type: PacketType, into target: MutableBytes) -> Int {
    frame(type, payload: 0, into: target)
  }

  /// The number in `count` ASCII bytes at `offset`, whichever way it is justified: the
  /// specification says right, Nasdaq's own library left. nil if it is blank, has anything but
  /// digits between the blanks, or does not fit 64 bits. Traps unless the bytes lie within.
  public static func number(_ bytes: Bytes, at offset: Int, count: Int) -> UInt64? {
    precondition(bytes.has(count, at: offset))
    var first = offset
    var last = offset + count
    while first < last, bytes[first] == 0x20 { first += 1 }
    while last > first, bytes[last - 1] == 0x20 { last -= 1 }
    guard first < last else { return nil }
    var value: UInt64 = 0
    for index in first..<last {
      let digit = bytes[index] &- 0x30
      guard digit <= 9 else { return nil }
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
      guard !over, !carry else { return nil }
      value = sum
    }
    return value
  }

  /// Writes `value` as ASCII, right-justified and padded with spaces, in `sequenceLength` bytes:
  /// enough for any 64-bit number.
  public static func put(number value: UInt64, into target: MutableBytes, at offset: Int) {
    target.fill(0x20, at: offset, count: sequenceLength)
    var rest = value
    var position = offset + sequenceLength
    repeat {
      position -= 1
      target.put(u8: UInt8(truncatingIfNeeded: rest % 10) + 0x30, at: position)
      rest /= 10
    } while rest > 0
  }
}

/// One packet, in place in a framer's buffer.
@frozen
public struct SoupBinPacket: Sendable {
  /// The type byte as it came.
  public let typeByte: UInt8
  /// What follows the type; may be empty.
  public let payload: Bytes

  @inlinable
  public init(typeByte: UInt8, payload: Bytes) {
    self.typeByte = typeByte
    self.payload = payload
  }

  /// nil: a type that this dialect does not know.
  @inlinable public var type: SoupBin.PacketType? { SoupBin.PacketType(rawValue: typeByte) }
}
