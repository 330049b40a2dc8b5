/// Writes classic pcap: the file header, then records that hold one UDP datagram each, in an
/// Ethernet and IPv4 frame with right checksums. Little-endian, nanosecond magic, link type 1.
/// The layout is that of the libpcap "savefile" format, version 2.4; the frame follows RFC 894,
/// 791, 768 and (for the multicast address) 1112.
///
/// It knows memory only: the caller owns the buffer and the file. The payload is built in place, at
/// `payloadOffset` of the record, and `seal` then writes everything in front of it.
///
/// - Cost: one pass over the payload for the UDP checksum; no allocation.
/// - Thread safety: a value; the buffer has one writer.
public struct PcapWriter: Sendable {
  /// Bytes of the header at the start of a file.
  public static let fileHeaderSize = 24
  /// Bytes in front of the payload in a record: record header, Ethernet, IPv4, UDP.
  public static let payloadOffset = recordHeaderSize + frameHeaderSize
  /// The largest payload that `seal` takes, so that a frame fits the usual 1,500-byte Ethernet.
  public static let payloadBytesMax = 1_472

  static let recordHeaderSize = 16
  static let frameHeaderSize = ethernetSize + ipSize + udpSize
  static let ethernetSize = 14
  static let ipSize = 20
  static let udpSize = 8
  static let nanosecondMagic: UInt32 = 0xA1B2_3C4D
  static let snapLength: UInt32 = 65_535
  static let linkTypeEthernet: UInt32 = 1

  /// Where the datagrams go from and to. The destination is a multicast group.
  public struct Route: Sendable {
    /// IPv4 addresses as numbers: 10.0.0.1 is 0x0A00_0001.
    public let source: UInt32
    public let group: UInt32
    public let sourcePort: UInt16
    public let groupPort: UInt16

    /// Traps if `group` is not a multicast address.
    public init(source: UInt32, group: UInt32, sourcePort: UInt16, groupPort: UInt16) {
      precondition(group >> 28 == 0xE, "the destination must be a multicast group")
      self.source = source
      self.group = group
      self.sourcePort = sourcePort
      self.groupPort = groupPort
    }
  }

  public let route: Route

  public init(route: Route) { self.route = route }

  /// Writes the file header and returns its length. Traps if `file` is shorter.
  public func putFileHeader(into file: MutableBytes) -> Int {
    file.fill(0, at: 0, count: Self.fileHeaderSize)
    file.put(u32le: Self.nanosecondMagic, at: 0)
    file.put(u16le: 2, at: 4)
    file.put(u16le: 4, at: 6)
    file.put(u32le: Self.snapLength, at: 16)
    file.put(u32le: Self.linkTypeEthernet, at: 20)
    return Self.fileHeaderSize
  }

  /// Completes a record whose payload of `payloadCount` bytes already stands at `payloadOffset`.
  ///
  /// - Parameter captureTimeNs: receive time, nanoseconds since the Unix epoch (UTC).
  /// - Returns: the record's length in bytes.
  public func seal(_ record: MutableBytes, payloadCount: Int, captureTimeNs: UInt64) -> Int {
    precondition(payloadCount <= Self.payloadBytesMax, "payload larger than a frame carries")
    let frameCount = Self.frameHeaderSize + payloadCount
    record.put(u32le: UInt32(captureTimeNs / 1_000_000_000), at: 0)
    record.put(u32le: UInt32(captureTimeNs % 1_000_000_000), at: 4)
    record.put(u32le: UInt32(frameCount), at: 8)
    record.put(u32le: UInt32(frameCount), at: 12)
    let frame = record.slice(at: Self.recordHeaderSize, count: frameCount)
    putEthernet(into: frame)
    putIp(into: frame.slice(at: Self.ethernetSize, count: frameCount - Self.ethernetSize))
    let udpOffset = Self.ethernetSize + Self.ipSize
    putUdp(into: frame.slice(at: udpOffset, count: Self.udpSize + payloadCount))
    return Self.recordHeaderSize + frameCount
  }

  func putEthernet(into frame: MutableBytes) {
    // RFC 1112: 01:00:5E and the low 23 bits of the group.
    frame.put(u16be: 0x0100, at: 0)
    frame.put(u32be: 0x5E00_0000 | (route.group & 0x007F_FFFF), at: 2)
    // A locally administered source address, from the IPv4 one.
    frame.put(u16be: 0x0200, at: 6)
    frame.put(u32be: route.source, at: 8)
    frame.put(u16be: 0x0800, at: 12)
  }

  func putIp(into packet: MutableBytes) {
    packet.put(u16be: 0x4500, at: 0)
    packet.put(u16be: UInt16(packet.count), at: 2)
    // Identification 0 with "don't fragment": RFC 6864 lets an atomic datagram have no number.
    packet.put(u32be: 0x0000_4000, at: 4)
    // Time to live 1, as link-local multicast has; protocol 17; checksum still 0.
    packet.put(u32be: 0x0111_0000, at: 8)
    packet.put(u32be: route.source, at: 12)
    packet.put(u32be: route.group, at: 16)
    var checksum = InternetChecksum()
    checksum.add(packet.bytes.slice(at: 0, count: Self.ipSize))
    packet.put(u16be: checksum.value, at: 10)
  }

  func putUdp(into datagram: MutableBytes) {
    let count = UInt16(datagram.count)
    datagram.put(u16be: route.sourcePort, at: 0)
    datagram.put(u16be: route.groupPort, at: 2)
    datagram.put(u16be: count, at: 4)
    datagram.put(u16be: 0, at: 6)
    var checksum = InternetChecksum()
    checksum.add(u32be: route.source)
    checksum.add(u32be: route.group)
    checksum.add(u32be: 17 << 16 | UInt32(count))
    checksum.add(datagram.bytes)
    // RFC 768: a sum of 0 is sent as all ones, since 0 means "not computed".
    datagram.put(u16be: checksum.value == 0 ? 0xFFFF : checksum.value, at: 6)
  }
}

/// The ones' complement sum of RFC 1071. Each part that is added must start at an even offset of
/// the checksummed whole; only the last may have an odd length.
struct InternetChecksum {
  // 64 bits of room: 2^32 words of 32 bits before it can overflow.
  private var sum: UInt64 = 0

  mutating func add(_ bytes: Bytes) {
    var offset = 0
    while bytes.has(8, at: offset) {
      let word = bytes.u64be(offset)
      sum &+= (word >> 32) &+ (word & 0xFFFF_FFFF)
      offset += 8
    }
    while bytes.has(2, at: offset) {
      sum &+= UInt64(bytes.u16be(offset))
      offset += 2
    }
    if bytes.has(1, at: offset) { sum &+= UInt64(bytes[offset]) << 8 }
  }

  mutating func add(u32be value: UInt32) { sum &+= UInt64(value) }

  /// The checksum to store, in host order.
  var value: UInt16 {
    var folded = sum
    while folded >> 16 != 0 { folded = (folded & 0xFFFF) &+ (folded >> 16) }
    return ~UInt16(folded)
  }
}
