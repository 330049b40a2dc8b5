import Foundation
import TestSupport
import Testing

@testable import TickWire

@Suite struct ItchFileTests {
  private func walk(_ content: [UInt8]) -> (messages: [[UInt8]], ItchFileMessages.Ending?) {
    content.withUnsafeBytes { raw in
      var walk = ItchFileMessages(Bytes(raw))
      var found: [[UInt8]] = []
      while let message = walk.next() { found.append((0..<message.count).map { message[$0] }) }
      #expect(walk.next() == nil && walk.messageCount == found.count)
      return (found, walk.ending)
    }
  }

  @Test func aLengthOfZeroEndsTheFile() {
    let found = walk([0, 2, 7, 8, 0, 0, 0, 1, 9])
    #expect(found.messages == [[7, 8]])
    #expect(found.1 == .marked(trailingByteCount: 3))
  }

  @Test func aFileMayEndWithItsLastMessage() {
    let found = walk([0, 1, 7, 0, 2, 8, 9])
    #expect(found.messages == [[7], [8, 9]])
    #expect(found.1 == .unmarked)
    #expect(walk([]).1 == .unmarked)
  }

  @Test(arguments: [[0], [0, 5, 1, 2], [255, 255, 0]] as [[UInt8]])
  func aFileCutInsideAMessageKeepsWhatCame(_ tail: [UInt8]) {
    let found = walk([0, 1, 7] + tail)
    #expect(found.messages == [[7]])
    #expect(found.1 == .cut(byteCount: tail.count))
  }

  @Test func aFileIsKnownByItsFirstMessage() {
    func isItch(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { ItchFile.isItch(Bytes($0)) } }
    #expect(isItch([0, 12, 0x53]) && isItch([0, 0]))
    #expect(!isItch([0, 13, 0x53]) && !isItch([0, 12]) && !isItch([]) && !isItch([0, 0, 1]))
    #expect(!isItch([0xD4, 0xC3, 0xB2, 0xA1]) && !isItch([0x0A, 0x0D, 0x0D, 0x0A]))
    #expect(!isItch([0xA1, 0xB2, 0xC3, 0xD4]))
  }

  @Test func aMessagesTimeIsFortyEightBits() {
    var message = [UInt8](repeating: 0, count: 12)
    message.withUnsafeMutableBytes { raw in
      let bytes = MutableBytes(raw.baseAddress!, count: raw.count)
      ItchTime.write(0x0102_0304_0506, into: bytes)
      #expect(ItchTime.read(bytes.bytes) == 0x0102_0304_0506)
      let short = bytes.slice(at: 0, count: 10)
      ItchTime.write(5, into: short)
      #expect(ItchTime.read(short.bytes) == nil)
    }
    #expect(message == [0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0])
    message.withUnsafeMutableBytes { raw in
      let bytes = MutableBytes(raw.baseAddress!, count: raw.count)
      ItchTime.write(.max, into: bytes)
      #expect(ItchTime.read(bytes.bytes) == ItchTime.max_ns)
    }
    #expect(message[11] == 0)
  }
}

@Suite(.enabled(if: CaptureFolder.isPresent))
struct ItchFileRealTests {
  private let path = CaptureFolder.file("itch/ritch_synthetic_lenprefixed.itch")

  private func types(_ file: ItchFile) -> [String: Int] {
    var found: [String: Int] = [:]
    var messages = file.messages
    while let message = messages.next() {
      #expect(ItchMessageType.byteCount(message[0]) == message.count)
      #expect(ItchTime.read(message) ?? .max < 86_400_000_000_000)
      found[String(Unicode.Scalar(message[0])), default: 0] += 1
    }
    #expect(messages.ending == .unmarked || messages.ending == .marked(trailingByteCount: 0))
    return found
  }

  private let wanted = [
    "P": 5_000, "A": 4_997, "D": 1_745, "E": 198, "X": 45, "U": 12, "S": 6, "F": 3, "R": 3, "H": 3,
  ]

  @Test func everyMessageOfTheDayIsRead() throws {
    let file = try ItchFile(path: path)
    #expect(file.isItch && !file.gzipped && !file.isGzipTailCut)
    #expect(types(file) == wanted)
  }

  @Test func aCaptureIsNoItchFile() throws {
    for path in try CaptureFolder.files(under: "itch") {
      #expect(try ItchFile(path: path).isItch == false)
    }
  }

  @Test func gzipIsReadLikeThePlainFile() throws {
    let plain = try Data(contentsOf: URL(fileURLWithPath: path))
    let file = try withFile(gzip([UInt8](plain))) { try ItchFile(path: $0) }
    #expect(file.gzipped && file.isItch)
    #expect(types(file) == wanted)
  }
}
