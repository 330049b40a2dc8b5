/// One UDP datagram of a capture: a view into the mapped file, nothing copied.
///
/// - Ownership: `payload` is valid as long as the reader (or the memory it was given) lives.
/// - Clock: `captureTime` is the clock of the machine that captured, not the exchange's.
@frozen
public struct Datagram: Sendable {
  /// Capture time: nanoseconds since the Unix epoch, UTC. It may go backwards within a file.
  public var captureTime: UInt64
  /// The UDP payload, exactly as long as the UDP header says.
  public var payload: Bytes
  /// Where the datagram came from.
  public var source: UdpEndpoint
  /// Where it was sent: for multicast, the group.
  public var destination: UdpEndpoint
  /// Which of the merged files it came from, counted from 0; 0 from a reader of one file.
  public var fileIndex: Int32

  /// An empty datagram for `next(_:)` to fill.
  @inlinable
  public init() {
    captureTime = 0
    payload = Bytes.none
    source = UdpEndpoint()
    destination = UdpEndpoint()
    fileIndex = 0
  }
}

/// An address and a port in one word, so that it compares and hashes like an integer.
@frozen
public struct UdpEndpoint: Hashable, Sendable {
  /// IPv4: the address, first octet in the high byte. IPv6: the low 32 bits of the address,
  /// which for a multicast address are its group id (RFC 3307).
  public var address: UInt32
  public var port: UInt16
  public var isIPv6: Bool

  @inlinable
  public init(address: UInt32 = 0, port: UInt16 = 0, isIPv6: Bool = false) {
    self.address = address
    self.port = port
    self.isIPv6 = isIPv6
  }

  /// `233.215.21.4:10378`; for IPv6 the group id in hex, `[::e000:1]:10378`.
  public var text: String {
    if isIPv6 {
      let high = String(address >> 16, radix: 16)
      return "[::\(high):\(String(address & 0xFFFF, radix: 16))]:\(port)"
    }
    let octets = [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xFF) }
    return octets.joined(separator: ".") + ":\(port)"
  }
}
