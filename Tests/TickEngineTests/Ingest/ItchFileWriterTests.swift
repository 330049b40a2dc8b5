import Foundation
import Testing
import TickWire

@testable import TickEngine

@Suite struct ItchFileWriterTests {
  @Test func messagesReadBackAsWrittenAndAnEmptyOneEndsNothing() throws {
    let scratch = try Scratch()
    let path = scratch.file("day.itch")
    var writer = try ItchFileWriter(path: path)
    let wanted: [[UInt8]] = [[1], [2, 3], [UInt8](repeating: 9, count: 65_535)]
    for message in wanted + [[]] {
      try message.withUnsafeBytes { try writer.write(Bytes($0)) }
    }
    #expect(writer.messageCount == 3 && writer.emptyMessagesOmitted == 1)
    #expect(!FileManager.default.fileExists(atPath: path))
    try writer.commit()
    var messages = try ItchFile(path: path).messages
    for message in wanted {
      let found = messages.next()
      #expect(found.map { bytes in (0..<bytes.count).map { bytes[$0] } } == message)
    }
    #expect(messages.next() == nil && messages.ending == .marked(trailingByteCount: 0))
  }

  @Test func whatIsNotCommittedLeavesNothing() throws {
    let scratch = try Scratch()
    do { _ = try ItchFileWriter(path: scratch.file("day.itch")) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
  }

  @Test func aPathThatCannotBeWrittenIsSaid() {
    #expect(throws: AtomicFile.Failure.self) {
      _ = try ItchFileWriter(path: "/nowhere/day.itch")
    }
  }
}
