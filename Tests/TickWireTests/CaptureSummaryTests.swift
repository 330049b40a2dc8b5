import TestSupport
import Testing

@testable import TickWire

/// What a capture is said to hold.
struct CaptureSummaryTests {
  private func iex(
    _ messages: [[UInt8]], first: UInt64, sent: UInt64, kind: UInt16 = 0x8003,
    session: UInt32 = 9
  ) -> [UInt8] {
    var body = ByteList()
    for message in messages {
      body.put(UInt16(message.count))
      body.bytes += message
    }
    var out = ByteList(bytes: [1, 0])
    out.put(kind)
    out.put(UInt32(1))
    out.put(session)
    out.put(UInt16(body.bytes.count))
    out.put(UInt16(messages.count))
    out.put(UInt64(0))
    out.put(first)
    out.put(sent)
    return out.bytes + body.bytes
  }

  private func mold(
    _ messages: [[UInt8]], first: UInt64, count: UInt16? = nil, session: String = "0000100501"
  ) -> [UInt8] {
    var out = ByteList(bytes: Array(session.utf8), isBigEndian: true)
    out.put(first)
    out.put(count ?? UInt16(messages.count))
    for message in messages {
      out.put(UInt16(message.count))
      out.bytes += message
    }
    return out.bytes
  }

  private func message(_ type: Character, _ length: Int) -> [UInt8] {
    [type.asciiValue!] + [UInt8](repeating: 0, count: length - 1)
  }

  private func summary(_ payloads: [[UInt8]], to port: UInt16 = 1) throws -> CaptureSummary {
    var pcap = PcapBytes()
    for (index, payload) in payloads.enumerated() {
      pcap.add(Frame.ethernet(Frame.ipv4(Frame.udp(payload, to: port))), seconds: UInt32(index))
    }
    return try withFile(pcap.bytes) { CaptureSummary(try CaptureFile(path: $0)) }
  }

  @Test func iexMessagesAreCountedByType() throws {
    let found = try summary([
      iex([], first: 1, sent: 1),
      iex([message("Q", 42), message("T", 38), message("z", 3)], first: 1, sent: 2),
      iex([message("Q", 41), []], first: 4, sent: 3),
    ])
    let stream = try #require(found.streams.first)
    #expect(found.feed == .iexTops)
    #expect(stream.heartbeats == 1)
    #expect(stream.messages == 5)
    #expect(stream.messagesByType == [0x51: 2, 0x54: 1, 0x7A: 1])
    #expect(stream.unknown == 1)
    #expect(stream.malformed == 1)
    #expect(stream.sequence.gaps == 0)
    #expect(found.timeRange == 0...2_000_000_000)
    #expect(found.linkTypes == [1: 3])
  }

  @Test(
    arguments: [
      (0x8003, .iexTops), (0x8004, .iexDeep), (0x8005, .iexDeepPlus),
    ] as [(UInt16, CaptureFeed)])
  func theMessageProtocolNamesTheFeed(_ kind: UInt16, _ feed: CaptureFeed) throws {
    #expect(try summary([iex([], first: 1, sent: 1, kind: kind)]).feed == feed)
  }

  @Test func gapsDuplicatesOverlapsAndRestartsAreKeptApart() throws {
    let q = message("Q", 42)
    let stream = try summary([
      iex([q, q], first: 1, sent: 1), iex([q], first: 5, sent: 2), iex([q], first: 5, sent: 2),
      iex([q, q], first: 5, sent: 3), iex([], first: 9, sent: 4), iex([], first: 1, sent: 5),
      iex([q], first: 1, sent: 6), iex([q], first: 7, sent: 1, session: 10),
    ]).streams[0]
    #expect(stream.sequence.gaps == 2)
    #expect(stream.sequence.missing == 4)
    #expect(stream.sequence.duplicates == 1)
    #expect(stream.sequence.overlaps == 1)
    #expect(stream.sequence.restarts == 1)
    #expect(stream.sequence.sessions == 2)
  }

  @Test func moldIsKnownByItsLengthsAndItchByItsTypes() throws {
    let add = message("A", 36)
    #expect(try summary([mold([add, add], first: 1)]).feed == .itch)
    #expect(try summary([mold([message("A", 35)], first: 1)]).feed == .mold)
    #expect(try summary([mold([add, []], first: 1)]).feed == .mold)
    #expect(try summary([mold([add], first: 1, count: 2)]).feed == nil)
    #expect(try summary([mold([add], first: 1) + [0]]).feed == nil)
    #expect(try summary([mold([add], first: .max)]).feed == nil)
    let stream = try summary([
      mold([], first: 1), mold([add, message("D", 19)], first: 1), mold([], first: 6),
      mold([], first: 6, count: 0xFFFF), mold([add], first: 1, session: "0000100502"), [1, 2],
    ]).streams[0]
    #expect(stream.feed == .itch)
    #expect(stream.heartbeats == 3)
    #expect(stream.messages == 3)
    #expect(stream.malformed == 1)
    #expect(stream.sequence.gaps == 1)
    #expect(stream.sequence.missing == 3)
    #expect(stream.sequence.sessions == 2)
  }

