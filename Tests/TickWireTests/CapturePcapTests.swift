import Testing

@testable import TickWire

/// Classic pcap, made by hand.
struct CapturePcapTests {
  @Test(arguments: [false, true], [false, true])
  func bothByteOrdersAndBothResolutionsRead(_ isBigEndian: Bool, _ isNanosecond: Bool) throws {
    var pcap = PcapBytes(isBigEndian: isBigEndian, isNanosecond: isNanosecond)
    pcap.add(Frame.plain([1, 2, 3]), seconds: 7, fraction: 123_456)
    let content = try CaptureContent(pcap.bytes)
    #expect(content.payloads == [[1, 2, 3]])
    #expect(content.times == [7_000_000_000 + (isNanosecond ? 123_456 : 123_456_000)])
    #expect(content.destinations[0].text == "233.215.21.4:10378")
    #expect(content.counts.packets == 1)
    #expect(content.counts.bytes == 45)
    #expect(!content.counts.cutTail)
  }

  @Test(arguments: [[], [0x8100], [0x88A8, 0x8100], [0x8100, 0x8100, 0x8100]] as [[UInt16]])
  func anyNumberOfVlanTagsIsStripped(_ tags: [UInt16]) throws {
    var pcap = PcapBytes()
    pcap.add(Frame.ethernet(Frame.ipv4(Frame.udp([9])), tags: tags))
    #expect(try CaptureContent(pcap.bytes).payloads == [[9]])
  }

  @Test(arguments: [0x0800, 0x86DD] as [UInt16])
  func everyLinkTypeReads(_ type: UInt16) throws {
    let ip = type == 0x0800 ? Frame.ipv4(Frame.udp([5])) : Frame.ipv6(Frame.udp([5]))
    let high = UInt8(type >> 8)
    let low = UInt8(truncatingIfNeeded: type)
    let zeroes = { [UInt8](repeating: 0, count: $0) }
    let family: UInt8 = type == 0x0800 ? 2 : 30
    let frames: [(UInt32, [UInt8])] = [
      (1, Frame.ethernet(ip, type: type)), (101, ip), (113, zeroes(14) + [high, low] + ip),
      (276, [high, low] + zeroes(18) + ip), (0, [family, 0, 0, 0] + ip),
      (0, [0, 0, 0, family] + ip), (108, [0, 0, 0, family] + ip),
    ]
    for (linkType, frame) in frames {
      var pcap = PcapBytes(linkType: linkType)
      pcap.add(frame)
      let content = try CaptureContent(pcap.bytes)
      #expect(content.payloads == [[5]], "link type \(linkType)")
    }
  }

  @Test func theGroupIdStandsForAnIPv6Address() throws {
    var pcap = PcapBytes(linkType: 101)
    pcap.add(Frame.ipv6(Frame.udp([5])))
    let endpoint = try CaptureContent(pcap.bytes).destinations[0]
    #expect(endpoint == UdpEndpoint(address: 0xE000_0001, port: 10_378, isIPv6: true))
    #expect(endpoint.text == "[::e000:1]:10378")
  }

  @Test func lengthsDecideThePayloadAndTrailersAreDropped() throws {
    var pcap = PcapBytes()
    pcap.add(Frame.plain([1, 2]) + [UInt8](repeating: 0xEE, count: 30))
    // A UDP length shorter than the IP payload decides too.
    pcap.add(Frame.ethernet(Frame.ipv4(Frame.udp([3, 4, 5, 6], length: 10))))
    pcap.add(Frame.plain([]))
    #expect(try CaptureContent(pcap.bytes).payloads == [[1, 2], [3, 4], []])
  }

  @Test(arguments: 0...10)
  func ipOptionsAreSkipped(_ words: Int) throws {
    var pcap = PcapBytes()
    pcap.add(Frame.ethernet(Frame.ipv4(Frame.udp([8, 8]), options: words)))
    #expect(try CaptureContent(pcap.bytes).payloads == [[8, 8]])
  }

