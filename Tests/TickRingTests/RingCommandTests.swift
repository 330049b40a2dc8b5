import Foundation
import Testing

@testable import TickRing

/// The command, as the environment says or beside the tests.
private let program: String? = {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  let path = ProcessInfo.processInfo.environment["TICKWAY_BIN"] ?? "\(root)/.build/debug/tickway"
  return FileManager.default.isExecutableFile(atPath: path) ? path : nil
}()

/// `tickway ring`, run as its users do: what it ends with, and what it does.
@Suite(.timeLimit(.minutes(2)), .enabled(if: program != nil, "tickway is not built"))
struct RingCommandTests {
  private func run(_ directory: String, _ arguments: String...) throws -> (Int32, String) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: program!)
    process.arguments = ["ring"] + arguments + ["--ring-dir", directory]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  /// Runs a line in which "$0" is the command; what it ends with.
  private func shell(_ line: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", line, program!]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test func aRegionIsMadeShownAndRemoved() throws {
    try withScratch { directory in
      #expect(try run(directory, "create", "r", "--capacity", "64").0 == 0)
      #expect(try run(directory, "create", "r").0 == 73)
      #expect(try run(directory, "create", "q", "--capacity", "63").0 == 64)
      #expect(try run(directory, "create", "q", "--kind", "none").0 == 64)
      let shown = try run(directory, "show", "r")
      #expect(shown.0 == 0 && shown.1.contains("64 slots of 32 bytes"))
      let region = try Region.attach(.ticks, directory: directory, name: "r")
      #expect(try run(directory, "remove", "r").0 == 5)
      let capacity = region.capacity
      #expect(capacity == 64)
      #expect(try run(directory, "remove", "r", "--force").0 == 0)
      #expect(try run(directory, "show", "r").0 == 66)
      #expect(try run(directory, "remove", "r").0 == 66)
    }
  }

  @Test func whereARegionLiesIsShownAndWhatCannotBeHadIsAUsageError() throws {
    try withScratch { directory in
      #expect(try run(directory, "create", "r", "--node", "63").0 == 64)
      #expect(try run(directory, "create", "r", "--capacity", "64").0 == 0)
      let shown = try run(directory, "show", "r").1
      #expect(shown.contains("any node, usual pages") && shown.contains(", this one"))
      let huge = try run(directory, "create", "h", "--huge-pages").0
      #expect(huge == 0 || huge == 75)
      let isMade = try RegionInfo.list(directory: directory).contains { $0.name == "h" }
      #expect(isMade == (huge == 0))
    }
  }

  @Test func whatIsNoRegionIsNotRemovedByForceEither() throws {
    try withScratch { directory in
      let path = "\(directory)/note"
      #expect(FileManager.default.createFile(atPath: path, contents: Data("precious".utf8)))
      let refused = try run(directory, "remove", "note", "--force")
      #expect(refused.0 == 65)
      #expect(FileManager.default.fileExists(atPath: path))
    }
  }

  /// Mended on its way in it would be the name of another region.
  @Test func aNameThatIsNoTextIsRefused() throws {
    try withScratch { directory in
      _ = try Region.create(.ticks, directory: directory, name: "r\u{FFFD}", capacity: 8)
      let words = "ring remove --ring-dir \(directory) \"$(printf 'r\\376')\""
      #expect(try shell("\"$0\" \(words)") == 64)
      #expect(try RegionInfo.list(directory: directory).map(\.name) == ["r\u{FFFD}"])
    }
  }

  @Test func whatCannotBePrintedIsSaidByTheExitCode() throws {
    try withScratch { directory in
      let status = try shell("\"$0\" ring list --ring-dir \(directory) > /dev/full")
      #expect(status == 74)
    }
  }

  @Test func whatCannotBeLookedAtIsNotInGoodOrder() throws {
    try withScratch { directory in
      let sound = try run(directory, "doctor")
      #expect(sound.0 == 0)
      #expect(FileManager.default.createFile(atPath: "\(directory)/r", contents: Data()))
      // Too few descriptors to open it with.
      #expect(try shell("ulimit -n 4; \"$0\" ring doctor --ring-dir \(directory)") == 1)
    }
  }

  @Test func listAndWatchSayWhoOwnsWhatAndHowFarItIs() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      let peer = try Peer(directory, "r", "producer", 5)
      let listed = try run(directory, "list").1.split(separator: "\n").last.map(String.init) ?? ""
      let words = listed.split(separator: " ").map(String.init)
      #expect(words == ["r", "ticks", "8", "\(peer.pid)", "none", "5", "5", "0", "in", "use"])
      let watched = try run(directory, "watch", "r", "--lines", "2", "--interval", "0.01")
      #expect(watched.0 == 0 && watched.1.contains("lag 5"))
      #expect(watched.1.split(separator: "\n").count == 2)
      peer.kill()
      #expect(try run(directory, "list").1.contains("\(peer.pid) dead"))
      let capacity = region.capacity
      #expect(capacity == 8)
    }
  }

  @Test func theDoctorRemovesLeftoversAndNothingElse() throws {
    try withScratch { directory in
      #expect(try run(directory, "doctor").0 == 0)
      #expect(try run(directory, "create", "unused").0 == 0)
      let used = try Region.create(.ticks, directory: directory, name: "used", capacity: 8)
      do {
        let left = try Region.create(.ticks, directory: directory, name: "left", capacity: 8)
        _ = try TickProducer(claiming: left)
      }
      let told = try run(directory, "doctor")
      #expect(told.0 == 1 && told.1.contains("left: leftover"))
      #expect(told.1.contains("left: to remove it: tickway ring remove --ring-dir "))
      #expect(told.1.contains("unused: unless it waits for one: tickway ring remove --ring-dir "))
      #expect(!told.1.contains("\nused: "))
      let mended = try run(directory, "doctor", "--fix")
      #expect(mended.0 == 1 && mended.1.contains("left: removed"))
      #expect(try RegionInfo.list(directory: directory).map(\.name) == ["unused", "used"])
      #expect(try run(directory, "remove", "unused").0 == 0)
      #expect(try run(directory, "doctor", "--fix").0 == 0)
      let capacity = used.capacity
      #expect(capacity == 8)
    }
  }

  /// What the doctor names is a command that does it, whatever the region is called.
  @Test func theDoctorsCommandMendsAsItStands() throws {
    try withScratch { directory in
      do {
        let left = try Region.create(.ticks, directory: directory, name: "it's left", capacity: 8)
        _ = try TickProducer(claiming: left)
      }
      let told = try run(directory, "doctor")
      let mark = "tickway ring remove "
      let line = try #require(told.1.split(separator: "\n").first { $0.contains(mark) })
      let words = try #require(line.range(of: mark)).upperBound
      #expect(line[words...].hasSuffix("-- 'it'\\''s left'"))
      #expect(try shell("\"$0\" ring remove \(line[words...])") == 0)
      #expect(try run(directory, "doctor").0 == 0)
    }
  }
}
