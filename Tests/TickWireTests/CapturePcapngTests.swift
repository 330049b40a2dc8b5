import Testing

@testable import TickWire

/// pcapng, made by hand.
struct CapturePcapngTests {
  @Test(arguments: [false, true], [-1, 0, 123] as [Int64])
  func sectionsOfEitherByteOrderAndAnyLengthRead(_ isBigEndian: Bool, _ length: Int64) throws {
    var file = PcapngBytes(isBigEndian: isBigEndian, sectionLength: length)
    file.addInterface()
    file.add(Frame.plain([1]), ticks: 5)
    file.addSection(isBigEndian: !isBigEndian)
    file.addInterface(linkType: 101, resolution: 9)
    file.add(Frame.ipv4(Frame.udp([2, 2])), ticks: 1 << 40 | 7)
    let content = try CaptureContent(file.bytes)
    #expect(content.payloads == [[1], [2, 2]])
    #expect(content.times == [5_000, 1 << 40 | 7])
    #expect(!content.counts.cutTail)
  }

  @Test func aNewSectionForgetsTheInterfaces() throws {
    var file = PcapngBytes()
    file.addInterface()
    file.addSection(isBigEndian: false)
    file.add(Frame.plain([1]))
    let counts = try CaptureContent(file.bytes).counts
    #expect(counts.ignored.interface == 1)
    #expect(counts.packets == 1)
  }

  @Test func unknownBlocksAndTheObsoletePacketRead() throws {
    var file = PcapngBytes()
    file.addBlock(0x4000_0BAD) { $0.bytes = [1, 2, 3, 4, 5] }
    file.addInterface()
    file.addBlock(4) { _ in }
    let frame = Frame.plain([7])
    file.addBlock(2) { body in
      body.put(UInt16(0))
      body.put(UInt16(3))
      body.put(UInt32(0))
      body.put(UInt32(44))
      body.put(UInt32(frame.count))
      body.put(UInt32(frame.count))
      body.bytes += frame
    }
    let content = try CaptureContent(file.bytes)
    #expect(content.payloads == [[7]])
    #expect(content.times == [44_000])
  }

  @Test func aSimplePacketTakesTheTimeBeforeIt() throws {
    var file = PcapngBytes()
    file.addInterface(snapLength: 60)
    file.addSimple(Frame.plain([1]))
    file.add(Frame.plain([2]), ticks: 9)
    file.addSimple(Frame.plain([3]))
    file.addSimple([UInt8](repeating: 0, count: 60), original: 61)
    file.addSimple([1, 2], original: 50)
    let content = try CaptureContent(file.bytes)
    #expect(content.payloads == [[1], [2], [3]])
    #expect(content.times == [0, 9_000, 9_000])
    #expect(content.counts.untimed == 3)
    #expect(content.counts.truncated == 1)
    #expect(content.counts.ignored.malformed == 1)
    #expect(content.counts.packets == 5)
  }

  @Test func interfacesBeyondTheTableAreCountedAndDropped() throws {
    var file = PcapngBytes()
    for _ in 0..<66 { file.addInterface() }
    for number: UInt32 in [0, 63, 64, 65, 66, .max] {
      file.add(Frame.plain([UInt8(truncatingIfNeeded: number)]), interface: number)
    }
    let content = try CaptureContent(file.bytes)
    #expect(content.payloads == [[0], [63]])
    #expect(content.counts.ignored.interface == 4)
  }

  @Test func anUnsupportedInterfaceDoesNotStopTheOthers() throws {
    var file = PcapngBytes()
    file.addInterface(linkType: 105)
    file.addInterface()
    file.addBlock(1) { $0.bytes = [1, 0] }
    file.add([1, 2, 3], interface: 0)
    file.add(Frame.plain([4]), interface: 1)
    file.add(Frame.plain([5]), interface: 2)
    let content = try CaptureContent(file.bytes)
    #expect(content.payloads == [[4]])
    #expect(content.counts.ignored.linkType == 2)
  }

