import Testing

@testable import TickWire

@Suite struct PcapWriterTests {
  static let route = PcapWriter.Route(
    source: 0x0A00_0001, group: 0xE901_0203, sourcePort: 1_000, groupPort: 2_000)

  /// The ones' complement sum, the slow and plain way: 0xFFFF over anything with a right checksum.
  static func plainSum(_ bytes: [UInt8]) -> Int {
    var sum = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum += Int(bytes[index]) << 8
      if index + 1 < bytes.count { sum += Int(bytes[index + 1]) }
    }
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    return sum
  }

  @Test func theFileHeaderSaysNanosecondsAndEthernet() {
    var header = [UInt8](repeating: 0xFF, count: PcapWriter.fileHeaderSize)
    header.withUnsafeMutableBytes { raw in
      let file = MutableBytes(raw.baseAddress!, count: raw.count)
      #expect(PcapWriter(route: Self.route).putFileHeader(into: file) == 24)
    }
    #expect(
      header == [
        0x4D, 0x3C, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 1, 0, 0, 0,
      ])
  }

  @Test(arguments: [0, 1, 2, 3, 7, 8, 9, 40, 333, 1_472])
  func lengthsAndChecksumsAreRight(payloadCount: Int) {
    let payload = (0..<payloadCount).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 77) }
    let total = PcapWriter.payloadOffset + payloadCount
    var record = [UInt8](repeating: 0xEE, count: PcapWriter.payloadOffset) + payload
    record.withUnsafeMutableBytes { raw in
      let bytes = MutableBytes(raw.baseAddress!, count: raw.count)
      let length = PcapWriter(route: Self.route)
        .seal(bytes, payloadCount: payloadCount, captureTimeNs: 3_000_000_007)
      #expect(length == total)
      #expect(bytes.bytes.u32le(0) == 3 && bytes.bytes.u32le(4) == 7)
      #expect(bytes.bytes.u32le(8) == UInt32(total - 16))
      #expect(bytes.bytes.u32le(12) == UInt32(total - 16))
    }
    let frame = Array(record[16...])
    #expect(Array(frame[..<6]) == [0x01, 0x00, 0x5E, 0x01, 0x02, 0x03])
    #expect(Self.plainSum(Array(frame[14..<34])) == 0xFFFF)
    let udp = Array(frame[34...])
    let udpCount = 8 + payloadCount
    let pseudo = Array(frame[26..<34]) + [0, 17, UInt8(udpCount >> 8), UInt8(udpCount & 0xFF)]
    #expect(Self.plainSum(pseudo + udp) == 0xFFFF)
    #expect(Array(frame[42...]) == payload)
  }
}
