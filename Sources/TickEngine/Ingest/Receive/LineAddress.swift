/// Where one line of a feed arrives: a multicast group and port, and perhaps the one sender that
/// is listened to. A unicast address of this machine is allowed, too; then nothing is joined.
///
/// Addresses are numbers: 10.0.0.1 is 0x0A00_0001.
public struct LineAddress: Sendable, Hashable, CustomStringConvertible {
  /// The multicast group, or an address of this machine.
  public var group: UInt32
  /// 0: the kernel chooses, which is of use with a unicast address only.
  public var port: UInt16
  /// The only sender that is listened to (a source-specific join); nil: any.
  public var source: UInt32?

  public init(group: UInt32, port: UInt16, source: UInt32? = nil) {
    self.group = group
    self.port = port
    self.source = source
  }

  /// Reads `GROUP:PORT` or `SOURCE@GROUP:PORT`, as `239.1.2.3:5000`, `10.0.0.1@232.1.2.3:5000`;
  /// nil if it is neither, or the source is none that can send: host names are not looked up.
  public init?(_ text: some StringProtocol) {
    var rest = text[...]
    source = nil
    if let at = rest.firstIndex(of: "@") {
      guard let address = Self.address(rest[..<at]), address != 0, address >> 28 < 0xE
      else { return nil }
      source = address
      rest = rest[rest.index(after: at)...]
    }
    guard let colon = rest.firstIndex(of: ":"), let group = Self.address(rest[..<colon]),
      let port = Self.number(rest[rest.index(after: colon)...], max: 65_535), port > 0
    else { return nil }
    self.group = group
    self.port = UInt16(port)
  }

  /// An IPv4 address in dotted decimals; nil if it is none.
  public static func address(_ text: some StringProtocol) -> UInt32? {
    let octets = text.split(separator: ".", omittingEmptySubsequences: false)
    guard octets.count == 4 else { return nil }
    var address: UInt32 = 0
    for octet in octets {
      guard let value = number(octet, max: 255) else { return nil }
      address = address << 8 | value
    }
    return address
  }

  /// `10.0.0.1` of a number.
  public static func text(_ address: UInt32) -> String {
    [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xFF) }.joined(separator: ".")
  }

  /// Digits alone: no sign, no blank, at most five of them.
  private static func number(_ text: some StringProtocol, max: UInt32) -> UInt32? {
    guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let value = UInt32(text), value <= max
    else { return nil }
    return value
  }

  /// 224.0.0.0 to 239.255.255.255 (RFC 5771).
  public var isMulticast: Bool { group >> 28 == 0xE }

  /// Whether it can be asked for something: one host, and no sender named beside it.
  public var isHost: Bool { source == nil && group != 0 && group < 0xE000_0000 }

  public var description: String {
    let line = "\(Self.text(group)):\(port)"
    return source.map { "\(Self.text($0))@\(line)" } ?? line
  }
}