  @Test func clocksAreExact() {
    func time(_ code: UInt8?, _ ticks: UInt64, offset: Int64 = 0) -> UInt64 {
      var clock = CaptureClock()
      if let code { clock.setResolution(code) }
      clock.offsetSeconds = offset
      return clock.nanoseconds(ticks)
    }
    #expect(time(nil, 1_500_000_000_123_456) == 1_500_000_000_123_456_000)
    #expect(time(0, 1_500_000_000) == 1_500_000_000_000_000_000)
    #expect(time(9, 1_500_000_000_123_456_789) == 1_500_000_000_123_456_789)
    #expect(time(12, 1_500_000_000_123_456_789) == 1_500_000_000_123_456)
    #expect(time(28, .max) == 1)
    #expect(time(29, .max) == 0)
    #expect(time(127, .max) == 0)
    // 2^-10: 1,024 ticks a second. 2^-32 keeps all nanoseconds of a half second.
    #expect(time(0x80 | 10, 1_500_000_000 << 10 | 512) == 1_500_000_000_500_000_000)
    #expect(time(0x80 | 32, 1_500_000_000 << 32 | 1 << 31) == 1_500_000_000_500_000_000)
    #expect(time(0x80 | 63, .max) == 1_999_999_999)
    #expect(time(0x80 | 127, .max) == 0)
    #expect(time(0x80, 2) == 2_000_000_000)
    #expect(time(nil, 5, offset: 10) == 10_000_005_000)
    #expect(time(nil, 5_000_000, offset: -4) == 1_000_000_000)
    // What does not fit saturates.
    #expect(time(0, .max) == .max)
    #expect(time(nil, 5, offset: -1) == 0)
    #expect(time(0x80, .max, offset: .max) == .max)
    #expect(time(0, 0, offset: .min) == 0)
  }

  @Test(arguments: [false, true])
  func aPcapngCutAnywhereKeepsWhatCame(_ isBigEndian: Bool) throws {
    var file = PcapngBytes(isBigEndian: isBigEndian)
    var blockEnds = [file.bytes.count]
    var packetEnds: [Int] = []
    file.addInterface(resolution: 9, offset: 3)
    blockEnds.append(file.bytes.count)
    for payload in [[1], [2, 2], [3, 3, 3]] as [[UInt8]] {
      file.add(Frame.plain(payload))
      blockEnds.append(file.bytes.count)
      packetEnds.append(file.bytes.count)
    }
    for length in 28...file.bytes.count {
      let content = try CaptureContent(Array(file.bytes.prefix(length)))
      #expect(content.payloads.count == packetEnds.filter { $0 <= length }.count)
      #expect(content.counts.cutTail == !blockEnds.contains(length), "cut at \(length)")
    }
  }

  @Test(arguments: [0, 1, 8, 11, 14, 1 << 20, .max] as [UInt32])
  func aBlockOfAnImpossibleLengthIsACutTail(_ length: UInt32) throws {
    var file = PcapngBytes()
    file.addInterface()
    file.add(Frame.plain([1]))
    var tail = ByteList()
    tail.put(UInt32(6))
    tail.put(length)
    tail.bytes += [UInt8](repeating: 0, count: 64)
    let content = try CaptureContent(file.bytes + tail.bytes)
    #expect(content.payloads == [[1]])
    #expect(content.counts.cutTail)
  }

  @Test func aTrailingLengthThatDisagreesIsACutTail() throws {
    var file = PcapngBytes()
    file.addInterface()
    file.add(Frame.plain([1]))
    var bytes = file.bytes
    bytes[bytes.count - 4] ^= 4
    let content = try CaptureContent(bytes)
    #expect(content.payloads.isEmpty)
    #expect(content.counts.cutTail)
  }

  @Test func everyFlippedByteIsSurvived() throws {
    var file = PcapngBytes()
    file.addInterface(resolution: 0x8A, offset: -1)
    file.add(Frame.plain([1]), ticks: 1 << 60)
    file.addSimple(Frame.plain([3]))
    for index in file.bytes.indices {
      for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
        var bytes = file.bytes
        bytes[index] = value
        _ = try? CaptureContent(bytes)
      }
    }
  }
}
