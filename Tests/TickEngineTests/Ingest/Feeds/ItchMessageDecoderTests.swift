import Foundation
import Testing
import TickRing
import TickWire

@testable import TickEngine

/// Messages of a MoldUDP64 feed, and the file that they are recorded in.
@Suite(.timeLimit(.minutes(1))) struct ItchMessageDecoderTests {
  /// A ring of messages with its recorder, which can be run at any time.
  struct Recording {
    let ring: SharedRegion
    let page: SharedRegion
    let scratch: Scratch

    init(capacity: Int) throws {
      let regions = ReplayRegions(directory: "/dev/shm")
      let ring = try regions.make(.events, capacity: capacity)
      let page = try regions.make(.control, capacity: ControlPage.capacity)
      let scratch = try Scratch()
      (self.ring, self.page, self.scratch) = (ring, page, scratch)
    }

    func writer() throws -> MessageWriter {
      MessageWriter(
        try RecordProducer(claiming: ring.attach()), control: ControlPage(try page.attach()),
        waitPolicy: .share)
    }

    func recorder() throws -> MessageRecorder {
      MessageRecorder(
        try RecordConsumer(claiming: ring.attach()),
        file: try RecordingFile(path: scratch.file("messages")),
        control: ControlPage(try page.attach()))
    }

    func control() throws -> ControlPage { ControlPage(try page.attach()) }

    func bytes() throws -> [UInt8] {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch.file("messages"))))
    }
  }

  private static func message(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ count) }
  }

  private static func framed(_ messages: [[UInt8]]) -> [UInt8] {
    messages.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 }
  }

  /// Every length around the multiples of a slot, and the longest.
  private static var lengths: [Int] {
    let around = (1...6).flatMap { slot in (-3...3).map { slot * MessageChunk.byteCount + $0 } }
    return [1, 2, 3] + around + [1_400, 65_479, 65_480, 65_534, 65_535]
  }

  @Test func messagesOfAnyLengthAreRecordedAsTheyCame() throws {
    let recording = try Recording(capacity: 8_192)
    let writer = Boxed(try recording.writer())
    let memory = DatagramMemory()
    let messages = Self.lengths.map(Self.message)
    for message in messages { #expect(writer.value.write(memory.bytes(message)) == true) }
    try recording.control().write(.stopRecorder, 1)
    let recorder = Boxed(try recording.recorder())
    try recorder.value.run()
    #expect(recorder.value.messages == UInt64(messages.count))
    #expect(try recording.bytes() == Self.framed(messages))
  }

  @Test func aRingThatIsFullIsWaitedForAndLosesNothing() throws {
    let recording = try Recording(capacity: 64)
    let recorder = RoleThread(try recording.recorder(), core: nil, onFailure: {})
    try recorder.start()
    let writer = Boxed(try recording.writer())
    let memory = DatagramMemory()
    let messages = (0..<2_000).map { Self.message(1 + $0 % 300) }
    for message in messages { #expect(writer.value.write(memory.bytes(message)) == true) }
    try recording.control().write(.stopRecorder, 1)
    recorder.join()
    #expect(try recording.bytes() == Self.framed(messages))
  }

  @Test func aFullRingOfAFailingRunIsNotWaitedFor() throws {
    let recording = try Recording(capacity: 64)
    let writer = Boxed(try recording.writer())
    let memory = DatagramMemory()
    try recording.control().write(.failed, 1)
    var written = 0
    while written < 100, writer.value.write(memory.bytes(Self.message(50))) { written += 1 }
    #expect(written == 64)
  }

  @Test func anEmptyMessageIsCountedAsNotRecorded() throws {
    let recording = try Recording(capacity: 64)
    var publisher: TickPublisher?
    let ring = try RingEnd(&publisher)
    var feed = ArbitratedFeed(
      ItchMessageDecoder(publisher: publisher.take()!, recording: try recording.writer()),
      limits: ArbiterLimits(), restarts: .follow, lines: 1)
    let memory = DatagramMemory()
    let event = [UInt8(ascii: "S")] + [UInt8](repeating: 0, count: 11)
    let times = ArrivalTimes(clock: 1, received_ns: 1, now: 1)
    let messages = [event, [], [0xFE], [UInt8(ascii: "S")], event]
    let datagram = memory.mold("DAY", 1, messages)
    let isTaken = feed.ingest(memory.bytes(datagram), line: 0, times: times)
    #expect(isTaken)
    try recording.control().write(.stopRecorder, 1)
    let recorder = Boxed(try recording.recorder())
    try recorder.value.run()
    let (counts, instruments) = (feed.counts, ring.instruments)
    let events = feed.messages(ofType: Int(UInt8(ascii: "S")))
    #expect(counts.messages == 5 && counts.unrecorded == 1 && counts.malformed == 1)
    #expect(counts.unknown == 2 && events == 2)
    #expect(try recording.bytes() == Self.framed([event, [0xFE], [UInt8(ascii: "S")], event]))
    #expect(instruments == 0)
  }

  @Test func aDatagramWhoseCountOrLengthLiesIsMalformed() throws {
    var publisher: TickPublisher?
    let ring = try RingEnd(&publisher)
    var feed = ArbitratedFeed(
      ItchMessageDecoder(publisher: publisher.take()!, recording: nil), limits: ArbiterLimits(),
      restarts: .follow, lines: 1)
    let memory = DatagramMemory()
    let event = [UInt8(ascii: "S")] + [UInt8](repeating: 0, count: 11)
    let datagram = memory.mold("DAY", 1, [event, event])
    for (offset, byte) in [(19, UInt8(3)), (18, 0x7F), (20, 0xFF), (21, 13), (35, 13)] {
      var lie = datagram
      lie[offset] = byte
      _ = feed.ingest(
        memory.bytes(lie), line: 0, times: ArrivalTimes(clock: 1, received_ns: 1, now: 1))
    }
    for cut in 0..<datagram.count {
      _ = feed.ingest(
        memory.bytes(Array(datagram[..<cut])), line: 0,
        times: ArrivalTimes(clock: 1, received_ns: 1, now: 1))
    }
    let (counts, instruments) = (feed.counts, ring.instruments)
    #expect(counts.messages == 0 && counts.foreign == 20 && instruments == 0)
    #expect(counts.malformed == 5 + UInt64(datagram.count - 20))
  }
}