  @Test func hostileSequencesSaturate() throws {
    let high = UInt64.max - 0x1_0000
    let stream = try summary([
      mold([], first: 1), mold([], first: high), mold([], first: 1, session: "0000100502"),
      mold([], first: high, session: "0000100502"),
      mold([], first: high + 1, session: "0000100502"),
    ]).streams[0]
    #expect(stream.sequence.missing == .max)
    #expect(stream.malformed == 1)
  }

  @Test(.timeLimit(.minutes(1))) func damagedPayloadsAreSurvived() {
    let whole = [
      iex([message("Q", 42), message("T", 38)], first: 1, sent: 1),
      mold([message("A", 36), message("D", 19)], first: 1),
    ]
    var bits = SplitMix(seed: 20_170_710)
    func random(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &bits) }
    var stream = CaptureStream(destination: UdpEndpoint())
    for round in 0..<20_000 {
      if round % 50 == 0 { stream = CaptureStream(destination: UdpEndpoint()) }
      var payload = whole[random(2)]
      for _ in 0..<random(4) { payload[random(payload.count)] = UInt8(random(256)) }
      payload.removeLast(random(8) == 0 ? random(payload.count) : 0)
      payload.withUnsafeBytes { stream.add(Bytes($0)) }
    }
  }

  @Test func whatIsNoFeedIsUnknown() throws {
    for payload in [[], [1], Array("hello, this is no feed at all".utf8)] as [[UInt8]] {
      let found = try summary([payload])
      #expect(found.feed == nil)
      #expect(found.streams.map(\.packets) == [1])
    }
    #expect(try summary([]).timeRange == nil)
  }

  @Test func streamsAreToldApartAndBounded() throws {
    var pcap = PcapBytes()
    for port in 0..<UInt16(CaptureSummary.streamsMax + 5) {
      pcap.add(Frame.ethernet(Frame.ipv4(Frame.udp([1], to: port))))
    }
    pcap.add(Frame.ethernet(Frame.ipv4(Frame.udp([1], to: 7))))
    let found = try withFile(pcap.bytes) { CaptureSummary(try CaptureFile(path: $0)) }
    #expect(found.streams.count == CaptureSummary.streamsMax)
    #expect(found.packetsOfOtherStreams == 5)
    #expect(found.streams[0].destination.port == 7)
    #expect(found.streams[0].packets == 2)
  }
}

/// The real captures, against their known contents.
@Suite(.enabled(if: CaptureFolder.isPresent))
struct CaptureSummaryRealTests {
  private func summary(_ name: String) throws -> CaptureSummary {
    CaptureSummary(try CaptureFile(path: CaptureFolder.file(name)))
  }

  private func types(_ stream: CaptureStream) -> [String: UInt64] {
    Dictionary(
      uniqueKeysWithValues: stream.messagesByType.map { (String(Unicode.Scalar($0)), $1) })
  }

  @Test func theTopsDayIsSummedUp() throws {
    let found = try summary("iex/iex_tops16_20170710.pcap.gz")
    #expect(found.container == .pcap)
    #expect(found.gzipped)
    #expect(found.feed == .iexTops)
    #expect(found.counts.packets == 13_022)
    #expect(found.streams.count == 1)
    let stream = try #require(found.streams.first)
    #expect(stream.messages == 57_674)
    #expect(stream.heartbeats == 237)
    let known: [String: UInt64] = ["Q": 27_217, "T": 6_390, "A": 642, "S": 6, "D": 10, "B": 3]
    #expect(types(stream).filter { known[$0.key] != nil } == known)
    #expect(stream.sequence.gaps + stream.sequence.duplicates + stream.sequence.restarts == 0)
    #expect(stream.malformed + stream.unknown == 0)
  }

  @Test func theDeepDayIsSummedUp() throws {
    let stream = try #require(try summary("iex/iex_deep10_20231002.pcap.gz").streams.first)
    #expect(stream.feed == .iexDeep)
    #expect(stream.messages == 48_325)
    #expect(stream.heartbeats == 1_264)
    let known: [String: UInt64] = ["8": 1_526, "5": 1_226, "T": 37, "D": 3]
    #expect(types(stream).filter { known[$0.key] != nil } == known)
    #expect(stream.sequence.gaps == 0)
  }

  @Test func everySampleOfAMessageIsOfItsFeed() throws {
    for (folder, feed) in [("iex", CaptureFeed.iexTops), ("itch", .itch)] {
      for path in try CaptureFolder.files(under: folder) {
        let found = CaptureSummary(try CaptureFile(path: path))
        #expect(found.feed == feed, "\(path)")
        #expect(found.streams.allSatisfy { $0.malformed + $0.unknown == 0 }, "\(path)")
        #expect(found.counts.ignored.total == 0, "\(path)")
      }
    }
  }

  @Test func orderEntryIsTcpAndOnlyCounted() throws {
    for path in try CaptureFolder.files(under: "ouch") {
      let found = CaptureSummary(try CaptureFile(path: path))
      #expect(found.feed == nil)
      #expect(found.counts.ignored.tcp == found.counts.packets)
    }
  }

  @Test func aFeedThatIsNotOursIsUnknown() throws {
    let found = try summary("pcapng/price_index.pcapng")
    #expect(found.container == .pcapng)
    #expect(found.feed == nil)
    #expect(found.streams.map(\.packets) == [1_102, 175])
  }
}
