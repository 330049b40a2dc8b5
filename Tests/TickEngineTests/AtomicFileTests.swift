import Foundation
import Testing

@testable import TickEngine

@Suite struct AtomicFileTests {
  let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickway-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path)
  }

  private func write(_ text: String, to path: String, commit: Bool) throws {
    let file = try AtomicFile(path: path)
    let bytes = Array(text.utf8)
    try bytes.withUnsafeBytes { try file.write($0) }
    #expect(try !names().contains("file"))
    if commit { try file.commit() }
  }

  @Test func theFileAppearsWhole() throws {
    let path = directory.appendingPathComponent("file").path
    try write("one", to: path, commit: true)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "one")
    #expect(try names() == ["file"])
    try FileManager.default.removeItem(at: directory)
  }

  @Test func whatIsNotCommittedLeavesNothing() throws {
    try write("one", to: directory.appendingPathComponent("file").path, commit: false)
    #expect(try names() == [])
    try FileManager.default.removeItem(at: directory)
  }

  @Test func whatIsKeptIsThereFromTheBeginningAndPartialAtLast() throws {
    let path = directory.appendingPathComponent("file").path
    for text in ["", "one"] {
      do {
        let file = try AtomicFile(path: path, isKept: true)
        let second = try AtomicFile(path: path, isKept: true)
        try file.write(text)
        #expect(try names().count == 2)
        _ = consume second
      }
      #expect(try names() == (text.isEmpty ? [] : ["file.partial"]))
    }
    try write("two", to: path, commit: true)
    #expect(try names().sorted() == ["file", "file.partial"])
    try FileManager.default.removeItem(at: directory)
  }

  @Test func anOldFileIsReplaced() throws {
    let path = directory.appendingPathComponent("file").path
    try "old".write(toFile: path, atomically: false, encoding: .utf8)
    let file = try AtomicFile(path: path)
    try [UInt8]("new".utf8).withUnsafeBytes { try file.write($0) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    try file.commit()
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
    try FileManager.default.removeItem(at: directory)
  }

  @Test func aDirectoryIsRefusedAtOnce() throws {
    #expect(throws: AtomicFile.Failure(step: .create, path: directory.path, code: EISDIR)) {
      _ = try AtomicFile(path: directory.path)
    }
    let absent = directory.appendingPathComponent("no/file").path
    #expect(throws: AtomicFile.Failure(step: .create, path: absent, code: ENOENT)) {
      _ = try AtomicFile(path: absent)
    }
    try FileManager.default.removeItem(at: directory)
  }
}
