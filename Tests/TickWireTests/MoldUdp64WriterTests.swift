import TestSupport
import Testing

@testable import TickWire

@Suite struct MoldUdp64WriterTests {
  static let session = MoldUdp64Session("0000100501")!

  /// A buffer of `capacity` bytes, full of what must be overwritten, for `body`.
  static func withWriter<R>(
    _ capacity: Int = MoldUdp64Writer.datagramBytesMax,
    _ body: (inout MoldUdp64Writer) throws -> R
  ) rethrows -> R {
    try withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { raw in
      let memory = MutableBytes(raw.baseAddress!, count: capacity)
      memory.fill(0xEE, at: 0, count: capacity)
      var writer = MoldUdp64Writer(into: memory)
      return try body(&writer)
    }
  }

  static func array(_ bytes: Bytes) -> [UInt8] { (0..<bytes.count).map { bytes[$0] } }

  static func messages(_ datagram: Bytes) -> [[UInt8]] {
    guard let header = MoldUdp64Header(datagram) else { return [] }
    var walk = header.messages(of: datagram)
    var result: [[UInt8]] = []
    while let message = walk.next() { result.append(array(message)) }
    #expect(walk.remaining == 0 && walk.unreadByteCount == 0)
    return result
  }

  @Test func messagesReadBackAsWritten() {
    let wanted: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 7, count: 60)]
    Self.withWriter { writer in
      writer.begin(Self.session, firstSequence: 1 << 40)
      for message in wanted {
        let isAdded = message.withUnsafeBytes { writer.add(Bytes($0)) }
        #expect(isAdded)
      }
      #expect(writer.nextSequence == 1 << 40 + 3)
      #expect(writer.finish() == 20 + 2 * 3 + 63)
      let header = MoldUdp64Header(writer.datagram)
      #expect(header?.session == Self.session && header?.firstSequence == 1 << 40)
      #expect(header?.isEndOfSession == false && header?.isHeartbeat == false)
      #expect(Self.messages(writer.datagram) == wanted)
    }
  }

  @Test func aDatagramIsFullToTheByte() {
    Self.withWriter(20 + 2 + 5 + 2) { writer in
      writer.begin(Self.session, firstSequence: 1)
      #expect(writer.messageBytesMax == 7)
      #expect(writer.claim(8) == nil && writer.isEmpty && writer.byteCount == 20)
      writer.claim(5)?.fill(9, at: 0, count: 5)
      #expect(writer.hasRoom(for: 0) && !writer.hasRoom(for: 1))
      let added = (writer.add(Bytes.none), writer.add(Bytes.none))
      #expect(added == (true, false))
      #expect(writer.finish() == 29)
      #expect(Self.messages(writer.datagram) == [[9, 9, 9, 9, 9], []])
    }
  }

  @Test func theCountOfTheEndOfSessionIsNeverAMessageCount() {
    Self.withWriter(20 + 2 * 65_540) { writer in
      writer.begin(Self.session, firstSequence: 1)
      while writer.add(Bytes.none) {}
      #expect(writer.messageCount == 65_534)
      _ = writer.finish()
      #expect(MoldUdp64Header(writer.datagram)?.messageCount == 65_534)
    }
  }

  @Test func aMessageLongerThanItsLengthCanSayIsRefused() {
    Self.withWriter(80_000) { writer in
      writer.begin(Self.session, firstSequence: 1)
      #expect(writer.messageBytesMax == 65_535)
      #expect(!writer.hasRoom(for: 65_536) && writer.hasRoom(for: 65_535))
    }
  }

  @Test func heartbeatsAndEndsTellTheNextSequence() {
    Self.withWriter { writer in
      #expect(writer.heartbeat(Self.session, next: 7) == 20)
      #expect(MoldUdp64Header(writer.datagram)?.isHeartbeat == true)
      #expect(MoldUdp64Header(writer.datagram)?.firstSequence == 7)
      #expect(writer.endOfSession(Self.session, next: 8) == 20)
      #expect(MoldUdp64Header(writer.datagram)?.isEndOfSession == true)
      #expect(MoldUdp64Header(writer.datagram)?.firstSequence == 8)
      // And the buffer serves for messages again.
      writer.begin(Self.session, firstSequence: 8)
      #expect(writer.add(Bytes.none) && writer.finish() == 22)
      #expect(MoldUdp64Header(writer.datagram)?.messageCount == 1)
    }
  }

  @Test func aSessionIsNamedInTenCharacters() {
    #expect(MoldUdp64Session("") == nil && MoldUdp64Session("12345678901") == nil)
    #expect(MoldUdp64Session("a b") == nil && MoldUdp64Session("é") == nil)
    #expect(MoldUdp64Session("DAY")?.text == "DAY")
    #expect(Self.session.text == "0000100501")
    #expect(MoldUdp64Session(high: 0, low: 0xFF41).text == "........A.")
    Self.withWriter { writer in
      _ = writer.heartbeat(MoldUdp64Session("DAY")!, next: 1)
      #expect(Self.array(writer.datagram)[..<10] == Array("DAY       ".utf8)[...])
    }
  }

  @Test func aRequestIsTwentyBytesOfItsOwn() {
    let request = MoldUdp64Request(
      session: Self.session, firstSequence: 0x0102_0304_0506_0708, messageCount: 70_000)
    #expect(request.messageCount == 65_535)
    var bytes = [UInt8](repeating: 0xEE, count: 21)
    let length = bytes.withUnsafeMutableBytes {
      request.encode(into: MutableBytes($0.baseAddress!, count: 20))
    }
    #expect(length == 20 && bytes[20] == 0xEE)
    #expect(Array(bytes[..<20]) == Array("0000100501".utf8) + [1, 2, 3, 4, 5, 6, 7, 8, 255, 255])
    bytes.withUnsafeBytes { raw in
      let all = Bytes(raw)
      #expect(MoldUdp64Request(all.slice(at: 0, count: 20)) == request)
      #expect(MoldUdp64Request(all) == nil)
      #expect(MoldUdp64Request(all.slice(at: 0, count: 19)) == nil)
    }
  }

  @Test func aRequestWhoseSequencesWrapIsNone() {
    let bytes = Array("0000100501".utf8) + [UInt8](repeating: 255, count: 10)
    #expect(bytes.withUnsafeBytes { MoldUdp64Request(Bytes($0)) } == nil)
  }
}

/// The venue's own packets, taken apart and put together again.
@Suite(.enabled(if: CaptureFolder.isPresent))
struct MoldUdp64WriterRealTests {
  @Test func realPacketsAreWrittenByteForByte() throws {
    var packets = 0
    for path in try CaptureFolder.files(under: "itch") {
      let file = try CaptureFile(path: path)
      var reader = CaptureReader(file)
      var datagram = Datagram()
      while reader.next(&datagram) {
        let header = try #require(MoldUdp64Header(datagram.payload), "\(path)")
        MoldUdp64WriterTests.withWriter(datagram.payload.count) { writer in
          writer.begin(header.session, firstSequence: header.firstSequence)
          var messages = header.messages(of: datagram.payload)
          while let message = messages.next(), writer.add(message) {}
          if header.isEndOfSession {
            _ = writer.endOfSession(header.session, next: header.firstSequence)
          } else {
            #expect(writer.finish() == datagram.payload.count)
          }
          let made = MoldUdp64WriterTests.array(writer.datagram)
          #expect(made == MoldUdp64WriterTests.array(datagram.payload), "\(path)")
        }
        packets += 1
      }
    }
    #expect(packets > 20)
  }
}