  @Test func ipv6ExtensionHeadersAreSkippedAndBounded() throws {
    let udp = Frame.udp([6])
    let hop = { (next: UInt8) in [next, 1] + [UInt8](repeating: 0, count: 14) }
    let atomic: [UInt8] = [17, 0, 0, 0, 1, 2, 3, 4]
    let later: [UInt8] = [17, 0, 0, 8, 1, 2, 3, 4]
    var pcap = PcapBytes(linkType: 101)
    pcap.add(Frame.ipv6(hop(60) + hop(43) + hop(17) + udp, next: 0))
    pcap.add(Frame.ipv6(atomic + udp, next: 44))
    pcap.add(Frame.ipv6(later + udp, next: 44))
    pcap.add(Frame.ipv6((0..<9).flatMap { _ in hop(0) } + udp, next: 0))
    pcap.add(Frame.ipv6([17, 200], next: 0))
    pcap.add(Frame.ipv6([1, 2, 3], next: 58))
    let content = try CaptureContent(pcap.bytes)
    #expect(content.payloads == [[6], [6]])
    #expect(content.counts.ignored.fragment == 1)
    #expect(content.counts.ignored.malformed == 2)
    #expect(content.counts.ignored.otherProtocol == 1)
  }

  @Test func whatIsNotAWholeUdpDatagramIsCountedByReason() throws {
    let udp = Frame.udp([1, 2, 3])
    var pcap = PcapBytes()
    pcap.add(Frame.ethernet([0, 1, 8, 0], type: 0x0806))
    pcap.add(Frame.ethernet(Frame.ipv4([UInt8](repeating: 0, count: 20), proto: 6)))
    pcap.add(Frame.ethernet(Frame.ipv4([0x11, 0, 0, 0], proto: 2)))
    pcap.add(Frame.ethernet(Frame.ipv4(udp, fragment: 0x2000)))
    pcap.add(Frame.ethernet(Frame.ipv4(udp, fragment: 0x0005)))
    pcap.add(Frame.plain([1]), original: 1_000)
    let malformed = [
      [], [1, 2, 3], Frame.ethernet([]), Frame.ethernet([0x45]),
      Frame.ethernet([0x44] + Frame.ipv4(udp).dropFirst()),
      Frame.ethernet([0x65] + Frame.ipv4(udp).dropFirst()),
      Frame.ethernet(Frame.ipv4(udp, totalLength: 0)),
      Frame.ethernet(Frame.ipv4(udp, totalLength: 5_000)),
      Frame.ethernet(Frame.ipv4(Frame.udp([1], length: 7))),
      Frame.ethernet(Frame.ipv4(Frame.udp([1], length: 10))),
      Frame.ethernet(Frame.ipv4([1, 2, 3])),
      Frame.ethernet([], type: 0x8100),
    ]
    for frame in malformed { pcap.add(frame) }
    let counts = try CaptureContent(pcap.bytes).counts
    var expected = CaptureIgnored()
    expected.notIP = 1
    expected.tcp = 1
    expected.otherProtocol = 1
    expected.fragment = 2
    expected.malformed = UInt64(malformed.count)
    #expect(counts.ignored == expected)
    #expect(counts.truncated == 1)
    #expect(counts.packets == UInt64(6 + malformed.count))
    #expect(counts.ignored.total == counts.packets - 1)
    #expect(counts.ignored.byReason.map(\.count).reduce(0, +) == counts.ignored.total)
  }

  @Test(arguments: [false, true])
  func aPcapCutAnywhereKeepsWhatCame(_ isBigEndian: Bool) throws {
    var pcap = PcapBytes(isBigEndian: isBigEndian)
    var ends: [Int] = [pcap.bytes.count]
    for payload in [[1], [2, 2], [3, 3, 3]] as [[UInt8]] {
      pcap.add(Frame.plain(payload))
      ends.append(pcap.bytes.count)
    }
    for length in 24...pcap.bytes.count {
      let content = try CaptureContent(Array(pcap.bytes.prefix(length)))
      #expect(content.payloads.count == ends.filter { $0 <= length }.count - 1)
      #expect(content.counts.cutTail == !ends.contains(length), "cut at \(length)")
    }
  }

  @Test func aHugeRecordLengthIsACutTail() throws {
    var pcap = PcapBytes()
    pcap.add(Frame.plain([1]))
    var bytes = pcap.bytes
    for index in 32..<36 { bytes[index] = 0xFF }
    let content = try CaptureContent(bytes)
    #expect(content.payloads.isEmpty)
    #expect(content.counts.cutTail)
  }

  @Test func anEmptyPcapIsNoError() throws {
    let content = try CaptureContent(PcapBytes().bytes)
    #expect(content.counts == CaptureCounts())
  }

  @Test func everyFlippedByteIsSurvived() throws {
    var pcap = PcapBytes()
    pcap.add(Frame.ethernet(Frame.ipv4(Frame.udp([1, 2]), options: 2), tags: [0x8100]))
    pcap.add(Frame.plain([3]))
    for index in pcap.bytes.indices {
      for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
        var bytes = pcap.bytes
        bytes[index] = value
        _ = try? CaptureContent(bytes)
      }
    }
  }
}
